using CrmSync.Engine.Store;

namespace CrmSync.Engine.Queue;

/// <summary>Wakes idle workers of this process when something was queued; between processes see <see cref="Store.PostgreSql.PostgreSqlWakeUp"/>.</summary>
public sealed class QueueSignal(TimeProvider time, StoreOptions options) : IWakeUp
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>The wake-up of another node: not passed on.</summary>
    internal void WakeHere()
    {
        TaskCompletionSource passed;
        lock (_gate)
        {
            _current++;
            (passed, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        passed.SetResult();
    }

    public async Task WaitAsync(long seen, TimeSpan longest, CancellationToken cancellation)
    {
        Task next;
        lock (_gate)
        {
            if (_current != seen)
                return;
            next = _next.Task;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(next, Task.Delay(longest < LongestWait ? longest : LongestWait, time, stop.Token));
        await stop.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}
