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
        var held = await new OutboundGuard(session).RunAsync([.. roads[OutboundRoad.Update]], [.. roads[OutboundRoad.Delete]], messages.Count >= session.Options.MaxMessages, cancellation);
        var toCreate = roads[OutboundRoad.Create].ToList();
        if (roads[OutboundRoad.Settle].Any())
            toCreate.AddRange(await new DoubtSettler(session).RunAsync([.. roads[OutboundRoad.Settle]], cancellation));
        if (toCreate.Count > 0)
            await new CreateRoad(session).RunAsync(toCreate, cancellation);
        if (roads[OutboundRoad.Invite].Any())
            await new InviteRoad(session).RunAsync([.. roads[OutboundRoad.Invite]], cancellation);
        if (roads[OutboundRoad.Undelete].Any())
            await new UndeleteRoad(session).RunAsync([.. roads[OutboundRoad.Undelete]], cancellation);
        if (roads[OutboundRoad.Update].Any() && !held.Contains(OutboundRoad.Update))
            await new UpdateRoad(session).RunAsync([.. roads[OutboundRoad.Update]], cancellation);
        if (roads[OutboundRoad.Delete].Any() && !held.Contains(OutboundRoad.Delete))
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
        // What speaks about the mailbox as a whole passes one day; what is always said about this item alone does not.
        var parked = attempts >= BackOff.MaxAttempts && !(refusal.IsTransient && ResponseCodes.ConcernsMailbox(refusal.Code));
        return new MessageRetry(
            item.Message.Id, (long)BackOff.DelayOf(attempts, refusal.BackOff, session.Ids.NextDouble()).TotalMilliseconds, parked,
            $"Exchange refused item {item.Message.ItemId} in {session.Mailbox.Address}: {refusal.Code}: {refusal.Text}", refusal.Code, Revision: item.Message.Revision);
    }

    /// <summary>Items to a request: after a link failed repeatedly one, so that an item that spoils its whole request is told from its neighbours.</summary>
    public static int WriteBatch(this SessionContext session) => session.State.Failures >= FailuresBeforeSingleWrites ? 1 : session.Capabilities.MaxWriteBatch;

    /// <summary>Sends a batch; a request that is refused as a whole although it holds a single item is that item's refusal (invariant 14).</summary>
    public static async Task<IReadOnlyList<WriteResult>> SendAsync(this SessionContext session, int count, Func<Task<IReadOnlyList<WriteResult>>> send)
    {
        try
        {
            return await send();
        }
        catch (ExchangeResponseException refused) when (session.IsRefusalOfOne(count, refused))
        {
            return [new WriteResult(null, null, new ItemRefusal(refused.Code, refused.Message))];
        }
    }

    /// <summary>The request held one item, and what is said about it is said about that item alone.</summary>
    public static bool IsRefusalOfOne(this SessionContext session, int count, ExchangeResponseException refused) =>
        count == 1 && session.State.Failures >= FailuresBeforeSingleWrites && !refused.IsTransient && !refused.MayHaveExecuted && !ResponseCodes.ConcernsMailbox(refused.Code);

    /// <summary>Waits for the next hour of the mail budget; shown as a hold of the link.</summary>
    public static MessageRetry WaitForBudget(this SessionContext session, OutboundItem item, int mails)
    {
        var budget = new MailBudget(session.State.MailsSince, session.State.MailsSent);
        var ends = budget.EndsAt(session.UtcNow);
        var held = session.HoldOf(HoldKind.Mails)?.Count ?? 0;
        session.Hold(
            HoldKind.Mails, held + mails, session.Guards.MailsPerHour,
            $"This link may mail {session.Guards.MailsPerHour} attendees an hour and has mailed {budget.At(session.UtcNow).Sent}. The meetings beyond that wait until {ends:HH:mm} UTC, nothing is dropped. Approve them, or raise the link's budget.");
        return new MessageRetry(
            item.Message.Id, (long)(ends - session.UtcNow).TotalMilliseconds + 1, false, $"{mails} mails are over this hour's budget; sent after {ends:HH:mm} UTC", HeldCode,
            CountsAsAttempt: false, Revision: item.Message.Revision);
    }

    /// <summary>Error code of messages that a guard holds.</summary>
    public const string HeldCode = "CrmSync.Held";

    private const int FailuresBeforeSingleWrites = 2;

    /// <summary>A wait that is nobody's failure.</summary>
    public static MessageRetry Wait(OutboundItem item, TimeSpan delay, string why) =>
        new(item.Message.Id, Math.Max(1, (long)delay.TotalMilliseconds), false, why, null, CountsAsAttempt: false, Revision: item.Message.Revision);
}
