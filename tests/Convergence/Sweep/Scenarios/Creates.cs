namespace CrmSync.Convergence.Sweep;

/// <summary>Items come into being on either side, once, and are told to others once.</summary>
public static partial class Scenarios
{
    private static IEnumerable<Scenario> Creates =>
    [
        new("created-in-crm", Nothing, stage => stage.CreateInCrmAsync("anna", "Plan"), stage => stage.ShouldLiveAsync("Plan", "north", "anna")),
        new("created-in-outlook", Nothing, Do(stage => stage.CreateInOutlook("anna", "Plan")), stage => stage.ShouldLiveAsync("Plan", "north", "anna")),
        new("meeting-created-in-crm", Nothing, stage => stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben", "carla"), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            (stage.Mails("request", "ben"), stage.Mails("request", "carla"), stage.Mails("update")).ShouldBe((1, 1, 0));
        }),
        new("meeting-created-in-outlook", Nothing, Do(stage => stage.CreateInOutlook("anna", "Board", 0, "north", "ben", "carla")), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            (stage.Mails("request"), stage.Mails("update")).ShouldBe((0, 0), "the invitations are Outlook's own");
        }),
        new("many-created-in-crm", Nothing, stage => ManyAsync(7, number => stage.CreateInCrmAsync("anna", $"Item{number}", number)), stage => ShouldBeManyAsync(stage, 7)) { PageSize = 3 },
        new("many-created-in-outlook", Nothing, Do(stage => Enumerable.Range(0, 7).ToList().ForEach(number => stage.CreateInOutlook("anna", $"Item{number}", number))), stage => ShouldBeManyAsync(stage, 7)) { PageSize = 3 },
        Create("create-answer-lost", "CreateItem", "lose-reply-after-commit"),
        Create("create-request-lost", "CreateItem", "lose-request"),
        Create("create-arrives-late", "CreateItem", "late", 40_000),
        Create("create-meets-busy-server", "CreateItem", "busy-503"),
        Invite("meeting-create-answer-lost", "CreateItem", "lose-reply-after-commit"),
        Invite("invitation-answer-lost", "UpdateItem", "lose-reply-after-commit"),
        Invite("invitation-request-lost", "UpdateItem", "lose-request"),
        new("created-and-changed-at-once", Nothing, async stage =>
        {
            await stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben");
            await stage.WaitAsync(0.3);
            await stage.LocateInCrmAsync("Board", "south");
        }, async stage =>
        {
            await stage.ShouldLiveAsync("Board", "south", "anna", "ben");
            stage.Mails("request").ShouldBe(1);
            stage.Mails("update").ShouldBeLessThanOrEqualTo(1);
        }),
        new("created-and-deleted-at-once", Nothing, async stage =>
        {
            await stage.CreateInCrmAsync("anna", "Plan");
            await stage.WaitAsync(0.3);
            await stage.DeleteInCrmAsync("Plan");
        }, stage => stage.ShouldBeGoneAsync("Plan", "anna")),
    ];

    private static Scenario Create(string name, string operation, string fault, int milliseconds = 2000) => new(name, Nothing, stage =>
    {
        stage.Break(operation, fault, 1, milliseconds);
        return stage.CreateInCrmAsync("anna", "Plan");
    }, stage => stage.ShouldLiveAsync("Plan", "north", "anna"));

    private static Scenario Invite(string name, string operation, string fault) => new(name, Nothing, stage =>
    {
        stage.Break(operation, fault);
        return stage.CreateInCrmAsync("anna", "Board", 0, "north", "ben", "carla");
    }, async stage =>
    {
        await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
        (stage.Mails("request", "ben"), stage.Mails("request", "carla"), stage.Mails("update")).ShouldBe((1, 1, 0));
    });

    private static async Task ManyAsync(int count, Func<int, Task> one)
    {
        for (var number = 0; number < count; number++)
            await one(number);
    }

    private static Task ShouldBeManyAsync(Stage stage, int count) => ManyAsync(count, number => stage.ShouldLiveAsync($"Item{number}", "north", "anna"));
}
