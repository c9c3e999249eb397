using CrmSync.Engine.Crm;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>Saves one step of a session in one transaction (invariant 5).</summary>
internal sealed class SessionCommitter(CrmSyncStore store, QueueSignal signal)
{
    // Due times, subscription and pause belong to jobs, listeners and people, who write them without the link's lease.
    private static readonly string[] StateOfOthers =
    [
        nameof(LinkState.NotificationState), nameof(LinkState.SubscriptionId), nameof(LinkState.SubscriptionExpiresAt), nameof(LinkState.NextPollAt),
        nameof(LinkState.NextCheckUpAt), nameof(LinkState.RenewAt), nameof(LinkState.PausedBy), nameof(LinkState.PausedReason),
        nameof(LinkState.Approvals), nameof(LinkState.Plan),
    ];

    private static readonly string[] RetryNames = ["@id", "@link", "@delay", "@counts", "@dead", "@revision", "@error", "@code"];

    /// <exception cref="Exception">The database failed. If it failed while committing, whether the step was saved is unknown: the session must be abandoned.</exception>
    public async Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        var (outcome, wakes) = await store.WriteAsync<(CommitOutcome, bool)>(
            async transaction =>
            {
                var requests = await RequestsAsync(transaction, lease, commit, cancellation);
                // With other links to wake, all rows are locked in the common order before the lease is checked: two sessions that tell each other's
                // links would wait for one another for ever. A lock alone changes nothing, so the check still comes before every write.
                if (requests.Any(request => request.LinkId != lease.LinkId))
                    await QueueWriter.LockAsync(transaction, [.. requests.Select(request => request.LinkId), lease.LinkId], cancellation);
                if (!await transaction.HoldAsync(lease, cancellation))
                    return (false, (CommitOutcome.LeaseLost, false));
                try
                {
                    if (!await ItemWriter.WriteAsync(transaction, commit.Items, cancellation) || !await TakeOverAsync(transaction, lease, commit, cancellation)
                        || !await ClaimMeetingsAsync(transaction, commit, cancellation))
                        return (false, (CommitOutcome.Stale, false));
                    await SetAuthoritiesAsync(transaction, commit, cancellation);
                    await WritePairsAsync(transaction, commit, cancellation);
                }
                catch (Exception exception) when (transaction.Dialect.IsDuplicate(exception))
                {
                    // Somebody bound the same item to this link meanwhile (a move between folders): plan again.
                    return (false, (CommitOutcome.Stale, false));
                }
                await WriteInventoryAsync(transaction, lease.LinkId, commit, cancellation);
                await WriteConflictsAsync(transaction, commit, cancellation);
                await transaction.WriteAsync(commit.Activities, WriteMode.Insert, cancellation);
                if (commit.State is { } state)
                    await transaction.WriteAsync([state], WriteMode.Upsert, cancellation, StateOfOthers);
                await AcknowledgeAsync(transaction, lease.LinkId, commit, cancellation);
                await QueueWriter.PutAsync(transaction, requests, cancellation);
                CrashPoints.Reach("store.commit.before");
                return (true, (CommitOutcome.Committed, requests.Count > 0));
            },
            cancellation);
        if (outcome == CommitOutcome.Committed)
            CrashPoints.Reach("store.commit.after");
        if (wakes)
            signal.Wake();
        return outcome;
    }

    private static async Task<List<QueueRequest>> RequestsAsync(
        StoreTransaction transaction, LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        var requests = new List<QueueRequest>(commit.Enqueue.Select(request => request with { TraceId = request.TraceId ?? commit.TraceId }));
        if (commit.FanOut.Count > 0)
            requests.AddRange(await QueueWriter.ResolveFanOutAsync(transaction.Database, commit.FanOut, lease.LinkId, commit.TraceId, cancellation));
        if (commit.Restored.Count > 0)
        {
            var restored = commit.Restored.ToArray();
            var pairs = await transaction.Database.ItemLinks.AsNoTracking()
                .Where(pair => restored.Contains(pair.ItemId) && pair.LinkId != lease.LinkId).Select(pair => new { pair.LinkId, pair.ItemId }).ToListAsync(cancellation);
            requests.AddRange(pairs.Select(pair => new QueueRequest(MessageKind.CheckUp, pair.LinkId, pair.ItemId, TraceId: commit.TraceId)));
        }
        return requests;
    }

    // The insert waits for a rival that has not committed yet; only after it can be read whose the meeting is.
    private static async Task<bool> ClaimMeetingsAsync(StoreTransaction transaction, SessionCommit commit, CancellationToken cancellation)
    {
        foreach (var target in commit.Meetings.GroupBy(meeting => meeting.TargetId))
        {
            foreach (var chunk in target.OrderBy(meeting => meeting.GlobalObjectId, StringComparer.Ordinal).Chunk(SetWrite.MaxRows))
            {
                if (await transaction.WriteAsync(chunk, WriteMode.InsertIfAbsent, cancellation) == chunk.Length)
                    continue;
                var ids = chunk.Select(meeting => meeting.GlobalObjectId).ToArray();
                var owners = await transaction.Database.MeetingIdentities.AsNoTracking()
                    .Where(row => row.TargetId == target.Key && ids.Contains(row.GlobalObjectId))
                    .ToDictionaryAsync(row => row.GlobalObjectId, row => row.ItemId, cancellation);
                if (chunk.Any(meeting => owners[meeting.GlobalObjectId] != meeting.ItemId))
                    return false;
            }
        }
        return true;
    }

    // Whole rows change hands by their keys: the one place beside the item writer that touches items, and it only ends one (invariant 15 before invariant 17).
    private static async Task<bool> TakeOverAsync(StoreTransaction transaction, LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        var database = transaction.Database;
        foreach (var (target, globalId, from, to) in commit.Takeovers)
        {
            var moved = await database.MeetingIdentities.Where(row => row.TargetId == target && row.GlobalObjectId == globalId && row.ItemId == from)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.ItemId, to), cancellation);
            if (moved != 1)
                return false;
            await database.ItemLinks.Where(pair => pair.ItemId == from && !database.ItemLinks.Any(own => own.ItemId == to && own.LinkId == pair.LinkId))
                .ExecuteUpdateAsync(set => set.SetProperty(pair => pair.ItemId, to).SetProperty(pair => pair.IsHome, false), cancellation);
            await database.Participations.Where(part => part.ItemId == from && !database.Participations.Any(own => own.ItemId == to && own.UserId == part.UserId))
                .ExecuteUpdateAsync(set => set.SetProperty(part => part.ItemId, to), cancellation);
            await database.Participations.Where(part => part.ItemId == from).ExecuteDeleteAsync(cancellation);
            await database.ScheduleItems.Where(item => item.Id == from).ExecuteUpdateAsync(
                set => set.SetProperty(item => item.IsDeleted, true).SetProperty(item => item.Version, item => item.Version + 1)
                    .SetProperty(item => item.UpdatedBy, Actors.OfLink(lease.LinkId)),
                cancellation);
        }
        return true;
    }

    // No new version: nothing that a person sees has changed, and a version would make every waiting edit stale.
    private static async Task SetAuthoritiesAsync(StoreTransaction transaction, SessionCommit commit, CancellationToken cancellation)
    {
        foreach (var change in commit.Authorities.OrderBy(change => change.ItemId))
        {
            await transaction.Database.ScheduleItems.Where(item => item.Id == change.ItemId && item.AuthorityLinkId == null).ExecuteUpdateAsync(
                set => set.SetProperty(item => item.AuthorityLinkId, change.LinkId).SetProperty(item => item.AuthorityIsOrganizer, change.IsOrganizer), cancellation);
        }
    }

    private static async Task WritePairsAsync(StoreTransaction transaction, SessionCommit commit, CancellationToken cancellation)
    {
        var database = transaction.Database;
        foreach (var removed in commit.RemovedItemLinks.Chunk(SetWrite.MaxRows))
        {
            await database.ItemIdentities.Where(row => removed.Contains(row.ItemLinkId)).ExecuteDeleteAsync(cancellation);
            await database.PendingDeletes.Where(row => removed.Contains(row.ItemLinkId)).ExecuteDeleteAsync(cancellation);
            await database.ItemLinks.Where(row => removed.Contains(row.Id)).ExecuteDeleteAsync(cancellation);
        }
        foreach (var removed in commit.RemovedIdentities.Chunk(SetWrite.MaxRows))
            await database.ItemIdentities.Where(row => removed.Contains(row.ItemLinkId)).ExecuteDeleteAsync(cancellation);
        await transaction.WriteAsync(commit.ItemLinks, WriteMode.Upsert, cancellation);
        await transaction.WriteAsync(commit.Identities, WriteMode.Upsert, cancellation);
        foreach (var seen in commit.SeenItemLinks.Chunk(SetWrite.MaxRows))
        {
            var generation = commit.SeenGeneration;
            await database.ItemLinks.Where(row => seen.Contains(row.Id) && row.SeenGeneration != generation)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.SeenGeneration, generation), cancellation);
        }
        await transaction.WriteAsync(commit.PendingDeletes, WriteMode.Upsert, cancellation);
        foreach (var removed in commit.RemovedPendingDeletes.Chunk(SetWrite.MaxRows))
            await database.PendingDeletes.Where(row => removed.Contains(row.ItemLinkId)).ExecuteDeleteAsync(cancellation);
    }

    private static async Task WriteInventoryAsync(StoreTransaction transaction, Guid linkId, SessionCommit commit, CancellationToken cancellation)
    {
        foreach (var removed in commit.RemovedInventory.Chunk(SetWrite.MaxRows))
        {
            var hashes = removed.Select(MatchKeys.HashOf).ToArray();
            await transaction.Database.Inventory
                .Where(row => row.LinkId == linkId && hashes.Contains(row.IdHash) && removed.Contains(row.ExchangeId)).ExecuteDeleteAsync(cancellation);
        }
        await transaction.WriteAsync(commit.Inventory, WriteMode.Upsert, cancellation);
        if (commit.SweepInventory)
        {
            var generation = commit.SeenGeneration;
            await transaction.Database.Inventory.Where(row => row.LinkId == linkId && row.SeenGeneration != generation).ExecuteDeleteAsync(cancellation);
        }
    }

    private static async Task WriteConflictsAsync(StoreTransaction transaction, SessionCommit commit, CancellationToken cancellation)
    {
        await transaction.WriteAsync(commit.Conflicts, WriteMode.Upsert, cancellation, nameof(SyncConflict.At), nameof(SyncConflict.BaseValues));
        foreach (var (id, decision, at) in commit.EndedConflicts)
        {
            await transaction.Database.Conflicts.Where(row => row.Id == id && row.State == ConflictState.Open).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, ConflictState.Settled).SetProperty(row => row.Decision, decision)
                    .SetProperty(row => row.DecidedBy, SyncConflict.ByEngine).SetProperty(row => row.DecidedAt, (DateTime?)at),
                cancellation);
        }
    }

    private static async Task AcknowledgeAsync(StoreTransaction transaction, Guid linkId, SessionCommit commit, CancellationToken cancellation)
    {
        if (commit.Done.Count > 0)
        {
            await transaction.Dialect.ExecuteEachAsync(
                transaction, QueueSql.Done, ["@id", "@revision"], [.. commit.Done.Select(done => new object?[] { done.MessageId, done.Revision })], cancellation);
        }
        if (commit.Retries.Count > 0)
        {
            await transaction.Dialect.ExecuteEachAsync(
                transaction, QueueSql.Retry(transaction.Dialect), RetryNames,
                [
                    .. commit.Retries.Select(retry => new object?[]
                    {
                        retry.MessageId, linkId, retry.DelayMs, retry.CountsAsAttempt ? 1 : 0, retry.IsDeadLetter ? 1 : 0, retry.Revision ?? 0L, retry.Error, retry.ErrorCode,
                    }),
                ],
                cancellation);
        }
    }
}
