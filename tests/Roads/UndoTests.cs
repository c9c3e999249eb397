using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>History and undo (O9), the slow check-up (Q4) and the doctor, over the wire.</summary>
public sealed class UndoTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator, ActsForEveryone: true);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_whole_run_is_undone_on_both_sides_and_what_was_changed_since_is_left_and_named(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var link = await rig.LinkAsync("anna");
        var made = new List<OutlookItem>();
        for (var i = 0; i < 4; i++)
            made.Add(await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", location = "before", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" }));
        await rig.SyncAsync();
        foreach (var item in made.Take(3))
            await rig.Outlook("anna").UpdateAsync(item.Id, new { location = "a script was here" });
        await rig.Outlook("anna").DeleteAsync(made[3].Id);
        await rig.SyncAsync();
        var items = await rig.ItemsAsync();
        items.Count.ShouldBe(3);
        await EditAsync(rig, items[0].Id, content => content with { Subject = "Edited since, elsewhere" }, ScheduleFields.Subject);
        await EditAsync(rig, items[1].Id, content => content with { Location = "edited since" }, ScheduleFields.Location);
        await rig.DrainAsync();

        var undo = rig.Get<UndoService>();
        var run = (await undo.ListRunsAsync(Operator, link.Id, 10, CancellationToken.None)).Value!.ShouldHaveSingleItem();
        run.Items.ShouldBe(4);
        var planned = (await undo.PreviewRunAsync(Operator, run.RunId, false, CancellationToken.None)).Value!;
        (await rig.ItemsAsync()).Count.ShouldBe(3, "a preview writes nothing");
        (await undo.PreviewRunAsync(Operator, run.RunId, true, CancellationToken.None)).Value!.ShouldAllBe(item => item.Problem == null);
        var undone = (await undo.UndoRunAsync(Operator, run.RunId, false, null, CancellationToken.None)).Value!;
        undone.ShouldBe(planned, "the preview says what is done");
        undone.Count(item => item.Problem is null).ShouldBe(3);
        undone.Single(item => item.Problem is not null).Problem!.ShouldContain("Location was changed again since");
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        await rig.SyncAsync();

        // The deleted one is back, the others are as before.
        const string Expected = "before before before edited since";
        string.Join(' ', (await rig.ItemsAsync()).Select(item => item.Location).Order(StringComparer.Ordinal)).ShouldBe(Expected);
        string.Join(' ', (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).Order(StringComparer.Ordinal)).ShouldBe(Expected);
        (await rig.ItemsAsync()).ShouldContain(item => item.Subject == "Edited since, elsewhere");
        await using (var db = await rig.DbAsync())
            db.History.ToList().Where(row => row.RunId == run.RunId).ShouldAllBe(row => row.Side == "exchange" && row.ReplacedBy == $"link:{link.Id}" && row.Reason != "");
        (await undo.UndoRunAsync(Operator, Guid.NewGuid(), false, null, CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task One_items_version_is_restored_and_an_undo_of_what_was_changed_since_is_refused_unless_it_is_meant()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "First", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single().Id;
        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "Second" });
        await rig.SyncAsync();
        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "Third" });
        await rig.SyncAsync();

        var undo = rig.Get<UndoService>();
        (await undo.PreviewAsync(Operator, id, 1, false, CancellationToken.None)).Problem!.Text.ShouldContain("Subject was changed again since version 1");
        var preview = (await undo.PreviewAsync(Operator, id, 2, false, CancellationToken.None)).Value!;
        (preview.Fields, preview.Now.Subject, preview.Then.Subject).ShouldBe((ScheduleFields.Subject, "Third", "Second"));
        (await undo.UndoAsync(Operator, id, 1, false, null, CancellationToken.None))!.Text.ShouldContain("Subject was changed again since version 1");
        (await rig.ItemsAsync()).Single().Subject.ShouldBe("Third", "nothing half-done");
        (await undo.UndoAsync(Operator, id, 99, false, null, CancellationToken.None))!.Kind.ShouldBe(ProblemKind.NotFound);
        (await undo.UndoAsync(new Viewer("user:eve", Guid.NewGuid()), id, 2, false, null, CancellationToken.None))!.Kind.ShouldBe(ProblemKind.Forbidden);
        (await undo.UndoAsync(Operator, id, 2, false, null, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Second");
        (await undo.UndoAsync(Operator, id, 2, false, null, CancellationToken.None))!.Text.ShouldContain("nothing to undo");
        (await undo.UndoAsync(Operator, id, 1, true, null, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("First");
        var history = rig.Get<HistoryService>();
        var changes = (await history.ChangesAsync(Operator, id, null, 2, CancellationToken.None)).Value!;
        changes.Items.Select(change => (change.By, change.Side, change.Before!.Subject, change.After!.Subject)).ShouldBe([("olga", "crm", "Second", "First"), ("olga", "crm", "Third", "Second")]);
        changes = (await history.ChangesAsync(Operator, id, long.Parse(changes.Next!), 2, CancellationToken.None)).Value!;
        changes.Items.Select(change => (change.By, change.Side, change.Before!.Subject, change.After!.Subject)).ShouldBe(
            [("anna@contoso.test", "exchange", "Second", "Third"), ("anna@contoso.test", "exchange", "First", "Second")]);
        changes.Next.ShouldBeNull();
        (await history.ListAsync(Operator, new HistoryFilter("IRS", "Anna"), null, 10, CancellationToken.None)).Items.ShouldHaveSingleItem().Versions.ShouldBe(4);
        (await history.ListAsync(Operator, new HistoryFilter(Person: "ben"), null, 10, CancellationToken.None)).Items.ShouldBeEmpty();
        (await history.ListAsync(new Viewer("user:eve", Guid.NewGuid()), new HistoryFilter(), null, 10, CancellationToken.None)).Items.ShouldBeEmpty("it is nobody's of her team");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task In_a_shared_meeting_the_undo_of_one_persons_own_fields_is_theirs_and_whoever_has_left_is_not_brought_back_into_it()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var anna = await rig.LinkAsync("anna");
        await rig.LinkAsync("ben");
        await rig.Outlook("anna").CreateAsync(new
        {
            subject = "Plan", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z", send = "all", required = new[] { RoadRig.Address("ben") },
        });
        await rig.SyncAsync();
        await rig.Outlook("ben").UpdateAsync((await rig.Outlook("ben").SingleAsync()).Id, new { categories = new[] { "mine" } });
        await rig.SyncAsync();
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        var undo = rig.Get<UndoService>();

        var owner = await undo.UndoAsync(new Viewer("user:anna", anna.UserId), item.Id, item.Version - 1, false, null, CancellationToken.None);
        (owner!.Kind, owner.Text).ShouldBe((ProblemKind.Forbidden, "That change was in another person's own fields: that person or an operator can take it back."));
        (await undo.UndoAsync(Operator, item.Id, item.Version - 1, false, null, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("ben").SingleAsync()).Categories.ShouldBeEmpty();

        await rig.Outlook("ben").UpdateAsync((await rig.Outlook("ben").SingleAsync()).Id, new { categories = new[] { "again" } });
        await rig.SyncAsync();
        var changed = (await rig.ItemsAsync()).Single().Version - 1;
        await rig.Outlook("ben").DeleteAsync((await rig.Outlook("ben").SingleAsync()).Id);
        await rig.SyncAsync();
        (await undo.PreviewAsync(Operator, item.Id, changed, false, CancellationToken.None)).Problem!.Text.ShouldContain("takes no part in the meeting any more");
        (await undo.UndoAsync(Operator, item.Id, changed, false, null, CancellationToken.None))!.Text.ShouldContain("Only its organizer can invite them again");
        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);
        await rig.SyncAsync();
        (await undo.UndoAsync(Operator, item.Id, changed, false, null, CancellationToken.None))!.Text.ShouldContain("Undo the deletion first");
        await using (var db = await rig.DbAsync())
            db.Participations.ShouldAllBe(part => part.UserId == anna.UserId);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_check_up_finds_and_repairs_what_drifted_unseen_on_either_side_and_the_doctor_names_it_before()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < 12; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"S{i:00}", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        (await rig.Get<Doctor>().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        var items = await rig.ItemsAsync();
        var copies = (await rig.Outlook("anna").ListAsync()).OrderBy(copy => copy.Subject, StringComparer.Ordinal).ToList();
        // A change whose news was lost for ever: the feed has passed it, the key counts as known.
        await rig.Outlook("anna").UpdateAsync(copies[0].Id, new { location = "drifted in Exchange" });
        var key = (await rig.Outlook("anna").ListAsync()).Single(copy => copy.Id == copies[0].Id).ChangeKey;
        await using (var db = await rig.DbAsync())
            await db.ItemIdentities.Where(identity => identity.ExchangeId == copies[0].Id).ExecuteUpdateAsync(set => set.SetProperty(identity => identity.ChangeKey, key));
        // An edit whose message was lost.
        await rig.ChangeInCrmAsync(items[1].Id, content => content with { Location = "drifted in the CRM" });
        await using (var db = await rig.DbAsync())
            await db.Queue.ExecuteDeleteAsync();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldNotContain(item => item.Location == "drifted in Exchange");

        var finding = (await rig.Get<Doctor>().CheckAsync(CancellationToken.None)).ShouldHaveSingleItem();
        (finding.Check, finding.Count).ShouldBe(("edits that were never sent", 1));
        finding.Cure.ShouldContain("check-up");

        var checkUps = rig.Get<CheckUpService>();
        (await checkUps.QueueDueAsync(CancellationToken.None)).ShouldBe(0, "a link that has had none is due after its interval");
        await using (var db = await rig.DbAsync())
            await db.LinkStates.ExecuteUpdateAsync(set => set.SetProperty(state => state.NextCheckUpAt, DateTime.UtcNow.AddSeconds(-1)));
        (await checkUps.QueueDueAsync(CancellationToken.None)).ShouldBe(1);
        await rig.DrainAsync();

        (await rig.ItemsAsync()).ShouldContain(item => item.Location == "drifted in Exchange");
        (await rig.Outlook("anna").ListAsync()).ShouldContain(copy => copy.Location == "drifted in the CRM");
        await using (var db = await rig.DbAsync())
        {
            var report = db.Activities.Where(activity => activity.LinkId == link.Id && activity.Action == "CheckUp").ToList();
            report.ShouldContain(activity => activity.Reason.Contains("check-up of 12 pairs"));
            report.Sum(activity => activity.Count).ShouldBe(2);
            (await db.LinkStates.SingleAsync()).NextCheckUpAt.ShouldNotBeNull().ShouldBeGreaterThan(DateTime.UtcNow);
        }
        (await rig.Get<Doctor>().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        (await checkUps.StartAsync(Operator, link.Id, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        await rig.ShouldBeQuietAsync();
    }

    private static async Task EditAsync(RoadRig rig, Guid id, Func<ScheduleContent, ScheduleContent> change, ScheduleFields fields)
    {
        var items = rig.Get<ScheduleItemService>();
        var now = (await items.GetAsync(Operator, id, null, CancellationToken.None)).Value.ShouldNotBeNull();
        (await items.PatchAsync(Operator, id, null, change(now.Content), fields, null, null, CancellationToken.None)).Problem.ShouldBeNull();
    }
}
