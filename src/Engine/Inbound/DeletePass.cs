using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>Plans the deletions of a run when its read is complete: proven one by one, counted by the guard, held or carried out (invariant 10).</summary>
public sealed class DeletePass(SessionContext session)
{
    private const int Batch = 512;

    // How long a request of ours may be under way; a person who deletes the same item within that time after an unanswered delete of ours gets it back once.
    private static readonly TimeSpan LatestDelete = TimeSpan.FromMinutes(10);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await SweepAsync(cancellation);
        var pending = await session.Store.LoadPendingDeletesAsync(session.LinkId, cancellation);
        if (pending.Count == 0)
        {
            await UnholdAsync(cancellation);
            return;
        }
        var proven = await ProveAsync(pending, cancellation);
        await DoubtTheReadAsync(pending.Count - proven.Count, cancellation);
        var (verdict, isNew) = session.Judge(
            HoldKind.DeletesInCrm, proven.Count(entry => entry.Pair.Link.Tombstone == Tombstone.None), await session.Store.CountPairsAsync(session.LinkId, cancellation), session.Guards.Deletes);
        if (!verdict.MayProceed)
        {
            await HoldAsync(proven, verdict.Reason, isNew, cancellation);
            return;
        }
        foreach (var batch in proven.Select(entry => entry.Pair).Chunk(Batch))
            await CarryOutAsync(batch, cancellation);
        await UnholdAsync(cancellation);
    }

    // What a full read did not see may be gone. So may what we made and no read has seen: created and deleted between two reads, an item is in neither (seen in
    // the seeded runs; whether Exchange reports such a delete is not known). Both join the pending deletes and must be proven like them.
    private async Task SweepAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var unseen = await session.Store.FindUnseenPairsAsync(session.LinkId, session.State.SweepGeneration, Batch, cancellation);
            if (unseen.Count == 0)
                return;
            var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
            foreach (var pair in unseen)
            {
                commit.PendingDeletes.Add(new PendingDelete { LinkId = session.LinkId, ItemLinkId = pair.Link.Id, FoundAt = session.UtcNow });
                commit.SeenItemLinks.Add(pair.Link.Id);
            }
            await SaveAsync(commit, cancellation);
        }
    }

    // Exchange is asked for each id: only what it says is gone, is gone. A pair that was bound anew meanwhile has another id, and lives.
    private async Task<List<(PendingDelete Delete, Pair Pair)>> ProveAsync(IReadOnlyList<(PendingDelete Delete, Pair Pair)> pending, CancellationToken cancellation)
    {
        var proven = new List<(PendingDelete Delete, Pair Pair)>();
        var alive = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
        foreach (var batch in pending.Chunk(session.Capabilities.MaxReadBatch))
        {
            var asked = batch.Where(entry => entry.Pair.Identity is not null).ToList();
            var reads = asked.Count == 0 ? [] : await session.Mailbox.ReadKeysAsync([.. asked.Select(entry => new ItemId(entry.Pair.Identity!.ExchangeId))], cancellation);
            for (var i = 0; i < asked.Count; i++)
            {
                if (reads[i].Refusal is { IsGone: true })
                    proven.Add(asked[i]);
                else if (reads[i].Refusal is { IsTransient: true } busy)
                    throw new ExchangeResponseException(busy.Code, $"{session.Mailbox.Address}: a deletion could not be proven just now: {busy.Text}") { BackOff = busy.BackOff };
                else
                    alive.RemovedPendingDeletes.Add(asked[i].Pair.Link.Id);
            }
            alive.RemovedPendingDeletes.AddRange(batch.Where(entry => entry.Pair.Identity is null).Select(entry => entry.Pair.Link.Id));
        }
        if (alive.RemovedPendingDeletes.Count > 0)
            await SaveAsync(alive, cancellation);
        return proven;
    }

    // A full read that did not name most of what is there was empty, cut short or of another folder: deletions it cannot cause, but the position after it is worth nothing (case E18).
    private async Task DoubtTheReadAsync(int alive, CancellationToken cancellation)
    {
        if (!session.State.IsFullRead || alive <= session.Guards.Deletes.Minimum)
            return;
        var pairs = await session.Store.CountPairsAsync(session.LinkId, cancellation);
        if (MassGuard.Judge(HoldKind.DeletesInCrm, alive, pairs, session.Guards.Deletes, null, null, session.UtcNow).MayProceed)
            return;
        session.State.Cursor = null;
        session.State.IsFullRead = false;
        throw new ExchangeProtocolException(
            $"a reading of the whole folder left out {alive} of its {pairs} known items, although Exchange has them. It is not believed: nothing is deleted, and the folder is read anew.");
    }

    private async Task CarryOutAsync(Pair[] pairs, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            Guid[] itemIds = [.. pairs.Select(pair => pair.Link.ItemId).Distinct()];
            var now = await session.Store.NowAsync(cancellation);
            var items = await session.Store.LoadItemsAsync(itemIds, cancellation);
            var all = await session.Store.FindAllPairsAsync(itemIds, cancellation);
            var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
            foreach (var pair in pairs)
                Plan(pair, items.GetValueOrDefault(pair.Link.ItemId), [.. all[pair.Link.ItemId]], now, commit);
            CrashPoints.Reach("inbound.deletes.before-commit");
            if (await session.CommitAsync(commit, cancellation))
                return;
        }
        throw new StalePlanException($"{pairs.Length} deletes of {session.Mailbox.Address}");
    }

    private void Plan(Pair pair, CrmItem? crm, IReadOnlyList<Pair> copies, DateTime now, SessionCommit commit)
    {
        commit.RemovedPendingDeletes.Add(pair.Link.Id);
        if (crm is null)
        {
            commit.RemovedItemLinks.Add(pair.Link.Id);
            return;
        }
        if (pair.Link.Tombstone == Tombstone.None && pair.Identity?.ChangeKey == PairRowsMaker.Deleting.Value)
        {
            // Our own delete, its answer lost: the outbound road looks at what lies in Deleted Items before it is done with it, or brings it back if the CRM item lives again.
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
            return;
        }
        if (!crm.Item.IsDeleted && pair.Link is { Tombstone: Tombstone.None, SentAt: { } sent } && now - sent < LatestDelete && pair.Identity is { } identity)
        {
            // A delete of ours that nobody answered has arrived after all, and the item lives again meanwhile: it is brought back.
            commit.Identities.Add(identity.With(PairRowsMaker.Deleting));
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
            return;
        }
        if (pair.Link.Tombstone == Tombstone.DeletedInCrm && !crm.Item.IsDeleted && session.RoleOf(crm.Item) == CopyRole.Own)
        {
            // Taken back in the CRM, and the look at its copy found none: the outbound road brings it back or makes it anew (found by seed 2200 of the worlds with undo).
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
            return;
        }
        if (pair.Link.Tombstone != Tombstone.None)
        {
            // The item lives again by somebody else's copy; who deleted theirs meanwhile is out of it (found by seed 334).
            if (!crm.Item.IsDeleted && session.ParticipationOf(crm) is not null)
                commit.Items.Add(session.ChangedItem(crm, null, 0, "this copy was deleted in Exchange, other people still have theirs", leaves: true));
            Bury(pair, pair.Link.Tombstone, commit);
            return;
        }
        var others = copies.Where(copy => copy.Link.LinkId != session.LinkId && copy.Link.Tombstone == Tombstone.None).ToList();
        var facts = PagePlanner.FactsOf(session, crm, pair.Link, new ExchangeSide.Gone(), others.Count > 0);
        var plan = SyncPlanner.Plan(facts);
        switch (plan.Action)
        {
            case PlanAction.DeleteInCrm:
                commit.Items.Add(session.ChangedItem(crm, null, 0, plan.Reason, row => row.IsDeleted = true));
                Bury(pair, Tombstone.DeletedInExchange, commit);
                break;
            case PlanAction.Leave:
                var successor = crm.Item.AuthorityLinkId == session.LinkId ? others.OrderBy(other => other.Link.Id).First() : null;
                commit.Items.Add(session.ChangedItem(crm, null, 0, plan.Reason, row => HandOn(row, successor), leaves: true));
                // Whoever speaks from now on may have changed while nobody listened to its shared fields.
                if (successor is not null)
                    commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, successor.Link.LinkId, crm.Item.Id, TraceId: session.TraceId));
                Bury(pair, Tombstone.DeletedInExchange, commit);
                break;
            case PlanAction.RecreateInExchange:
                // The pair starts over as one that was never sent; the stamp of a new intent tells the new item from the old.
                commit.ItemLinks.Add(session.StartedOver(commit, pair.Link, "the edit is kept, the item is created again"));
                commit.RemovedIdentities.Add(pair.Link.Id);
                commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, pair.Link.ItemId, TraceId: session.TraceId));
                break;
            case PlanAction.Ask:
                commit.ItemLinks.Add(session.Changed(pair.Link, row => session.AddConflicts(commit, row, plan, facts, null)));
                if (pair.Link.OpenConflictId is not null)
                    return;
                break;
            default:
                Bury(pair, crm.Item.IsDeleted ? Tombstone.DeletedInCrm : IsNotBroughtIn(plan) ? Tombstone.NotBroughtIn : Tombstone.DeletedInExchange, commit);
                break;
        }
        if ((plan.Conflicts & ~plan.Asked) != 0)
            commit.Conflicts.Add(session.SettledConflict(crm.Item.Id, plan, plan.Conflicts, facts.Agreed, facts.Crm.Content, null));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    // Nobody decided that the item stays in the CRM: the link only sends (found by seed 53 of the worlds with switched links).
    private bool IsNotBroughtIn(ItemPlan plan) => plan is { Action: PlanAction.KeepInCrm, Conflicts: 0 } && !session.Rules.Inbound;

    // The pair stays as a tombstone, so that a later CRM edit does not bring the item back, and with its global id, by which an undeleted item is known again.
    private void Bury(Pair pair, Tombstone tombstone, SessionCommit commit) =>
        commit.ItemLinks.Add(session.Buried(commit, pair.Link, tombstone));

    private static void HandOn(ScheduleItem row, Pair? successor)
    {
        if (successor is null)
            return;
        row.AuthorityLinkId = successor.Link.LinkId;
        row.AuthorityIsOrganizer = row.OrganizerAddress is null || ScheduleRows.ToContent(row, null).Attendees.Count == 0;
    }

    private async Task HoldAsync(IReadOnlyList<(PendingDelete Delete, Pair Pair)> deletes, string reason, bool isNew, CancellationToken cancellation)
    {
        var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
        commit.PendingDeletes.AddRange(deletes.Where(entry => entry.Delete.State != PendingDeleteState.Held).Select(entry => new PendingDelete
        {
            LinkId = session.LinkId, ItemLinkId = entry.Pair.Link.Id, State = PendingDeleteState.Held, FoundAt = entry.Delete.FoundAt,
        }));
        if (isNew)
        {
            commit.Activities.Add(session.NoteHold(reason, deletes.Count));
            commit.State = session.State;
        }
        if (isNew || commit.PendingDeletes.Count > 0)
            await SaveAsync(commit, cancellation);
    }

    private async Task UnholdAsync(CancellationToken cancellation)
    {
        if (session.Release(HoldKind.DeletesInCrm))
            await SaveAsync(new SessionCommit { SeenGeneration = session.State.SweepGeneration, State = session.State }, cancellation);
    }

    private async Task SaveAsync(SessionCommit commit, CancellationToken cancellation)
    {
        if (!await session.CommitAsync(commit, cancellation))
            throw new StalePlanException($"Deletes of {session.Mailbox.Address}");
    }
}
