using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Sessions;

namespace CrmSync.Engine.Inbound;

/// <summary>Reads a page's items. One that fails again and again while its neighbours can be read stops neither them nor the folder (invariant 14, case E27).</summary>
/// <remarks>The first failures are taken for the server's: the session fails and comes back. Only when that did not help is an item told apart from its batch.</remarks>
public sealed class PatientReader(SessionContext session)
{
    private const int FailuresBeforeSingleReads = 2;
    private const int FailuresBeforeGivingUp = 3;

    /// <summary>One result per id; a refusal that is left is the item's own, or says that it is gone.</summary>
    public async Task<IReadOnlyList<ItemRead>> ReadAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation)
    {
        var batches = ids.Chunk(session.Capabilities.MaxReadBatch).Select(batch => ReadBatchAsync(batch, cancellation)).ToList();
        ItemRead[] reads = [.. (await Task.WhenAll(batches)).SelectMany(batch => batch)];
        if (reads.FirstOrDefault(read => read.Refusal is { IsTransient: true } && !MayGiveUp(read.Refusal)) is { Refusal: { } busy })
            throw new ExchangeResponseException(busy.Code, $"{session.Mailbox.Address}: an item could not be read just now: {busy.Text}") { BackOff = busy.BackOff };
        return reads;
    }

    private bool MayGiveUp(ItemRefusal refusal) =>
        session.State.Failures >= FailuresBeforeGivingUp && refusal.BackOff is null && !ResponseCodes.ConcernsMailbox(refusal.Code);

    private async Task<IReadOnlyList<ItemRead>> ReadBatchAsync(ItemId[] batch, CancellationToken cancellation)
    {
        try
        {
            return await session.Mailbox.ReadItemsAsync(batch, cancellation);
        }
        catch (ExchangeProtocolException) when (session.State.Failures >= FailuresBeforeSingleReads && batch.Length > 1)
        {
            return await ReadOneByOneAsync(batch, cancellation);
        }
    }

    // An answer that cannot be read spoils its whole batch: the culprit is found by asking for each item alone.
    private async Task<IReadOnlyList<ItemRead>> ReadOneByOneAsync(ItemId[] batch, CancellationToken cancellation)
    {
        var reads = new List<ItemRead>(batch.Length);
        ExchangeProtocolException? last = null;
        foreach (var id in batch)
        {
            try
            {
                reads.AddRange(await session.Mailbox.ReadItemsAsync([id], cancellation));
            }
            catch (ExchangeProtocolException unreadable)
            {
                last = unreadable;
                reads.Add(new ItemRead(id, null, null, new ItemRefusal("CrmSync.Unreadable", unreadable.Message)));
            }
        }
        // None can be read: that is the server's trouble, not the items'.
        return last is not null && reads.All(read => read.Item is null) ? throw last : reads;
    }
}
