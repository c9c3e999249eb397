using System.Diagnostics;
using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;

namespace CrmSync.Convergence.Sweep;

/// <summary>Scenarios swept in full: one clean run each, then one run for each place at which the server can die; after that pairs of kills by chance.</summary>
public sealed class SweepBatch(IReadOnlyList<Scenario> scenarios, int threads)
{
    private readonly Lock _gate = new();

    public List<SweepResult> Failures { get; } = [];

    /// <summary>Runs with one kill.</summary>
    public int Kills { get; private set; }

    /// <summary>Runs with two.</summary>
    public int Pairs { get; private set; }

    /// <summary>Places passed in the clean run, by scenario.</summary>
    public Dictionary<string, int> PointsOf { get; } = [];

    // Places passed in each run with one kill: where the second can be.
    private readonly List<(Scenario Scenario, int First, int Passed)> _singles = [];

    public async Task RunAsync(int pairs, int seed, Action<string> tell)
    {
        await SqliteWorldStore.PrepareAsync();
        var clean = await EachAsync(scenarios, scenario => SweepRun.Run(scenario));
        foreach (var run in clean)
        {
            PointsOf[run.Scenario.Name] = run.Points.Count;
            Note(run, tell);
        }
        var watch = Stopwatch.StartNew();
        var singles = await EachAsync(
            [.. clean.Where(run => run.Violation is null).SelectMany(run => Enumerable.Range(1, run.Points.Count).Select(point => (run.Scenario, point)))],
            run => SweepRun.Run(run.Scenario, run.point), run => Note(run, tell));
        Kills = singles.Count;
        tell($"{clean.Count} scenarios, {PointsOf.Values.Sum()} places, {Kills} kills, {Failures.Count} violations, {Kills / watch.Elapsed.TotalSeconds:0} runs/s");
        _singles.AddRange(singles.Where(run => run.Violation is null && run.Points.Count > run.Kills[0]).Select(run => (run.Scenario, run.Kills[0], run.Points.Count)));
        if (pairs == 0 || _singles.Count == 0)
            return;
        watch.Restart();
        var (random, before) = (new Random(seed), Failures.Count);
        var drawn = Enumerable.Range(0, pairs).Select(_ => _singles[random.Next(_singles.Count)]).Select(single => (single.Scenario, single.First, Second: random.Next(single.First + 1, single.Passed + 1))).ToList();
        await EachAsync(drawn, pair => SweepRun.Run(pair.Scenario, pair.First, pair.Second), run => Note(run, tell));
        Pairs = pairs;
        tell($"{Pairs} pairs of kills (seed {seed}), {Failures.Count - before} violations, {Pairs / watch.Elapsed.TotalSeconds:0} runs/s");
    }

    private void Note(SweepResult run, Action<string> tell)
    {
        if (run.Violation is null)
            return;
        Failures.Add(run);
        tell($"{run.Command} [{string.Join(", ", run.Struck)}]: {run.Violation.Split('\n').First(line => line.Length > 0)}");
    }

    // Each world needs a thread of its own that nothing else uses meanwhile.
    private async Task<List<SweepResult>> EachAsync<T>(IReadOnlyList<T> inputs, Func<T, SweepResult> run, Action<SweepResult>? done = null)
    {
        var next = -1;
        var results = new SweepResult[inputs.Count];
        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (Interlocked.Increment(ref next) is var at && at < inputs.Count)
                {
                    // A story is told anew when it is asked for: thousands of them would fill the memory.
                    results[at] = run(inputs[at]);
                    if (results[at].Violation is null)
                        results[at] = results[at] with { Story = "" };
                    lock (_gate)
                        done?.Invoke(results[at]);
                }
            },
            TaskCreationOptions.LongRunning)));
        return [.. results];
    }
}
