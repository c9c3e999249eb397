using System.Diagnostics;
using Npgsql;

namespace CrmSync.Chaos.Faults;

/// <summary>How long one kill's work lay still.</summary>
/// <param name="Links">Leases that the dead process held.</param>
/// <param name="Seconds">Until the last of them had been taken by another worker or given back.</param>
/// <param name="IdleSeconds">Of these, when the database was down, or every server was dead, starting or held up by a fault.</param>
public sealed record Recovery(int Server, int Process, int Links, double Seconds, double IdleSeconds)
{
    public double CountedSeconds => Seconds - IdleSeconds;
}

/// <summary>Looks at the leases in the database itself, past every proxy.</summary>
public sealed class Recoveries(Cluster cluster)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly List<Task> _watches = [];
    private readonly List<Recovery> _recovered = [];

    /// <summary>Kills whose leases could not be read, because the database was down for long.</summary>
    public int Unseen { get; private set; }

    /// <summary>Kills of a process that held nothing.</summary>
    public int Idle { get; private set; }

    public async Task WaitForWorkAsync(int process, TimeSpan longest)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < longest; await Task.Delay(10))
        {
            if (await HeldAsync(process) is { Count: > 0 })
                return;
        }
    }

    public void Killed(int server, int process)
    {
        lock (_watches)
            _watches.Add(FollowAsync(server, process, Stopwatch.StartNew()));
    }

    public async Task<IReadOnlyList<Recovery>> AllAsync()
    {
        await Task.WhenAll(_watches);
        return _recovered;
    }

    private async Task FollowAsync(int server, int process, Stopwatch watch)
    {
        var held = await HeldAsync(process);
        while (held is null && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            await Task.Delay(Look);
            held = await HeldAsync(process);
        }
        if (held is not { Count: > 0 })
        {
            (Unseen, Idle) = held is null ? (Unseen + 1, Idle) : (Unseen, Idle + 1);
            return;
        }
        var (links, idle, last) = (held.Count, TimeSpan.Zero, watch.Elapsed);
        // Not for ever: what nobody takes within ten minutes shows as such.
        while (held is not { Count: 0 } && watch.Elapsed < TimeSpan.FromMinutes(10))
        {
            await Task.Delay(Look);
            if (!cluster.CanWork)
                idle += watch.Elapsed - last;
            last = watch.Elapsed;
            held = await HeldAsync(process);
        }
        lock (_recovered)
            _recovered.Add(new Recovery(server, process, links, watch.Elapsed.TotalSeconds, idle.TotalSeconds));
    }

    // A lease's owner is MACHINE-PROCESS-START/WORKER. Null: the database does not answer.
    private async Task<List<string>?> HeldAsync(int process)
    {
        if (!cluster.Database.IsUp)
            return null;
        try
        {
            return await cluster.Database.RowsAsync($"SELECT \"LinkId\"::text FROM \"LinkWork\" WHERE \"Owner\" LIKE '{Environment.MachineName}-{process}-%'", row => row.GetString(0));
        }
        catch (Exception away) when (away is NpgsqlException or IOException or TimeoutException)
        {
            return null;
        }
    }
}
