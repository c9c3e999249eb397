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
        for (var size = Math.Max(1, steps.Count / 2); size >= 1; size = size == 1 ? 0 : size / 2)
        {
            for (var at = 0; at < steps.Count && runs < MaxRuns;)
            {
                var fewer = steps.Where((_, index) => index < at || index >= at + size).ToList();
                runs++;
                var result = SeededRun.Run(failing.Spec with { Steps = fewer.ToHashSet() });
                if (result.Violation is not null && KindOf(result) == kind)
                    (steps, failing) = (fewer, result);
                else
                    at += size;
            }
        }
        return failing;
    }

    private static string KindOf(RunResult result) => result.Violation!.Split(' ')[0];
}
