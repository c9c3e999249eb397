using CrmSync.Convergence.Sweep;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Found;

public static partial class FoundStories
{
    private static IEnumerable<Scenario> OfMeetings =>
    [
        AttendeesCopyComesBack, BuriedCopyComesBack, ColleagueJoinsDuringAConflict, EditThatNoCopyTakes, NewAuthorityIsBehind, InvitedBeforeTheCreateIsRecorded, RestoredForEverybody,
        DeletedByTheOrganizerBeforeAnybodyJoined, DeletedByAnAttendeeWhileTheCrmHadDeleted,
    ];

    private static readonly Func<Stage, Task> OneMeeting = stage => stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben", "carla");
    private static readonly Func<Stage, Task> OneMeetingOfOutlook = Do(stage => stage.CreateInOutlook("anna", "Board", 0, "north", "ben", "carla"));

    public static Scenario AttendeesCopyComesBack { get; } = new("attendees-copy-comes-back", async stage =>
    {
        await OneMeeting(stage);
        await stage.SettleAsync();
        stage.DeleteInOutlook("ben", "Board", "none");
    }, async stage =>
    {
        await stage.LocateInCrmAsync("Board", "south");
        await stage.WaitAsync(5);
        stage.Copy("ben", "Board").Location.ShouldBe("south", "the update mail has brought Ben's copy back");
        stage.Break("UpdateItem", "busy-503", 1, 10_000, of: "anna");
        await stage.LocateInCrmAsync("Board", "west");
        await stage.HintAsync("ben");
        await stage.WaitAsync(5);
        (await stage.ItemAsync("Board")).Location.ShouldBe("west", "Ben's copy has no say");
    }, stage => stage.ShouldLiveAsync("Board", "west", "anna", "ben", "carla")) { Conflicts = ConflictPolicy.ExchangeWins };

    public static Scenario BuriedCopyComesBack { get; } = new("buried-copy-comes-back", async stage =>
    {
        await OneMeetingOfOutlook(stage);
        await stage.SettleAsync();
        stage.DeleteInOutlook("ben", "Board", "none");
    }, Do(stage =>
    {
        stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "south" });
        stage.CreateInOutlook("ben", "Neighbour", 1);
    }), async stage =>
    {
        await stage.ShouldLiveAsync("Board", "south", "anna", "ben", "carla");
        await stage.ShouldLiveAsync("Neighbour", "north", "ben");
        (await stage.World.Store.PairsAsync()).Count(pair => pair.Tombstone == Tombstone.None).ShouldBe(4);
    });

    public static Scenario DeletedByTheOrganizerBeforeAnybodyJoined { get; } = new("deleted-by-the-organizer-before-anybody-joined", Nothing, async stage =>
    {
        await OneMeetingOfOutlook(stage);
        await stage.HintAsync("anna");
        await stage.WaitAsync(5);
        (await stage.LivingAsync()).ShouldHaveSingleItem("only the organizer's copy has been read");
        stage.DeleteInOutlook("anna", "Board");
        await stage.HintAsync("anna");
        await stage.WaitAsync(5);
        (await stage.LivingAsync()).ShouldBeEmpty("and its deletion");
    }, stage => ShouldTakePartAsync(stage, "ben", "carla"));

    public static Scenario DeletedByAnAttendeeWhileTheCrmHadDeleted { get; } = new("deleted-by-an-attendee-while-the-crm-had-deleted", OneMeetingOfOutlook, async stage =>
    {
        stage.Break("*", "busy-503", 1, 20_000, of: "anna");
        await stage.DeleteInCrmAsync("Board");
        stage.EditInOutlook("anna", "Board", new ItemEdit { ReminderIsSet = true, ReminderMinutes = 44 });
        stage.DeleteInOutlook("carla", "Board");
        await stage.HintAsync();
        await stage.WaitAsync(10);
        stage.Copies("anna").ShouldHaveSingleItem("the delete waits for the busy server, and finds the edit");
    }, stage => ShouldTakePartAsync(stage, "anna", "ben"));

    private static async Task ShouldTakePartAsync(Stage stage, params string[] people)
    {
        var item = await stage.ItemAsync("Board");
        (await stage.World.Store.ParticipationsAsync()).Where(part => part.ItemId == item.Id).Select(part => part.UserId)
            .ShouldBe(people.Select(person => stage.Link(person).UserId), ignoreOrder: true, "whoever deleted their copy is out of it");
    }

    public static Scenario ColleagueJoinsDuringAConflict { get; } = new("colleague-joins-during-a-conflict", async stage =>
    {
        await OneMeetingOfOutlook(stage);
        await stage.HintAsync("anna");
        await stage.WaitAsync(5);
    }, async stage =>
    {
        stage.Break("UpdateItem", "busy-503", 1, 15_000, of: "anna");
        await stage.LocateInCrmAsync("Board", "the CRM's");
        await stage.WaitAsync(3);
        stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "Outlook's" });
        await stage.WaitAsync(3);
        await stage.HintAsync("carla");
        await stage.WaitAsync(3);
    }, stage => stage.ShouldLiveAsync("Board", "Outlook's", "anna", "ben", "carla")) { IsFirstRead = true };

    public static Scenario EditThatNoCopyTakes { get; } = new("edit-that-no-copy-takes", OneMeetingOfOutlook, async stage =>
    {
        stage.Break("UpdateItem", "busy-503", 1, 10_000, of: "anna");
        await stage.LocateInCrmAsync("Board", "south");
        await stage.WaitAsync(2);
        stage.DeleteInOutlook("anna", "Board", "none");
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "north", "ben", "carla");
        (await stage.World.Store.ConflictsAsync()).ShouldContain(conflict => conflict.CrmValues.Contains("south"), "the edit that was undone can be brought back");
    });

    public static Scenario NewAuthorityIsBehind { get; } = new("new-authority-is-behind", OneMeetingOfOutlook, async stage =>
    {
        stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "south" });
        // The attendees' copies are read and have no say; then the one that had is gone unread.
        await stage.HintAsync("ben", "carla");
        await stage.WaitAsync(5);
        stage.DeleteInOutlook("anna", "Board", "none");
    }, stage => stage.ShouldLiveAsync("Board", "south", "ben", "carla"));

    public static Scenario InvitedBeforeTheCreateIsRecorded { get; } = new("invited-before-the-create-is-recorded", Nothing, async stage =>
    {
        stage.When("outbound.create.after-send", () =>
        {
            stage.Break("GetItem", "delay", 1, 8000, of: "anna");
            stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "south" });
        });
        await stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben");
        await stage.WaitAsync(2);
        await stage.HintAsync("ben");
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "south", "anna", "ben");
        stage.Mails("request").ShouldBe(0, "the person's edit has invited already");
    }) { Nodes = 2 };

    public static Scenario RestoredForEverybody { get; } = new("restored-for-everybody", OneMeeting, async stage =>
    {
        stage.Break("DeleteItem", "busy-503", 1, 10_000, of: "anna");
        await stage.DeleteInCrmAsync("Board");
        await stage.WaitAsync(5);
        (await stage.World.Store.PairsAsync()).Count(pair => pair.Tombstone == Tombstone.DeletedInCrm).ShouldBe(2, "the colleagues' copies stay and are known as buried");
        stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "still wanted" });
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "still wanted", "anna", "ben", "carla");
        (await stage.World.Store.PairsAsync()).ShouldAllBe(pair => pair.Tombstone == Tombstone.None, "with the item all copies come back");
        var item = await stage.ItemAsync("Board");
        (await stage.World.Store.ParticipationsAsync()).Count(part => part.ItemId == item.Id).ShouldBe(3);
    });
}
