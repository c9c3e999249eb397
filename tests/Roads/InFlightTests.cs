using CrmSync.Engine;

namespace CrmSync.Roads.Tests;

/// <summary>What happens between a step of ours and its record: each of these was found by the seeded runs, and lost or revived something.</summary>
public sealed class InFlightTests
{
    [Fact]
    public async Task A_page_that_turned_stale_and_then_failed_is_read_again()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var known = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Known"));
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        await rig.SyncAsync();
        await rig.Outlook("anna").UpdateAsync((await rig.Outlook("anna").SingleAsync()).Id, new { location = "Room 1" });
        await rig.Outlook("anna").CreateAsync(new { subject = "New", start = "2026-11-24T08:00:00Z", end = "2026-11-24T09:00:00Z" });
        var isFirst = true;
        CrashPoints.Handler.Value = point =>
        {
            if (point != "inbound.page.before-commit" || !isFirst)
                return;
            isFirst = false;
            // A CRM user edits the very item, so the page is planned again; but now Exchange is busy.
            rig.ChangeInCrmAsync(known, content => content with { Subject = "Known~" }).GetAwaiter().GetResult();
            rig.FaultAsync(new { operation = "GetItem", kind = "busy-fault", count = 1, milliseconds = 200 }).GetAwaiter().GetResult();
        };
        try
        {
            await rig.SyncAsync();
            await rig.DrainAsync(TimeSpan.FromSeconds(4));
        }
        finally
        {
            CrashPoints.Handler.Value = null;
        }

        isFirst.ShouldBeFalse();
        (await rig.ItemsAsync()).Select(item => (item.Subject, item.Location)).Order().ShouldBe([("Known~", "Room 1"), ("New", "")]);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_deletion_follows_an_item_that_was_moved_meanwhile()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Moved"));
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        await rig.SyncAsync();

        await rig.ChangeInCrmAsync(id, content => content, delete: true);
        await rig.Outlook("anna").PostAsync("reissue-ids");
        await rig.DrainAsync(TimeSpan.FromSeconds(6));

        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_item_that_a_person_deleted_before_the_answer_to_its_create_came_is_not_created_again()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.SyncAsync();
        await rig.FaultAsync(new { operation = "CreateItem", kind = "lose-reply-after-commit", count = 1 });
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Unwanted"));
        await rig.DrainAsync(TimeSpan.FromMilliseconds(200));
        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);

        await rig.DrainAsync(TimeSpan.FromSeconds(5));

        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_edit_in_the_moment_of_a_delete_whose_answer_is_lost_is_kept()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Both"));
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        await rig.SyncAsync();
        var item = await rig.Outlook("anna").SingleAsync();
        CrashPoints.Handler.Value = point =>
        {
            if (point != "outbound.delete.before-send")
                return;
            CrashPoints.Handler.Value = null;
            rig.Outlook("anna").UpdateAsync(item.Id, new { location = "Still wanted" }).GetAwaiter().GetResult();
        };
        try
        {
            await rig.FaultAsync(new { operation = "DeleteItem", kind = "lose-reply-after-commit", count = 1 });
            await rig.ChangeInCrmAsync(id, content => content, delete: true);
            await rig.DrainAsync(TimeSpan.FromSeconds(6));
        }
        finally
        {
            CrashPoints.Handler.Value = null;
        }

        (await rig.Outlook("anna").SingleAsync()).Location.ShouldBe("Still wanted");
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("Still wanted");
        await rig.ShouldBeQuietAsync();
    }
}
