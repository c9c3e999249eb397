using System.Collections.Concurrent;
using System.Diagnostics;
using CrmSync.Convergence.Stores;

namespace CrmSync.Convergence.Simulation;

/// <summary>Many seeds: each <paramref name="Every"/>th of <paramref name="Count"/>. One in <paramref name="SqliteOneIn"/> runs on the real store, one in a hundred runs twice and must repeat itself.</summary>
public sealed record SeedBatch(int First, int Count, int Operations = 100, int Threads = 1, int SqliteOneIn = 20, int Every = 1)
{
    private const int TwiceOneIn = 100;
    private const int TooLongMs = 120_000;
    private const int WatchMs = 20_000;

    /// <param name="tell">Gets a line for each failure as it is found.</param>
    /// <param name="isEnough">Asked after each seed; true ends the batch early.</param>
    public async Task<BatchReport> RunAsync(Action<string>? tell = null, Func<BatchReport, bool>? isEnough = null)
    {
        await SqliteWorldStore.PrepareAsync();
        var report = new BatchReport();
        var next = First - 1;
        var gate = new Lock();
        var running = new ConcurrentDictionary<int, long>();
        // A run takes a second or two; one that never ends would otherwise end nothing and say nothing.
        await using var watchdog = new Timer(_ =>
        {
            foreach (var (seed, since) in running)
            {
                if (Environment.TickCount64 - since is var age && age > TooLongMs && age < TooLongMs + WatchMs)
                    tell?.Invoke($"seed {seed} has been running for {age / 1000} s");
            }
        }, null, WatchMs, WatchMs);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(() =>
        {
            while (Interlocked.Increment(ref next) is var seed && seed < First + Count)
            {
                if (seed % Every != 0)
                    continue;
                var spec = new RunSpec(seed, Operations, SqliteOneIn > 0 && seed % SqliteOneIn == 0 ? StoreKind.Sqlite : StoreKind.Memory);
                running[seed] = Environment.TickCount64;
                var started = Stopwatch.GetTimestamp();
                var result = SeededRun.Run(spec);
                var took = Stopwatch.GetElapsedTime(started);
                if (result.Violation is null && seed % TwiceOneIn == 0 && SeededRun.Run(spec).Log.Hash() != result.Log.Hash())
                    result = result with { Violation = "the seed did not repeat itself: two runs had two histories" };
                running.TryRemove(seed, out long _);
                lock (gate)
                {
                    report.Add(result, took);
                    if (result.Violation is { } violation)
                        tell?.Invoke($"seed {seed}: {violation.Split('\n')[0]}");
                    if (isEnough?.Invoke(report) == true)
                        Interlocked.Exchange(ref next, First + Count);
                }
            }
        }, TaskCreationOptions.LongRunning)));
        return report;
    }
}

/// <summary>What many runs amount to.</summary>
public sealed class BatchReport
{
    private readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);
    private readonly SortedDictionary<StoreKind, (long Operations, TimeSpan Time)> _byStore = [];
    private TimeSpan _virtualTime;

    public List<RunResult> Failures { get; } = [];

    public int Seeds { get; private set; }

    public long Operations { get; private set; }

    public long Kills { get; private set; }

    public long Pauses { get; private set; }

    public int OnSqlite { get; private set; }

    public string LastStory { get; private set; } = "";

    /// <param name="took">Time on its thread.</param>
    public void Add(RunResult result, TimeSpan took)
    {
        var (operations, time) = _byStore.GetValueOrDefault(result.Spec.Store);
        _byStore[result.Spec.Store] = (operations + result.Log.Operations, time + took);
        Seeds++;
        Operations += result.Log.Operations;
        Kills += result.Log.Kills;
        Pauses += result.Log.Pauses;
        OnSqlite += result.Spec.Store == StoreKind.Sqlite ? 1 : 0;
        _virtualTime += result.VirtualTime;
        LastStory = result.Story;
        foreach (var (kind, count) in result.Log.Faults)
            _faults[kind] = _faults.GetValueOrDefault(kind) + count;
        if (result.Violation is not null)
            Failures.Add(result);
    }

    public string Text(TimeSpan elapsed, int threads) =>
        $"{Seeds} seeds ({OnSqlite} on SQLite), {Operations} operations, {Kills} kills, {Pauses} pauses, {_virtualTime.TotalHours:0} h of virtual time\n"
        + $"faults: {string.Join(", ", _faults.Select(fault => $"{fault.Value} x {fault.Key}"))}\n"
        + $"{Failures.Count} violations; {Operations / elapsed.TotalSeconds:0} operations/s on {threads} threads, {elapsed.TotalSeconds:0} s\n"
        + string.Join(", ", _byStore.Select(store => $"{store.Key}: {store.Value.Operations / store.Value.Time.TotalSeconds:0} operations/s a thread"));
}
