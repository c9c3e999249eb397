using CrmSync.Engine.Crm;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Tests.MemoryStore;

/// <summary>One step of a session: first every reason to refuse, then every write, so that it is all or nothing.</summary>
internal sealed class MemoryCommit(MemoryDatabase db, MemoryQueue queue, LinkLease lease, SessionCommit commit)
{
    public CommitOutcome Run()
    {
        if (queue.Held(lease) is null)
            return CommitOutcome.LeaseLost;
        if (WhyStale() is { } reason)
        {
            db.LastStale = reason;
            return CommitOutcome.Stale;
        }
        // Whom to tell is asked before the pairs change, as the database's transaction does.
        var requests = Requests();
        WriteItems(db, commit.Items);
        commit.Takeovers.ForEach(TakeOver);
        commit.Meetings.ForEach(meeting => db.Meetings.Add(meeting));
        foreach (var change in commit.Authorities)
        {
            db.Items.Update(
                item => item.Id == change.ItemId && item.AuthorityLinkId is null,
                item => (item.AuthorityLinkId, item.AuthorityIsOrganizer) = (change.LinkId, change.IsOrganizer));
        }
        WritePairs();
        WriteInventory();
        commit.Conflicts.ForEach(PutConflict);
        foreach (var (id, decision, at) in commit.EndedConflicts)
        {
            db.Conflicts.Update(row => row.Id == id && row.State == ConflictState.Open, row =>
                (row.State, row.Decision, row.DecidedBy, row.DecidedAt) = (ConflictState.Settled, decision, SyncConflict.ByEngine, at));
        }
        db.Activities.AddRange(commit.Activities);
        if (commit.State is { } state)
            WriteState(state);
        commit.Done.ForEach(done => queue.Done(done.MessageId, done.Revision));
        commit.Retries.ForEach(retry => queue.Retry(lease.LinkId, retry));
        queue.Put(requests);
        return CommitOutcome.Committed;
    }

    /// <summary>Rows, participations and history of items whose planned versions have been checked.</summary>
    public static void WriteItems(MemoryDatabase db, IEnumerable<ItemWrite> writes)
    {
        foreach (var write in writes)
        {
            db.Items.Put(write.Row);
            foreach (var part in write.Upserts)
                db.Participations.Put(part);
            foreach (var user in write.RemovedParticipants)
                db.Participations.Remove((write.Row.Id, user));
            if (write.History is { } history)
                db.History.Add(history);
        }
    }

    /// <summary>Whether the row is not at its planned version, or an insert's id is taken.</summary>
    public static bool IsStale(MemoryDatabase db, ItemWrite write) => (db.Items.Peek(write.Row.Id)?.Version ?? 0) != write.PlannedVersion;

    private string? WhyStale()
    {
        if (commit.Items.FirstOrDefault(write => IsStale(db, write)) is { } late)
            return $"item '{late.Row.Subject}' is at version {db.Items.Peek(late.Row.Id)?.Version}, planned at {late.PlannedVersion}";
        if (commit.Takeovers.FirstOrDefault(takeover => db.Meetings.Peek((takeover.TargetId, takeover.GlobalObjectId))?.ItemId != takeover.From) is { } gone)
            return $"the meeting of item {gone.From} is another's";
        var taken = commit.Takeovers.ToDictionary(takeover => (takeover.TargetId, takeover.GlobalObjectId), takeover => takeover.To);
        if (commit.Meetings.FirstOrDefault(meeting =>
            (taken.TryGetValue((meeting.TargetId, meeting.GlobalObjectId), out var owner) ? owner : db.Meetings.Peek((meeting.TargetId, meeting.GlobalObjectId))?.ItemId) is { } item
            && item != meeting.ItemId) is { } rival)
            return $"the meeting of item {rival.ItemId} belongs to another item";
        // Unique by link and item.
        var removed = commit.RemovedItemLinks.ToHashSet();
        var twice = commit.ItemLinks.FirstOrDefault(pair => db.ItemLinks.Rows.Concat(commit.ItemLinks).Any(other =>
            other.LinkId == pair.LinkId && other.ItemId == pair.ItemId && other.Id != pair.Id && !removed.Contains(other.Id)
            && commit.ItemLinks.All(own => own.Id != other.Id || own.ItemId == other.ItemId)));
        return twice is null ? null : $"item {twice.ItemId} has a pair on link {twice.LinkId} already";
    }

