using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Items that a person took back in the CRM while our delete was under way: the copy is brought back too (found by seeds 39 and 7440 of the worlds with undo).</summary>
/// <remarks>
/// The delete may have been recorded: then the pair is buried, and only our stamp finds the copy again. An attendee's copy is its organizer's to send and never comes here buried.
/// </remarks>
public sealed class UndeleteRoad(SessionContext session)
{
    private readonly DeletedCopies _deleted = new(session);

    public async Task RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        foreach (var batch in items.Chunk(session.Capabilities.MaxReadBatch))
        {
            var known = batch.Where(item => item.Pair!.Identity is not null).ToList();
            var reads = known.Count == 0 ? [] : await session.Mailbox.ReadKeysAsync([.. known.Select(item => new ItemId(item.Pair!.Identity!.ExchangeId))], cancellation);
            for (var i = 0; i < known.Count; i++)
                await UndeleteAsync(known[i], reads[i].Refusal, cancellation);
            foreach (var item in batch.Where(item => item.Pair!.Identity is null))
                await UndeleteAsync(item, new ItemRefusal("ErrorItemNotFound", "its delete has been recorded"), cancellation);
        }
    }

    private async Task UndeleteAsync(OutboundItem item, ItemRefusal? refusal, CancellationToken cancellation)
    {
        var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
        if (refusal is { IsGone: false })
        {
            commit.Retries.Add(session.Refused(item, refusal));
        }
        else if (refusal is null)
        {
            // The delete never came to be: the pair is as before, and compared anew.
            commit.Identities.Add(item.Pair!.Identity!.With(PairRowsMaker.Unread));
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, item.Link.ItemId, TraceId: session.TraceId));
            commit.Done.Add(item.Done);
        }
        else
        {
            await BringBackAsync(item, refusal, commit, cancellation);
        }
        CrashPoints.Reach("outbound.undelete.before-commit");
        await session.SaveAsync(commit, "Undeletes", cancellation);
    }

    private async Task BringBackAsync(OutboundItem item, ItemRefusal gone, SessionCommit commit, CancellationToken cancellation)
    {
        var deleted = await _deleted.OfAsync(item, cancellation);
        if (deleted is { Content.IsCancelled: false })
        {
            await _deleted.RestoreAsync(deleted, Unburied(item), commit, cancellation);
        }
        else if (deleted is null && session.Rules.Inbound && item.Message.Attempts < DeleteRoad.AttemptsForTheFeed)
        {
            // It may be back already, under another id, by us before we died or by a person: the folder's feed knows (found by seed 2953).
            commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
            commit.Retries.Add(session.Refused(item, gone));
        }
        else
        {
            // Nothing to move back, or a meeting whose attendees were told that it is off: it is made anew.
            commit.ItemLinks.Add(session.StartedOver(commit, Unburied(item).Link, "the item lives again in the CRM"));
            commit.RemovedIdentities.Add(item.Link.Id);
            commit.Retries.Add(OutboundResults.Wait(item, TimeSpan.FromMilliseconds(1), "it is made anew in Exchange"));
            commit.Activities.Add(session.Note(PlanAction.RecreateInExchange, "taken back in the CRM after our delete had been sent", item.Link.ItemId));
        }
    }

    private OutboundItem Unburied(OutboundItem item) =>
        item.Link.Tombstone == Tombstone.None ? item : item with { Pair = item.Pair! with { Link = session.Changed(item.Link, row => row.Tombstone = Tombstone.None) } };
}
