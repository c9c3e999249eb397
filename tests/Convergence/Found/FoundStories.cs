using CrmSync.Convergence.Sweep;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Found;

/// <summary>The smallest runs of what the seeds found (docs/reliability.md): each fails when its bug is back.</summary>
public static partial class FoundStories
{
    public static IReadOnlyList<Scenario> All => [.. OfCreates, .. OfDeletes, .. OfMeetings, .. OfDoubts, .. OfMoments];

    private static IEnumerable<Scenario> OfCreates => [EditWhileTheCreateIsInDoubt, EditBeforeTheCreateIsRecorded, DeletedBeforeTheFolderIsRead, ReadForAnotherReason, UnreadableForAWhile];

    public static Scenario EditWhileTheCreateIsInDoubt { get; } = new("edit-while-the-create-is-in-doubt", Nothing, async stage =>
    {
        stage.Break("CreateItem", "lose-reply-after-commit");
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(3);
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
    }, stage => stage.ShouldLiveAsync("Plan", "Outlook's", "anna"));

    public static Scenario EditBeforeTheCreateIsRecorded { get; } = new("edit-before-the-create-is-recorded", Nothing, async stage =>
    {
        stage.When("outbound.create.after-send", () => stage.EditInOutlook("anna", "Board", new ItemEdit { Location = "Outlook's", Send = "none" }));
        await stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben");
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "Outlook's", "anna", "ben");
        stage.Mails("request").ShouldBe(1);
    });

    public static Scenario DeletedBeforeTheFolderIsRead { get; } = new("deleted-before-the-folder-is-read", Nothing, async stage =>
    {
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(5);
        stage.DeleteInOutlook("anna", "Plan");
    }, stage => stage.ShouldBeGoneAsync("Plan", "anna"));

    public static Scenario ReadForAnotherReason { get; } = new("read-for-another-reason", Nothing, async stage =>
    {
        await stage.CreateInCrmAsync("anna", "Plan");
        await stage.WaitAsync(5);
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        // Refused for its old key, the write reads the item; the folder's feed still has not told of it.
        await stage.MoveInCrmAsync("Plan", 3);
        await stage.WaitAsync(5);
        stage.DeleteInOutlook("anna", "Plan");
    }, stage => stage.ShouldBeGoneAsync("Plan", "anna"));

    public static Scenario UnreadableForAWhile { get; } = new("unreadable-for-a-while", Do(stage => stage.CreateInOutlook("anna", "Plan")), async stage =>
    {
        stage.Break("GetItem", "error-code", 0, 1000, "ErrorInternalServerError");
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        await stage.HintAsync("anna");
        await stage.WaitAsync(120);
        (await stage.World.Store.PairsAsync()).ShouldHaveSingleItem().QuarantinedAt.ShouldNotBeNull("three failures are enough to give the item up for now");
        stage.World.Exchange.Faults.Clear();
    }, stage => stage.ShouldLiveAsync("Plan", "Outlook's", "anna"));

    private static Task Nothing(Stage stage) => Task.CompletedTask;

    private static Func<Stage, Task> Do(Action<Stage> act) => stage =>
    {
        act(stage);
        return Task.CompletedTask;
    };
}
