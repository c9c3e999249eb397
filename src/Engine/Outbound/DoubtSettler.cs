using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Creates whose answer never came: waits out the request's time limit, then looks for the stamp before anything is created again (invariant 6).</summary>
public sealed class DoubtSettler(SessionContext session)
{
    /// <returns>Items that did not arrive: they may be sent again as the next attempt.</returns>
    public async Task<IReadOnlyList<OutboundItem>> RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        var now = await session.Store.NowAsync(cancellation);
        var ripe = items.Where(item => DoubtEndsIn(item, now) <= TimeSpan.Zero).ToList();
        await DelayAsync(items.Except(ripe), now, cancellation);
        var missing = new List<OutboundItem>();
        foreach (var batch in ripe.Chunk(session.WriteBatch()))
        {
            try
            {
                missing.AddRange(await SettleAsync(batch, cancellation));
            }
            catch (ExchangeResponseException refused) when (session.IsRefusalOfOne(batch.Length, refused))
            {
                await session.SaveAsync(new SessionCommit { Retries = { session.Refused(batch[0], new ItemRefusal(refused.Code, refused.Message)) } }, "Creates in doubt", cancellation);
            }
        }
        return missing;
    }

    private TimeSpan DoubtEndsIn(OutboundItem item, DateTime now) => (item.Link.SentAt ?? now) + session.RequestTimeout - now;

    private async Task DelayAsync(IEnumerable<OutboundItem> items, DateTime now, CancellationToken cancellation)
    {
        var commit = new SessionCommit();
        commit.Retries.AddRange(items.Select(item => OutboundResults.Wait(item, DoubtEndsIn(item, now), "a create is in doubt; its time limit is waited out before the item is looked for")));
        if (commit.Retries.Count > 0)
            await session.SaveAsync(commit, "Creates in doubt", cancellation);
    }

    private async Task<List<OutboundItem>> SettleAsync(OutboundItem[] items, CancellationToken cancellation)
    {
        var found = (await session.Mailbox.FindByIntentAsync(session.Folder, session.Facts.InstallId, [.. items.Select(item => item.Link.IntentId!.Value)], cancellation))
            .ToLookup(item => item.Stamp!.Value.IntentId);
        GlobalObjectId[] meetings = [.. found.SelectMany(group => group).Where(copy => copy.GlobalObjectId is not null).Select(copy => copy.GlobalObjectId!.Value).Distinct()];
        var known = meetings.Length == 0 ? new Dictionary<GlobalObjectId, Guid>() : await session.Store.FindMeetingsAsync(session.Facts.Target.Id, meetings, cancellation);
        var commit = new SessionCommit();
        var strays = new List<ExchangeItem>();
        var missing = new List<OutboundItem>();
        foreach (var item in items)
        {
            var arrived = found[item.Link.IntentId!.Value].OrderByDescending(copy => copy.Stamp!.Value.Attempt).ToList();
            if (arrived.Count == 0 && item.Crm.Item.IsDeleted)
            {
                // Should it arrive yet, its stamp confirms the intent on the inbound road, and the deletion follows from there.
                commit.Done.Add(item.Done);
                continue;
            }
            if (arrived.Count == 0)
            {
                if (!await WasDeletedAsync(item, commit, cancellation))
                    missing.Add(item);
                continue;
            }
            strays.AddRange(arrived.Skip(1));
            Confirm(item, arrived[0], known, commit);
        }
        if (strays.Count > 0)
            await session.Mailbox.DeleteAsync([.. strays.Select(stray => stray.Id)], CancellationMail.None, purge: true, cancellation);
        CrashPoints.Reach("outbound.settle.before-commit");
        await session.SaveAsync(commit, "Settled creates", cancellation);
        return missing;
    }

    // It had arrived, and a person has deleted it already: to create it again would bring it back from the dead. What the CRM changed since it was sent is
    // weighed against the deletion as for any pair: a meeting, whose attendees may have heard of the first, is not made a second time (found by seeds 1234 and 4409).
    private async Task<bool> WasDeletedAsync(OutboundItem item, SessionCommit commit, CancellationToken cancellation)
    {
        if (!session.Rules.Inbound || item.HasOtherCopies
            || await session.Mailbox.FindDeletedAsync(item.Link.IntentId, session.Facts.InstallId, null, cancellation) is not { } deleted)
            return false;
        var facts = PagePlanner.FactsOf(session, item.Crm, item.Link, new ExchangeSide.Gone(), hasOtherCopies: false);
        var plan = SyncPlanner.Plan(facts);
        if (plan.Action == PlanAction.RecreateInExchange)
            return false;
        var reason = $"{plan.Reason}, before the answer to its create came";
        commit.ItemLinks.Add(session.Changed(item.Link, row =>
        {
            row.IntentState = IntentState.Confirmed;
            row.ConfirmedAttempt = deleted.Stamp!.Value.Attempt;
            row.Tombstone = plan.Action == PlanAction.Ask ? Tombstone.None : Tombstone.DeletedInExchange;
            session.AddConflicts(commit, row, plan, facts, null);
        }));
        if (plan.Action == PlanAction.Ask)
            commit.Identities.Add(session.IdentityOf(item.Link.Id, deleted.Id, PairRowsMaker.InDeletedItems, deleted.GlobalObjectId));
        if (plan.Action == PlanAction.DeleteInCrm)
            commit.Items.Add(session.ChangedItem(item.Crm, null, 0, reason, row => row.IsDeleted = true));
        // By these the copies of those whom the person had invited are known as this meeting's, and do not speak for it.
        commit.Authorities.Add(new AuthorityChange(item.Link.ItemId, session.LinkId, IsOrganizer: true));
        await ClaimAsync(item, deleted, commit, cancellation);
        commit.Done.Add(item.Done);
        commit.Activities.Add(session.Note(plan.Action, reason, item.Link.ItemId));
        return true;
    }

    // The message stays: its next turn finds a confirmed pair and goes on with the invitation, a newer edit or a deletion.
    private void Confirm(OutboundItem item, ExchangeItem arrived, IReadOnlyDictionary<GlobalObjectId, Guid> known, SessionCommit commit)
    {
        commit.ItemLinks.Add(session.Changed(item.Link, row =>
        {
            (row.IntentState, row.SentAt) = (IntentState.Confirmed, null);
            row.ConfirmedAttempt = arrived.Stamp!.Value.Attempt;
            row.BaseSnapshot = PairRowsMaker.SentWith(item.Link, arrived);
            row.SeenGeneration = ItemLink.NeverSeen;
        }));
        var key = PairRowsMaker.KeyIfUntouched(PairRowsMaker.SentWith(item.Link, arrived), arrived);
        commit.Identities.Add(session.IdentityOf(item.Link.Id, arrived.Id, key, arrived.GlobalObjectId));
        if (key == PairRowsMaker.Unread)
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, item.Link.ItemId, TraceId: session.TraceId));
        // Without it the attendees' copies would speak for the meeting too.
        commit.Authorities.Add(new AuthorityChange(item.Link.ItemId, session.LinkId, IsOrganizer: true));
        Claim(item, arrived, known, commit);
        commit.Retries.Add(OutboundResults.Wait(item, TimeSpan.FromMilliseconds(1), "the create had arrived"));
        commit.Activities.Add(session.Note(PlanAction.ConfirmIntent, $"attempt {arrived.Stamp!.Value.Attempt} of our create had arrived although no answer came", item.Link.ItemId));
    }

    private async Task ClaimAsync(OutboundItem item, ExchangeItem copy, SessionCommit commit, CancellationToken cancellation)
    {
        if (copy.GlobalObjectId is { } id)
            Claim(item, copy, await session.Store.FindMeetingsAsync(session.Facts.Target.Id, [id], cancellation), commit);
    }

    // An attendee's copy may have come into the CRM before ours was recorded: one item of the two.
    private void Claim(OutboundItem item, ExchangeItem copy, IReadOnlyDictionary<GlobalObjectId, Guid> known, SessionCommit commit)
    {
        if (copy is { GlobalObjectId: { } taken } && known.TryGetValue(taken, out var other) && other != item.Link.ItemId)
            commit.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, taken.Value, other, item.Link.ItemId));
        else if (copy is { IsMeeting: true, GlobalObjectId: { } id })
            commit.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = item.Link.ItemId });
    }
}
