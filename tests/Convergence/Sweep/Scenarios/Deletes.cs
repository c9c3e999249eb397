using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Sweep;

/// <summary>Items are deleted, brought back, deleted here while they are edited there, and moved.</summary>
public static partial class Scenarios
{
    private static IEnumerable<Scenario> Deletes =>
    [
        new("deleted-in-crm", OneOfOurs, stage => stage.DeleteInCrmAsync("Plan"), stage => stage.ShouldBeGoneAsync("Plan", "anna")),
        new("deleted-in-crm-born-in-outlook", OnePlan, stage => stage.DeleteInCrmAsync("Plan"), stage => stage.ShouldBeGoneAsync("Plan", "anna")),
        new("deleted-in-outlook", OneOfOurs, Do(stage => stage.DeleteInOutlook("anna", "Plan")), stage => stage.ShouldBeGoneAsync("Plan", "anna")),
        new("deleted-on-both-sides", OneOfOurs, stage =>
        {
            stage.DeleteInOutlook("anna", "Plan");
            return stage.DeleteInCrmAsync("Plan");
        }, stage => stage.ShouldBeGoneAsync("Plan", "anna")),
        new("many-deleted-in-crm", stage => ManyAsync(5, number => stage.CreateInCrmAsync("anna", $"Item{number}", number)), stage => ManyAsync(4, number => stage.DeleteInCrmAsync($"Item{number}")), async stage =>
        {
            await ManyAsync(4, number => stage.ShouldBeGoneAsync($"Item{number}", "anna"));
            await stage.ShouldLiveAsync("Item4", "north", "anna");
        }) { PageSize = 2 },
        new("meeting-cancelled-in-crm", OneMeeting, stage => stage.DeleteInCrmAsync("Board"), ShouldBeCancelledAsync),
        new("meeting-cancelled-in-outlook", OneMeeting, Do(stage => stage.DeleteInOutlook("anna", "Board")), stage =>
        {
            stage.Copies("anna").ShouldBeEmpty();
            (stage.Mails("cancellation"), stage.Mails("update")).ShouldBe((0, 0), "the cancellation is Outlook's own");
            return Task.CompletedTask;
        }),
        new("delete-answer-lost", OneOfOurs, stage =>
        {
            stage.Break("DeleteItem", "lose-reply-after-commit");
            return stage.DeleteInCrmAsync("Plan");
        }, stage => stage.ShouldBeGoneAsync("Plan", "anna")),
        new("cancellation-answer-lost", OneMeeting, stage =>
        {
            stage.Break("DeleteItem", "lose-reply-after-commit");
            return stage.DeleteInCrmAsync("Board");
        }, ShouldBeCancelledAsync),
        new("edited-in-outlook-then-deleted-in-crm", OneOfOurs, EditThenDeleteAsync, stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("deleted-in-crm-then-edited-in-outlook", OneOfOurs, DeleteThenEditAsync, stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("edited-in-crm-then-deleted-in-outlook", OneOfOurs, EditInCrmThenDeleteAsync, stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("deleted-in-outlook-then-edited-in-crm", OneOfOurs, DeleteThenEditInCrmAsync, stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        DeleteWins("edited-in-outlook-then-deleted-in-crm", EditThenDeleteAsync),
        DeleteWins("deleted-in-crm-then-edited-in-outlook", DeleteThenEditAsync),
        DeleteWins("edited-in-crm-then-deleted-in-outlook", EditInCrmThenDeleteAsync),
        DeleteWins("deleted-in-outlook-then-edited-in-crm", DeleteThenEditInCrmAsync),
        new("undeleted-in-outlook", OneOfOurs, async stage =>
        {
            stage.Notes["id"] = (await stage.ItemAsync("Plan")).Id.ToString();
            stage.DeleteInOutlook("anna", "Plan");
            await stage.SettleAsync();
            TakeBack(stage, "Plan", "deleteditems");
        }, ShouldBeTheSameAsync),
        new("undeleted-after-a-deletion-in-crm", OneOfOurs, async stage =>
        {
            stage.Notes["id"] = (await stage.ItemAsync("Plan")).Id.ToString();
            await stage.DeleteInCrmAsync("Plan");
            await stage.SettleAsync();
            TakeBack(stage, "Plan", "deleteditems");
        }, ShouldBeTheSameAsync),
        new("moved-out-of-the-folder-and-in-again", OnePlan, async stage =>
        {
            stage.Notes["id"] = (await stage.ItemAsync("Plan")).Id.ToString();
            stage.World.Exchange.Organisation.AddFolder(stage.Mailbox("anna")["calendar"], "Other", "IPF.Appointment");
            stage.World.Outlook("anna").Move(stage.Copy("anna", "Plan").Id, "Other");
            await stage.SettleAsync();
            (await stage.LivingAsync()).ShouldBeEmpty("what has left the folder has left the link");
            TakeBack(stage, "Plan", "Other");
        }, ShouldBeTheSameAsync),
        new("moved-while-its-deletion-waits", OneOfOurs, async stage =>
        {
            stage.Break("DeleteItem", "busy-503", 1, 6000);
            await stage.DeleteInCrmAsync("Plan");
            await stage.WaitAsync(2);
            Reissue(stage, "anna");
        }, stage => stage.ShouldBeGoneAsync("Plan", "anna")),
    ];

    private static Scenario DeleteWins(string name, Func<Stage, Task> act) => new($"{name}-delete-wins", OneOfOurs, async stage =>
    {
        await act(stage);
        // The verdict knows only the default, by which an edit lives.
        stage.Ledger.Revived("Plan");
    }, async stage =>
    {
        await stage.ShouldBeGoneAsync("Plan", "anna");
        (await stage.World.Store.ConflictsAsync()).ShouldNotBeEmpty("the loser is kept");
    }) { Target = target => target.DeletePolicy = DeleteConflictPolicy.DeleteWins };

    private static Task EditThenDeleteAsync(Stage stage)
    {
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
        return stage.DeleteInCrmAsync("Plan");
    }

    // The server is busy, so that the other side's deed comes before this one arrives there.
    private static async Task DeleteThenEditAsync(Stage stage)
    {
        stage.Break("DeleteItem", "busy-503", 1, 6000);
        await stage.DeleteInCrmAsync("Plan");
        await stage.WaitAsync(2);
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
    }

    private static async Task EditInCrmThenDeleteAsync(Stage stage)
    {
        stage.Break("UpdateItem", "busy-503", 1, 6000);
        await stage.LocateInCrmAsync("Plan", "south");
        await stage.WaitAsync(2);
        stage.DeleteInOutlook("anna", "Plan");
    }

    private static Task DeleteThenEditInCrmAsync(Stage stage)
    {
        stage.DeleteInOutlook("anna", "Plan");
        return stage.LocateInCrmAsync("Plan", "south");
    }

    private static void TakeBack(Stage stage, string key, string folder)
    {
        stage.World.Outlook("anna").Move(stage.Copy("anna", key, folder).Id, "calendar");
        stage.Ledger.Revived(key);
    }

    private static void Reissue(Stage stage, string person)
    {
        var mailbox = stage.Mailbox(person);
        foreach (var item in mailbox["calendar"].Items.ToList())
            stage.World.Exchange.Organisation.Move(item, mailbox["calendar"]);
    }

    private static async Task ShouldBeTheSameAsync(Stage stage)
    {
        await stage.ShouldLiveAsync("Plan", "north", "anna");
        (await stage.ItemAsync("Plan")).Id.ToString().ShouldBe(stage.Notes["id"], "the same CRM item");
    }

    private static async Task ShouldBeCancelledAsync(Stage stage)
    {
        await stage.ShouldBeGoneAsync("Board", "anna");
        (stage.Mails("cancellation", "ben"), stage.Mails("cancellation", "carla"), stage.Mails("request"), stage.Mails("update")).ShouldBe((1, 1, 2, 0));
    }
}
