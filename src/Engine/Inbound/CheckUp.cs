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

    /// <summary>The slow check-up of a whole link: one message per pair, worked off in batches behind everything else (requirement Q4).</summary>
    public async Task ExpandAsync(QueueMessage message, CancellationToken cancellation)
    {
        var pairs = await session.Store.FindUnseenPairsAsync(session.LinkId, int.MaxValue, int.MaxValue, cancellation);
        foreach (var batch in pairs.Chunk(Batch).Append([]))
        {
            var commit = new SessionCommit();
            commit.Enqueue.AddRange(batch.Select(pair => new QueueRequest(MessageKind.CheckUp, session.LinkId, pair.Link.ItemId, InboundPriority.LookAgain, message.TraceId)));
            if (batch.Length == 0)
            {
                // What has no pair is met by reading the folder anew: missed items, and those that could not be read.
                session.State.Cursor = null;
                commit.State = session.State;
                commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, InboundPriority.LookAgain, message.TraceId));
                commit.Done.Add(new MessageDone(message.Id, message.Revision));
                commit.Activities.Add(Note($"check-up of {pairs.Count} pairs begins", 0));
            }
            if (!await session.CommitAsync(commit, cancellation))
                throw new StalePlanException("A check-up");
        }
    }

    private const int Batch = 500;

    private Activity Note(string reason, int drifted) => new()
    {
        Id = session.Ids.NewId(), LinkId = session.LinkId, At = session.UtcNow, Action = "CheckUp", Reason = reason, Count = drifted, TraceId = session.TraceId, RunId = session.RunId,
    };

    private async Task CompareAsync(QueueMessage[] messages, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            var byItem = await session.Store.FindPairsByItemAsync(session.LinkId, [.. messages.Select(message => message.ItemId)], cancellation);
            var pairs = byItem.Values.Where(pair => pair is { Identity: not null, Link.Tombstone: Tombstone.None or Tombstone.DeletedInCrm }
                && pair.Identity.ChangeKey != PairRowsMaker.InDeletedItems.Value).ToDictionary(pair => new ItemId(pair.Identity!.ExchangeId));
            ItemId[] ids = [.. pairs.Keys];
            var reads = ids.Length == 0 ? [] : await new PatientReader(session).ReadAsync(ids, cancellation);

            var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
            var plan = await new PagePlanner(session).PlanAsync([.. reads.Where(read => read.Item is not null).Select(read => read.Item!)], pairs, commit, cancellation);
            foreach (var gone in reads.Where(read => read.Refusal is { IsGone: true }))
                commit.PendingDeletes.Add(new PendingDelete { LinkId = session.LinkId, ItemLinkId = pairs[gone.Asked].Link.Id, FoundAt = session.UtcNow });
            if (commit.PendingDeletes.Count > 0)
                commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, InboundPriority.Poll));
            var unreadable = reads.Where(read => read.Refusal is { IsGone: false }).ToDictionary(read => pairs[read.Asked].Link.ItemId, read => read.Refusal!);
            var drifted = plan.Tally.Counts.Values.Sum() + commit.PendingDeletes.Count;
            if (drifted > 0)
                commit.Activities.Add(Note($"compared {ids.Length} pairs, {drifted} had drifted and are repaired: {string.Join(", ", plan.Tally.Counts.Select(entry => $"{entry.Value} {entry.Key}"))}{(commit.PendingDeletes.Count > 0 ? $" {commit.PendingDeletes.Count} gone" : "")}", drifted));
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
