using CrmSync.Convergence.Simulation;

namespace CrmSync.Convergence.Sweep;

/// <summary>How one run of a scenario ended.</summary>
/// <param name="Kills">Where it was to be killed.</param>
/// <param name="Points">The places that it passed.</param>
/// <param name="Violation">Null when all went as it must.</param>
public sealed record SweepResult(Scenario Scenario, IReadOnlyList<int> Kills, IReadOnlyList<string> Points, IReadOnlyList<string> Struck, string? Violation, string Story)
{
    /// <summary>The command that repeats it.</summary>
    public string Command => $"--scenario {Scenario.Name}" + (Kills.Count > 0 ? $" --kill-at {Kills[0]}" : "") + (Kills.Count > 1 ? $" --and {Kills[1]}" : "");
}

/// <summary>One scenario, its server killed at the chosen places and started again some seconds later; then calm, every invariant, and the scenario's own end.</summary>
public static class SweepRun
{
    private static readonly TimeSpan Bound = TimeSpan.FromHours(6);

    public static SweepResult Run(Scenario scenario, params int[] kills)
    {
        var (time, plan) = (new VirtualTime(), new KillPlan(kills));
        RunLog? log = null;
        string? violation = null;
        try
        {
            SingleThread.Run(time, async () =>
            {
                await using var world = await World.StartAsync(1, new Swarm(scenario.Conflicts, scenario.Nodes, scenario.PageSize), scenario.Store, time, scenario.Target, scenario.Link);
                log = world.Log;
                await PlayAsync(scenario, world, plan);
            });
        }
        catch (Exception failure)
        {
            violation = failure is ViolationException or ShouldAssertException ? failure.Message.ReplaceLineEndings("\n").Trim() : failure.ToString();
        }
        if (violation is null && plan.Struck.Count < kills.Length)
            violation = $"killed at {plan.Struck.Count} of {kills.Length} places only: the run did not repeat itself";
        return new SweepResult(scenario, kills, plan.Points, plan.Struck, violation, log?.ToString() ?? "");
    }

    private static async Task PlayAsync(Scenario scenario, World world, KillPlan plan)
    {
        var stage = new Stage(world, world.Ledger);
        world.DieAt = place =>
        {
            stage.Reached(place);
            return plan.Strikes(place);
        };
        if (!scenario.IsFirstRead)
            await stage.SettleAsync();
        await scenario.Before(stage);
        if (!scenario.IsFirstRead)
            await stage.SettleAsync();
        stage.Say("act");
        plan.IsArmed = true;
        await scenario.Act(stage);
        await stage.SettleAsync();
        plan.IsArmed = false;
        stage.Say("calm");
        // What a dead node had under way has arrived by then.
        await Task.Delay(NodeNetwork.LongTravel * 2, world.Time);
        await world.CalmAsync(3, Bound);
        await new Verdict(world, world.Ledger).CheckAsync();
        await scenario.Expect(stage);
        stage.AllHappened.ShouldBeTrue("the moment for something in this story never came");
    }
}
