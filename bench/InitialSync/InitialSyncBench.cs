using System.Globalization;
using CrmSync.Bench.Figures;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.InitialSync;

public sealed record InitialSyncOptions(int Items, int Rounds, string Provider, int RttMs, int Seed);

/// <summary>Initial inbound sync of one mailbox: floor, engine, floor, engine ... against one simulator; warm-up rounds are thrown away.</summary>
public sealed class InitialSyncBench(InitialSyncOptions options, PostgresServer postgres)
{
    // With the other properties an item is 4.5 kB on the wire.
    private const int BodyLength = 2420;

    // Tiered compilation is not done after one.
    private const int WarmUps = 2;

    /// <summary>False: too unsteady to be quoted.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var isPostgres = options.Provider.StartsWith("postgres", StringComparison.OrdinalIgnoreCase);
        var machine = await Machine.DescribeAsync(isPostgres ? postgres.Connection : null);
        Console.WriteLine($"initial-sync: {options.Items} items, {options.Provider}, {options.RttMs} ms round trip, seed {options.Seed}\n{machine}");
        await using var simulator = await Simulator.StartAsync(1, options.Items, BodyLength, options.Seed);
        await simulator.DelayAsync(options.RttMs);
        await using var floor = new FloorContestant(await BenchStore.CreateAsync("bench_floor", isPostgres, postgres), isPostgres, simulator.EwsUrl);
        await using var engine = new EngineContestant(await BenchStore.CreateAsync("bench_engine", isPostgres, postgres));

        var runs = new List<RunFigures>();
        var requests = new Dictionary<string, Dictionary<string, int>>();
        var fingerprints = new Dictionary<string, string>();
        for (var round = 1 - WarmUps; round <= options.Rounds && !stop.IsCancellationRequested; round++)
        {
            foreach (IContestant contestant in new IContestant[] { floor, engine })
            {
                await contestant.Store.ResetAsync(simulator.EwsUrl);
                await simulator.TakeRequestsAsync();
                var run = await RunMeter.MeasureAsync(contestant.Name, round, () => simulator.Cpu, contestant.RunAsync);
                requests[contestant.Name] = await simulator.TakeRequestsAsync();
                fingerprints[contestant.Name] = await contestant.Store.FingerprintAsync();
                Print(run);
                if (round > 0)
                    runs.Add(run);
            }
        }
        return Report(machine, runs, requests, fingerprints, floor.Bytes);
    }

    private bool Report(Machine machine, List<RunFigures> runs, Dictionary<string, Dictionary<string, int>> requests, Dictionary<string, string> fingerprints, long bytes)
    {
        var (floor, engine) = (runs.Where(run => run.Contestant == "floor").ToList(), runs.Where(run => run.Contestant == "engine").ToList());
        var ratio = Summary.Of(floor.Zip(engine, (f, e) => e.WallMs / f.WallMs));
        var (floorWall, engineWall) = (Summary.Of(floor.Select(run => run.WallMs)), Summary.Of(engine.Select(run => run.WallMs)));
        var rss = Summary.Of(engine.Select(run => run.PeakGrowthBytes / (1024 * 1024)));
        var cpu = Summary.Of(engine.Select(run => 1000 * run.CpuMs / options.Items));
        var isSame = fingerprints["floor"] == fingerprints["engine"];
        Console.WriteLine($"floor          ms {floorWall.ToText("F0")}, {PerItem(floorWall)}");
        Console.WriteLine($"engine         ms {engineWall.ToText("F0")}, {PerItem(engineWall)}");
        Console.WriteLine($"engine / floor    {ratio.ToText("F2")}{(ratio.IsSteady ? "" : "  UNSTEADY")}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"engine: processor {cpu.Median:F0} us an item, peak resident growth {rss.ToText("F0")} MB; {(double)bytes / options.Items:F0} bytes an item on the wire"));
        Console.WriteLine($"requests: floor {Text(requests["floor"])}; engine {Text(requests["engine"])}");
        Console.WriteLine(isSame ? $"both wrote {fingerprints["floor"]}" : $"DIFFERENT ROWS: floor {fingerprints["floor"]}; engine {fingerprints["engine"]}");
        var file = ResultFile.Write("initial-sync", new { machine, options, ratio, floorWallMs = floorWall, engineWallMs = engineWall, engineCpuUsPerItem = cpu, enginePeakGrowthMb = rss, requests, fingerprints, runs });
        Console.WriteLine($"raw results: {file}");
        return ratio.IsSteady && isSame;
    }

    private string PerItem(Summary wall) =>
        string.Create(CultureInfo.InvariantCulture, $"{1000 * wall.Median / options.Items:F0} us an item, {options.Items / wall.Median:F1} k items/s");

    private static string Text(Dictionary<string, int> requests) => string.Join(", ", requests.Select(entry => $"{entry.Value} {entry.Key}"));

    private static void Print(RunFigures run) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{(run.Round < 1 ? "warm-up" : $"round {run.Round}"),-8} {run.Contestant,-7} {run.WallMs,8:F0} ms   processor {run.CpuMs,7:F0} ms, simulator {run.ServerCpuMs,7:F0} ms   allocated {run.AllocatedBytes / 1048576,6:F0} MB, growth {run.PeakGrowthBytes / 1048576,4:F0} MB   load {run.Load:F2}"));
}
