using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Deletes in Exchange what the CRM deleted: looked at just before, moved to Deleted Items, and looked at again afterwards (invariant 4).</summary>
/// <remarks>
/// DeleteItem ignores the ChangeKey (verified for Exchange 2007, believed later), so an edit between our look and the delete would be lost: the deleted copy
/// is read, and if it differs from the base it is moved back. Where a cancellation is mailed, EWS sends it with the delete itself: in that window of one
/// round trip an edit is restored, but the cancellation has gone out. docs/reliability.md states it.
/// </remarks>
public sealed class DeleteRoad(SessionContext session)
{
    private readonly DeletedCopies _deleted = new(session);

    public async Task RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        foreach (var batch in items.Chunk(session.Capabilities.MaxReadBatch))
            await DeleteAsync(batch, cancellation);
    }

    private async Task DeleteAsync(OutboundItem[] items, CancellationToken cancellation)
    {
        var reads = await session.Mailbox.ReadItemsAsync([.. items.Select(item => new ItemId(item.Pair!.Identity!.ExchangeId))], cancellation);
        var now = await session.Store.NowAsync(cancellation);
        var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
        var changes = new PageChanges(session, commit);
        var toDelete = new List<(OutboundItem Item, ExchangeItem Read, ItemPlan Plan)>();
        for (var i = 0; i < items.Length; i++)
        {
            var item = items[i];
            if (reads[i].Refusal is { IsGone: true } && WasSent(item) && await SettleSentAsync(item, commit, cancellation))
                continue;
            var feedWasAsked = WasSent(item) && item.Message.Attempts >= AttemptsForTheFeed;
            if (reads[i].Refusal is { IsGone: true } gone && session.Rules.Inbound && !feedWasAsked)
            {
                // Gone under this id: deleted, or moved and alive under another. The folder's feed knows; this message comes back after it.
                commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
                commit.Retries.Add(session.Refused(item, gone));
                continue;
            }
            if (reads[i].Refusal is { IsGone: true })
            {
                Bury(item, PlanAction.Forget, "gone on both sides", commit);
                continue;
            }
            if (reads[i].Item is not { } read)
            {
                commit.Retries.Add(session.Refused(item, reads[i].Refusal!));
                continue;
            }
            var facts = PagePlanner.FactsOf(session, item.Crm, item.Link, new ExchangeSide.Present(read), item.HasOtherCopies);
            var plan = SyncPlanner.Plan(facts);
            if (plan.Action == PlanAction.DeleteInExchange)
            {
                var mails = plan.Cancellation == CancellationMail.None ? 0 : read.Content.Attendees.Count;
                if (session.MayMail(mails))
                {
                    toDelete.Add((item, read, plan));
                    commit.Identities.Add(item.Pair!.Identity!.With(PairRowsMaker.Deleting));
                    commit.ItemLinks.Add(session.Changed(item.Link, row => row.SentAt = now));
                }
                else
                    commit.Retries.Add(session.WaitForBudget(item, mails));
                if (mails > 0)
                    commit.State = session.State;
            }
            else if (plan.Action is PlanAction.RestoreInCrm or PlanAction.Ask)
            {
                changes.Carry(read, item.Pair!, item.Crm, plan, facts);
                commit.Done.Add(item.Done);
            }
            else
            {
                // Not ours to delete: the pair is buried with its id, so that the copy is still known.
                commit.ItemLinks.Add(session.Buried(commit, item.Link, Tombstone.DeletedInCrm));
                commit.Done.Add(item.Done);
                commit.Activities.Add(session.Note(plan.Action, plan.Reason, item.Link.ItemId));
            }
        }
        await session.SaveAsync(commit, "Deletes", cancellation);
        foreach (var group in toDelete.GroupBy(entry => entry.Plan.Cancellation))
        {
            foreach (var batch in group.Chunk(session.WriteBatch()))
                await SendAsync(batch, group.Key, cancellation);
        }
    }

    private async Task SendAsync((OutboundItem Item, ExchangeItem Read, ItemPlan Plan)[] batch, CancellationMail mail, CancellationToken cancellation)
    {
        CrashPoints.Reach("outbound.delete.before-send");
        var results = await session.SendAsync(batch.Length, () => session.Mailbox.DeleteAsync([.. batch.Select(entry => entry.Read.Id)], mail, purge: false, cancellation));
        CrashPoints.Reach("outbound.delete.after-send");
        var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
        for (var i = 0; i < batch.Length; i++)
        {
            var (item, read, plan) = batch[i];
            if (results[i].Refusal is { } refusal && (!refusal.IsGone || session.Rules.Inbound))
            {
                if (refusal.IsGone)
                    commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
                commit.Retries.Add(session.Refused(item, refusal));
            }
            else if (results[i].Succeeded && await EditedMeanwhileAsync(read, cancellation) is { } edited)
                await _deleted.RestoreAsync(edited, item, commit, cancellation);
            else
                BuryWithLoser(item, read, plan, commit);
        }
        session.State.LastOutboundAt = session.UtcNow;
        commit.State = session.State;
        await session.SaveAsync(commit, "Deletes", cancellation);
        CrashPoints.Reach("outbound.delete.after-record");
    }

    private async Task<ExchangeItem?> EditedMeanwhileAsync(ExchangeItem read, CancellationToken cancellation)
    {
        var ours = read.Stamp?.InstallId == session.Facts.InstallId ? read.Stamp.Value.IntentId : (Guid?)null;
        if (ours is null && read.GlobalObjectId is null)
            return null;
        var deleted = await _deleted.LookAsync(ours, read.GlobalObjectId, cancellation);
        return deleted is not null && (ScheduleComparison.Difference(DeletedCopies.WithoutCancelMark(deleted), read.Content) & DeletedCopies.ByPeople) != 0 ? deleted : null;
    }

    // A sent delete whose item is neither in Deleted Items nor reported under another id by then is simply gone.
    internal const int AttemptsForTheFeed = 3;

    private static bool WasSent(OutboundItem item) => item.Pair!.Identity!.ChangeKey == PairRowsMaker.Deleting.Value;

    // Our delete was sent and its answer lost: what lies in Deleted Items tells whether a person had edited meanwhile. False: it does not lie there.
    private async Task<bool> SettleSentAsync(OutboundItem item, SessionCommit commit, CancellationToken cancellation)
    {
        if (await _deleted.OfAsync(item, cancellation) is not { } deleted)
            return false;
        var agreed = item.Link.BaseSnapshot is { } known ? ScheduleSnapshot.Read(known) : deleted.Content;
        var content = DeletedCopies.WithoutCancelMark(deleted);
        // A value that the deleted CRM item has too is no news.
        var edited = ScheduleComparison.Difference(content, agreed) & ScheduleComparison.Difference(content, session.ContentOf(item.Crm)) & DeletedCopies.ByPeople;
        if (edited != 0)
            await _deleted.RestoreAsync(deleted, item, commit, cancellation);
        else
            Bury(item, PlanAction.DeleteInExchange, "deleted in the CRM; the answer to the delete had been lost", commit);
        return true;
    }

    private void BuryWithLoser(OutboundItem item, ExchangeItem read, ItemPlan plan, SessionCommit commit)
    {
        if (plan.Conflicts != 0)
        {
            var agreed = item.Link.BaseSnapshot is { } known ? ScheduleSnapshot.Read(known) : null;
            commit.Conflicts.Add(session.SettledConflict(item.Link.ItemId, plan, plan.Conflicts, agreed, session.ContentOf(item.Crm), read.Content));
        }
        Bury(item, plan.Action, plan.Reason, commit);
    }

    private void Bury(OutboundItem item, PlanAction action, string reason, SessionCommit commit)
    {
        commit.ItemLinks.Add(session.Buried(commit, item.Link, Tombstone.DeletedInCrm));
        commit.RemovedIdentities.Add(item.Link.Id);
        commit.Done.Add(item.Done);
        commit.Activities.Add(session.Note(action, reason, item.Link.ItemId));
    }
}
