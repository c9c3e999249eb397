using System.Diagnostics;
using System.Globalization;
using CrmSync.Convergence.Found;
using CrmSync.Convergence.Stores;

namespace CrmSync.Convergence.Sweep;

/// <summary>The crash sweep from the command line.</summary>
public static class SweepCommand
{
    /// <returns>0 when nothing was violated.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        string? Text(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        if (args.Contains("--found"))
            return Found(Text("--found"));
        int? Number(string name) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        var scenarios = Scenarios.All.Where(scenario => Text("--scenario") is null || scenario.Name == Text("--scenario")).ToList();
        if (scenarios.Count == 0)
        {
            Console.WriteLine($"There is no scenario of that name. There are: {string.Join(", ", Scenarios.All.Select(scenario => scenario.Name))}");
            return 2;
        }
        if (Number("--kill-at") is { } first || args.Contains("--story"))
        {
            await SqliteWorldStore.PrepareAsync();
            var run = SweepRun.Run(scenarios[0], [.. new[] { Number("--kill-at"), Number("--and") }.Where(kill => kill is not null).Select(kill => kill!.Value)]);
            Console.WriteLine($"{run.Story}\nkilled at {string.Join(", ", run.Struck)}\n{run.Violation ?? "no violation"}");
            return run.Violation is null ? 0 : 1;
        }
        var watch = Stopwatch.StartNew();
        var threads = Number("--threads") ?? Environment.ProcessorCount;
        var batch = new SweepBatch(scenarios, threads);
        await batch.RunAsync(Number("--pairs") ?? 0, Number("--first") ?? 1, Console.WriteLine);
        if (args.Contains("--list"))
            Console.WriteLine(string.Join('\n', batch.PointsOf.Select(entry => $"{entry.Value,5} {entry.Key}")));
        Console.WriteLine($"{batch.PointsOf.Count} scenarios, {batch.PointsOf.Values.Sum()} places; {batch.Kills} runs with a kill, {batch.Pairs} with two; {batch.Failures.Count} violations; {watch.Elapsed.TotalSeconds:0} s on {threads} threads");
        return batch.Failures.Count == 0 ? 0 : 1;
    }

    private static int Found(string? name)
    {
        var runs = FoundStories.All.Where(story => name is null or "--fault" || story.Name == name).Select(story => SweepRun.Run(story)).ToList();
        foreach (var run in runs)
            Console.WriteLine($"{run.Scenario.Name}: {run.Violation?.Split('\n').First(line => line.Length > 0) ?? "as it should"}");
        if (runs is [var one])
            Console.WriteLine($"{one.Story}\n{one.Violation}");
        return runs.Count > 0 && runs.All(run => run.Violation is null) ? 0 : 1;
    }
}
