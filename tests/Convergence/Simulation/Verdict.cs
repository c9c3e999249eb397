using System.Globalization;
using CrmSync.Convergence.Stores;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Simulation;

/// <summary>The invariants of quality.md 1.5 that a world at rest must keep, as far as schedule items carry them. Each violation begins with the invariant's number.</summary>
public sealed class Verdict(World world, Ledger ledger)
{
    private readonly List<string> _violations = [];

    /// <exception cref="ViolationException">What is wrong.</exception>
    public async Task CheckAsync()
    {
        await CopiesAndPairsAsync();
        await QueueAsync();
        Mails();
        await QuietAsync();
        await PrivacyAsync();
        await DoctorAsync();
        _violations.AddRange(world.Watch.Violations);
        if (_violations.Count > 0)
            throw new ViolationException(string.Join('\n', _violations));
    }

    // I1 convergence, I2 no lost update, I3 no duplicate, I4 no resurrection, I15 time.
    private async Task CopiesAndPairsAsync()
    {
        var items = (await world.Store.ItemsAsync()).ToDictionary(item => item.Id);
        var parts = (await world.Store.ParticipationsAsync()).ToDictionary(part => (part.ItemId, part.UserId));
        var pairs = (await world.Store.PairsAsync()).ToDictionary(pair => pair.Id);
        var identities = (await world.Store.IdentitiesAsync()).ToLookup(identity => identity.LinkId);
        var skipped = (await world.Store.InventoryAsync()).Where(row => row.SkipReason is not null).Select(row => row.ExchangeId).ToHashSet();
        var conflicts = (await world.Store.ConflictsAsync()).ToLookup(conflict => conflict.ItemId);
        var seen = new HashSet<Guid>();
        var taking = new HashSet<(Guid Item, Guid User)>();
        foreach (var person in World.People)
        {
            var link = world.Links[person];
            var byId = identities[link.Id].Where(identity => pairs.ContainsKey(identity.ItemLinkId)).ToDictionary(identity => identity.ExchangeId, identity => pairs[identity.ItemLinkId]);
            var copies = world.Outlook(person).List("calendar", null, null, 10_000);
            foreach (var copy in copies.Where(copy => !skipped.Contains(copy.Id)))
            {
                if (byId.TryGetValue(copy.Id, out var pair))
                    taking.Add((pair.ItemId, link.UserId));
                if (pair is null)
                    Say($"I1 {person}'s '{copy.Subject}' has no pair");
                else if (pair.Tombstone == Tombstone.DeletedInCrm && (IsCancelled(copy) || items.GetValueOrDefault(pair.ItemId) is not { IsDeleted: false }))
                    continue; // The copy of a meeting that the CRM deleted stays with its person until that person removes it.
                else if (pair.Tombstone != Tombstone.None)
                    Say($"I1 {person}'s '{copy.Subject}' is there, its pair says {pair.Tombstone}");
                else if (!items.TryGetValue(pair.ItemId, out var item) || item.IsDeleted)
                    Say($"I4 {person}'s '{copy.Subject}' lives, its CRM item is gone");
                else
                {
                    seen.Add(item.Id);
                    Compare(person, copy, item, parts.GetValueOrDefault((item.Id, link.UserId)));
                }
            }
            var present = copies.Select(copy => copy.Id).ToHashSet();
            foreach (var (id, pair) in byId.Where(row => row.Value.Tombstone == Tombstone.None && !present.Contains(row.Key)))
                Say($"I1 the pair of {person}'s '{items.GetValueOrDefault(pair.ItemId)?.Subject}' has no copy");
        }
        var living = items.Values.Where(item => !item.IsDeleted).ToList();
        // A meeting that lost its copy while the CRM had edits for it is kept in the CRM, unpaired, with a recorded conflict.
        foreach (var item in living.Where(item => !seen.Contains(item.Id) && !conflicts.Contains(item.Id)))
            Say($"I1 the CRM's '{item.Subject}' has no copy");
        // Who deleted their copy sees no more of it in the CRM either, however long others keep theirs; but for an owner whose edit in the CRM was kept.
        foreach (var (person, link) in world.Links)
        {
            foreach (var item in living.Where(item => seen.Contains(item.Id) && parts.ContainsKey((item.Id, link.UserId)) && !taking.Contains((item.Id, link.UserId))
                && !(item.OwnerId == link.UserId && conflicts.Contains(item.Id))))
                Say($"I4 {person} takes part in '{item.Subject}' and has no copy of it");
        }
        // What an organizer cancelled lies in its attendees' calendars until they remove it: a person may have invited from a late copy and have called it off before anybody read it.
        foreach (var group in living.Where(item => !IsCancelled(item)).GroupBy(item => Ledger.KeyOf(item.Subject)).Where(group => group.Count() > 1 && !ledger.IsRevived(group.Key)))
            Say($"I3 {group.Count()} x '{group.Key}' in the CRM");
        var all = World.People.SelectMany(person => world.Outlook(person).List("calendar", null, null, 10_000)).ToList();
        // What could not be read three times waits, listed with its reason, for the check-up of the hour, which these worlds do not have.
        var waiting = all.Where(copy => skipped.Contains(copy.Id)).Select(copy => Ledger.KeyOf(copy.Subject)).ToHashSet();
        Deaths(living, all.Select(copy => Ledger.KeyOf(copy.Subject)).ToHashSet(), waiting);
        var goingOn = living.Where(item => !IsCancelled(item)).Select(item => Ledger.KeyOf(item.Subject)).ToHashSet();
        // Beside the meeting that goes on, a cancelled namesake is no witness of what was edited last.
        foreach (var item in living.Where(item => seen.Contains(item.Id) && (!IsCancelled(item) || !goingOn.Contains(Ledger.KeyOf(item.Subject)))))
        {
            var (key, kept) = (Ledger.KeyOf(item.Subject), Kept(conflicts[item.Id]));
            if (!IsCancelled(item))
                Object(key, "subject", item.Subject, kept);
            Object(key, "location", item.Location, kept);
            Object(key, "start", StartOf(item.StartUtc), kept);
        }
    }

