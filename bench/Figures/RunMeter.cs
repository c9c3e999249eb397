using System.Diagnostics;
using System.Globalization;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.Figures;

/// <summary>What one run of one contestant cost.</summary>
/// <param name="CpuMs">Processor time of this process.</param>
/// <param name="PeakGrowthBytes">Highest resident memory during the run above that before it.</param>
public sealed record RunFigures(string Contestant, int Round, double WallMs, double CpuMs, double ServerCpuMs, double AllocatedBytes, double PeakGrowthBytes, double Load);

/// <summary>Measures one run: time, processor, memory.</summary>
public static class RunMeter
{
    public static async Task<RunFigures> MeasureAsync(string contestant, int round, Func<TimeSpan> serverCpu, Func<Task> run)
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        var before = Resident();
        var peak = before;
        using var stop = new CancellationTokenSource();
        var watcher = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    peak = Math.Max(peak, Resident());
                    Thread.Sleep(10);
                }
            },
            TaskCreationOptions.LongRunning);
        var (load, allocated, own, server, started) = (Machine.Load, GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime, serverCpu(), Stopwatch.GetTimestamp());
        await run();
        var wall = Stopwatch.GetElapsedTime(started);
        var figures = new RunFigures(
            contestant, round, wall.TotalMilliseconds, (Environment.CpuUsage.TotalTime - own).TotalMilliseconds, (serverCpu() - server).TotalMilliseconds,
            GC.GetTotalAllocatedBytes() - allocated, 0, load);
        await stop.CancelAsync();
        await watcher;
        return figures with { PeakGrowthBytes = Math.Max(0, peak - before) };
    }

    private static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
