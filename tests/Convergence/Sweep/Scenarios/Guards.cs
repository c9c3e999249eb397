using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.Convergence.Stores;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Convergence.Sweep;

/// <summary>What a person is asked about or takes back: guards, decisions, undo, dry runs. Most need the CRM's services, and with them the store on SQLite.</summary>
public static partial class Scenarios
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator, ActsForEveryone: true);

    private static IEnumerable<Scenario> Guarded =>
    [
        new("mails-beyond-the-budget-wait", Nothing, async stage =>
        {
            await stage.CreateInCrmAsync("anna", "First", 0, "north", "ben", "carla");
            await stage.CreateInCrmAsync("anna", "Second", 1, "north", "ben", "carla");
        }, async stage =>
        {
            await stage.ShouldLiveAsync("First", "north", "anna", "ben", "carla");
            await stage.ShouldLiveAsync("Second", "north", "anna", "ben", "carla");
            (stage.Mails("request", "ben"), stage.Mails("request", "carla"), stage.Mails("update")).ShouldBe((2, 2, 0), "late, but each once");
        }) { Target = target => target.MailsPerHour = 3 },
        new("loop-quarantined-and-ended-by-a-person", async stage =>
        {
            stage.CreateInOutlook("anna", "Plan");
            await stage.SettleAsync();
            for (var turn = 0; turn < 2; turn++)
                await QuarrelAsync(stage, turn);
        }, async stage =>
        {
            await QuarrelAsync(stage, 2);
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "a person's" });
        }, stage => stage.ShouldLiveAsync("Plan", "a person's", "anna")) { Target = target => target.RewritesPerHour = 2 },
        new("deletes-in-outlook-held-and-approved", stage => ManyAsync(6, number => Do(_ => stage.CreateInOutlook("anna", $"Item{number}", number))(stage)), async stage =>
        {
            await ManyAsync(4, number => Do(_ => stage.DeleteInOutlook("anna", $"Item{number}"))(stage));
            await stage.SettleAsync();
            (await stage.LivingAsync()).Count.ShouldBe(6, "held: nothing is deleted");
            await ApproveAsync(stage, HoldKind.DeletesInCrm);
        }, ShouldBeTwoLeftAsync) { Store = StoreKind.Sqlite, Target = Guard },
        new("deletes-in-crm-held-and-approved", stage => ManyAsync(6, number => Do(_ => stage.CreateInOutlook("anna", $"Item{number}", number))(stage)), async stage =>
        {
            await ManyAsync(4, number => stage.DeleteInCrmAsync($"Item{number}"));
            // What is held stays in the queue: no rest to wait for.
            await stage.WaitAsync(120);
            stage.Copies("anna").Count.ShouldBe(6, "held: nothing is deleted");
            await ApproveAsync(stage, HoldKind.DeletesInExchange);
        }, ShouldBeTwoLeftAsync) { Store = StoreKind.Sqlite, Target = Guard },
        Decide("asked-and-decided-for-crm", ConflictSide.Crm, "the CRM's"),
        Decide("asked-and-decided-for-outlook", ConflictSide.Exchange, "Outlook's"),
        new("change-undone", OnePlan, async stage =>
        {
            var item = await stage.ItemAsync("Plan");
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "a script's" });
            await stage.SettleAsync();
            (await stage.Service<UndoService>().UndoAsync(Operator, item.Id, item.Version, false, null, CancellationToken.None)).ShouldBeNull();
            stage.Ledger.Wrote("Plan", Simulation.Side.Crm, "location", "north", null);
            stage.Ledger.Did("Plan", Simulation.Side.Crm, Simulation.Deed.Edit);
        }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Store = StoreKind.Sqlite },
        new("run-undone", stage => ManyAsync(3, number => Do(_ => stage.CreateInOutlook("anna", $"Item{number}", number))(stage)), async stage =>
        {
            await ManyAsync(2, number => Do(_ => stage.EditInOutlook("anna", $"Item{number}", new ItemEdit { Location = "a script's" }))(stage));
            stage.DeleteInOutlook("anna", "Item2");
            await stage.SettleAsync();
            var undo = stage.Service<UndoService>();
            // One run, or two if the server died between its page and its deletes.
            foreach (var run in (await undo.ListRunsAsync(Operator, stage.Link("anna").Id, 10, CancellationToken.None)).Value!)
                (await undo.UndoRunAsync(Operator, run.RunId, false, null, CancellationToken.None)).Value!.ShouldAllBe(item => item.Problem == null);
            await ManyAsync(2, number => Do(_ => stage.Ledger.Wrote($"Item{number}", Simulation.Side.Crm, "location", "north", null))(stage));
            stage.Ledger.Revived("Item2");
        }, stage => ShouldBeManyAsync(stage, 3)) { Store = StoreKind.Sqlite },
        new("dry-run-then-enabled", async stage =>
        {
            await ManyAsync(3, number => Do(_ => stage.CreateInOutlook("anna", $"Item{number}", number))(stage));
            await stage.CreateInCrmAsync("anna", "Item3", 3);
            await stage.CreateInCrmAsync("anna", "Item4", 4, "north", "ben");
            stage.CreateInOutlook("anna", "Item4b", 4);
            await RehearseAsync(stage);
        }, async stage =>
        {
            await using (var db = await stage.Service<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync())
                await db.Links.Where(link => link.Mailbox == Simulation.World.Address("anna")).ExecuteUpdateAsync(set => set.SetProperty(link => link.IsEnabled, true));
            stage.Link("anna").IsEnabled = true;
            await stage.HintAsync("anna");
        }, async stage =>
        {
            await ShouldBeManyAsync(stage, 5);
            stage.Mails("request").ShouldBe(1);
            await using var db = await stage.Service<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync();
            (await db.Activities.Where(activity => activity.Action == "PlanKept" || activity.Action == "PlanDiffers").ToListAsync()).ShouldHaveSingleItem("the first run says once whether it did what was planned").Action.ShouldBe("PlanKept");
        }) { Store = StoreKind.Sqlite, PageSize = 2, Link = (person, link) => link.IsEnabled = person != "anna" },
    ];

    private static void Guard(SyncTarget target) => (target.DeleteGuardMinimum, target.DeleteGuardPercent, target.DeleteGuardCount) = (2, 30, 500);

    private static async Task ApproveAsync(Stage stage, HoldKind kind) =>
        (await stage.Service<HoldService>().ApproveAsync(Operator, stage.Link("anna").Id, kind, 4, 24, CancellationToken.None)).Problem.ShouldBeNull();

    private static async Task ShouldBeTwoLeftAsync(Stage stage) => ((await stage.LivingAsync()).Count, stage.Copies("anna").Count).ShouldBe((2, 2));

    private static async Task QuarrelAsync(Stage stage, int turn)
    {
        await stage.LocateInCrmAsync("Plan", $"CRM {turn}");
        await stage.SettleAsync();
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = $"bot {turn}" });
        await stage.SettleAsync();
    }

    private static Scenario Decide(string name, ConflictSide side, string expected) => new(name, OnePlan, async stage =>
    {
        stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "Outlook's" });
        await stage.LocateInCrmAsync("Plan", "the CRM's");
        await stage.SettleAsync();
        ((await stage.ItemAsync("Plan")).Location, stage.Copy("anna", "Plan").Location).ShouldBe(("the CRM's", "Outlook's"), "both wait for a person");
        var open = (await stage.World.Store.ConflictsAsync()).ShouldHaveSingleItem();
        var decision = new ConflictDecision(new Dictionary<ScheduleFields, ConflictSide> { [ScheduleFields.Location] = side });
        (await stage.Service<ConflictDecisions>().ResolveAsync(Operator, open.Id, null, decision, null, CancellationToken.None)).Problem.ShouldBeNull();
    }, stage => stage.ShouldLiveAsync("Plan", expected, "anna")) { Store = StoreKind.Sqlite, Conflicts = ConflictPolicy.Ask };

    private static async Task RehearseAsync(Stage stage)
    {
        await using var connector = new EwsConnector(new TargetConnection(stage.Target, "demo"), stage.World.Time, new InProcessHandler(stage.World.Exchange));
        var runs = new DryRunService(stage.Service<CrmSyncStore>(), new DryRunner(stage.World.Store.Sessions, new OneConnector(connector), stage.World.Time, stage.World.Ids));
        var started = (await runs.StartAsync(Operator, stage.Link("anna").Id, CancellationToken.None)).Value!;
        await runs.RunAsync(started.Row.Id, CancellationToken.None);
        (await runs.FindAsync(started.Row.Id, CancellationToken.None))!.Row.State.ShouldBe(DryRunState.Done);
    }

    private sealed class OneConnector(IExchangeConnector connector) : IConnectors
    {
        public IExchangeConnector For(SyncTarget target) => connector;
    }
}