    // I4: what was edited last lives on both sides, what was deleted and touched by nobody else is gone from both.
    private void Deaths(List<ScheduleItem> living, HashSet<string> inExchange, HashSet<string> waiting)
    {
        var inCrm = living.Select(item => Ledger.KeyOf(item.Subject)).ToHashSet();
        foreach (var key in ledger.Items)
        {
            if (waiting.Contains(key) || ledger.MustLive(key, world.Swarm.Deletes == DeleteConflictPolicy.KeepEdit) is not { } must)
                continue;
            if (must != inCrm.Contains(key))
                Say($"I4 '{key}' {(must ? "was edited after every deletion and is gone from" : "was deleted and is still in")} the CRM");
            if (must != inExchange.Contains(key))
                Say($"I4 '{key}' {(must ? "was edited after every deletion and is gone from" : "was deleted and is still in")} Exchange");
        }
    }

    private void Compare(string person, ItemView copy, ScheduleItem item, Participation? personal)
    {
        if (item.AuthorityLinkId is null || item.AuthorityLinkId == world.Links[person].Id)
        {
            Equal(person, copy, "subject", copy.Subject ?? "", item.Subject);
            Equal(person, copy, "location", copy.Location ?? "", item.Location);
            Equal(person, copy, "start", DateTimeOffset.Parse(copy.Start!, CultureInfo.InvariantCulture).UtcDateTime.ToString("s"), item.StartUtc.ToString("s"));
            Equal(person, copy, "attendees", string.Join(',', copy.Attendees.Select(attendee => attendee.Address).Order()),
                string.Join(',', ScheduleRows.ReadAttendees(item.Attendees).Select(attendee => attendee.Who.Address).Order()));
        }
        // Else the CRM would refuse the organizer's own edits as somebody else's meeting.
        else if (copy is { IsMeeting: true, IsOrganizer: true })
            Say($"I1 {person} organizes '{item.Subject}', and another copy speaks for it");
        if (copy is { IsMeeting: true, IsOrganizer: true } && item is { AuthorityLinkId: not null, AuthorityIsOrganizer: false })
            Say($"I1 {person} organizes '{item.Subject}', and the CRM takes it for somebody else's");
        if (personal is null)
        {
            Say($"I1 {person} takes no part in '{item.Subject}' though there is a copy");
            return;
        }
        Equal(person, copy, "categories", string.Join(',', copy.Categories.Order()), string.Join(',', ScheduleRows.ReadCategories(personal.Categories).Order()));
        Equal(person, copy, "reminder", $"{(copy.ReminderIsSet ? copy.ReminderMinutes : null)}", $"{personal.ReminderMinutes}");
        Equal(person, copy, "show-as", copy.ShowAs ?? "", personal.ShowAs.ToString());
    }

    private static bool IsCancelled(ItemView copy) => copy.IsCancelled || (copy.Subject ?? "").StartsWith("Canceled: ", StringComparison.Ordinal);

    private static bool IsCancelled(ScheduleItem item) => item.Subject.StartsWith("Canceled: ", StringComparison.Ordinal);

    private void Equal(string person, ItemView copy, string field, string exchange, string crm)
    {
        if (exchange != crm)
            Say($"I1 {person}'s '{copy.Subject}': {field} is '{exchange}' in Exchange and '{crm}' in the CRM");
    }

    private void Object(string key, string field, string final, ISet<string> kept)
    {
        if (ledger.Objection(key, field, final, kept) is { } objection)
            Say($"I2 {objection}");
    }

