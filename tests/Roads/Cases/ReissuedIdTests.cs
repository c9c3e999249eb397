using CrmSync.Engine;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Ids and positions that Exchange changes under us: cases E6 and E31.</summary>
public sealed class ReissuedIdTests
{
    /// <summary>Case E6.</summary>
    [Fact]
    public async Task A_mailbox_whose_every_item_gets_another_id_is_bound_anew_without_a_create_a_delete_or_a_mail()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.ConfigureAsync(target => target.MailsPerHour = 10_000);
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < 600; i++)
            rig.Person("anna").Create(new() { Subject = $"O{i}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z", Required = i % 6 == 0 ? ["ben@contoso.test"] : null });
        await rig.SyncAsync();
        await rig.CreateManyInCrmAsync("anna", Enumerable.Range(0, 400).Select(i => RoadRig.Meeting($"C{i}", "2027-03-01T09:00:00", 60, i % 4 == 0 ? ["ben"] : [])));
        await rig.DrainAsync();
        var ids = (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet();
        ids.Count.ShouldBe(1000);
        for (var round = 0; round < 2; round++)
        {
            var (mails, made, deleted) = ((await rig.MailsAsync()).Count, rig.Requests("CreateItem"), rig.Requests("DeleteItem"));
            var old = rig.Person("anna").List("calendar", null, null, 10_000).Select(copy => copy.Id).ToHashSet();
            await rig.Outlook("anna").PostAsync("reissue-ids?folder=calendar");
            // An edit on each side at the same time is an edit, not a new item.
            var copies = rig.Person("anna").List("calendar", null, null, 10_000);
            copies.ShouldAllBe(copy => !old.Contains(copy.Id));
            rig.Person("anna").Update(copies[0].Id, new() { Location = $"Outlook {round}", Send = "none" });
            var edited = (await rig.ItemsAsync()).Single(item => item.Subject == "C1").Id;
            await rig.ChangeInCrmAsync(edited, content => content with { Location = $"CRM {round}" });
            await rig.SyncAsync();
            await rig.DrainAsync(TimeSpan.FromSeconds(5));

            (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet().SetEquals(ids).ShouldBeTrue();
            copies = rig.Person("anna").List("calendar", null, null, 10_000);
            copies.Count.ShouldBe(1000);
            (await rig.ItemsAsync()).Count(item => item.Location == $"Outlook {round}").ShouldBe(1);
            copies.Count(copy => copy.Location == $"CRM {round}").ShouldBe(1);
            (rig.Requests("CreateItem"), rig.Requests("DeleteItem"), (await rig.MailsAsync()).Count).ShouldBe((made, deleted, mails));
            await using var db = await rig.DbAsync();
            (await db.ItemLinks.CountAsync(pair => pair.Tombstone == Tombstone.None)).ShouldBe(1000);
            (await rig.StateAsync(link)).Health.ShouldBe(LinkHealth.Healthy);
        }
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E31.</summary>
    [Theory]
    [InlineData(31)]
    [InlineData(310)]
    public async Task A_position_that_is_refused_at_random_never_doubles_or_deletes_anything_and_every_real_change_is_still_found(int seed)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.ConfigureAsync(target => (target.RewritesPerHour, target.ChangeGuardMinimum, target.AllChangedMinimum) = (0, 1000, 0));
        var link = await rig.LinkAsync("anna");
        // Three pages, so that a position can also be refused in the middle of a read.
        for (var i = 0; i < 1200; i++)
            rig.Person("anna").Create(new() { Subject = $"S{i}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        await rig.SyncAsync();
        var random = new Random(seed);
        var created = 0;
        void Forget(double probability)
        {
            if (random.NextDouble() < probability)
                rig.Exchange.Organisation.FindMailbox(link.Mailbox)!.SyncEpoch++;
        }
        CrashPoints.Handler.Value = point => Forget(point == "inbound.page.after-commit" ? 0.2 : 0);
        for (var round = 0; round < 20; round++)
        {
            var unchanged = (await rig.ItemsAsync()).ToDictionary(item => item.Id, item => item.Version);
            var copies = rig.Person("anna").List("calendar", null, null, 10_000);
            var edited = copies[random.Next(copies.Count)];
            rig.Person("anna").Update(edited.Id, new() { Location = $"Room {round}" });
            var deleted = copies[random.Next(copies.Count)];
            if (deleted.Id != edited.Id)
                rig.Person("anna").Delete(deleted.Id, null, "none");
            if (random.Next(2) == 0)
                rig.Person("anna").Create(new() { Subject = $"New {created++}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
            Forget(0.4);
            await rig.SyncAsync();
            await rig.DrainAsync(TimeSpan.FromSeconds(3));

            var after = await rig.ItemsAsync();
            after.Count(item => unchanged.TryGetValue(item.Id, out var version) && item.Version != version).ShouldBe(1, $"round {round}: one edit, one new version");
            after.Select(item => $"{item.Subject} {item.Location}").Order(StringComparer.Ordinal).ShouldBe(
                rig.Person("anna").List("calendar", null, null, 10_000).Select(copy => $"{copy.Subject} {copy.Location}").Order(StringComparer.Ordinal), $"round {round}");
        }
        await using (var db = await rig.DbAsync())
            (await db.Activities.CountAsync(activity => activity.Action == "FullRead")).ShouldBeGreaterThan(3, "positions were refused");
        CrashPoints.Handler.Value = null;
        (await rig.StateAsync(link)).Health.ShouldBe(LinkHealth.Healthy);
        await rig.ShouldBeQuietAsync();
    }
}
