using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;
using CrmSync.Convergence.Sweep;
using CrmSync.Engine.Store.Rows;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Found;

/// <summary>What goes wrong only when something happens in one certain moment.</summary>
public static partial class FoundStories
{
    private static IEnumerable<Scenario> OfMoments => [LateCreateEditedAtItsRemoval, MovedWhileItCannotBeRead, DeletedBetweenTwoHalves, TakenBackAfterItWasGone, TakenBackOnBothSides, TakenBackBeforeItsDeleteIsRecorded, CopyComesBackFromQuarantine, DryRunBesideLateCreates];

    public static Scenario LateCreateEditedAtItsRemoval { get; } = new("late-create-edited-at-its-removal", Nothing, async stage =>
    {
        // Anna edits the one that is too many, and so invites Ben to it, when our delete of it is on its way.
        stage.When("DeleteItem anna: not sent", () => stage.World.Outlook("anna").Update(TheLateOne(stage), new ItemEdit { Location = "Outlook's" }));
        await LateCreateAsync(stage, "ben");
        await stage.WaitAsync(5);
    }, async stage =>
    {
        (await stage.LivingAsync()).ShouldHaveSingleItem("Ben's second copy is no second meeting").Location.ShouldBe("north");
        stage.Copies("anna").ShouldHaveSingleItem();
        stage.Mails("cancellation", "ben").ShouldBe(1);
        (await stage.World.Store.ConflictsAsync()).ShouldContain(conflict => conflict.ExchangeValues.Contains("Outlook", StringComparison.Ordinal), "her edit is kept");
    });

    public static Scenario MovedWhileItCannotBeRead { get; } = new("moved-while-it-cannot-be-read", Do(stage =>
    {
        stage.CreateInOutlook("anna", "Board", 0, "north", "ben");
        stage.CreateInOutlook("anna", "Review", 1, "north", "ben");
    }), async stage =>
    {
        // Both are read in their new places; the look at the old ones is refused for one of them.
        stage.When("GetItem anna: not answered", () => stage.World.Exchange.Faults.Add(
            new FaultRule { Operation = "GetItem", Kind = "busy-200", Count = 1, Milliseconds = 5_000, Mailbox = World.Address("anna"), EveryMessage = 2 }));
        var mailbox = stage.Mailbox("anna");
        foreach (var item in mailbox["calendar"].Items.ToList())
            stage.World.Exchange.Organisation.Move(item, mailbox["calendar"]);
        await stage.HintAsync("anna");
        await stage.WaitAsync(30);
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "north", "anna", "ben");
        await stage.ShouldLiveAsync("Review", "north", "anna", "ben");
        (await stage.LivingAsync()).Count.ShouldBe(2, "an item that moved is the same item");
    });

    public static Scenario DeletedBetweenTwoHalves { get; } = new("deleted-between-two-halves", Nothing, async stage =>
    {
        stage.Break("DeleteItem", "busy-503", 1, 30_000, of: "anna");
        stage.Break("CreateItem", "late", 1, 86_000);
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(80);
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        await stage.WaitAsync(10);
        // One page tells of both: the edit is saved, the late one waits for a busy server.
        await stage.HintAsync("anna");
        await stage.WaitAsync(5);
        var late = TheLateOne(stage);
        stage.World.Outlook("anna").Delete(stage.Copies("anna").Single(copy => copy.Id != late).Id, null, "none");
        stage.Ledger.Did("Plan", Side.Exchange, Deed.Deletion);
        await stage.WaitAsync(60);
    }, stage => stage.ShouldBeGoneAsync("Plan", "anna"));

    public static Scenario TakenBackAfterItWasGone { get; } = new("taken-back-after-it-was-gone", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        var item = await stage.ItemAsync("Plan");
        stage.DeleteInOutlook("anna", "Plan");
        await stage.HintAsync("anna");
        await stage.DeleteInCrmAsync("Plan");
        await stage.SettleAsync();
        await TakeBackAsync(stage, item);
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Store = StoreKind.Sqlite };

    public static Scenario TakenBackOnBothSides { get; } = new("taken-back-on-both-sides", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        await TakeBackWhileDeletingAsync(stage);
        stage.World.Outlook("anna").Move(stage.Copy("anna", "Plan", "deleteditems").Id, "calendar");
        await stage.WaitAsync(120);
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Plan", "north", "anna");
        stage.Copies("anna").ShouldHaveSingleItem();
    }) { Store = StoreKind.Sqlite };

    public static Scenario TakenBackBeforeItsDeleteIsRecorded { get; } = new("taken-back-before-its-delete-is-recorded", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        var item = await stage.ItemAsync("Plan");
        // The delete is done; the look at what it took along takes its time, and knows nothing of the undo when it ends.
        stage.Break("FindItem", "delay", 1, 20_000);
        await stage.DeleteInCrmAsync("Plan");
        await stage.WaitAsync(5);
        await TakeBackAsync(stage, item);
        await stage.WaitAsync(60);
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Plan", "north", "anna");
        stage.Copies("anna").ShouldHaveSingleItem();
    }) { Store = StoreKind.Sqlite };

    public static Scenario DryRunBesideLateCreates { get; } = new("dry-run-beside-late-creates", Nothing, async stage =>
    {
        // Two of three attempts arrive late: one is planned after the other, on top of a removal that a dry run only notes.
        stage.Break("CreateItem", "late", 2, 86_000);
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(150);
        stage.Copies("anna").Count.ShouldBe(3);
        (await stage.World.Desk.RehearseAsync("anna")).ShouldNotBeNull("what it would remove is gone for the rest of the plan");
        stage.Copies("anna").Count.ShouldBe(3, "and is still there in truth");
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna"));

    public static Scenario CopyComesBackFromQuarantine { get; } = new("copy-comes-back-from-quarantine", OneMeetingOfOutlook, async stage =>
    {
        stage.Break("GetItem", "error-code", 0, 1000, "ErrorInternalServerError", of: "ben");
        stage.EditInOutlook("ben", "Board", new ItemEdit { ReminderIsSet = true, ReminderMinutes = 5 });
        await stage.HintAsync("ben");
        await stage.WaitAsync(120);
        (await stage.World.Store.PairsAsync()).ShouldContain(pair => pair.QuarantinedAt != null, "three failures are enough to give the copy up for now");
        stage.World.Exchange.Faults.Clear();
        stage.DeleteInOutlook("ben", "Board", "none");
        await stage.SettleAsync();
        stage.MoveInOutlook("anna", "Board", 3);
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
        (await stage.World.Store.PairsAsync()).ShouldAllBe(pair => pair.QuarantinedAt == null, "the copy that the update mail brought is a new one");
    });

    private static string TheLateOne(Stage stage)
    {
        var known = stage.World.Store.IdentitiesAsync().GetAwaiter().GetResult().Select(identity => identity.ExchangeId).ToHashSet();
        return stage.Copies("anna").Single(copy => !known.Contains(copy.Id)).Id;
    }
}
