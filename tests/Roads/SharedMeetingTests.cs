using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Roads.Tests;

/// <summary>One meeting is one CRM item however many linked people attend it (invariant 15, case E2).</summary>
public sealed class SharedMeetingTests
{
    private static readonly string[] People = ["anna", "ben", "carla"];

    public static TheoryData<int, int, int> Orders() => new([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]);

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Three_linked_people_in_one_meeting_are_one_CRM_item_in_whatever_order_their_mailboxes_are_read(int first, int second, int third)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var links = new List<SyncLink>();
        foreach (var person in People)
            links.Add(await rig.LinkAsync(person));
        await MeetAsync(rig);

        foreach (var turn in new[] { first, second, third })
            await rig.SyncAsync(links[turn]);

        await ShouldBeOneMeetingAsync(rig, links);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Two_workers_that_read_the_mailboxes_at_once_make_one_CRM_item()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var rig = await RoadRig.StartAsync(Postgres.Required());
            var links = new List<SyncLink>();
            foreach (var person in People)
                links.Add(await rig.LinkAsync(person));
            await MeetAsync(rig);
            await using (await rig.DbAsync())
                await rig.Queue.EnqueueAsync([.. links.Select(link => new Engine.Store.QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty))], CancellationToken.None);

            await Task.WhenAll(rig.DrainAsync(owner: "one"), rig.DrainAsync(owner: "two"), rig.DrainAsync(owner: "three"));

            await ShouldBeOneMeetingAsync(rig, links);
            await rig.ShouldBeQuietAsync();
        }
    }

    [Fact]
    public async Task A_copy_that_is_deleted_ends_a_participation_and_the_last_one_ends_the_item()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        foreach (var person in People)
            await rig.LinkAsync(person);
        await MeetAsync(rig);
        await rig.SyncAsync();

        await rig.Outlook("ben").DeleteAsync((await rig.Outlook("ben").SingleAsync()).Id);
        await rig.SyncAsync();
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        await using (var db = await rig.DbAsync())
            db.Participations.Count(row => row.ItemId == item.Id).ShouldBe(2);

        await rig.Outlook("anna").DeleteAsync((await rig.Outlook("anna").SingleAsync()).Id);
        await rig.SyncAsync();
        item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        item.AuthorityIsOrganizer.ShouldBeFalse("the organizer's copy is gone; an attendee's speaks now");

        await rig.Outlook("carla").DeleteAsync((await rig.Outlook("carla").SingleAsync()).Id);
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_meeting_made_in_the_CRM_invites_each_attendee_once_and_their_copies_join_it()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        foreach (var person in People)
            await rig.LinkAsync(person);
        await rig.SyncAsync();
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Kick-off", "2027-01-11T09:00:00", 60, "ben", "carla"));
        await rig.DrainAsync();
        await rig.SyncAsync();

        (await rig.ItemsAsync()).ShouldHaveSingleItem().Id.ShouldBe(id);
        (await rig.MailsAsync()).Select(mail => (mail.To, mail.Kind)).ShouldBe([("ben@contoso.test", "request"), ("carla@contoso.test", "request")], ignoreOrder: true);
        await using (var db = await rig.DbAsync())
            db.Participations.Count(row => row.ItemId == id).ShouldBe(3);
        await rig.ShouldBeQuietAsync();

        await rig.ChangeInCrmAsync(id, content => content with { Time = TimeZones.Timed(content.Time.StartWall.PlusHours(2), content.Time.EndWall.PlusHours(2), "Europe/Berlin") });
        await rig.DrainAsync();
        (await rig.MailsAsync()).Count(mail => mail.Kind == "update").ShouldBe(2, "a real change of time mails each attendee once");
        await rig.ShouldBeQuietAsync();

        await rig.ChangeInCrmAsync(id, content => content with { Categories = ["Mine"], ReminderMinutes = 5 });
        await rig.DrainAsync();
        (await rig.MailsAsync()).Count.ShouldBe(4, "what is personal mails nobody");

        await rig.ChangeInCrmAsync(id, content => content, delete: true);
        await rig.DrainAsync();
        await rig.SyncAsync();
        (await rig.MailsAsync()).Count(mail => mail.Kind == "cancellation").ShouldBe(2);
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_personal_change_of_one_attendee_changes_nobody_elses_copy()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        foreach (var person in People)
            await rig.LinkAsync(person);
        await MeetAsync(rig);
        await rig.SyncAsync();
        var anna = await rig.Outlook("anna").SingleAsync();

        await rig.Outlook("ben").UpdateAsync((await rig.Outlook("ben").SingleAsync()).Id, new { showAs = "Tentative", categories = new[] { "Ben's" }, reminderIsSet = true, reminderMinutes = 3, send = "none" });
        await rig.SyncAsync();

        (await rig.Outlook("anna").SingleAsync()).ChangeKey.ShouldBe(anna.ChangeKey);
        await using var db = await rig.DbAsync();
        var ben = db.Users.Single(user => user.Name == "ben").Id;
        var personal = db.Participations.Single(row => row.UserId == ben);
        (personal.ShowAs, personal.ReminderMinutes, personal.Categories).ShouldBe((ShowAs.Tentative, 3, """["Ben's"]"""));
        await rig.ShouldBeQuietAsync();
    }

    private static async Task MeetAsync(RoadRig rig)
    {
        await rig.Outlook("anna").CreateAsync(new
        {
            subject = "Board", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z", required = new[] { RoadRig.Address("ben") }, optional = new[] { RoadRig.Address("carla") }, send = "all",
        });
    }

    private static async Task ShouldBeOneMeetingAsync(RoadRig rig, IReadOnlyList<SyncLink> links)
    {
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        await using var db = await rig.DbAsync();
        db.Participations.Where(row => row.ItemId == item.Id).Select(row => row.UserId).ToList().ShouldBe(links.Select(link => link.UserId), ignoreOrder: true);
        db.ItemLinks.Count(pair => pair.ItemId == item.Id).ShouldBe(3);
        item.AuthorityLinkId.ShouldBe(links[0].Id, "the organizer's copy speaks for the meeting");
        item.AuthorityIsOrganizer.ShouldBeTrue();
    }
}