    private List<QueueRequest> Requests()
    {
        var requests = commit.Enqueue.Select(request => request with { TraceId = request.TraceId ?? commit.TraceId }).ToList();
        requests.AddRange(queue.FanOut(commit.FanOut, lease.LinkId, commit.TraceId));
        requests.AddRange(db.ItemLinks.Rows.Where(pair => commit.Restored.Contains(pair.ItemId) && pair.LinkId != lease.LinkId)
            .Select(pair => new QueueRequest(MessageKind.CheckUp, pair.LinkId, pair.ItemId, TraceId: commit.TraceId)));
        return requests;
    }

    private void TakeOver(MeetingTakeover takeover)
    {
        var (from, to) = (takeover.From, takeover.To);
        db.Meetings.Update(row => row.TargetId == takeover.TargetId && row.GlobalObjectId == takeover.GlobalObjectId, row => row.ItemId = to);
        var held = db.ItemLinks.Rows.Where(pair => pair.ItemId == to).Select(pair => pair.LinkId).ToHashSet();
        db.ItemLinks.Update(pair => pair.ItemId == from && !held.Contains(pair.LinkId), pair => (pair.ItemId, pair.IsHome) = (to, false));
        foreach (var part in db.Participations.Read(part => part.ItemId == from))
        {
            db.Participations.Remove((from, part.UserId));
            part.ItemId = to;
            db.Participations.Add(part);
        }
        db.Items.Update(item => item.Id == from, item =>
        {
            (item.IsDeleted, item.UpdatedBy) = (true, Actors.OfLink(lease.LinkId));
            item.Version++;
        });
    }

    private void WritePairs()
    {
        var removed = commit.RemovedItemLinks.ToHashSet();
        var dead = commit.RemovedIdentities.Concat(removed).ToHashSet();
        if (dead.Count > 0)
            db.Identities.RemoveWhere(row => dead.Contains(row.ItemLinkId));
        if (removed.Count > 0)
            db.PendingDeletes.RemoveWhere(row => removed.Contains(row.ItemLinkId));
        foreach (var pair in removed)
            db.ItemLinks.Remove(pair);
        commit.ItemLinks.ForEach(db.ItemLinks.Put);
        commit.Identities.ForEach(db.Identities.Put);
        foreach (var seen in commit.SeenItemLinks)
        {
            if (db.ItemLinks.Peek(seen) is { } pair)
                pair.SeenGeneration = commit.SeenGeneration;
        }
        commit.PendingDeletes.ForEach(db.PendingDeletes.Put);
        if (commit.RemovedPendingDeletes.Count > 0)
            db.PendingDeletes.RemoveWhere(row => commit.RemovedPendingDeletes.Contains(row.ItemLinkId));
    }

    private void WriteInventory()
    {
        foreach (var id in commit.RemovedInventory)
            db.Inventory.Remove((lease.LinkId, id));
        commit.Inventory.ForEach(db.Inventory.Put);
        if (commit.SweepInventory)
            db.Inventory.RemoveWhere(row => row.LinkId == lease.LinkId && row.SeenGeneration != commit.SeenGeneration);
    }

    private void PutConflict(SyncConflict conflict)
    {
        var row = MemoryTable<Guid, SyncConflict>.Copy(conflict);
        if (db.Conflicts.Peek(conflict.Id) is { } open)
            (row.At, row.BaseValues) = (open.At, open.BaseValues);
        db.Conflicts.Put(row);
    }

    // Due times, subscription and pause belong to others.
    private void WriteState(LinkState state)
    {
        var row = MemoryTable<Guid, LinkState>.Copy(state);
        if (db.States.Peek(state.LinkId) is { } old)
        {
            (row.NotificationState, row.SubscriptionId, row.SubscriptionExpiresAt) = (old.NotificationState, old.SubscriptionId, old.SubscriptionExpiresAt);
            (row.NextPollAt, row.NextCheckUpAt, row.RenewAt) = (old.NextPollAt, old.NextCheckUpAt, old.RenewAt);
            (row.PausedBy, row.PausedReason, row.Approvals, row.Plan) = (old.PausedBy, old.PausedReason, old.Approvals, old.Plan);
        }
        db.States.Put(row);
    }
}
