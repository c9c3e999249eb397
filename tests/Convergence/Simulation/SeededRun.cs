using CrmSync.Convergence.Stores;

namespace CrmSync.Convergence.Simulation;

/// <summary>What to run.</summary>
/// <param name="Without">Kinds of chaos to leave out, likewise.</param>
/// <param name="Steps">The steps to take; null: all. Steps left out leave the others as they were, which is how a failure shrinks.</param>
public sealed record RunSpec(int Seed, int Operations = 100, StoreKind Store = StoreKind.Memory, IReadOnlySet<int>? Steps = null, Chaos Without = Chaos.None);

/// <summary>How a run ended.</summary>
/// <param name="Violation">Null when every promise was kept.</param>
public sealed record RunResult(RunSpec Spec, string? Violation, RunLog Log, TimeSpan VirtualTime, string Swarm)
{
    public string Story => $"{Violation}\nseed {Spec.Seed}: {Swarm}\n{Log}";
}

/// <summary>One seed: random edits on both sides, faults, kills and pauses while several nodes work, then calm, then every invariant.</summary>
public static class SeededRun
{
    private static readonly TimeSpan Bound = TimeSpan.FromHours(3);

    public static RunResult Run(RunSpec spec)
    {
        var time = new VirtualTime();
        RunLog? log = null;
        var swarm = "";
        string? violation = null;
        try
        {
            SingleThread.Run(time, async () =>
            {
                await using var world = await World.StartAsync(spec, time);
                (log, swarm) = (world.Log, world.Swarm.ToString());
                await LiveAsync(world, spec);
            });
        }
        catch (Exception failure)
        {
            violation = failure is ViolationException ? failure.Message : failure.ToString();
        }
        return new RunResult(spec, violation, log ?? new RunLog(), time.GetUtcNow() - VirtualTime.Start, swarm);
    }

    private static async Task LiveAsync(World world, RunSpec spec)
    {
        var users = new Users(world, world.Ledger, spec.Seed);
        await world.HintAsync(world.Links.Values);
        await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        // Twins are told by subject and time: who renames one before it has been seen makes two.
        while (world.Swarm.HasBeginning && (await world.Store.StatesAsync()).Any(state => !state.IsInventoryComplete))
            await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        for (var step = 0; step < spec.Operations; step++)
        {
            if (spec.Steps?.Contains(step) == false)
                continue;
            await Task.Delay(await users.StepAsync(step), world.Time);
        }
        world.Log.Say("calm");
        // Three rounds after the last edit both sides must be equal (quality.md, I1).
        HttpRequestMessage[] late = [.. world.UnderWay];
        await world.CalmAsync(3, Bound);
        // A slow request may arrive at a world at rest, its sender long dead: what it does is put right in further rounds.
        if (late.Length > 0)
        {
            while (late.Any(world.UnderWay.Contains))
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
            await world.CalmAsync(3, Bound);
        }
        await new Verdict(world, world.Ledger).CheckAsync();
    }
}
