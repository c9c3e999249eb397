using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>Reads single pairs from Exchange and plans them anew although no feed reported them: a copy that has become the authority, a pair in doubt.</summary>
public sealed class CheckUp(SessionContext session)
{
    /// <summary>An item that could not be read is looked at again after 10 minutes, then after twice as long each time.</summary>
    public const long UnreadableDelayMs = 10 * 60_000;

    public async Task RunAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellation)
    {
        foreach (var batch in messages.Chunk(session.Capabilities.MaxReadBatch))
            await CompareAsync(batch, cancellation);
    }

    private async Task CompareAsync(QueueMessage[] messages, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            var byItem = await session.Store.FindPairsByItemAsync(session.LinkId, [.. messages.Select(message => message.ItemId)], cancellation);
            var pairs = byItem.Values.Where(pair => pair is { Identity: not null, Link.Tombstone: Tombstone.None or Tombstone.DeletedInCrm }).ToDictionary(pair => new ItemId(pair.Identity!.ExchangeId));
            ItemId[] ids = [.. pairs.Keys];
            var reads = ids.Length == 0 ? [] : await new PatientReader(session).ReadAsync(ids, cancellation);

            var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
            var plan = await new PagePlanner(session).PlanAsync([.. reads.Where(read => read.Item is not null).Select(read => read.Item!)], pairs, commit, cancellation);
            foreach (var gone in reads.Where(read => read.Refusal is { IsGone: true }))
                commit.PendingDeletes.Add(new PendingDelete { LinkId = session.LinkId, ItemLinkId = pairs[gone.Asked].Link.Id, FoundAt = session.UtcNow });
            if (commit.PendingDeletes.Count > 0)
                commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, InboundPriority.Poll));
            var unreadable = reads.Where(read => read.Refusal is { IsGone: false }).ToDictionary(read => pairs[read.Asked].Link.ItemId, read => read.Refusal!);
            if (plan.Later.Count == 0)
            {
                commit.Done.AddRange(messages.Where(message => !unreadable.ContainsKey(message.ItemId)).Select(message => new MessageDone(message.Id, message.Revision)));
                commit.Retries.AddRange(messages.Where(message => unreadable.ContainsKey(message.ItemId)).Select(message => LookLater(message, unreadable[message.ItemId])));
            }
            if (await session.CommitAsync(commit, cancellation) && plan.Later.Count == 0)
                return;
        }
        throw new StalePlanException($"{messages.Length} pairs of {session.Mailbox.Address}");
    }

    private MessageRetry LookLater(QueueMessage message, ItemRefusal refusal) => new(
        message.Id, UnreadableDelayMs << Math.Min(message.Attempts, 5), message.Attempts + 1 >= BackOff.MaxAttempts,
        $"Exchange cannot give item {message.ItemId} in {session.Mailbox.Address}: {refusal.Code}: {refusal.Text}", refusal.Code, Revision: message.Revision);
}
