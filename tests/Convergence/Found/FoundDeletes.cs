using CrmSync.Convergence.Sweep;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Found;

public static partial class FoundStories
{
    private static IEnumerable<Scenario> OfDeletes => [BusyAfterOurDelete, RestoredAndDeletedAgain];

    public static Scenario BusyAfterOurDelete { get; } = new("busy-after-our-delete", stage => stage.CreateInCrmAsync("anna", "Plan"), async stage =>
    {
        stage.When("outbound.delete.before-send", () =>
        {
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "still wanted" });
            stage.Break("FindItem", "busy-503", 1, 500);
        });
        await stage.DeleteInCrmAsync("Plan");
    }, stage => stage.ShouldLiveAsync("Plan", "still wanted", "anna"));

    public static Scenario RestoredAndDeletedAgain { get; } = new("restored-and-deleted-again", stage => stage.CreateInCrmAsync("anna", "Plan"), async stage =>
    {
        stage.When("outbound.delete.before-send", () => stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "still wanted" }));
        await stage.DeleteInCrmAsync("Plan");
        await stage.WaitAsync(5);
        (await stage.LivingAsync()).ShouldHaveSingleItem("our delete met an edit and took itself back").Location.ShouldBe("still wanted");
        stage.DeleteInOutlook("anna", "Plan");
    }, stage => stage.ShouldBeGoneAsync("Plan", "anna"));
}
