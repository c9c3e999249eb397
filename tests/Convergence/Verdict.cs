using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Convergence.Tests;

/// <summary>The invariants of quality.md 1.5 that a quiet world must keep, as far as schedule items carry them.</summary>
public sealed class Verdict(World world, string told)
{
    private string _story = told;

    /// <summary>Throws what is wrong, with what people did and what the engine decided.</summary>
    public async Task CheckAsync()
    {
        _story += await DecisionsAsync();
        await BothSidesAreEqualAsync();
        await TheQueueIsEmptyAsync();
        NobodyWasInvitedTwice();
        await QuietWritesNothingAsync();
    }

    private async Task<string> DecisionsAsync()
    {
        await using var db = await world.DbAsync();
        var subjects = await db.ScheduleItems.AsNoTracking().ToDictionaryAsync(item => item.Id, item => item.Subject);
        var people = world.Links.ToDictionary(link => link.Value.Id, link => link.Key);
        var decisions = await db.Activities.AsNoTracking().OrderBy(activity => activity.At).ThenBy(activity => activity.Id).ToListAsync();
        return "Decisions:\n" + string.Join('\n', decisions.Select(decision =>
            $"  {(decision.ItemId is { } item ? subjects.GetValueOrDefault(item, "?") : "")} {people.GetValueOrDefault(decision.LinkId ?? default, "?")} {decision.Action}: {decision.Reason}"));
    }

    // I1 and I3: a bijection between copies and pairs, equal field by field.
    private async Task BothSidesAreEqualAsync()
    {
        await using var db = await world.DbAsync();
        var items = await db.ScheduleItems.AsNoTracking().ToDictionaryAsync(item => item.Id);
        var parts = await db.Participations.AsNoTracking().ToListAsync();
        var seen = new HashSet<Guid>();
        foreach (var person in World.People)
        {
            var link = world.Links[person];
            var pairs = await (
                from pair in db.ItemLinks.AsNoTracking()
                join identity in db.ItemIdentities.AsNoTracking() on pair.Id equals identity.ItemLinkId
                where pair.LinkId == link.Id && pair.Tombstone == Tombstone.None
                select new { pair, identity }).ToListAsync();
            var byId = pairs.ToDictionary(row => row.identity.ExchangeId);
            var skipped = (await db.Inventory.AsNoTracking().Where(row => row.LinkId == link.Id && row.SkipReason != null).Select(row => row.ExchangeId).ToListAsync()).ToHashSet();
            // The copy of a meeting that the CRM deleted stays with its person until that person removes it: known, and left alone.
            var left = (await (
                from pair in db.ItemLinks.AsNoTracking()
                join identity in db.ItemIdentities.AsNoTracking() on pair.Id equals identity.ItemLinkId
                where pair.LinkId == link.Id && pair.Tombstone == Tombstone.DeletedInCrm
                select identity.ExchangeId).ToListAsync()).ToHashSet();
            var copies = world.Outlook(person).List("calendar", null, null, 10_000);
            foreach (var copy in copies.Where(copy => !skipped.Contains(copy.Id) && !left.Contains(copy.Id)))
            {
                byId.ContainsKey(copy.Id).ShouldBeTrue($"{person}'s '{copy.Subject}' has no pair\n{_story}");
                var row = byId[copy.Id];
                var item = items[row.pair.ItemId];
                item.IsDeleted.ShouldBeFalse($"{person}'s '{copy.Subject}' lives, its CRM item is deleted\n{_story}");
                ShouldBeEqual(person, copy, item, parts.SingleOrDefault(part => part.ItemId == item.Id && part.UserId == link.UserId));
                seen.Add(item.Id);
            }
            var ids = copies.Select(copy => copy.Id).ToHashSet();
            pairs.Where(row => !ids.Contains(row.identity.ExchangeId)).Select(row => items[row.pair.ItemId].Subject).ShouldBeEmpty($"pairs of {person} without a copy\n{_story}");
        }
        items.Values.Where(item => !item.IsDeleted && !seen.Contains(item.Id)).Where(item => !WasKeptAlone(db, item)).Select(item => item.Subject)
            .ShouldBeEmpty($"CRM items without any copy\n{_story}");
        var doubles = items.Values.Where(item => !item.IsDeleted).GroupBy(item => item.Subject.Split('~')[0].Replace("Canceled: ", "", StringComparison.Ordinal)).Where(group => group.Count() > 1);
        doubles.Select(group => $"{group.Count()} x {group.Key}").ShouldBeEmpty($"doubled in the CRM\n{_story}");
    }

