using System.Net.Http.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>What Exchange says is believed only as far as it proves it: cursors, deletions, ids, keys.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task A_refused_sync_state_leads_to_a_full_read_that_doubles_and_deletes_nothing_and_still_finds_what_changed()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var outlook = rig.Outlook("anna");
        var made = new List<OutlookItem>();
        for (var i = 0; i < 12; i++)
            made.Add(await outlook.CreateAsync(new { subject = $"S{i}", start = $"2026-11-{10 + i}T09:00:00Z", end = $"2026-11-{10 + i}T10:00:00Z" }));
        await rig.SyncAsync();
        var before = (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet();

        await outlook.UpdateAsync(made[3].Id, new { subject = "changed" });
        await outlook.DeleteAsync(made[5].Id);
        await outlook.PostAsync("invalidate-sync-state");
        await rig.SyncAsync();

        var after = await rig.ItemsAsync();
        after.Count.ShouldBe(11);
        after.ShouldAllBe(item => before.Contains(item.Id));
        after.ShouldContain(item => item.Subject == "changed");
        await using var db = await rig.DbAsync();
        db.Activities.ToList().ShouldContain(activity => activity.Action == "FullRead" && activity.Reason.Contains("ErrorInvalidSyncStateData"));
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Ids_that_Exchange_reissues_are_bound_anew_without_a_create_or_a_delete()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        for (var i = 0; i < 8; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", start = $"2026-11-{10 + i}T09:00:00Z", end = $"2026-11-{10 + i}T10:00:00Z" });
        await rig.SyncAsync();
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Ours"));
        await rig.DrainAsync();
        var before = (await rig.ItemsAsync()).Select(item => item.Id).Order().ToList();

        await rig.Outlook("anna").PostAsync("reissue-ids?folder=calendar");
        await rig.SyncAsync();

        (await rig.ItemsAsync()).Select(item => item.Id).Order().ShouldBe(before);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(9);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_change_key_that_moved_without_content_writes_nothing()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.Outlook("anna").CreateAsync(new { subject = "Still", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        await rig.Outlook("anna").PostAsync("touch");
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Single().Version.ShouldBe(1);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Deleting_most_of_a_folder_is_held_until_a_person_approves_it()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        var made = new List<OutlookItem>();
        for (var i = 0; i < 20; i++)
            made.Add(await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" }));
        await rig.SyncAsync();
        foreach (var item in made.Take(15))
            await rig.Outlook("anna").DeleteAsync(item.Id);

        await rig.SyncAsync();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(20, "held: nothing is deleted, also not by a second run");
        await using (var db = await rig.DbAsync())
        {
            var state = await db.LinkStates.SingleAsync();
            state.Health.ShouldBe(LinkHealth.Held);
            state.LastError.ShouldNotBeNull().ShouldContain("15 of 20");
        }
        (await rig.Get<HoldService>().ApproveAsync(Viewer.System, link.Id, HoldKind.DeletesInCrm, 15, 24, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.SyncAsync(link);
        (await rig.ItemsAsync()).Count.ShouldBe(5);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_edit_beats_a_deletion_on_either_side()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var first = await rig.Outlook("anna").CreateAsync(new { subject = "CRM deletes", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        var second = await rig.Outlook("anna").CreateAsync(new { subject = "Outlook deletes", start = "2026-11-24T09:00:00Z", end = "2026-11-24T10:00:00Z" });
        await rig.SyncAsync();
        var items = await rig.ItemsAsync();

        await rig.Outlook("anna").UpdateAsync(first.Id, new { location = "edited in Outlook" });
        await rig.ChangeInCrmAsync(items.Single(item => item.Subject == "CRM deletes").Id, content => content, delete: true);
        await rig.Outlook("anna").DeleteAsync(second.Id);
        await rig.ChangeInCrmAsync(items.Single(item => item.Subject == "Outlook deletes").Id, content => content with { Location = "edited in the CRM" });
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(6));

        (await rig.ItemsAsync()).Select(item => (item.Subject, item.Location)).ShouldBe([("CRM deletes", "edited in Outlook"), ("Outlook deletes", "edited in the CRM")]);
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).Order().ShouldBe(["edited in Outlook", "edited in the CRM"]);
        await using var db = await rig.DbAsync();
        db.Conflicts.Count().ShouldBe(2);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_deleted_item_that_a_person_takes_out_of_Deleted_Items_comes_back_as_the_same_CRM_item()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "Back", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single().Id;
        await rig.Outlook("anna").DeleteAsync(made.Id);
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();

        await rig.TakeBackAsync("anna");
        await rig.SyncAsync();

        (await rig.ItemsAsync()).ShouldHaveSingleItem().Id.ShouldBe(id);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_busy_server_is_left_alone_as_long_as_it_asks_and_nothing_is_lost()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.SyncAsync();
        await rig.FaultAsync(new { operation = "CreateItem", kind = "busy-fault", milliseconds = 3000, count = 1 });
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Patient"));
        var startedAt = DateTime.UtcNow;
        await rig.DrainAsync(TimeSpan.Zero);
        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
        await rig.DrainAsync(TimeSpan.FromSeconds(5));
        (DateTime.UtcNow - startedAt).ShouldBeGreaterThan(TimeSpan.FromSeconds(3));
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Patient");
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData("busy-503")]
    [InlineData("busy-200")]
    [InlineData("garble")]
    [InlineData("truncate")]
    [InlineData("lose-request")]
    public async Task A_read_that_fails_in_any_way_is_repeated_and_loses_nothing(string kind)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        for (var i = 0; i < 5; i++)
            await rig.Outlook("anna").CreateAsync(new { subject = $"S{i}", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.FaultAsync(new { operation = "GetItem", kind, milliseconds = 500, count = 1 });
        await rig.FaultAsync(new { operation = "SyncFolderItems", kind, milliseconds = 500, count = 1 });
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(6));
        (await rig.ItemsAsync()).Count.ShouldBe(5);
        await using var db = await rig.DbAsync();
        (await db.LinkStates.SingleAsync()).Health.ShouldBe(LinkHealth.Healthy);
        await rig.ClearFaultsAsync();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Rules_decide_what_enters_and_a_change_of_show_as_withdraws_an_Exchange_born_item()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna", link => link.AcceptedShowAs = [Engine.Items.ShowAs.Busy]);
        await rig.Outlook("anna").CreateAsync(new { subject = "Free", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z", showAs = "Free" });
        var busy = await rig.Outlook("anna").CreateAsync(new { subject = "Busy", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z", showAs = "Busy" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Subject.ShouldBe("Busy");

        await rig.Outlook("anna").UpdateAsync(busy.Id, new { showAs = "Free" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(2, "Exchange is never touched by a rule");
        await rig.ShouldBeQuietAsync();

        await rig.Outlook("anna").UpdateAsync(busy.Id, new { showAs = "Busy" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Subject.ShouldBe("Busy");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_item_that_Exchange_refuses_is_tried_again_while_its_neighbours_go_on()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.SyncAsync();
        await rig.FaultAsync(new { operation = "CreateItem", kind = "error-code", code = "ErrorQuotaExceeded", everyMessage = 3, count = 1 });
        for (var i = 0; i < 6; i++)
            await rig.CreateInCrmAsync("anna", RoadRig.Meeting($"Item {i}", $"2026-12-0{i + 1}T09:00:00"));
        await rig.DrainAsync(TimeSpan.Zero);

        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(4);
        await using (var db = await rig.DbAsync())
        {
            var waiting = await db.Queue.ToListAsync();
            waiting.Count.ShouldBe(2);
            waiting.ShouldAllBe(message => message.ErrorCode == "ErrorQuotaExceeded" && message.Attempts == 1 && message.State == MessageState.Waiting);
        }
        await rig.DrainAsync(TimeSpan.FromSeconds(4));
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(6);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_link_that_fails_as_a_whole_keeps_its_messages_says_why_and_goes_on_by_itself()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.SyncAsync();
        (await rig.Http.PostAsJsonAsync("/control/accounts", new { name = "sync@contoso.test", mayImpersonate = false })).EnsureSuccessStatusCode();
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Waits"));
        await rig.DrainAsync(TimeSpan.Zero);
        await using (var db = await rig.DbAsync())
        {
            var state = await db.LinkStates.SingleAsync();
            (state.Health, state.Failures).ShouldBe((LinkHealth.Failing, 1));
            state.LastError.ShouldNotBeNull().ShouldContain("anna@contoso.test");
            (await db.Queue.SingleAsync()).Attempts.ShouldBe(0, "the message has done nothing wrong");
        }

        (await rig.Http.PostAsJsonAsync("/control/accounts", new { name = "sync@contoso.test", mayImpersonate = true })).EnsureSuccessStatusCode();
        await rig.DrainAsync(TimeSpan.FromSeconds(6));
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Waits");
        await rig.ShouldBeQuietAsync();
    }
}
