using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;
using CrmSync.Convergence.Sweep;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Found;

/// <summary>Creates in doubt, and items that are taken back.</summary>
public static partial class FoundStories
{
    private static IEnumerable<Scenario> OfDoubts => [MeetingDeletedInDoubt, FoundButUnreadable, EarlierAttemptArrives, TakenBackWhileDeleting, CancelledCopyBesideANewInvitation, LateDelete, TakenBackWhileAnUpdateIsInDoubt, TakenBackWhileTwoUpdatesAreInDoubt, ComparedWhileAnUpdateIsInDoubt, MeetingDeletedInDoubtAndAsked, LateCreateInvitedFrom, LateCreateNotRemoved];

    public static Scenario MeetingDeletedInDoubt { get; } = new("meeting-deleted-in-doubt", Nothing, async stage =>
    {
        stage.Break("CreateItem", "lose-reply-after-commit");
        await stage.CreateInCrmAsync("anna", "Board", 0, "north", "carla");
        await stage.WaitAsync(3);
        // Her edit invites Carla, her deletion tells Carla that it is off.
        stage.MoveInOutlook("anna", "Board", 4);
        stage.DeleteInOutlook("anna", "Board");
        await stage.LocateInCrmAsync("Board", "south");
        await stage.WaitAsync(60);
    }, async stage =>
    {
        (await stage.LivingAsync()).ShouldHaveSingleItem("neither the meeting nor Carla's cancelled copy became a second item").Location.ShouldBe("south");
        (await stage.World.Store.ConflictsAsync()).ShouldContain(conflict => conflict.Kind == ConflictKind.DeletedInExchange);
        stage.Mails("request").ShouldBe(0, "nobody is invited to what its organizer called off");
    });

    public static Scenario FoundButUnreadable { get; } = new("found-but-unreadable", Nothing, async stage =>
    {
        stage.Break("CreateItem", "lose-reply-after-commit");
        await stage.CreateInCrmAsync("anna", "Plan");
        stage.Break("GetItem", "error-code", 1, 0, "ErrorInternalServerError");
        await stage.WaitAsync(60);
        (await stage.World.Store.PairsAsync()).ShouldHaveSingleItem().Attempt.ShouldBe(1, "it had arrived");
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna"));

    public static Scenario EarlierAttemptArrives { get; } = new("earlier-attempt-arrives", Nothing, async stage =>
    {
        stage.Break("CreateItem", "late", 1, 50_000);
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(3);
        await stage.LocateInCrmAsync("Plan", "south");
        await stage.WaitAsync(10);
        stage.Break("CreateItem", "lose-request", 5);
        await stage.WaitAsync(60);
    }, stage => stage.ShouldLiveAsync("Plan", "south", "anna")) { Conflicts = ConflictPolicy.CrmWins };

    public static Scenario TakenBackWhileDeleting { get; } = new("taken-back-while-deleting", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        await TakeBackWhileDeletingAsync(stage);
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Store = StoreKind.Sqlite };

    public static Scenario CancelledCopyBesideANewInvitation { get; } = new("cancelled-copy-beside-a-new-invitation", stage => stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben"), async stage =>
    {
        var item = await stage.ItemAsync("Board");
        await stage.DeleteInCrmAsync("Board");
        await stage.SettleAsync();
        await TakeBackAsync(stage, item);
        await stage.SettleAsync();
        var cancelled = stage.Copies("ben").Single(copy => copy.Subject!.StartsWith("Canceled: ", StringComparison.Ordinal));
        stage.World.Outlook("ben").Update(cancelled.Id, new ItemEdit { ReminderIsSet = true, ReminderMinutes = 5 });
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "north", "anna");
        (await stage.LivingAsync()).ShouldHaveSingleItem().Subject.ShouldBe("Board");
        stage.Mails("request", "ben").ShouldBe(2, "called off and on again");
        stage.Copies("ben").Count.ShouldBe(2, "the cancelled copy is his to remove");
    }) { Store = StoreKind.Sqlite };

    public static Scenario LateDelete { get; } = new("late-delete", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        stage.Break("DeleteItem", "late", 1, 50_000);
        await stage.DeleteInCrmAsync("Plan");
        await stage.WaitAsync(20);
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        await stage.HintAsync("anna");
        await stage.WaitAsync(60);
    }, stage => stage.ShouldLiveAsync("Plan", "Outlook's", "anna"));

    public static Scenario TakenBackWhileAnUpdateIsInDoubt { get; } = new("taken-back-while-an-update-is-in-doubt", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        stage.Break("UpdateItem", "lose-reply-after-commit");
        await stage.LocateInCrmAsync("Plan", "south");
        await stage.WaitAsync(0.4);
        await stage.LocateInCrmAsync("Plan", "north");
        await stage.WaitAsync(30);
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Conflicts = ConflictPolicy.ExchangeWins };

