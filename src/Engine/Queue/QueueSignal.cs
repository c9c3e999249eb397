using CrmSync.Engine.Store;

namespace CrmSync.Engine.Queue;

/// <summary>Wakes idle workers of this process when something was queued; between processes see <see cref="Store.PostgreSql.PostgreSqlWakeUp"/>.</summary>
/// <remarks>Take a ticket, look at the queue, then wait with the ticket: a wake-up between the look and the wait is not lost.</remarks>
public sealed class QueueSignal(TimeProvider time, StoreOptions options)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Raised after a wake-up that began in this process: tells the other nodes.</summary>
    internal event Action? Woken;

    /// <summary>Longest sleep of an idle worker.</summary>
    public TimeSpan LongestWait { get; } =
        TimeSpan.FromMilliseconds(options.QueuePollMs ?? (options.Provider == StoreProvider.SqlServer ? 1000 : 10_000));

    public Task Ticket()
    {
        lock (_gate)
            return _next.Task;
    }

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
            (passed, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        passed.SetResult();
    }

    /// <summary>Waits for a wake-up after the ticket was taken, at most <paramref name="limit"/> and at most <see cref="LongestWait"/>.</summary>
    /// <param name="limit">See <see cref="ILinkQueue.NextReadyInAsync"/>; null: nothing waits.</param>
    public async Task WaitAsync(Task ticket, TimeSpan? limit, CancellationToken cancellation)
    {
        var wait = limit is { } given && given < LongestWait ? given : LongestWait;
        if (wait <= TimeSpan.Zero || ticket.IsCompleted)
            return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(ticket, Task.Delay(wait, time, stop.Token));
        await stop.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}
