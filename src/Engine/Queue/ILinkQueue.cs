using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Queue;

/// <summary>The durable queue's own verbs, outside a session's commit: enqueue, claim, renew, release.</summary>
/// <remarks>A link is claimed, not a message: one link is worked by one worker at a time, so order per item is kept.</remarks>
public interface ILinkQueue
{
    /// <summary>Upserts the rows and wakes their links, in one transaction sorted by link. A new edit supersedes the item's dead letter.</summary>
    Task EnqueueAsync(IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation);

    /// <summary>Takes the first ready, free link and raises its epoch; null when none is ready.</summary>
    Task<LinkLease?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellation);

    /// <summary>Takes this link if it is free, ready or not (sync one link now).</summary>
    Task<LinkLease?> ClaimLinkAsync(Guid linkId, string owner, TimeSpan lease, CancellationToken cancellation);

    /// <summary>False: the lease is lost.</summary>
    Task<bool> RenewAsync(LinkLease lease, TimeSpan length, CancellationToken cancellation);

    /// <summary>Frees the link. It is ready again when its earliest waiting message is due, but not before <paramref name="notBefore"/> from now.</summary>
    Task ReleaseAsync(LinkLease lease, TimeSpan notBefore, CancellationToken cancellation);

    /// <summary>Moves ReadyAt of every link of the mailbox (or of the whole target when null): a back-off hint.</summary>
    Task DeferAsync(Guid targetId, string? mailbox, TimeSpan delay, CancellationToken cancellation);

    /// <summary>How long until the next free link is ready; null when nothing waits.</summary>
    Task<TimeSpan?> NextReadyInAsync(CancellationToken cancellation);
}
