using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Dry runs: what a link would do, without doing it; the first run does exactly that or says what changed (requirement O8, cases E3 and E4).</summary>
public sealed class DryRunTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_link_that_is_not_enabled_yet_is_planned_in_full_nothing_is_written_and_the_real_run_does_exactly_that(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var link = await rig.LinkAsync("anna", one => (one.IsEnabled, one.StartDate) = (false, new DateOnly(2027, 1, 1)));
        await rig.Outlook("anna").CreateAsync(new { subject = "Old", start = "2022-03-01T09:00:00Z", end = "2022-03-01T10:00:00Z" });
        for (var i = 0; i < 5; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"Outlook's {i}", start = $"2027-02-0{i + 1}T09:00:00Z", end = $"2027-02-0{i + 1}T10:00:00Z" });
        await rig.Outlook("anna").CreateAsync(new { subject = "Twin", start = "2027-02-11T08:00:00Z", end = "2027-02-11T09:00:00Z", location = "Room 1" });
        await rig.Outlook("anna").CreateAsync(new { subject = "Secret", start = "2027-02-12T08:00:00Z", end = "2027-02-12T09:00:00Z", sensitivity = "Private" });
        await CreateUnsentAsync(rig, "Twin", "2027-02-11T09:00:00");
        await CreateUnsentAsync(rig, "The CRM's", "2027-02-13T09:00:00");
        await CreateUnsentAsync(rig, "The CRM's meeting", "2027-02-14T09:00:00", "ben", "carla");
        await CreateUnsentAsync(rig, "The CRM's past", "2022-02-13T09:00:00");
        var before = await SnapshotAsync(rig);

        var plan = (await RunAsync(rig, link)).Result.ShouldNotBeNull();

        (await SnapshotAsync(rig)).ShouldBe(before, "a dry run writes nothing anywhere");
        plan.Counts.ShouldBe(new Dictionary<string, int> { ["crm.create"] = 6, ["crm.match"] = 1, ["crm.skip"] = 1, ["exchange.create"] = 2, ["exchange.invite"] = 1, ["mails"] = 2,
            // The twins differ in text and reminder: each side takes what the other has newer.
            ["crm.change"] = 1, ["exchange.change"] = 1 }, ignoreOrder: true);
        plan.Skipped.ShouldBe(new Dictionary<string, int> { ["OutsideWindow"] = 1 });
        plan.Entries.ShouldContain(entry => entry.Action == "create" && entry.Side == "crm" && entry.Subject == null, "a private item's subject is not shown");
        plan.Entries.ShouldNotContain(entry => entry.Subject == "Secret");

        await EnableAsync(rig, link);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(8 + 2);
        (await rig.ItemsAsync()).Count.ShouldBe(4 + 6);
        (await rig.MailsAsync()).Count.ShouldBe(2);
        await using (var db = await rig.DbAsync())
            db.Activities.ToList().Where(activity => activity.Action.StartsWith("Plan", StringComparison.Ordinal)).ShouldHaveSingleItem().Action.ShouldBe("PlanKept");
        await rig.ShouldBeQuietAsync();
        (await RunAsync(rig, link)).Result!.Counts.ShouldBeEmpty("in step: nothing is left to do");
    }

    [Fact]
    public async Task The_first_run_says_what_changed_since_its_dry_run()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.IsEnabled = false);
        await rig.Outlook("anna").CreateAsync(new { subject = "Planned", start = "2027-02-01T09:00:00Z", end = "2027-02-01T10:00:00Z" });
        (await RunAsync(rig, link)).Result!.Counts["crm.create"].ShouldBe(1);
        await rig.Outlook("anna").CreateAsync(new { subject = "Made since", start = "2027-02-02T09:00:00Z", end = "2027-02-02T10:00:00Z" });

        await EnableAsync(rig, link);

        await using var db = await rig.DbAsync();
        var said = db.Activities.ToList().Single(activity => activity.Action == "PlanDiffers");
        said.Reason.ShouldContain("Import: planned 1, done 2");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_link_that_is_made_anew_over_a_folder_that_was_linked_before_adopts_every_item_and_mails_nobody()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < 60; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"O{i}", start = $"2027-02-{1 + i % 28:00}T09:00:00Z", end = $"2027-02-{1 + i % 28:00}T10:00:00Z" });
        await rig.SyncAsync();
        for (var i = 0; i < 40; i++)
            await rig.CreateInCrmAsync("anna", RoadRig.Meeting($"C{i}", $"2027-03-{1 + i % 28:00}T09:00:00", 60, i % 4 == 0 ? ["ben"] : []));
        await rig.DrainAsync();
        await rig.ShouldBeQuietAsync();
        var mails = (await rig.MailsAsync()).Count;
        mails.ShouldBe(10);

        (await rig.Get<LinkService>().RemoveAsync(Viewer.System, link.Id, CancellationToken.None)).Problem.ShouldBeNull();
        var again = (await rig.Get<LinkService>().CreateAsync(
            Viewer.System, new SyncLink { TargetId = rig.Target.Id, UserId = link.UserId, Mailbox = link.Mailbox, DefaultZone = link.DefaultZone, IsEnabled = false }, CancellationToken.None)).Value!.Link;
        var plan = (await RunAsync(rig, again)).Result!;
        plan.Counts["crm.match"].ShouldBe(100);
        // The CRM learns from Exchange who organizes what it made without saying so.
        string.Join(' ', plan.Counts.Keys.Order(StringComparer.Ordinal)).ShouldBe("crm.change crm.match", "nothing is created or deleted on either side, nothing changed in Exchange, nobody mailed");

        await EnableAsync(rig, again);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(100);
        (await rig.ItemsAsync()).Count.ShouldBe(100);
        (await rig.MailsAsync()).Count.ShouldBe(mails);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Both_sides_older_items_can_be_kept_apart_and_only_new_ones_travel()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.FirstSync = FirstSyncPolicy.KeepApart);
        var old = await rig.Outlook("anna").CreateAsync(new { subject = "Twin", start = "2027-02-11T08:00:00Z", end = "2027-02-11T09:00:00Z" });
        await CreateUnsentAsync(rig, "Twin", "2027-02-11T09:00:00");
        (await RunAsync(rig, link)).Result!.Skipped.ShouldBe(new Dictionary<string, int> { ["KeptApart"] = 1 });
        await rig.SyncAsync();
        await rig.Outlook("anna").UpdateAsync(old.Id, new { location = "edited later" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("Room 1");
        (await rig.Outlook("anna").ListAsync()).ShouldHaveSingleItem();

        await rig.Outlook("anna").CreateAsync(new { subject = "New in Outlook", start = "2027-02-12T08:00:00Z", end = "2027-02-12T09:00:00Z" });
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("New in the CRM"));
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(3);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(3);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Deletes_changes_and_mails_of_a_living_link_are_planned_and_a_guard_that_would_hold_them_says_so()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < 12; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", start = $"2027-02-0{1 + i % 9}T09:00:00Z", end = $"2027-02-0{1 + i % 9}T10:00:00Z" });
        await rig.SyncAsync();
        var meeting = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Board", "2027-03-01T09:00:00", 60, "ben"));
        await rig.DrainAsync();
        var items = await rig.ItemsAsync();
        await rig.ChangeInCrmAsync(items[0].Id, content => content with { Location = "changed" });
        await rig.ChangeInCrmAsync(items[1].Id, content => content, delete: true);
        await rig.ChangeInCrmAsync(meeting, content => content with { Location = "elsewhere" });
        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").ListAsync()).First(copy => copy.Subject == items[2].Subject).Id);
        var before = await SnapshotAsync(rig);

        var plan = (await RunAsync(rig, link)).Result!;
        plan.Counts.ShouldBe(new Dictionary<string, int> { ["crm.delete"] = 1, ["exchange.change"] = 2, ["exchange.delete"] = 1, ["mails"] = 1 }, ignoreOrder: true, string.Join('\n', plan.Entries));
        (await SnapshotAsync(rig)).ShouldBe(before);

        foreach (var copy in (await rig.Outlook("anna").ListAsync()).Where(copy => copy.Subject!.StartsWith('S')).Take(8).ToList())
            await rig.Outlook("anna").DeleteAsync(copy.Id);
        (await RunAsync(rig, link)).Result!.Counts.ContainsKey("crm.hold").ShouldBeTrue();
        (await rig.ItemsAsync()).Count.ShouldBe(12);
    }

    [Fact]
    public async Task A_mailbox_that_cannot_be_read_and_a_second_dry_run_at_once_are_told_clearly_and_a_running_one_is_cancelled()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.Mailbox = "nobody@contoso.test");
        var failed = await RunAsync(rig, link);
        failed.Row.State.ShouldBe(DryRunState.Failed);
        failed.Row.Error.ShouldNotBeNull().ShouldContain("nobody@contoso.test");
        failed.Row.Error.ShouldContain("Nothing was written");
        failed.Result.ShouldBeNull();

        var runs = rig.Get<DryRunService>();
        var started = (await runs.StartAsync(Operator, link.Id, CancellationToken.None)).Value!;
        (await runs.StartAsync(Operator, link.Id, CancellationToken.None)).Problem!.Text.ShouldContain("under way");
        (await runs.CancelAsync(Operator, started.Row.Id, CancellationToken.None)).Problem.ShouldBeNull();
        var ben = await rig.LinkAsync("ben");
        await rig.Outlook("ben").CreateAsync(new { subject = "x", start = "2027-02-01T09:00:00Z", end = "2027-02-01T10:00:00Z" });
        var other = (await runs.StartAsync(Operator, ben.Id, CancellationToken.None)).Value!;
        (await runs.CancelAsync(Operator, other.Row.Id, CancellationToken.None)).Problem.ShouldBeNull();
        await runs.RunAsync(other.Row.Id, CancellationToken.None);
        (await runs.FindAsync(other.Row.Id, CancellationToken.None))!.Row.State.ShouldBe(DryRunState.Cancelled);
        (await runs.CancelAsync(Operator, other.Row.Id, CancellationToken.None)).Problem!.Text.ShouldContain("has ended already");
        (await runs.StartAsync(Operator, Guid.NewGuid(), CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
    }

    private static async Task<DryRunView> RunAsync(RoadRig rig, SyncLink link)
    {
        var runs = rig.Get<DryRunService>();
        var started = (await runs.StartAsync(Operator, link.Id, CancellationToken.None)).Value.ShouldNotBeNull();
        await runs.RunAsync(started.Row.Id, CancellationToken.None);
        return (await runs.FindAsync(started.Row.Id, CancellationToken.None))!;
    }

    private static async Task EnableAsync(RoadRig rig, SyncLink link)
    {
        await using (var db = await rig.DbAsync())
            await db.Links.Where(row => row.Id == link.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.IsEnabled, true));
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
    }

    // An item of the CRM from before the link.
    private static async Task CreateUnsentAsync(RoadRig rig, string subject, string start, params string[] attendees)
    {
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting(subject, start, 60, attendees));
        await using var db = await rig.DbAsync();
        await db.Queue.Where(message => message.ItemId == id).ExecuteDeleteAsync();
    }

    private static async Task<string> SnapshotAsync(RoadRig rig)
    {
        await using var db = await rig.DbAsync();
        var copies = (await rig.Outlook("anna").ListAsync()).Select(copy => $"{copy.Id} {copy.ChangeKey}").Order(StringComparer.Ordinal);
        var items = (await db.ScheduleItems.AsNoTracking().OrderBy(item => item.Id).ToListAsync()).Select(item => $"{item.Id} {item.Version}");
        var state = await db.LinkStates.AsNoTracking().SingleAsync();
        return string.Join('\n', [
            .. copies, .. items, $"{await db.ItemLinks.CountAsync()} {await db.Inventory.CountAsync()} {await db.Activities.CountAsync()} {await db.Queue.CountAsync()} {await db.PendingDeletes.CountAsync()}",
            $"{state.Cursor?.Length} {state.IsInventoryComplete} {state.Health} {(await rig.MailsAsync()).Count}",
        ]);
    }
}
