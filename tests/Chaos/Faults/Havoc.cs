using System.Diagnostics;

namespace CrmSync.Chaos.Faults;

/// <summary>Carries a plan out on the cluster, lane beside lane, until everything has happened or the time is over.</summary>
public sealed class Havoc(Cluster cluster, Recoveries recoveries, Action<string> say)
{
    private readonly Stopwatch _watch = new();

    /// <summary>What has happened, by its name.</summary>
    public Dictionary<string, int> Happened { get; } = [];

    /// <returns>False: the time was over before everything had happened.</returns>
    public async Task<bool> RunAsync(FaultPlan plan, TimeSpan limit)
    {
        using var over = new CancellationTokenSource(limit);
        _watch.Start();
        var lanes = plan.Servers.Select((lane, number) => LaneAsync(lane, fault => OnServerAsync(cluster.Servers[number], fault), over.Token))
            .Append(LaneAsync(plan.Database, OnDatabaseAsync, over.Token)).Append(LaneAsync(plan.Exchange, OnExchangeAsync, over.Token));
        return (await Task.WhenAll(lanes)).All(complete => complete);
    }

    public int Count(params string[] names) => names.Sum(name => Happened.GetValueOrDefault(name));

    private async Task<bool> LaneAsync(IReadOnlyList<Fault> lane, Func<Fault, Task> strike, CancellationToken over)
    {
        foreach (var fault in lane)
        {
            try
            {
                if (fault.At - _watch.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early, over);
                over.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            await strike(fault);
        }
        return true;
    }

    private async Task OnServerAsync(ServerNode server, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await KillAsync(server);
                break;
            case FaultKind.Pause:
                Say("pause", $"server {server.Number} for {fault.Lasts.TotalSeconds:0.0} s");
                await server.PauseAsync(fault.Lasts);
                break;
            case FaultKind.StarveOfProcessor:
                Say("starved of processor", $"server {server.Number} for {fault.Lasts.TotalSeconds:0.0} s");
                await server.StarveAsync(fault.Lasts);
                break;
            case FaultKind.StarveOfFiles:
                Say("starved of files", $"server {server.Number} for {fault.Lasts.TotalSeconds:0.0} s");
                await server.StarveOfFilesAsync(fault.Lasts);
                break;
            default:
                await OnRoadAsync(server.Database, fault, $"database road of server {server.Number}", "database road");
                break;
        }
    }

    // Killed while it works on something, if it does so within a moment; up again at once.
    private async Task KillAsync(ServerNode server)
    {
        await recoveries.WaitForWorkAsync(server.ProcessId, TimeSpan.FromSeconds(1.5));
        await server.KillAsync(process =>
        {
            recoveries.Killed(server.Number, process);
            Say("kill", $"server {server.Number}, process {process}");
        });
    }

    private async Task OnDatabaseAsync(Fault fault)
    {
        var crash = fault.Kind == FaultKind.CrashDatabase;
        Say(crash ? "database crash" : "database restart", "");
        await cluster.Database.RestartAsync(crash);
    }

    private async Task OnExchangeAsync(Fault fault)
    {
        if (fault.Kind == FaultKind.ExchangeRoad)
        {
            await OnRoadAsync(cluster.Exchange, fault, "exchange road", "exchange road");
            return;
        }
        Say("exchange itself", $"{fault.What} on {fault.Where}");
        await cluster.ControlAsync("/control/faults", new { kind = fault.What, operation = fault.Where, count = 3, milliseconds = (int)fault.Lasts.TotalMilliseconds });
    }

    private async Task OnRoadAsync(TcpProxy road, Fault fault, string where, string name)
    {
        Say($"{name}: {fault.What}", $"{fault.Share:P0} for {fault.Lasts.TotalSeconds:0.0} s, {where}");
        road.Break(Enum.Parse<ProxyMode>(fault.What), fault.Share);
        await Task.Delay(fault.Lasts);
        road.Heal();
    }

    private void Say(string what, string details)
    {
        lock (Happened)
            Happened[what] = Happened.GetValueOrDefault(what) + 1;
        say($"{DateTime.Now:HH:mm:ss.fff} {what} {details}");
    }
}