    // What lost a recorded conflict, in all fields that the ledger knows.
    private static HashSet<string> Kept(IEnumerable<SyncConflict> conflicts) =>
    [
        .. conflicts.SelectMany(conflict => new[] { conflict.CrmValues, conflict.ExchangeValues }).Where(values => values != "{}").Select(ScheduleSnapshot.Read)
            .SelectMany(values => new[] { values.Subject, values.Location, StartOf(values.Time.Start.ToDateTimeUtc()) }),
    ];

    public static string StartOf(ItemView copy) => StartOf(DateTimeOffset.Parse(copy.Start!, CultureInfo.InvariantCulture).UtcDateTime);

    public static string StartOf(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    // I7: nothing vanishes, nothing stays leased, nothing is parked by faults that have passed.
    private async Task QueueAsync()
    {
        foreach (var message in await world.Store.MessagesAsync())
            Say($"I7 {message.Kind} {message.State}: {message.Error}");
        foreach (var state in (await world.Store.StatesAsync()).Where(state => state.Health != LinkHealth.Healthy))
            Say($"I14 a link is {state.Health}: {state.LastError}");
        foreach (var conflict in (await world.Store.ConflictsAsync()).Where(conflict => conflict.State == ConflictState.Open))
            Say($"I14 a conflict about {conflict.Fields} was decided and is still open");
    }

    // I6: per meeting and attendee one invitation of ours, and no more updates than there were edits.
    private void Mails()
    {
        var ours = world.Exchange.Organisation.Mails.Mails.Where(mail => mail.Cause != "Outlook").ToList();
        // Who was told that it is off, by whomever, may be told that it is on again.
        var off = world.Exchange.Organisation.Mails.Mails.Where(mail => mail.Kind == "cancellation").ToLookup(mail => (Item: Ledger.KeyOf(mail.Subject), mail.To));
        foreach (var group in ours.Where(mail => mail.Kind == "request").GroupBy(mail => (Item: Ledger.KeyOf(mail.Subject), mail.To)).Where(group => group.Count() > 1 + off[group.Key].Count()))
            Say($"I6 {group.Count()} invitations to {group.Key.To} for '{group.Key.Item}'");
        foreach (var group in ours.Where(mail => mail.Kind == "update").GroupBy(mail => (Item: Ledger.KeyOf(mail.Subject), mail.To)))
        {
            if (group.Count() > ledger.Edits(group.Key.Item))
                Say($"I6 {group.Count()} updates to {group.Key.To} for '{group.Key.Item}', which was edited {ledger.Edits(group.Key.Item)} times");
        }
    }

    // I13: what the rules keep out is in no row.
    private async Task PrivacyAsync()
    {
        if (!world.Swarm.KeepsPrivateOut)
            return;
        var rows = new List<object>();
        rows.AddRange(await world.Store.ItemsAsync());
        rows.AddRange(await world.Store.HistoryAsync());
        rows.AddRange(await world.Store.ConflictsAsync());
        rows.AddRange(await world.Store.InventoryAsync());
        rows.AddRange(await world.Store.MessagesAsync());
        rows.AddRange(await world.Store.ActivitiesAsync());
        rows.AddRange(await world.Store.PairsAsync());
        foreach (var row in rows.Where(row => System.Text.Json.JsonSerializer.Serialize(row, row.GetType()).Contains(Users.Canary, StringComparison.Ordinal)))
            Say($"I13 a private item's text stands in a row of {row.GetType().Name}");
    }

    // I5: two more quiet rounds write nothing on either side and mail nobody.
    private async Task QuietAsync()
    {
        var before = await FingerprintAsync();
        await world.CalmAsync(2, TimeSpan.FromHours(2));
        var after = await FingerprintAsync();
        if (before != after)
            Say("I5 two quiet rounds wrote something");
    }

    // The doctor must agree: at rest there is nothing to find, and what it says about sound data would be a false alarm.
    private async Task DoctorAsync()
    {
        if (world.Store is not SqliteWorldStore sqlite)
            return;
        foreach (var finding in await sqlite.Service<Doctor>().CheckAsync(CancellationToken.None))
        {
            if (finding.Check is not ("quarantine" or "conflicts open for a week"))
                Say($"the doctor finds {finding.Count} x {finding.Check} ({string.Join(", ", finding.Examples)})");
        }
    }

    private async Task<string> FingerprintAsync()
    {
        var keys = World.People.SelectMany(person => world.Outlook(person).List("calendar", null, null, 10_000)).Select(copy => copy.ChangeKey).Order(StringComparer.Ordinal);
        var versions = (await world.Store.ItemsAsync()).Select(item => item.Version);
        return $"{string.Join(' ', keys)} | {string.Join(' ', versions)} | {world.Exchange.Organisation.Mails.Count} mails";
    }

    private void Say(string violation) => _violations.Add(violation);
}
