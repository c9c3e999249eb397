using System.Collections.Concurrent;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Counts requests in flight, per mailbox and for the whole target, and makes the next one wait (invariant 12).</summary>
/// <remarks>Streaming connections are not counted: they hang for half an hour, and the server limits them by a budget of their own.</remarks>
internal sealed class RequestGate(int perTarget, int perMailbox)
{
    private readonly SemaphoreSlim _target = new(Math.Max(1, perTarget));
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _mailboxes = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Waits for a place; the mailbox's first, so that a crowded mailbox does not hold the target's places.</summary>
    public async ValueTask<Slot> EnterAsync(string mailbox, CancellationToken cancellation)
    {
        var own = _mailboxes.GetOrAdd(mailbox, static (_, size) => new SemaphoreSlim(size), Math.Max(1, perMailbox));
        await own.WaitAsync(cancellation);
        try
        {
            await _target.WaitAsync(cancellation);
        }
        catch
        {
            own.Release();
            throw;
        }
        return new(own, _target);
    }

    internal readonly struct Slot(SemaphoreSlim mailbox, SemaphoreSlim target) : IDisposable
    {
        public void Dispose()
        {
            target.Release();
            mailbox.Release();
        }
    }
}
