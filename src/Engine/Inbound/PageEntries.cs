using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <content>Items without a living pair: what enters, joins, comes back or is ours, and what stays outside.</content>
public sealed partial class PageChanges
{
    /// <summary>An item without a pair: lets it enter, or notes why not.</summary>
    public void Enter(ExchangeItem item, ItemPlan plan, EntrySearch search)
    {
        Count(plan, item);
        switch (plan.Action)
        {
            case PlanAction.Import:
                Import(item);
                return;
            case PlanAction.Adopt:
                var twin = search.TwinOf(item)!;
                if (search.TiesOf(item) is { Count: > 0 } ties)
                    commit.Ties.Add(new MatchTie(item.Content.Subject, twin.Item.Id, ties));
                search.Take(twin);
                Bind(item, twin, session.NewPair(twin.Item.Id, null, 0), plan);
                return;
            case PlanAction.Join:
                Join(item, search.KnownItemOf(item)!, plan);
                return;
            case PlanAction.Rebind:
                var (old, known) = (search.PairOf(item)!, search.KnownItemOf(item)!);
                if (search.DeletionWaits(old, known))
                    Follow(item, old, known, plan);
                else
                    Rebind(item, old, known, plan);
                return;
            case PlanAction.ConfirmIntent:
                Confirm(item, search.PairOf(item)!, plan);
                return;
            case PlanAction.RemoveStray:
                RemoveStray(item, search.PairOf(item)!, search.KnownItemOf(item), plan);
                break;
            default:
                commit.Inventory.Add(InventoryOf(item, plan.Skipped?.ToString()));
                break;
        }
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, null));
    }

    // What a person did with the late one is kept like any conflict's loser. Who edited a meeting has invited from it: its attendees are told that it is off, their copies
    // are known as this meeting's (found by seed 363).
    private void RemoveStray(ExchangeItem stray, Pair pair, CrmItem? crm, ItemPlan plan)
    {
        Strays.Add(new Stray(stray, pair.Link, MailDecision.OfDelete(stray.Content, stray.MeetingRequestWasSent, session.Rules.Mail, session.Now)));
        if (crm is not null)
        {
            var now = session.ContentOf(crm);
            var edited = ScheduleComparison.Difference(now, stray.Content) & ~ScheduleFields.ReadOnlyInExchange;
            if (edited != 0)
            {
                var conflict = session.SettledConflict(pair.Link.ItemId, plan with { CrmWon = edited }, edited, null, now, stray.Content);
                // One row however often its removal has to be tried.
                conflict.Id = ConflictRows.IdOf(session.LinkId, stray);
                StrayRows.Conflicts.Add(conflict);
            }
        }
        if (!stray.MeetingRequestWasSent || stray.GlobalObjectId is not { } id)
            return;
        if (_known.TryGetValue(id, out var other) && other != pair.Link.ItemId)
            StrayRows.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, id.Value, other, pair.Link.ItemId));
        else if (!_known.ContainsKey(id) && _meetings.Add(id.Value))
            StrayRows.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = pair.Link.ItemId });
    }

    private void Import(ExchangeItem item)
    {
        var write = session.NewItem(item);
        Write(write);
        var pair = session.NewPair(write.Row.Id, item.Content, 1);
        commit.ItemLinks.Add(pair);
        commit.Identities.Add(session.IdentityOf(pair.Id, item.Id, item.Key, item.GlobalObjectId));
        Claim(item, write.Row.Id);
        commit.RemovedInventory.Add(item.Id.Value);
        _imports++;
    }

    // Twins: what differs is settled as if both had changed it.
    private void Bind(ExchangeItem item, CrmItem crm, ItemLink pair, ItemPlan plan)
    {
        var facts = PagePlanner.FactsOf(session, crm, pair, new ExchangeSide.Present(item), hasOtherCopies: false, CopyRole.Own);
        var merge = SyncPlanner.Plan(facts);
        Write(session.ChangedItem(crm, merge.Merged, merge.ToCrm, plan.Reason, row => SpeakFor(row, IsOwn(item))));
        BindTo(item, session.Changed(pair, row => session.AddConflicts(commit, row, merge, facts, item.Content)), crm.Item.Version + 1);
        Claim(item, crm.Item.Id);
        if (merge.ToExchange != 0)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    private void Join(ExchangeItem item, CrmItem crm, ItemPlan plan)
    {
        var speaks = crm.Item.IsDeleted || TakesAuthority(item, crm);
        var fields = ScheduleFields.Personal | (speaks ? ScheduleFields.Shared : 0);
        Write(Alone(crm, session.ChangedItem(crm, item.Content, fields, plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (!speaks)
                return;
            SpeakFor(row, item.IsOrganizer);
            if (item.IsOrganizer)
                row.OwnerId = session.Facts.User.Id;
        })));
        BindTo(item, session.NewPair(crm.Item.Id, null, 0), crm.Item.Version + 1);
        Claim(item, crm.Item.Id);
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    // Only the id is new: the deletion goes on under it, with its look at what Exchange says now.
    private void Follow(ExchangeItem item, Pair old, CrmItem crm, ItemPlan plan)
    {
        commit.Identities.Add(session.IdentityOf(old.Link.Id, item.Id, PairRowsMaker.Unread, item.GlobalObjectId));
        commit.SeenItemLinks.Add(old.Link.Id);
        commit.RemovedPendingDeletes.Add(old.Link.Id);
        commit.RemovedInventory.Add(item.Id.Value);
        commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    private void Rebind(ExchangeItem item, Pair old, CrmItem crm, ItemPlan plan)
    {
        var pair = old.Link.LinkId == session.LinkId
            ? session.Changed(old.Link, row => row.Tombstone = Tombstone.None)
            : session.NewPair(crm.Item.Id, null, 0);
        // The copy that the pair was buried with is still there, and no longer anybody's.
        if (old.Identity is { } left && old.Link.LinkId == session.LinkId && left.ExchangeId != item.Id.Value
            && (old.Link.Tombstone == Tombstone.DeletedInCrm || (left.GlobalObjectId is { } older && older != item.GlobalObjectId?.Value)))
            commit.Inventory.Add(Leftover(left));
        // An attendee's copy that comes back (an update mail brings it) says nothing about a meeting whose authority is another living copy.
        var isOwn = IsOwn(item);
        var speaks = isOwn || crm.Item.IsDeleted || crm.Item.AuthorityLinkId is not { } authority || authority == session.LinkId || authority == old.Link.LinkId;
        var facts = PagePlanner.FactsOf(
            session, crm with { Item = Living(crm.Item) }, crm.Item.IsDeleted ? session.Changed(pair, row => row.BaseSnapshot = null) : pair, new ExchangeSide.Present(item),
            hasOtherCopies: false, isOwn ? CopyRole.Own : speaks ? CopyRole.AttendeeAuthority : CopyRole.Attendee);
        var merge = crm.Item.IsDeleted
            ? new ItemPlan(PlanAction.Merge, plan.Reason, item.Content, ScheduleFields.All)
            : SyncPlanner.Plan(facts);
        Write(Alone(crm, session.ChangedItem(crm, merge.Merged, merge.ToCrm, plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (speaks)
                SpeakFor(row, isOwn);
        })));
        if (crm.Item.IsDeleted)
            commit.Restored.Add(crm.Item.Id);
        // What may not come in was not agreed on either (found by seed 30 of the worlds with switched links).
        BindTo(
            item, session.Changed(pair, row => session.AddConflicts(commit, row, merge, facts, item.Content)), crm.Item.Version + 1,
            SyncPlanner.AgreedAfter(facts, item.Content, merge));
        commit.RemovedPendingDeletes.Add(pair.Id);
        if (merge.ToExchange != 0)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    /// <summary>Rules admit again what they had withdrawn: the CRM item is what Exchange says now.</summary>
    public void Return(ExchangeItem item, Pair pair, CrmItem crm, ItemPlan plan)
    {
        var speaks = crm.Item.IsDeleted;
        Write(Alone(crm, session.ChangedItem(crm, item.Content, ScheduleFields.Personal | (speaks ? ScheduleFields.Shared : 0), plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (speaks)
                SpeakFor(row, IsOwn(item));
        })));
        BindTo(item, session.Changed(pair.Link, row => row.Tombstone = Tombstone.None), crm.Item.Version + 1);
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    // What went with the last person's copy comes back for the person whose copy this is, and for nobody else: they deleted theirs (found by the chaos rig).
    private ItemWrite Alone(CrmItem crm, ItemWrite write) => crm.Item is not { IsDeleted: true } || !Actors.IsLink(crm.Item.UpdatedBy) ? write
        : write with { RemovedParticipants = [.. crm.Participations.Select(part => part.UserId).Where(user => user != session.Facts.User.Id)] };

    private static ScheduleItem Living(ScheduleItem item)
    {
        var copy = item.Copy();
        copy.IsDeleted = false;
        return copy;
    }

    private void Confirm(ExchangeItem item, Pair pair, ItemPlan plan)
    {
        commit.ItemLinks.Add(session.Changed(pair.Link, row =>
        {
            (row.IntentState, row.SentAt) = (IntentState.Confirmed, null);
            row.ConfirmedAttempt = item.Stamp!.Value.Attempt;
            row.BaseSnapshot = PairRowsMaker.SentWith(pair.Link, item);
            row.SeenGeneration = SeenNow(row);
        }));
        var key = PairRowsMaker.KeyIfUntouched(PairRowsMaker.SentWith(pair.Link, item), item);
        commit.Identities.Add(session.IdentityOf(pair.Link.Id, item.Id, key, item.GlobalObjectId));
        if (key == PairRowsMaker.Unread)
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, pair.Link.ItemId, TraceId: session.TraceId));
        commit.Authorities.Add(new AuthorityChange(pair.Link.ItemId, session.LinkId, IsOrganizer: true));
        TakeOverOrClaim(item, pair.Link.ItemId);
        // What is still to do with it (invite, a newer edit, a deletion) is the outbound road's to find.
        commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, pair.Link.ItemId, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, pair.Link.ItemId));
    }

    // A meeting made in the CRM whose attendee's copy came first: its own item is the one that stays.
    private void TakeOverOrClaim(ExchangeItem item, Guid itemId)
    {
        if (item is { IsOrganizer: true, GlobalObjectId: { } id } && _known.TryGetValue(id, out var other) && other != itemId)
            commit.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, id.Value, other, itemId));
        else
            Claim(item, itemId);
    }

    private LinkInventory Leftover(ItemIdentity copy) => new()
    {
        LinkId = session.LinkId, IdHash = copy.IdHash, ExchangeId = copy.ExchangeId, ChangeKey = copy.ChangeKey, GlobalObjectId = copy.GlobalObjectId,
        SkipReason = nameof(SkipReason.CancelledMeeting), SeenGeneration = session.State.SweepGeneration, UpdatedAt = session.UtcNow,
    };

    private LinkInventory InventoryOf(ExchangeItem item, string? skipReason) => new()
    {
        LinkId = session.LinkId,
        IdHash = MatchKeys.HashOf(item.Id.Value),
        ExchangeId = item.Id.Value,
        ChangeKey = item.Key.Value,
        GlobalObjectId = item.GlobalObjectId?.Value,
        IntentId = item.Stamp?.InstallId == session.Facts.InstallId ? item.Stamp.Value.IntentId : null,
        Attempt = item.Stamp?.Attempt,
        MatchHash = item.Role != SeriesRole.Single ? null
            : MatchKeys.HashOf(item.Content.Subject, item.Content.Time.Start.ToDateTimeUtc(), item.Content.Time.End.ToDateTimeUtc()),
        SkipReason = skipReason,
        Subject = item.Content.Sensitivity == Sensitivity.Normal ? item.Content.Subject : null,
        StartUtc = item.Content.Time.Start.ToDateTimeUtc(),
        SeenGeneration = session.State.SweepGeneration,
        UpdatedAt = session.UtcNow,
    };
}
