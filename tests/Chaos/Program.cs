using System.Runtime.InteropServices;
using CrmSync.Chaos;
using Xunit.Runner.InProc.SystemConsole;

// --kills N --pauses N --restarts N [--lease SECONDS | --lease default] [--minutes 60] [--seed N] [--people 12]
// Anything else is xunit's.
if (!args.Contains("--kills") && !args.Contains("--pauses") && !args.Contains("--restarts"))
    return await ConsoleRunner.Run(args);

// Ended from outside: the processes of the rig go with it.
void End(PosixSignalContext signal) => Cluster.Current?.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(20));
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
var report = await ChaosRun.RunAsync(ChaosOptions.Parse(args), Console.WriteLine);
Console.WriteLine($"\n{report.Text}");
return report.IsGood ? 0 : 1;
