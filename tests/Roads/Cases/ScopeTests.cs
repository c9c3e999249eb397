using System.Net.Http.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E34: what is synchronized is what is assigned, however much the service account may see.</summary>
public sealed class ScopeTests
{
    [Fact]
    public async Task An_account_that_may_open_every_mailbox_is_used_for_the_linked_ones_alone_and_each_item_stays_with_its_person()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var wire = new Wiretap();
        rig.Wire = wire;
        string[] linked = ["anna", "ben", "carla"], unlinked = [.. Enumerable.Range(0, 12).Select(number => $"other{number}")];
        foreach (var person in unlinked)
            await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = RoadRig.Address(person), displayName = person, password = "demo" });
        var links = new Dictionary<string, Engine.Targets.SyncLink>();
        foreach (var person in linked)
            links[person] = await rig.LinkAsync(person);
        await using (var db = await rig.DbAsync())
        {
            // A person of the CRM without a link.
            db.Add(new CrmUser { Id = Guid.CreateVersion7(), Name = "other0", DisplayName = "other0", Mail = RoadRig.Address("other0"), TimeZone = "UTC" });
            await db.SaveChangesAsync();
        }
        foreach (var person in linked.Concat(unlinked))
        {
            for (var i = 0; i < 5; i++)
                rig.Person(person).Create(new() { Subject = $"{i} of {person}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        }
        // The unlinked invite the linked, who have copies of their own.
        rig.Person("other1").Create(new() { Subject = "Guests", Start = "2027-02-02T09:00:00Z", End = "2027-02-02T10:00:00Z", Required = [RoadRig.Address("anna")], Send = "all" });
        foreach (var person in linked)
            await rig.CreateInCrmAsync(person, RoadRig.Meeting($"CRM of {person}"));
        var orphan = (await rig.CreateManyInCrmAsync("other0", [RoadRig.Meeting("CRM of other0")], send: false)).Single();
        (await rig.Get<ScheduleItemService>().PatchAsync(new Viewer("user:olga", null, ConsoleRole.Operator, ActsForEveryone: true), orphan, null,
            RoadRig.Meeting("CRM of other0, edited"), Engine.Items.ScheduleFields.Subject, null, null, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(2));

        wire.Seen.Select(request => request.Mailbox).Distinct().Order(StringComparer.Ordinal).ShouldBe(linked.Select(RoadRig.Address));
        rig.Exchange.Requests.Recent.Where(request => request.Account == "sync@contoso.test").ShouldAllBe(request => links.Values.Any(link => link.Mailbox == request.Mailbox));
        var items = await rig.ItemsAsync();
        items.Count.ShouldBe(3 * 6 + 1 + 1);
        items.ShouldNotContain(item => item.Subject.Contains("of other") && !item.Subject.StartsWith("CRM", StringComparison.Ordinal));
        await using (var db = await rig.DbAsync())
        {
            foreach (var person in linked)
            {
                var user = links[person].UserId;
                items.Where(item => item.OwnerId == user && item.Subject != "Guests").ShouldAllBe(item => item.Subject.EndsWith($"of {person}"));
                rig.Person(person).List("calendar", null, null, 100).Where(copy => copy.Subject != "Guests").Select(copy => copy.Subject!).Order(StringComparer.Ordinal)
                    .ShouldBe([.. Enumerable.Range(0, 5).Select(i => $"{i} of {person}"), $"CRM of {person}"]);
            }
            foreach (var person in unlinked)
                rig.Person(person).List("calendar", null, null, 100).ShouldNotContain(copy => copy.Subject!.StartsWith("CRM", StringComparison.Ordinal), "nobody's mailbox gets somebody else's item");
            var guests = items.Single(item => item.Subject == "Guests").Id;
            (await db.Participations.CountAsync(row => row.ItemId == guests)).ShouldBe(1);
        }
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E34: before it is enabled, a link says whose items go into whose mailbox.</summary>
    [Fact]
    public async Task A_link_that_is_not_enabled_yet_shows_mailbox_and_person_and_moves_nothing()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.IsEnabled = false);
        rig.Person("anna").Create(new() { Subject = "Not yet", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        var shown = (await rig.Get<LinkService>().FindAsync(link.Id, CancellationToken.None))!;
        (shown.Link.Mailbox, shown.UserName, shown.UserDisplayName, shown.Link.IsEnabled).ShouldBe((RoadRig.Address("anna"), "anna", "anna", false));
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        rig.Exchange.Requests.Recent.ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }
}
