using System.Net.Http.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>The guards over the wire: masses are asked about, loops and poison are left alone, mails have a budget (cases E7, E18, E21-E23, E27).</summary>
public sealed class GuardTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Held_deletes_survive_a_restart_are_listed_and_an_approval_that_expired_or_is_too_small_lets_nothing_through(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var link = await rig.LinkAsync("anna");
        var made = await CreateAsync(rig, 20);
        await rig.SyncAsync();
        foreach (var item in made.Take(15))
            await rig.Outlook("anna").DeleteAsync(item.Id);
        await rig.SyncAsync();
        await rig.SyncAsync();

        var holds = rig.Get<HoldService>();
        var held = (await HoldsAsync(rig, link)).ShouldHaveSingleItem();
        (held.Kind, held.Count, held.Of).ShouldBe((HoldKind.DeletesInCrm, 15, 20));
        var listed = (await holds.ListDeletesAsync(Operator, link.Id, null, 10, CancellationToken.None)).Value!;
        (listed.Items.Count, listed.Next is not null).ShouldBe((10, true));
        listed.Items.ShouldAllBe(delete => delete.Subject != null && delete.State == PendingDeleteState.Held);

        (await holds.ApproveAsync(Operator, link.Id, HoldKind.DeletesInCrm, 14, 24, CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.Stale);
        (await holds.ApproveAsync(Operator, link.Id, HoldKind.Mails, null, 24, CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.Conflict);
        (await holds.ApproveAsync(Operator, link.Id, HoldKind.DeletesInCrm, 15, 1, CancellationToken.None)).Problem.ShouldBeNull();
        await using (var db = await rig.DbAsync())
        {
            var state = await db.LinkStates.SingleAsync();
            state.Approvals = [state.Approvals!.Single() with { Until = DateTime.UtcNow.AddMinutes(-1) }];
            await db.SaveChangesAsync();
        }
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(20);
        (await HoldsAsync(rig, link)).Single().Reason.ShouldContain("user:olga approved 15 until");
        (await HoldsAsync(rig, link)).Single().Since.ShouldBe(held.Since, "the same hold");

        (await holds.ApproveAsync(Operator, link.Id, HoldKind.DeletesInCrm, 15, 1, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(5);
        (await HoldsAsync(rig, link)).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData(30, 25, "more than 50 %")]
    [InlineData(12, 12, "looks like an accident")]
    public async Task Most_items_changed_at_once_in_Exchange_are_held_before_any_is_changed_until_a_person_approves(int items, int changed, string reason)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        var made = await CreateAsync(rig, items);
        await rig.SyncAsync();
        foreach (var item in made.Take(changed))
            await rig.Outlook("anna").UpdateAsync(item.Id, new { location = "moved by a script" });

        await rig.SyncAsync();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldAllBe(item => item.Location == "", "nothing is changed while it is held");
        var held = (await HoldsAsync(rig, link)).ShouldHaveSingleItem();
        (held.Kind, held.Count).ShouldBe((HoldKind.ChangesInCrm, changed));
        held.Reason.ShouldContain(reason);

        (await rig.Get<HoldService>().ApproveAsync(Operator, link.Id, HoldKind.ChangesInCrm, changed, 24, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.ItemsAsync()).Count(item => item.Location == "moved by a script").ShouldBe(changed);
        (await HoldsAsync(rig, link)).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Mass_deletes_in_the_CRM_wait_in_the_queue_and_reach_Exchange_only_with_approval()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await CreateAsync(rig, 20);
        await rig.SyncAsync();
        foreach (var item in (await rig.ItemsAsync()).Take(15))
            await rig.ChangeInCrmAsync(item.Id, content => content, delete: true);
        await rig.DrainAsync();

        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(20);
        var held = (await HoldsAsync(rig, link)).ShouldHaveSingleItem();
        (held.Kind, held.Count, held.Of).ShouldBe((HoldKind.DeletesInExchange, 15, 20));
        await rig.Outlook("anna").CreateAsync(new { subject = "goes on", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldContain(item => item.Subject == "goes on", "the link's other work goes on");

        (await rig.Get<HoldService>().ApproveAsync(Operator, link.Id, HoldKind.DeletesInExchange, 15, 24, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(6);
        await rig.SyncAsync();
        await rig.ShouldBeQuietAsync();
        (await HoldsAsync(rig, link)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_item_that_two_programs_rewrite_in_turn_is_left_alone_with_its_reason_until_somebody_edits_or_releases_it(bool byEdit)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var made = await CreateAsync(rig, 2);
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single(item => item.Subject == "S0").Id;
        for (var turn = 0; turn < 6; turn++)
        {
            await rig.ChangeInCrmAsync(id, content => content with { Location = $"CRM {turn}" });
            await rig.DrainAsync();
            await rig.Outlook("anna").UpdateAsync(made[0].Id, new { location = $"bot {turn}" });
            await rig.SyncAsync();
        }

        (await rig.ItemsAsync()).Single(item => item.Id == id).Location.ShouldBe("CRM 5", "the sixth rewrite is not taken");
        var listed = (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldHaveSingleItem();
        (listed.Kind, listed.ItemId, listed.Subject).ShouldBe((QuarantineKind.Pair, id, "S0"));
        listed.Reason.ShouldContain("rewritten 6 times");
        await rig.Outlook("anna").UpdateAsync(made[1].Id, new { location = "neighbour" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Single(item => item.Id != id).Location.ShouldBe("neighbour");
        await rig.ShouldBeQuietAsync();

        if (byEdit)
            await rig.Outlook("anna").UpdateAsync(made[0].Id, new { location = "a person" });
        else
            (await rig.Get<QuarantineService>().ReleaseAsync(Operator, listed.Id, CancellationToken.None)).ShouldBeNull();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Single(item => item.Id == id).Location.ShouldBe(byEdit ? "a person" : "bot 5");
        (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldBeEmpty();
        (await rig.Get<QuarantineService>().ReleaseAsync(Operator, listed.Id, CancellationToken.None))!.Kind.ShouldBe(ProblemKind.NotFound);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Mails_beyond_the_hours_budget_are_held_and_shown_never_dropped()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.ConfigureAsync(target => target.MailsPerHour = 3);
        var link = await rig.LinkAsync("anna");
        await rig.SyncAsync();
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("First", "2027-01-11T09:00:00", 60, "ben", "carla"));
        await rig.DrainAsync();
        var second = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Second", "2027-01-12T09:00:00", 60, "ben", "carla"));
        await rig.DrainAsync();

        (await rig.MailsAsync()).Select(mail => mail.Subject).ShouldBe(["First", "First"]);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(2, "the meeting itself is there");
        var held = (await HoldsAsync(rig, link)).ShouldHaveSingleItem();
        (held.Kind, held.Count, held.Of).ShouldBe((HoldKind.Mails, 2, 3));
        held.Reason.ShouldContain("nothing is dropped");
        await using (var db = await rig.DbAsync())
            (await db.Queue.SingleAsync()).Error.ShouldNotBeNull().ShouldContain("over this hour's budget");

        (await rig.Get<HoldService>().ApproveAsync(Operator, link.Id, HoldKind.Mails, 2, 1, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.MailsAsync()).Count(mail => mail is { Subject: "Second", Kind: "request" }).ShouldBe(2);
        await rig.ShouldBeQuietAsync();
        (await rig.MailsAsync()).Count.ShouldBe(4);
        (await rig.ItemsAsync()).ShouldContain(item => item.Id == second);
    }

    [Fact]
    public async Task An_item_that_Exchange_can_never_give_is_parked_with_its_reason_and_its_folder_goes_on()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await CreateAsync(rig, 3);
        // The third item of every read fails with a code that says "try again", for ever.
        await rig.FaultAsync(new { operation = "GetItem", kind = "error-code", code = "ErrorInternalServerError", everyMessage = 3 });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty("it may pass: nothing is given up at once");
        await rig.DrainAsync(TimeSpan.FromSeconds(12));

        (await rig.ItemsAsync()).Count.ShouldBe(2);
        var parked = (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldHaveSingleItem();
        parked.Kind.ShouldBe(QuarantineKind.Unreadable);
        await using (var db = await rig.DbAsync())
        {
            (await db.LinkStates.SingleAsync()).Health.ShouldBe(LinkHealth.Healthy);
            db.Activities.ToList().ShouldContain(activity => activity.Reason.Contains("ErrorInternalServerError"));
        }
        await rig.ShouldBeQuietAsync();

        await rig.ClearFaultsAsync();
        (await rig.Get<QuarantineService>().ReleaseAsync(Operator, parked.Id, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(3);
        (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task One_poison_item_and_one_dead_mailbox_delay_nobody_else()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        string[] people = [.. Enumerable.Range(0, 20).Select(number => $"p{number}")];
        foreach (var person in people)
            await rig.LinkAsync(person);
        await rig.LinkAsync("dead", link => link.Mailbox = "nobody@contoso.test");
        foreach (var person in people)
            await rig.Outlook(person).CreateAsync(new { subject = $"of {person}", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.FaultAsync(new { operation = "GetItem", kind = "error-code", code = "ErrorCorruptData", mailbox = RoadRig.Address("p7") });

        await rig.SyncAsync();

        (await rig.ItemsAsync()).Select(item => item.Subject).ShouldBe(people.Where(person => person != "p7").Select(person => $"of {person}").Order(StringComparer.Ordinal), ignoreOrder: true);
        var parked = (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldHaveSingleItem();
        parked.Mailbox.ShouldBe(RoadRig.Address("p7"));
        await using var db = await rig.DbAsync();
        var dead = await db.Links.SingleAsync(link => link.Mailbox == "nobody@contoso.test");
        (await db.LinkStates.SingleAsync(state => state.LinkId == dead.Id)).Health.ShouldBe(LinkHealth.Failing);
        (await db.LinkStates.CountAsync(state => state.Health == LinkHealth.Healthy)).ShouldBe(20);
    }

    [Fact]
    public async Task What_was_deleted_in_Outlook_is_not_created_again_by_a_later_edit_but_can_be_offered_again()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.Direction = SyncDirection.Outbound);
        await rig.SyncAsync();
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Offered"));
        await rig.DrainAsync();
        (await rig.Get<TombstoneService>().ReofferAsync(Operator, link.Id, id, null, CancellationToken.None)).Problem!.Text.ShouldContain("copy lives");
        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);
        await rig.SyncAsync();
        await rig.ChangeInCrmAsync(id, content => content with { Location = "edited later" });
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty("the deletion is remembered");
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("edited later");
        await rig.ShouldBeQuietAsync();

        (await rig.Get<TombstoneService>().ReofferAsync(Operator, link.Id, id, null, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").SingleAsync()).Location.ShouldBe("edited later");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_fresh_meeting_made_just_before_during_and_just_after_a_run_is_never_deleted()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.LinkAsync("ben");
        for (var round = 0; round < 3; round++)
        {
            var day = 10 + round;
            await rig.Outlook("anna").CreateAsync(new { subject = $"before {round}", start = $"2027-01-{day}T08:00:00Z", end = $"2027-01-{day}T09:00:00Z", required = new[] { RoadRig.Address("ben") }, send = "all" });
            var run = rig.SyncAsync();
            await rig.Outlook("anna").CreateAsync(new { subject = $"during {round}", start = $"2027-01-{day}T10:00:00Z", end = $"2027-01-{day}T11:00:00Z", required = new[] { RoadRig.Address("ben") }, send = "all" });
            await run;
            await rig.Outlook("anna").CreateAsync(new { subject = $"after {round}", start = $"2027-01-{day}T12:00:00Z", end = $"2027-01-{day}T13:00:00Z", required = new[] { RoadRig.Address("ben") }, send = "all" });
        }
        await rig.SyncAsync();
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(9);
        (await rig.Outlook("ben").ListAsync()).Count.ShouldBe(9);
        (await rig.ItemsAsync()).Count.ShouldBe(9);
        (await rig.MailsAsync()).ShouldAllBe(mail => mail.Kind == "request");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Linking_many_people_to_shared_meetings_and_touching_what_is_nobodys_business_mails_nobody()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        string[] people = ["anna", "ben", "carla", "dora", "emil"];
        foreach (var person in people)
            await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = RoadRig.Address(person), displayName = person, password = "demo" });
        for (var number = 0; number < 40; number++)
        {
            await rig.Outlook("anna").CreateAsync(new
            {
                subject = $"Shared {number}", start = $"2027-01-{1 + number % 28:00}T09:00:00Z", end = $"2027-01-{1 + number % 28:00}T10:00:00Z",
                required = people.Skip(1).Select(RoadRig.Address).ToArray(), send = "all",
            });
        }
        await rig.Outlook("anna").CreateAsync(new { subject = "Past", start = "2026-01-05T09:00:00Z", end = "2026-01-05T10:00:00Z", required = new[] { RoadRig.Address("ben") }, send = "all" });
        var before = (await rig.MailsAsync()).Count;
        foreach (var person in people)
        {
            await rig.LinkAsync(person);
            await rig.SyncAsync();
        }
        (await rig.ItemsAsync()).Count.ShouldBe(41);
        (await rig.MailsAsync()).Count.ShouldBe(before, "first links mail nobody");

        var past = (await rig.ItemsAsync()).Single(item => item.Subject == "Past").Id;
        var shared = (await rig.ItemsAsync()).First(item => item.Subject == "Shared 0").Id;
        await rig.ChangeInCrmAsync(past, content => content with { Location = "elsewhere" });
        await rig.ChangeInCrmAsync(shared, content => content with { Categories = ["Done"], ShowAs = ShowAs.Free });
        await rig.DrainAsync();
        (await rig.MailsAsync()).Count.ShouldBe(before, "neither the past nor a status is worth a mail");

        await rig.ChangeInCrmAsync(shared, content => content with { Time = TimeZones.Timed(content.Time.Start.Plus(NodaTime.Duration.FromHours(2)), content.Time.End.Plus(NodaTime.Duration.FromHours(2)), "UTC", "UTC") });
        await rig.DrainAsync();
        (await rig.MailsAsync()).Skip(before).Select(mail => mail.Kind).ShouldBe(["update", "update", "update", "update"], "one per attendee");
        await rig.SyncAsync();
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData("truncate")]
    [InlineData("http-status")]
    [InlineData("lose-request")]
    public async Task An_empty_cut_or_failed_read_deletes_nothing_and_the_restored_feed_goes_on_alone(string kind)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await CreateAsync(rig, 12);
        await rig.SyncAsync();
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");
        await rig.FaultAsync(new { operation = "SyncFolderItems", kind, status = 500, every = 2, count = 3 });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(12);
        await rig.DrainAsync(TimeSpan.FromSeconds(12));
        (await rig.ItemsAsync()).Count.ShouldBe(12);
        await rig.ClearFaultsAsync();
        await rig.SyncAsync();
        await using (var db = await rig.DbAsync())
            (await db.LinkStates.SingleAsync()).Health.ShouldBe(LinkHealth.Healthy);
        await rig.ShouldBeQuietAsync();
    }

    private static async Task<List<OutlookItem>> CreateAsync(RoadRig rig, int count)
    {
        var made = new List<OutlookItem>();
        for (var i = 0; i < count; i++)
            made.Add(await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" }));
        return made;
    }

    private static async Task<IReadOnlyList<LinkHold>> HoldsAsync(RoadRig rig, SyncLink link) => (await rig.Get<LinkService>().FindAsync(link.Id, CancellationToken.None))!.State.Holds ?? [];
}
