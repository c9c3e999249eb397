using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Targets;

namespace CrmSync.Roads.Tests;

/// <summary>A link that only receives, or only sends: what people do on the other side stays there, and is done on this one when the link may go both ways.</summary>
public sealed class OneWayTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_item_that_the_CRM_deleted_stays_in_Exchange_and_comes_back_with_an_edit_that_a_person_makes_there(bool deletionIsSettled)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "Plan", location = "north", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        await DirectAsync(rig, link.Id, SyncDirection.Inbound);
        await rig.DrainAsync();
        await rig.ChangeInCrmAsync((await rig.ItemsAsync()).Single().Id, content => content, delete: true);
        if (deletionIsSettled)
        {
            await rig.DrainAsync();
            await rig.ShouldBeQuietAsync();
        }
        (await rig.ItemsAsync()).ShouldBeEmpty();

        await rig.Outlook("anna").UpdateAsync(made.Id, new { location = "south" });
        await rig.SyncAsync();

        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("south");
        (await rig.Outlook("anna").SingleAsync()).Location.ShouldBe("south");
        await using (var db = await rig.DbAsync())
            db.Conflicts.ToList().ShouldHaveSingleItem("the deletion that did not stay is kept").Kind.ShouldBe(Engine.Store.Rows.ConflictKind.DeletedInCrm);
        await rig.ShouldBeQuietAsync();
        await DirectAsync(rig, link.Id, SyncDirection.TwoWay);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        await rig.Outlook("anna").DeleteAsync(made.Id);
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty("the pair is one like any other again");
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_item_that_was_taken_back_in_the_CRM_while_the_link_only_received_is_made_in_Exchange_when_it_may_send(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var link = await rig.LinkAsync("anna");
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Plan"));
        await rig.SyncAsync();
        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);
        await rig.SyncAsync();
        var deleted = (await rig.ItemsAsync(deleted: true)).ShouldHaveSingleItem();
        await DirectAsync(rig, link.Id, SyncDirection.Inbound);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        (await rig.Get<UndoService>().UndoAsync(Viewer.System, deleted.Id, deleted.Version - 1, false, null, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty("the link does not send");

        await DirectAsync(rig, link.Id, SyncDirection.TwoWay);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Plan");
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Id.ShouldBe(deleted.Id);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task What_the_CRM_deleted_while_the_link_only_received_is_deleted_in_Exchange_when_it_may_send_and_nobody_has_touched_it()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Plan"));
        await rig.SyncAsync();
        await DirectAsync(rig, link.Id, SyncDirection.Inbound);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        await rig.ChangeInCrmAsync((await rig.ItemsAsync()).Single().Id, content => content, delete: true);
        await rig.ShouldBeQuietAsync();
        (await rig.Outlook("anna").ListAsync()).ShouldHaveSingleItem();

        await DirectAsync(rig, link.Id, SyncDirection.TwoWay);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_Outlook_deleted_while_the_link_only_sent_is_weighed_when_it_may_receive(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var link = await rig.LinkAsync("anna");
        foreach (var subject in new[] { "untouched", "edited before", "edited after", "taken back" })
            await rig.CreateInCrmAsync("anna", RoadRig.Meeting(subject));
        await rig.SyncAsync();
        await DirectAsync(rig, link.Id, SyncDirection.Outbound);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        await rig.ChangeInCrmAsync((await rig.ItemsAsync()).Single(item => item.Subject == "edited before").Id, content => content with { Location = "north" });
        await rig.DrainAsync();
        foreach (var item in await rig.Outlook("anna").ListAsync())
            await rig.Outlook("anna").DeleteAsync(item.Id);
        await rig.SyncAsync();
        await rig.ChangeInCrmAsync((await rig.ItemsAsync()).Single(item => item.Subject == "edited after").Id, content => content with { Location = "south" });
        await rig.ShouldBeQuietAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(4, "nothing comes in");
        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty("what was deleted is not made again by an edit");
        await rig.TakeBackAsync("anna", "taken back");

        await DirectAsync(rig, link.Id, SyncDirection.TwoWay);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        (await rig.ItemsAsync()).Select(item => item.Subject).Order().ShouldBe(["edited after", "taken back"]);
        (await rig.Outlook("anna").ListAsync()).Select(item => (item.Subject, item.Location)).Order().ShouldBe([("edited after", "south"), ("taken back", "Room 1")]);
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_person_wrote_in_Outlook_while_the_link_only_sent_comes_in_when_it_may_receive(bool cameBackUnderAnotherId)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Plan"));
        await rig.SyncAsync();
        await DirectAsync(rig, link.Id, SyncDirection.Outbound);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        await rig.Outlook("anna").UpdateAsync((await rig.Outlook("anna").SingleAsync()).Id, new { location = "west" });
        await rig.SyncAsync();
        if (cameBackUnderAnotherId)
        {
            await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);
            await rig.TakeBackAsync("anna");
            await rig.SyncAsync();
        }
        await rig.ShouldBeQuietAsync();
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("Room 1", "nothing comes in");

        await DirectAsync(rig, link.Id, SyncDirection.TwoWay);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("west");
        (await rig.Outlook("anna").SingleAsync()).Location.ShouldBe("west");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task What_a_person_wrote_in_Outlook_gives_way_to_the_CRM_on_a_link_that_only_sends_and_is_kept()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna", one => one.Direction = SyncDirection.Outbound);
        await rig.SyncAsync();
        var edited = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("edited"));
        var deleted = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("deleted"));
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        foreach (var item in await rig.Outlook("anna").ListAsync())
            await rig.Outlook("anna").UpdateAsync(item.Id, new { location = $"west {item.Subject}", categories = new[] { "mine" } });
        await rig.SyncAsync();

        await rig.ChangeInCrmAsync(edited, content => content with { Location = "east" });
        await rig.ChangeInCrmAsync(deleted, content => content, delete: true);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        var left = await rig.Outlook("anna").SingleAsync();
        (left.Location, left.Categories.ShouldHaveSingleItem()).ShouldBe(("east", "mine"), "only what the CRM changed is written");
        await using (var db = await rig.DbAsync())
        {
            var kept = db.Conflicts.OrderBy(conflict => conflict.Kind).ToList();
            kept.Select(conflict => conflict.ItemId).ShouldBe([edited, deleted]);
            kept.Select(conflict => conflict.CrmWon).ShouldBe(["Location", "Location, Categories"]);
            kept[0].ExchangeValues.ShouldContain("west edited");
            kept[1].ExchangeValues.ShouldContain("west deleted");
        }
        await rig.ShouldBeQuietAsync();
    }

    private static async Task DirectAsync(RoadRig rig, Guid id, SyncDirection direction)
    {
        var links = rig.Get<LinkService>();
        var link = (await links.FindAsync(id, CancellationToken.None))!.Link.Copy();
        link.Direction = direction;
        (await links.UpdateAsync(Viewer.System, id, null, link, CancellationToken.None)).Problem.ShouldBeNull();
    }
}
