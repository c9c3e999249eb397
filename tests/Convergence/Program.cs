using System.Diagnostics;
using System.Globalization;
using CrmSync.Convergence.Power;
using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Sweep;
using Xunit.Runner.InProc.SystemConsole;

// --seeds N [--first S] [--every K] [--operations 100] [--threads T] [--sqlite-one-in 20 | --sqlite] [--until-first] [--no-shrink]
// --seed N [--story]: one seed, its failure shrunk.
// --power [--fault NAME]: how many seeds it takes to find each planted fault.
// --sweep [--scenario NAME] [--pairs N] [--threads T], --scenario NAME --kill-at K [--and K2]: kills at every point of the canonical scenarios.
// --found [NAME] [--fault NAME]: the stories of bugs that were found once.
// Anything else is xunit's.
var isSweep = args.Contains("--sweep") || args.Contains("--scenario") || args.Contains("--found");
if (!isSweep && !args.Contains("--seeds") && !args.Contains("--seed") && !args.Contains("--power"))
    return await ConsoleRunner.Run(args);
if (await Nursery.RunAsync(args) is { } code)
    return code;

int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
string? Text(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
var threads = Number("--threads", Environment.ProcessorCount);
if (args.Contains("--power"))
    return await PowerRun.RunAsync(Text("--fault"), threads);
if (Text("--fault") is { } fault)
{
    var plantedSwitch = typeof(CrmSync.Engine.CrashPoints).Assembly.GetType("CrmSync.Engine.PlantedFault")
        ?? throw new InvalidOperationException("This build has no planted faults; --power makes one that has.");
    plantedSwitch.GetProperty("Active")!.SetValue(null, fault);
}
if (isSweep)
    return await SweepCommand.RunAsync(args);
var single = args.Contains("--seed");
var batch = new SeedBatch(
    First: single ? Number("--seed", 1) : Number("--first", 1), Count: single ? 1 : Number("--seeds", 100), Operations: Number("--operations", 100),
    Threads: threads, SqliteOneIn: args.Contains("--sqlite") ? 1 : Number("--sqlite-one-in", single ? 0 : 20), Every: Math.Max(1, Number("--every", 1)));
var watch = Stopwatch.StartNew();
var report = await batch.RunAsync(Console.WriteLine, args.Contains("--until-first") ? soFar => soFar.Failures.Count > 0 : null);
Console.WriteLine(report.Text(watch.Elapsed, batch.Threads));
if (single && args.Contains("--story") && report.Failures.Count == 0)
    Console.WriteLine(report.LastStory);
foreach (var failure in report.Failures.Take(single ? 1 : 3))
    Console.WriteLine($"\n{(args.Contains("--no-shrink") ? failure : Shrinker.Shrink(failure)).Story}");
return report.Failures.Count == 0 ? 0 : 1;