    // A meeting that lost its copy while the CRM had edits for it is kept in the CRM, unpaired, with a recorded conflict.
    private static bool WasKeptAlone(Engine.Store.CrmSyncDbContext db, ScheduleItem item) => db.Conflicts.AsNoTracking().Any(conflict => conflict.ItemId == item.Id);

    private void ShouldBeEqual(string person, ItemView copy, ScheduleItem item, Participation? personal)
    {
        var why = $"{person}'s '{copy.Subject}' and the CRM's\n{_story}";
        var isOwn = item.AuthorityLinkId is null || (item.AuthorityLinkId == world.Links[person].Id);
        if (isOwn)
        {
            (copy.Subject ?? "").ShouldBe(item.Subject, why);
            (copy.Location ?? "").ShouldBe(item.Location, why);
            DateTimeOffset.Parse(copy.Start!, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime.ShouldBe(item.StartUtc, why);
            copy.Attendees.Select(attendee => attendee.Address).Order().ShouldBe(ScheduleRows.ReadAttendees(item.Attendees).Select(attendee => attendee.Who.Address).Order(), why);
        }
        personal.ShouldNotBeNull(why);
        copy.Categories.Order().ShouldBe(ScheduleRows.ReadCategories(personal.Categories).Order(), why);
        (copy.ReminderIsSet ? copy.ReminderMinutes : null).ShouldBe(personal.ReminderMinutes, why);
    }

    // I7: nothing vanishes, nothing stays leased, nothing is parked by faults that have passed.
    private async Task TheQueueIsEmptyAsync()
    {
        await using var db = await world.DbAsync();
        (await db.Queue.AsNoTracking().ToListAsync()).Select(message => $"{message.Kind} {message.State} {message.Error}").ShouldBeEmpty(_story);
        (await db.LinkStates.AsNoTracking().ToListAsync()).ShouldAllBe(state => state.Health == LinkHealth.Healthy, _story);
    }

    // I6: per meeting and attendee one invitation.
    private void NobodyWasInvitedTwice() => world.Exchange.Organisation.Mails.Mails
        .Where(mail => mail.Kind == "request" && mail.Cause != "Outlook").GroupBy(mail => (mail.Uid, mail.To)).Where(group => group.Count() > 1)
        .Select(group => $"{group.Count()} invitations to {group.Key.To} for {group.First().Subject}").ShouldBeEmpty(_story);

    // I5: two more quiet rounds write nothing on either side and mail nobody.
    private async Task QuietWritesNothingAsync()
    {
        var before = await FingerprintAsync();
        for (var round = 0; round < 2; round++)
        {
            await world.HintAsync(world.Links.Values);
            await world.DrainAsync();
        }
        (await FingerprintAsync()).ShouldBe(before, _story);
    }

    private async Task<string> FingerprintAsync()
    {
        await using var db = await world.DbAsync();
        var keys = World.People.SelectMany(person => world.Outlook(person).List("calendar", null, null, 10_000)).Select(copy => copy.ChangeKey).Order(StringComparer.Ordinal);
        var versions = await db.ScheduleItems.AsNoTracking().OrderBy(item => item.Id).Select(item => item.Version).ToListAsync();
        return $"{string.Join(' ', keys)} | {string.Join(' ', versions)} | {world.Exchange.Organisation.Mails.Count} mails";
    }
}
