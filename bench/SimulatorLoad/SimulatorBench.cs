using System.Diagnostics;
using System.Globalization;
using CrmSync.Bench.Figures;
using CrmSync.Bench.InitialSync;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.SimulatorLoad;

public sealed record SimulatorLoadOptions(int Items, int Rounds, int Seed);

/// <summary>
/// What the simulator itself costs, beside the least a client can cost that reads from it: prepared requests, XmlReader over the answers. While the
/// simulator's processor time an item is under the client's, no benchmark of the engine measures the simulator.
/// </summary>
public sealed class SimulatorBench(SimulatorLoadOptions options)
{
    private const int BodyLength = 2420;

    /// <summary>False: too unsteady to be quoted.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var machine = await Machine.DescribeAsync(null);
        Console.WriteLine($"simulator: {options.Items} items in one mailbox, seed {options.Seed}\n{machine with { Database = "no database" }}");
        var started = Stopwatch.GetTimestamp();
        await using var simulator = await Simulator.StartAsync(1, options.Items, BodyLength, options.Seed);
        var ready = Stopwatch.GetElapsedTime(started);
        var memory = Megabytes(simulator.WorkingSetBytes);
        Print($"ready {ready.TotalMilliseconds:F0} ms after start, processor {simulator.Cpu.TotalMilliseconds:F0} ms, resident {memory:F0} MB");

        var runs = new List<RunFigures>();
        using var reader = new FloorReader(simulator.EwsUrl, Simulator.Mailbox(1));
        for (var round = -1; round <= options.Rounds && !stop.IsCancellationRequested; round++)
        {
            var run = await RunMeter.MeasureAsync("read", round, () => simulator.Cpu, () => ReadAllAsync(reader, stop));
            Print($"{(round < 1 ? "warm-up" : $"round {round}")} {run.WallMs:F0} ms, client {PerItem(run.CpuMs):F1} us an item, simulator {PerItem(run.ServerCpuMs):F1} us an item, resident {Megabytes(simulator.WorkingSetBytes):F0} MB, load {run.Load:F2}");
            if (round > 0)
                runs.Add(run);
        }

        var core = await CoreLoad.MeasureAsync(Math.Min(options.Items, 20_000), BodyLength, options.Seed, stop);
        Print($"core alone, GetItem without network and compression: {core:F1} us an item");
        return Report(machine, ready, memory, Megabytes(simulator.WorkingSetBytes), runs);
    }

    private static async Task ReadAllAsync(FloorReader reader, CancellationToken stop)
    {
        string? state = null;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var page = await reader.ReadAsync(state);
            state = page.SyncState;
            if (page.IsLast)
                return;
        }
    }

    private bool Report(Machine machine, TimeSpan ready, double readyMb, double endMb, List<RunFigures> runs)
    {
        var simulator = Summary.Of(runs.Select(r => PerItem(r.ServerCpuMs)));
        var client = Summary.Of(runs.Select(r => PerItem(r.CpuMs)));
        var ratio = Summary.Of(runs.Select(r => r.ServerCpuMs / r.CpuMs));
        Print($"simulator us an item {simulator.ToText("F1")}");
        Print($"client    us an item {client.ToText("F1")}");
        Print($"simulator / client   {ratio.ToText("F2")}{(ratio.IsSteady ? "" : "  UNSTEADY")}");
        var file = ResultFile.Write("simulator", new { machine, options, readyMs = ready.TotalMilliseconds, readyMb, endMb, simulatorUsPerItem = simulator, clientUsPerItem = client, ratio, runs });
        Print($"raw results: {file}");
        return ratio.IsSteady;
    }

    private double PerItem(double milliseconds) => 1000 * milliseconds / options.Items;

    private static double Megabytes(long bytes) => bytes / 1048576.0;

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
