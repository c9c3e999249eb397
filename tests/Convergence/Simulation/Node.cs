using CrmSync.Engine;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrmSync.Convergence.Simulation;

/// <summary>The process died here: nothing after this point ran, no lease was given back.</summary>
public sealed class KilledException(string where) : Exception($"killed at {where}");

/// <summary>One server process: a worker of the engine with a network, a database connection and a clock of its own, that can be killed at any point.</summary>
public sealed class Node : IConnectors, IWakeUp
{
    private readonly World _world;
    private readonly EwsConnector _connector;
    private readonly CancellationTokenSource _stop = new();
    private readonly LinkWorker _worker;
    private readonly string _name;
    private DateTimeOffset _pausedUntil;

    public Node(World world, string name, TimeSpan skew, bool isOnlooker = false)
    {
        (_world, _name, IsOnlooker) = (world, name, isOnlooker);
        var time = new SkewedTime(world.Time, skew);
        _connector = new EwsConnector(new TargetConnection(world.Target, "demo"), time, new NodeNetwork(world, this));
        var (store, queue) = (new NodeStore(world, this), new NodeQueue(world, this));
        var session = new LinkSession(store, queue, queue, this, time, world.Ids, world.Swarm.Sessions, NullLogger<LinkSession>.Instance);
        _worker = new LinkWorker(queue, session, this, time, world.Swarm.Sessions, NullLogger<LinkWorker>.Instance);
    }

    public bool IsDead { get; private set; }

    /// <summary>It may read, and write nothing anywhere: a dry run.</summary>
    public bool IsOnlooker { get; }

    long IWakeUp.Current => 0;

    /// <summary>Works until it is killed.</summary>
    public async Task RunAsync()
    {
        CrashPoints.Handler.Value = Reached;
        await _worker.RunAsync(_name, _stop.Token);
    }

    public void Kill()
    {
        if (IsDead)
            return;
        IsDead = true;
        _world.NodeDied();
        _stop.Cancel();
    }

    public IExchangeConnector For(SyncTarget target) => new SmallConnector(_connector, _world.Swarm.PageSize);

    /// <summary>The process stands still: no renewal, no answer taken, nothing, until then.</summary>
    public void Pause(TimeSpan pause) => _pausedUntil = _world.Time.GetUtcNow() + pause;

    /// <summary>Returns when the process runs again.</summary>
    public Task ResumedAsync() => _pausedUntil > _world.Time.GetUtcNow() ? Task.Delay(_pausedUntil - _world.Time.GetUtcNow(), _world.Time) : Task.CompletedTask;

    /// <summary>Called around each call to the outside: a dead process makes none.</summary>
    public void MustLive()
    {
        if (IsDead)
            throw new KilledException(_name);
    }

    /// <summary>A named place at the world's border: the process may die here.</summary>
    public void Pass(string place)
    {
        if (DiesWithin(place))
            throw new KilledException(place);
    }

    /// <summary>The process may die while something of it is on its way: true, and what is under way still arrives.</summary>
    public bool DiesWithin(string place)
    {
        if (IsDead || _world.DieAt?.Invoke(place) != true)
            return false;
        Kill();
        return true;
    }

    // No wake-up is passed between nodes: the second of the poll is the net.
    Task IWakeUp.WaitAsync(long seen, TimeSpan longest, CancellationToken cancellation) => Task.Delay(longest, _world.Time, cancellation);

    void IWakeUp.Wake()
    {
    }

    void IWakeUp.PassOn()
    {
    }

    private void Reached(string point)
    {
        MustLive();
        if (!_world.ShallDieAt(point))
            return;
        Kill();
        throw new KilledException(point);
    }
}
