using System.Diagnostics;
using System.Globalization;
using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;
using Xunit.Runner.InProc.SystemConsole;

if (!args.Contains("--seeds") && !args.Contains("--seed"))
    return await ConsoleRunner.Run(args);

int Number(string name, int otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
var single = args.Contains("--seed");
var batch = new SeedBatch(
    First: single ? Number("--seed", 1) : Number("--first", 1), Count: single ? 1 : Number("--seeds", 100), Operations: Number("--operations", 100),
    Threads: Number("--threads", Environment.ProcessorCount), SqliteOneIn: Number("--sqlite-one-in", single ? 0 : 50));
if (args.Contains("--sqlite"))
    batch = batch with { SqliteOneIn = 1 };
var watch = Stopwatch.StartNew();
var report = await batch.RunAsync(line => Console.WriteLine(line));
Console.WriteLine(report.Text(watch.Elapsed, batch.Threads));
if (single && args.Contains("--story") && report.Failures.Count == 0)
    Console.WriteLine(report.LastStory);
foreach (var failure in report.Failures.Take(single ? 1 : 3))
    Console.WriteLine($"\n{(args.Contains("--no-shrink") ? failure : Shrinker.Shrink(failure)).Story}");
return report.Failures.Count == 0 ? 0 : 1;
