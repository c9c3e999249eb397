using System.CommandLine;
using CrmSync.Bench.InitialSync;
using CrmSync.Bench.Latency;
using CrmSync.Bench.SimulatorLoad;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench;

/// <summary>bench initial-sync | latency | simulator | all. The method is in bench/README.md.</summary>
public static class Program
{
    private static readonly Option<int> Items = new("--items") { Description = "Appointments in the mailbox.", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "Rounds that count; two more go before them and are discarded.", DefaultValueFactory = _ => 5 };
    private static readonly Option<string> Provider = new("--provider") { Description = "postgres or sqlite.", DefaultValueFactory = _ => "postgres" };
    private static readonly Option<int> Rtt = new("--rtt-ms") { Description = "Each EWS request is answered that much later.", DefaultValueFactory = _ => 0 };
    private static readonly Option<int> Changes = new("--changes") { Description = "Edits in Exchange.", DefaultValueFactory = _ => 500 };
    private static readonly Option<int> PerSecond = new("--per-second") { Description = "Edits a second.", DefaultValueFactory = _ => 50 };
    private static readonly Option<int> Links = new("--links") { Description = "Mailboxes over which the edits are spread.", DefaultValueFactory = _ => 200 };
    private static readonly Option<string> Mode = new("--mode") { Description = "streaming, push, or both.", DefaultValueFactory = _ => "both" };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of the simulator and of the order of edits.", DefaultValueFactory = _ => 1, Recursive = true };
    private static readonly Option<string?> Connection = new("--connection")
    {
        Description = "PostgreSQL to measure with (default: CRMSYNC_TEST_POSTGRES, else one is started by eng/postgres.sh).", Recursive = true,
    };

    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Measures CrmSync against floor programs in the same run.") { Seed, Connection };
        var initial = new Command("initial-sync", "Reads a whole mailbox into an empty CRM: engine against floor.") { Items, Rounds, Provider, Rtt };
        initial.SetAction((parsed, stop) => RunAsync(parsed, InitialAsync, stop));
        var latency = new Command("latency", "From a write in Exchange to the row in the CRM.") { Changes, PerSecond, Links, Mode };
        latency.SetAction((parsed, stop) => RunAsync(parsed, LatencyAsync, stop));
        var simulator = new Command("simulator", "What the simulator itself costs an item, beside a bare client.") { Items, Rounds };
        simulator.SetAction(async (parsed, stop) => await new SimulatorBench(new(parsed.GetValue(Items), parsed.GetValue(Rounds), parsed.GetValue(Seed))).RunAsync(stop) ? 0 : 2);
        root.Subcommands.Add(simulator);
        var all = new Command("all", "Both.") { Items, Rounds, Provider, Rtt, Changes, PerSecond, Links, Mode };
        all.SetAction((parsed, stop) => RunAsync(parsed, async (p, pg, ct) => await InitialAsync(p, pg, ct) & await LatencyAsync(p, pg, ct), stop));
        root.Subcommands.Add(initial);
        root.Subcommands.Add(latency);
        root.Subcommands.Add(all);
        return root.Parse(args).InvokeAsync();
    }

    private static Task<bool> InitialAsync(ParseResult parsed, PostgresServer postgres, CancellationToken stop) => new InitialSyncBench(
        new InitialSyncOptions(parsed.GetValue(Items), parsed.GetValue(Rounds), parsed.GetValue(Provider)!, parsed.GetValue(Rtt), parsed.GetValue(Seed)), postgres).RunAsync(stop);

    private static async Task<bool> LatencyAsync(ParseResult parsed, PostgresServer postgres, CancellationToken stop)
    {
        var steady = true;
        foreach (var mode in parsed.GetValue(Mode) is "both" ? new[] { "streaming", "push" } : [parsed.GetValue(Mode)!])
        {
            var options = new LatencyOptions(parsed.GetValue(Changes), parsed.GetValue(PerSecond), parsed.GetValue(Links), mode, parsed.GetValue(Seed));
            steady &= await new LatencyBench(options, postgres).RunAsync(stop);
        }
        return steady;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, PostgresServer, CancellationToken, Task<bool>> work, CancellationToken stop)
    {
        await using var postgres = await PostgresServer.FindAsync(parsed.GetValue(Connection));
        // 2: measured, but too unsteady to be quoted.
        return await work(parsed, postgres, stop) ? 0 : 2;
    }
}
