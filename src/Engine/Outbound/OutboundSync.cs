using CrmSync.Engine.Exchange;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Sends a batch of CRM changes of one link to Exchange, each kind of write in requests of its own, each result saved as it is known.</summary>
public sealed class OutboundSync(SessionContext session)
{
    /// <summary>Works on the messages; each ends acknowledged, delayed or parked.</summary>
    public async Task RunAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellation)
    {
        var items = await LoadAsync(messages, cancellation);
        var roads = items.ToLookup(item => OutboundRoads.Of(item, session.Rules).Road);

        await AcknowledgeAsync([.. roads[OutboundRoad.Done], .. roads[OutboundRoad.Forget]], cancellation);
        var toCreate = roads[OutboundRoad.Create].ToList();
        if (roads[OutboundRoad.Settle].Any())
            toCreate.AddRange(await new DoubtSettler(session).RunAsync([.. roads[OutboundRoad.Settle]], cancellation));
        if (toCreate.Count > 0)
            await new CreateRoad(session).RunAsync(toCreate, cancellation);
        if (roads[OutboundRoad.Invite].Any())
            await new InviteRoad(session).RunAsync([.. roads[OutboundRoad.Invite]], cancellation);
        if (roads[OutboundRoad.Update].Any())
            await new UpdateRoad(session).RunAsync([.. roads[OutboundRoad.Update]], cancellation);
        if (roads[OutboundRoad.Delete].Any())
            await new DeleteRoad(session).RunAsync([.. roads[OutboundRoad.Delete]], cancellation);
    }

    private async Task<List<OutboundItem>> LoadAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellation)
    {
        Guid[] ids = [.. messages.Select(message => message.ItemId).Distinct()];
        var items = await session.Store.LoadItemsAsync(ids, cancellation);
        var all = await session.Store.FindAllPairsAsync(ids, cancellation);
        return
        [
            .. messages.Select(message => new OutboundItem(
                message,
                items.GetValueOrDefault(message.ItemId),
                all[message.ItemId].FirstOrDefault(pair => pair.Link.LinkId == session.LinkId),
                all[message.ItemId].Any(pair => pair.Link.LinkId != session.LinkId && pair.Link.Tombstone == Tombstone.None))),
        ];
    }

    private async Task AcknowledgeAsync(List<OutboundItem> items, CancellationToken cancellation)
    {
        if (items.Count == 0)
            return;
        var commit = new SessionCommit();
        commit.Done.AddRange(items.Select(item => item.Done));
        await session.SaveAsync(commit, "Messages with nothing to do", cancellation);
    }
}

/// <summary>What all outbound roads do with results.</summary>
public static class OutboundResults
{
    public static async Task SaveAsync(this SessionContext session, SessionCommit commit, string what, CancellationToken cancellation)
    {
        if (!await session.CommitAsync(commit, cancellation))
            throw new StalePlanException(what);
    }

    /// <summary>One item was refused: tried again with growing delay, parked after <see cref="BackOff.MaxAttempts"/>. Its neighbours go on (invariant 14).</summary>
    public static MessageRetry Refused(this SessionContext session, OutboundItem item, ItemRefusal refusal)
    {
        var attempts = item.Message.Attempts + 1;
        var parked = !refusal.IsTransient && attempts >= BackOff.MaxAttempts;
        return new MessageRetry(
            item.Message.Id, (long)BackOff.DelayOf(attempts, refusal.BackOff, session.Ids.NextDouble()).TotalMilliseconds, parked,
            $"Exchange refused item {item.Message.ItemId} in {session.Mailbox.Address}: {refusal.Code}: {refusal.Text}", refusal.Code, Revision: item.Message.Revision);
    }

    /// <summary>A wait that is nobody's failure.</summary>
    public static MessageRetry Wait(OutboundItem item, TimeSpan delay, string why) =>
        new(item.Message.Id, Math.Max(1, (long)delay.TotalMilliseconds), false, why, null, CountsAsAttempt: false, Revision: item.Message.Revision);
}