    public static Scenario TakenBackWhileTwoUpdatesAreInDoubt { get; } = new("taken-back-while-two-updates-are-in-doubt", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        stage.Break("UpdateItem", "late", 1, 50_000);
        await stage.LocateInCrmAsync("Plan", "south");
        await stage.WaitAsync(3);
        stage.Break("UpdateItem", "lose-request", 5);
        await stage.EditInCrmAsync("Plan", content => content with { Location = "north", Categories = ["mine"] }, ScheduleFields.Location | ScheduleFields.Categories);
        await stage.WaitAsync(120);
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Plan", "north", "anna");
        (await stage.World.Store.ConflictsAsync()).ShouldBeEmpty("nobody but us wrote in Outlook");
    }) { Conflicts = ConflictPolicy.ExchangeWins };

    public static Scenario ComparedWhileAnUpdateIsInDoubt { get; } = new("compared-while-an-update-is-in-doubt", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        stage.Break("UpdateItem", "late", 1, 150_000);
        await stage.LocateInCrmAsync("Plan", "south");
        await stage.WaitAsync(3);
        await stage.LocateInCrmAsync("Plan", "north");
        await stage.WaitAsync(117);
        var compare = new QueueRequest(MessageKind.CheckUp, stage.Link("anna").Id, (await stage.ItemAsync("Plan")).Id);
        await stage.World.Store.Queue.EnqueueAsync([compare], CancellationToken.None);
        await stage.WaitAsync(120);
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Conflicts = ConflictPolicy.ExchangeWins };

    public static Scenario MeetingDeletedInDoubtAndAsked { get; } = new("meeting-deleted-in-doubt-and-asked", Nothing, async stage =>
    {
        stage.Break("CreateItem", "lose-reply-after-commit");
        await stage.CreateInCrmAsync("anna", "Board", 0, "north", "carla");
        await stage.WaitAsync(3);
        stage.DeleteInOutlook("anna", "Board");
        await stage.LocateInCrmAsync("Board", "south");
        await stage.WaitAsync(60);
        await stage.LocateInCrmAsync("Board", "west");
        await stage.WaitAsync(60);
        var asked = (await stage.World.Store.ConflictsAsync()).ShouldHaveSingleItem();
        (asked.State, asked.Kind).ShouldBe((ConflictState.Open, ConflictKind.DeletedInExchange));
        stage.Mails("request").ShouldBe(0, "nobody is invited to what its organizer has deleted, before a person decides");
    }, async stage => (await stage.LivingAsync()).ShouldHaveSingleItem("the deletion was decided against").Location.ShouldBe("west"))
    { Conflicts = ConflictPolicy.Ask, Target = target => target.DeletePolicy = DeleteConflictPolicy.Ask, Store = StoreKind.Sqlite };

    public static Scenario LateCreateInvitedFrom { get; } = new("late-create-invited-from", Nothing, async stage =>
    {
        await LateCreateAsync(stage, "ben");
        // Anna edits the one that is too many, and so invites Ben to it.
        stage.World.Outlook("anna").Update(TheLateOne(stage), new ItemEdit { Location = "Outlook's" });
        await stage.HintAsync("ben");
        await stage.WaitAsync(5);
    }, async stage =>
    {
        (await stage.LivingAsync()).ShouldHaveSingleItem("Ben's second copy is no second meeting").Location.ShouldBe("north");
        stage.Copies("anna").ShouldHaveSingleItem();
        stage.Mails("cancellation", "ben").ShouldBe(1);
        (await stage.World.Store.ConflictsAsync()).ShouldContain(conflict => conflict.ExchangeValues.Contains("Outlook", StringComparison.Ordinal), "her edit is kept");
    });

    public static Scenario LateCreateNotRemoved { get; } = new("late-create-not-removed", Nothing, async stage =>
    {
        stage.Break("DeleteItem", "error-code", 1, 1000);
        await LateCreateAsync(stage);
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna"));

    // The first attempt arrives when the second lives.
    private static async Task LateCreateAsync(Stage stage, params string[] guests)
    {
        stage.Break("CreateItem", "late", 1, 86_000);
        await stage.CreateInCrmAsync("anna", "Plan", 0, "north", guests);
        await stage.WaitAsync(90);
        stage.Copies("anna").Count.ShouldBe(2);
    }

    // Our delete has been carried out and is not recorded yet.
    private static async Task TakeBackWhileDeletingAsync(Stage stage)
    {
        var item = await stage.ItemAsync("Plan");
        stage.Break("FindItem", "busy-503", 1, 30_000);
        await stage.DeleteInCrmAsync("Plan");
        await stage.WaitAsync(5);
        await TakeBackAsync(stage, item);
    }

    private static async Task TakeBackAsync(Stage stage, ScheduleItem before)
    {
        (await stage.Service<UndoService>().UndoAsync(Viewer.System, before.Id, before.Version, overwrite: false, null, CancellationToken.None)).ShouldBeNull();
        stage.Ledger.Did(Ledger.KeyOf(before.Subject), Side.Crm, Deed.Edit);
    }
}
