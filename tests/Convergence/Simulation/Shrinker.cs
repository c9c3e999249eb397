namespace CrmSync.Convergence.Simulation;

/// <summary>Leaves steps out of a failing run as long as it still fails the same way.</summary>
public static class Shrinker
{
    private const int MaxRuns = 600;

    /// <summary>A smaller run with a violation of the same invariant.</summary>
    public static RunResult Shrink(RunResult failing)
    {
        var kind = KindOf(failing);
        var steps = (failing.Spec.Steps ?? Enumerable.Range(0, failing.Spec.Operations).ToHashSet()).Order().ToList();
        var runs = 0;
        foreach (var chaos in Enum.GetValues<Chaos>().Where(chaos => chaos != Chaos.None))
        {
            if (Fails(failing.Spec with { Without = failing.Spec.Without | chaos }) is { } still)
                failing = still;
        }
        for (var size = Math.Max(1, steps.Count / 2); size >= 1; size = size == 1 ? 0 : size / 2)
        {
            for (var at = 0; at < steps.Count && runs < MaxRuns;)
            {
                var fewer = steps.Where((_, index) => index < at || index >= at + size).ToList();
                runs++;
                if (Fails(failing.Spec with { Steps = fewer.ToHashSet() }) is { } still)
                    (steps, failing) = (fewer, still);
                else
                    at += size;
            }
        }
        return failing;

        RunResult? Fails(RunSpec spec) => SeededRun.Run(spec) is { Violation: not null } result && KindOf(result) == kind ? result : null;
    }

    private static string KindOf(RunResult result) => result.Violation!.Split(' ')[0];
}
