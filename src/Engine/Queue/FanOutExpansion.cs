using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Queue;

/// <summary>The second half of a fan-out that was too large for the transaction that caused it.</summary>
public interface IFanOut
{
    /// <summary>Queues the message's item for all links that hold it but the message's own, and removes the message. Run again after a crash, it only raises revisions.</summary>
    Task<CommitOutcome> ExpandAsync(LinkLease lease, QueueMessage message, CancellationToken cancellation);
}

/// <summary>Turns a durable fan-out row into outbound messages for all links of its item but its own, in batches.</summary>
public sealed class FanOutExpansion(CrmSyncStore store, QueueSignal signal) : IFanOut
{
    /// <summary>Each batch is a transaction that checks the lease; the row goes with the last one. Run again after a crash, it only raises revisions.</summary>
    public async Task<CommitOutcome> ExpandAsync(LinkLease lease, QueueMessage message, CancellationToken cancellation)
    {
        List<Guid> links;
        await using (var database = await store.ReadAsync(cancellation))
        {
            links = await QueueWriter.OutboundPairs(database)
                .Where(pair => pair.ItemId == message.ItemId && pair.LinkId != message.LinkId).Select(pair => pair.LinkId).ToListAsync(cancellation);
        }
        links.Sort();
        var batches = links.Chunk(SetWrite.MaxRows).DefaultIfEmpty([]).ToList();
        for (var index = 0; index < batches.Count; index++)
        {
            var isLast = index == batches.Count - 1;
            var batch = batches[index];
            var held = await store.WriteAsync<bool>(
                async transaction =>
                {
                    await QueueWriter.LockAsync(transaction, [.. batch, lease.LinkId], cancellation);
                    if (!await transaction.HoldAsync(lease, cancellation))
                        return (false, false);
                    if (isLast)
                        await transaction.ExecuteAsync(QueueSql.Done, cancellation, ("@id", message.Id), ("@revision", message.Revision));
                    await QueueWriter.PutAsync(
                        transaction,
                        [.. batch.Select(link => new QueueRequest(MessageKind.Outbound, link, message.ItemId, message.Priority, message.TraceId))],
                        cancellation);
                    return (true, true);
                },
                cancellation);
            if (!held)
                return CommitOutcome.LeaseLost;
        }
        signal.Wake();
        return CommitOutcome.Committed;
    }
}

internal static class LeaseChecks
{
    /// <summary>Whether the lease is still the current one; from now to the end of the transaction nobody can take it (invariant 5).</summary>
    public static async Task<bool> HoldAsync(this StoreTransaction transaction, LinkLease lease, CancellationToken cancellation) =>
        await transaction.ExecuteAsync(
            QueueSql.HoldLease, cancellation, ("@link", lease.LinkId), ("@owner", lease.Owner), ("@epoch", lease.Epoch)) == 1;
}
