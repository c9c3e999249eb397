using System.Diagnostics;
using System.Globalization;
using CrmSync.Bench.Figures;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.Latency;

public sealed record LatencyOptions(int Changes, int PerSecond, int Links, string Mode, int Seed);

/// <summary>From the moment of a write in Exchange to the moment at which another connection sees the CRM row: the shipped server with its shipped settings.</summary>
public sealed class LatencyBench(LatencyOptions options, PostgresServer postgres)
{
    private const int ItemsPerMailbox = 3;
    private const int BodyLength = 2420;
    private const double WarmUpShare = 0.2;

    /// <summary>False: not all changes arrived.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var machine = await Machine.DescribeAsync(postgres.Connection);
        Console.WriteLine($"latency: {options.Changes} changes, {options.PerSecond}/s over {options.Links} links, {options.Mode}, seed {options.Seed}\n{machine}");
        await using var simulator = await Simulator.StartAsync(options.Links, ItemsPerMailbox, BodyLength, options.Seed);
        var connection = await postgres.CreateDatabaseAsync("bench_latency");
        await using var server = await LatencyServer.StartAsync(connection, simulator, options);
        var items = await server.WaitUntilQuietAsync(options.Links, options.Links * ItemsPerMailbox, stop);

        var watch = new RowWatch(connection);
        // The first changes warm the programs up and are not counted.
        await EditAsync(simulator, items, watch, (int)(options.Changes * WarmUpShare), 1, stop);
        watch.Forget();
        await Task.Delay(TimeSpan.FromSeconds(3), stop);
        await simulator.TakeRequestsAsync();
        var (cpu, load) = (server.Cpu, Machine.Load);
        await EditAsync(simulator, items, watch, options.Changes, 2, stop);
        var cpuMs = (server.Cpu - cpu).TotalMilliseconds;
        var requests = await simulator.TakeRequestsAsync();
        await watch.DisposeAsync();
        return Report(machine, watch.Latencies(), load, cpuMs, requests, server.ResidentBytes);
    }

    private async Task EditAsync(Simulator simulator, IReadOnlyDictionary<string, Guid> items, RowWatch watch, int changes, int series, CancellationToken stop)
    {
        var people = new List<OutlookMailbox>();
        for (var link = 1; link <= options.Links; link++)
            people.Add(await OutlookMailbox.OpenAsync(simulator, Simulator.Mailbox(link), items));
        var order = Enumerable.Range(0, options.Links).ToArray();
        new Random(options.Seed + series).Shuffle(order);
        var started = Stopwatch.GetTimestamp();
        var edits = new List<Task>(changes);
        for (var number = 0; number < changes; number++)
        {
            var due = TimeSpan.FromSeconds((double)number / options.PerSecond);
            if (due - Stopwatch.GetElapsedTime(started) is { } wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, stop);
            edits.Add(people[order[number % order.Length]].EditAsync(string.Create(CultureInfo.InvariantCulture, $"change {series}.{number}"), number / order.Length, watch, stop));
        }
        await Task.WhenAll(edits);
        await watch.DrainAsync(TimeSpan.FromSeconds(20), stop);
    }

    private bool Report(Machine machine, IReadOnlyList<double> sorted, double load, double cpuMs, Dictionary<string, int> requests, long resident)
    {
        var lost = options.Changes - sorted.Count;
        double P(double share) => sorted.Count == 0 ? double.NaN : Summary.Percentile(sorted, share);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Mode,-9} p50 {P(0.5):F1} ms, p90 {P(0.9):F1} ms, p99 {P(0.99):F1} ms, max {P(1):F1} ms, min {P(0):F1} ms; {lost} not seen; server processor {1000 * cpuMs / options.Changes:F0} us a change, resident {resident / 1048576} MB; load {load:F2} before, {Machine.Load:F2} after"));
        Console.WriteLine($"requests: {string.Join(", ", requests.Select(entry => $"{entry.Value} {entry.Key}"))}");
        var file = ResultFile.Write($"latency-{options.Mode}", new
        {
            machine, options, load, p50Ms = P(0.5), p90Ms = P(0.9), p99Ms = P(0.99), maxMs = P(1), minMs = P(0), lost, serverCpuUsPerChange = 1000 * cpuMs / options.Changes, requests, latenciesMs = sorted,
        });
        Console.WriteLine($"raw results: {file}");
        return lost == 0;
    }
}
