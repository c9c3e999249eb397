using CrmSync.Engine.Store;

namespace CrmSync.Engine.Queue;

/// <summary>Wakes idle workers of this process when something was queued; between processes see <see cref="Store.PostgreSql.PostgreSqlWakeUp"/>.</summary>
public sealed class QueueSignal(TimeProvider time, StoreOptions options) : IWakeUp
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _sleepers = [];
    private long _current;

    /// <summary>Raised after a wake-up that began in this process: tells the other nodes.</summary>
    internal event Action? Woken;

    /// <summary>Longest sleep of an idle worker, whatever it asks for.</summary>
    public TimeSpan LongestWait { get; } =
        TimeSpan.FromMilliseconds(options.QueuePollMs ?? (options.Provider == StoreProvider.SqlServer ? 1000 : 10_000));

    public long Current => Interlocked.Read(ref _current);

    /// <summary>Something is ready, or will be at a time that workers do not know yet. Call after the commit.</summary>
    public void Wake()
    {
        WakeHere();
        Woken?.Invoke();
    }

    /// <summary>The wake-up of another node: not passed on to nodes.</summary>
    internal void WakeHere()
    {
        lock (_gate)
            _current++;
        PassOn();
    }

    public void PassOn()
    {
        TaskCompletionSource? sleeper = null;
        lock (_gate)
        {
            // The one who fell asleep last has the warmest caches.
            if (_sleepers.Last is { } last)
            {
                sleeper = last.Value;
                _sleepers.RemoveLast();
            }
        }
        sleeper?.SetResult();
    }

    public async Task WaitAsync(long seen, TimeSpan longest, CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_gate)
        {
            if (_current != seen)
                return;
            place = _sleepers.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(place.Value.Task, Task.Delay(longest < LongestWait ? longest : LongestWait, time, stop.Token));
        await stop.CancelAsync();
        var wasWoken = false;
        lock (_gate)
        {
            if (place.List is null)
                wasWoken = true;
            else
                _sleepers.Remove(place);
        }
        // A wake-up that reached someone who stops is for another.
        if (wasWoken && cancellation.IsCancellationRequested)
            PassOn();
        cancellation.ThrowIfCancellationRequested();
    }
}
