using CrmSync.Convergence.Simulation;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Sweep;

/// <summary>Items change on one side, on both, in the same field, and by nobody at all.</summary>
public static partial class Scenarios
{
    private static readonly Func<Stage, Task> OnePlan = Do(stage => stage.CreateInOutlook("anna", "Plan"));
    private static readonly Func<Stage, Task> OneOfOurs = stage => stage.CreateInCrmAsync("anna", "Plan");
    private static readonly Func<Stage, Task> OneMeeting = stage => stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben", "carla");
    private static readonly Func<Stage, Task> OneMeetingOfOutlook = Do(stage => stage.CreateInOutlook("anna", "Board", 0, "north", "ben", "carla"));

    private static IEnumerable<Scenario> Changes =>
    [
        new("changed-in-crm", OnePlan, stage => stage.LocateInCrmAsync("Plan", "south"), stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("changed-in-outlook", OneOfOurs, Do(stage => stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" })), stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("time-of-a-meeting-changed-in-crm", OneMeeting, stage => stage.MoveInCrmAsync("Board", 3), stage => ShouldBeMovedAsync(stage, 1)),
        new("time-of-a-meeting-changed-in-outlook", OneMeetingOfOutlook, Do(stage => stage.MoveInOutlook("anna", "Board", 3)), stage => ShouldBeMovedAsync(stage, 0)),
        new("personal-change-of-an-attendee", OneMeeting, Do(stage =>
        {
            stage.Notes["key"] = stage.Copy("anna", "Board").ChangeKey;
            stage.EditInOutlook("ben", "Board", new ItemEdit { ShowAs = "Tentative", Categories = ["Ben's"], ReminderIsSet = true, ReminderMinutes = 3 });
        }), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            stage.Copy("anna", "Board").ChangeKey.ShouldBe(stage.Notes["key"], "what is Ben's touches nobody else's copy");
            (stage.Mails("request"), stage.Mails("update")).ShouldBe((2, 0));
        }),
        new("personal-change-in-crm", OneMeeting, stage => stage.EditInCrmAsync("Board", content => content with { Categories = ["Mine"] }, ScheduleFields.Categories), stage =>
        {
            stage.Copy("anna", "Board").Categories.ShouldBe(["Mine"]);
            stage.Copy("ben", "Board").Categories.ShouldBeEmpty();
            stage.Mails("update").ShouldBe(0);
            return Task.CompletedTask;
        }),
        new("update-answer-lost", OneOfOurs, stage =>
        {
            stage.Break("UpdateItem", "lose-reply-after-commit");
            return stage.LocateInCrmAsync("Plan", "south");
        }, stage => stage.ShouldLiveAsync("Plan", "south", "anna")),
        new("update-of-a-meeting-answer-lost", OneMeeting, stage =>
        {
            stage.Break("UpdateItem", "lose-reply-after-commit");
            return stage.MoveInCrmAsync("Board", 3);
        }, stage => ShouldBeMovedAsync(stage, 1)),
        new("many-changed-in-crm", stage => ManyAsync(5, number => stage.CreateInCrmAsync("anna", $"Item{number}", number)), stage => ManyAsync(5, number => stage.LocateInCrmAsync($"Item{number}", "south")),
            stage => ManyAsync(5, number => stage.ShouldLiveAsync($"Item{number}", "south", "anna"))) { PageSize = 2 },
        new("different-fields-changed-on-both-sides", OnePlan, async stage =>
        {
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
            await stage.MoveInCrmAsync("Plan", 3);
        }, async stage =>
        {
            await stage.ShouldLiveAsync("Plan", "south", "anna");
            (await stage.ItemAsync("Plan")).StartUtc.ShouldBe(Stage.Day(3));
            stage.Copy("anna", "Plan").Start.ShouldBe(Stage.Iso(Stage.Day(3)));
        }),
        Contest("same-field-crm-wins", ConflictPolicy.CrmWins, isOutlookLater: true, "the CRM's"),
        Contest("same-field-exchange-wins", ConflictPolicy.ExchangeWins, isOutlookLater: false, "Outlook's"),
        Contest("same-field-newest-wins-crm", ConflictPolicy.NewestWins, isOutlookLater: false, "the CRM's"),
        Contest("same-field-newest-wins-outlook", ConflictPolicy.NewestWins, isOutlookLater: true, "Outlook's"),
        new("keys-moved-without-a-change", OneMeeting, Do(stage =>
        {
            foreach (var item in stage.Mailbox("anna")["calendar"].Items.ToList())
                stage.World.Exchange.Organisation.Touch(item);
        }), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            stage.Mails("update").ShouldBe(0);
        }),
        new("changed-on-both-sides-two-nodes", OnePlan, async stage =>
        {
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
            await stage.HintAsync("anna");
            await stage.WaitAsync(0.1);
            await stage.MoveInCrmAsync("Plan", 3);
        }, stage => stage.ShouldLiveAsync("Plan", "south", "anna")) { Nodes = 2 },
    ];

    // Both edit before either is told. Whoever is later is so by three seconds, more than the wire's clock resolves.
    private static Scenario Contest(string name, ConflictPolicy policy, bool isOutlookLater, string expected) => new(name, OnePlan, async stage =>
    {
        if (isOutlookLater)
        {
            stage.Break("UpdateItem", "busy-503", 1, 6000);
            await stage.LocateInCrmAsync("Plan", "the CRM's");
            await stage.WaitAsync(3);
        }
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        if (!isOutlookLater)
        {
            await stage.WaitAsync(3);
            await stage.LocateInCrmAsync("Plan", "the CRM's");
        }
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Plan", expected, "anna");
        (await stage.World.Store.ConflictsAsync()).ShouldNotBeEmpty("the loser is kept");
    }) { Conflicts = policy };

    private static async Task ShouldBeMovedAsync(Stage stage, int updates)
    {
        await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
        (await stage.ItemAsync("Board")).StartUtc.ShouldBe(Stage.Day(3));
        foreach (var person in World.People)
            stage.Copy(person, "Board").Start.ShouldBe(Stage.Iso(Stage.Day(3)), person);
        (stage.Mails("update", "ben"), stage.Mails("update", "carla")).ShouldBe((updates, updates));
    }
}
