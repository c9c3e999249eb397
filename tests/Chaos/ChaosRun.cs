using System.Diagnostics;
using CrmSync.Chaos.Faults;

namespace CrmSync.Chaos;

/// <summary>A whole run: start, load and faults, healing, quiet, verdict.</summary>
public static class ChaosRun
{
    public static async Task<ChaosReport> RunAsync(ChaosOptions options, Action<string> say)
    {
        var report = await LiveAsync(options, say);
        // The logs are wanted after a failure only.
        if (report.IsGood)
            report.KeepNothing();
        return report;
    }

    private static async Task<ChaosReport> LiveAsync(ChaosOptions options, Action<string> say)
    {
        var watch = Stopwatch.StartNew();
        var people = Enumerable.Range(1, options.People).Select(number => $"user{number:00}").ToList();
        await using var cluster = await Cluster.StartAsync(options, people);
        say($"seed {options.Seed}, lease {options.EffectiveLease} s, folder {cluster.Folder}");
        var (ledger, recoveries) = (new Ledger(), new Recoveries(cluster));
        var havoc = new Havoc(cluster, recoveries, say);
        using var night = new CancellationTokenSource();
        var supervised = Task.WhenAll(cluster.Servers.Select(server => server.SuperviseAsync(night.Token)));
        using var evening = new CancellationTokenSource();
        var load = LoadAsync(cluster, ledger, people, options, evening.Token);
        bool complete;
        try
        {
            complete = await havoc.RunAsync(new FaultPlan(options), TimeSpan.FromMinutes(Math.Max(0.3, options.Minutes - 3)));
        }
        finally
        {
            await HealAsync(cluster);
            await evening.CancelAsync();
        }
        say($"{DateTime.Now:HH:mm:ss} healed after {watch.Elapsed.TotalSeconds:0} s");
        // Who works in the CRM waits for the answer of the last call; every server is well again.
        var verdict = new Checks(cluster, ledger, people);
        if (await Task.WhenAny(load, Task.Delay(TimeSpan.FromMinutes(1))) == load)
            await load;
        else
            verdict.Stuck.Add("calls of the API were not answered within a minute after the last fault");
        var rested = await new Quiet(cluster).WaitAsync(TimeSpan.FromMinutes(3));
        say($"{DateTime.Now:HH:mm:ss} quiet after {rested?.TotalSeconds ?? double.NaN:0.0} s");
        await verdict.CheckAsync(rested is not null);
        await night.CancelAsync();
        await supervised;
        return new ChaosReport(options, havoc, ledger, await recoveries.AllAsync(), recoveries, verdict, await MessagesAsync(cluster), complete, rested, watch.Elapsed, cluster.Folder);
    }

    private static async Task LoadAsync(Cluster cluster, Ledger ledger, IReadOnlyList<string> people, ChaosOptions options, CancellationToken evening)
    {
        var pace = new LoadPace();
        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(number => new[]
        {
            new CrmPerson(cluster, ledger, people, options.Seed + 100 + number).WorkAsync(pace, evening),
            new OutlookPerson(cluster, ledger, people, options.Seed + 200 + number).WorkAsync(pace, evening),
        }));
    }

    private static async Task HealAsync(Cluster cluster)
    {
        cluster.Exchange.Heal();
        foreach (var server in cluster.Servers)
            server.Database.Heal();
        await cluster.Simulator.DeleteAsync("/control/faults");
    }

    private static async Task<Dictionary<string, long>> MessagesAsync(Cluster cluster) =>
        (await cluster.Database.RowsAsync(QueueCount.Read, row => (row.GetString(0), row.GetInt64(1)))).ToDictionary(row => row.Item1, row => row.Item2);
}
