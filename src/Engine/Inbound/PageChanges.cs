using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>Turns the plans of a page into the rows of its one commit. Decides nothing.</summary>
public sealed class PageChanges(SessionContext session, SessionCommit commit)
{
    private readonly HashSet<Guid> _written = [.. commit.Items.Select(write => write.Row.Id)];
    private readonly HashSet<string> _meetings = [.. commit.Meetings.Select(meeting => meeting.GlobalObjectId)];
    private readonly Dictionary<GlobalObjectId, Guid> _known = [];
    private readonly Dictionary<Guid, string> _churn = [];
    private int _imports;

    /// <summary>Our own late creates: deleted in Exchange before the page is saved; a repetition finds them gone.</summary>
    public List<Stray> Strays { get; } = [];

    /// <summary>What must be known of them before they are gone.</summary>
    public SessionCommit StrayRows { get; } = new();

    /// <summary>CRM items that are changed or withdrawn: what the change guard counts.</summary>
    public int Changed { get; private set; }

    // What Exchange alone knows and the CRM only learns: who organizes what it made, who answered. No accident of a person or a program looks like that, so no guard counts it.
    private const ScheduleFields Learned = ScheduleFields.Organizer | ScheduleFields.Responses | ScheduleFields.OwnResponse;

    /// <summary>What is done with how many items.</summary>
    public RunTally Tally { get; private set; } = RunTally.None;

    /// <summary>Meetings that belong to a CRM item already are not claimed for another.</summary>
    public void KnowMeetings(IReadOnlyDictionary<GlobalObjectId, Guid> meetings)
    {
        foreach (var (id, item) in meetings)
            _known[id] = item;
    }

    /// <summary>The commit already writes this CRM item: a second write would miss its version.</summary>
    public bool Writes(Guid itemId) => _written.Contains(itemId);

    /// <summary>A paired item: carries out its plan.</summary>
    public void Carry(ExchangeItem item, Pair pair, CrmItem crm, ItemPlan plan, ItemFacts facts)
    {
        if (plan.Action == PlanAction.Merge && plan.ToCrm != 0 && !MayRewrite(item, pair, plan))
            return;
        Changed += plan.Action == PlanAction.Withdraw || (plan.Action == PlanAction.Merge && (plan.ToCrm & ~Learned) != 0) ? 1 : 0;
        Count(plan, item);
        var isOldNews = plan.Action == PlanAction.Ask && pair.Link.OpenConflictId is not null;
        switch (plan.Action)
        {
            case PlanAction.StoreKey:
                Agree(pair, item, facts, pair.Link.CrmVersion, plan);
                if (TakesAuthority(item, crm))
                    Write(session.ChangedItem(crm, null, 0, "the organizer's copy speaks for the meeting", SpeakFor));
                return;
            case PlanAction.Merge:
                if (plan.ToCrm != 0 || TakesAuthority(item, crm))
                    Write(session.ChangedItem(crm, plan.Merged, plan.ToCrm, plan.Reason, TakesAuthority(item, crm) ? SpeakFor : null));
                if ((plan.ToCrm & ScheduleFields.Shared) != 0)
                    commit.FanOut.Add(crm.Item.Id);
                if (plan.ToExchange != 0)
                    commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
                Agree(pair, item, facts, plan.ToExchange != 0 ? pair.Link.CrmVersion : crm.Item.Version + (plan.ToCrm != 0 ? 1 : 0), plan);
                break;
            case PlanAction.Ask:
                Agree(pair, item, facts, crm.Item.Version, plan);
                break;
            case PlanAction.RestoreInCrm:
                Write(session.ChangedItem(crm, plan.Merged, plan.ToCrm, plan.Reason, row => row.IsDeleted = false));
                commit.FanOut.Add(crm.Item.Id);
                commit.Restored.Add(crm.Item.Id);
                Agree(pair, item, facts with { Agreed = null }, crm.Item.Version + 1, plan, facts.Agreed);
                break;
            case PlanAction.Withdraw:
                Remove(pair, crm, plan, facts.Crm.HasOtherCopies, Tombstone.Withdrawn);
                commit.Identities.Add(session.IdentityOf(pair.Link.Id, item.Id, item.Key, item.GlobalObjectId));
                break;
            default:
                // Deleted in the CRM: the outbound road carries the deletion out, with its look before, and keeps what it overrides.
                commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
                KeepKey(pair, item);
                break;
        }
        if (!isOldNews)
            commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    /// <summary>The pair is left alone until a person looks at it: neither its folder nor its neighbours wait (invariant 14).</summary>
    public void Quarantine(ExchangeItem item, Pair pair, string reason)
    {
        commit.ItemLinks.Add(session.Quarantined(commit, pair.Link, reason));
        KeepKey(pair, item);
    }

    // A quarantine holds until somebody edits; the loop detector sends a pair there that two programs rewrite in turn.
    private bool MayRewrite(ExchangeItem item, Pair pair, ItemPlan plan)
    {
        var content = LoopRows.FingerprintOf(plan.Merged!);
        if (pair.Link.QuarantinedAt is not null && !LoopGuard.IsNews(LoopRows.ChurnOf(pair.Link), content))
        {
            KeepKey(pair, item);
            return false;
        }
        var verdict = LoopGuard.Judge(pair.Link.QuarantinedAt is null ? LoopRows.ChurnOf(pair.Link) : null, isOut: false, plan.ToCrm, content, session.UtcNow, session.Guards.RewritesPerHour);
        if (verdict.Reason is { } reason)
        {
            Quarantine(item, pair, reason);
            return false;
        }
        _churn[pair.Link.Id] = LoopRows.Write(verdict.Next);
        return true;
    }

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
                Remove(item, search.PairOf(item)!, search.KnownItemOf(item), plan);
                break;
            default:
                commit.Inventory.Add(InventoryOf(item, plan.Skipped?.ToString()));
                break;
        }
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, null));
    }

    // What a person did with the late one is kept like any conflict's loser. Who edited a meeting has invited from it: its attendees are told that it is off, their copies
    // are known as this meeting's (found by seed 363).
    private void Remove(ExchangeItem stray, Pair pair, CrmItem? crm, ItemPlan plan)
    {
        Strays.Add(new Stray(stray, pair.Link, MailDecision.OfDelete(stray.Content, stray.MeetingRequestWasSent, session.Rules.Mail, session.Now)));
        if (crm is not null)
        {
            var now = session.ContentOf(crm);
            var edited = ScheduleComparison.Difference(now, stray.Content) & ~ScheduleFields.ReadOnlyInExchange;
            if (edited != 0)
                StrayRows.Conflicts.Add(session.SettledConflict(pair.Link.ItemId, plan with { CrmWon = edited }, edited, null, now, stray.Content));
        }
        if (!stray.MeetingRequestWasSent || stray.GlobalObjectId is not { } id)
            return;
        if (_known.TryGetValue(id, out var other) && other != pair.Link.ItemId)
            StrayRows.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, id.Value, other, pair.Link.ItemId));
        else if (!_known.ContainsKey(id) && _meetings.Add(id.Value))
            StrayRows.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = pair.Link.ItemId });
    }

    /// <summary>Only the key is new (invariant 9).</summary>
    public void KeepKey(Pair pair, ExchangeItem item)
    {
        commit.Identities.Add(session.IdentityOf(pair.Link.Id, item.Id, item.Key, item.GlobalObjectId));
        if (commit.IsFromFeed)
            commit.SeenItemLinks.Add(pair.Link.Id);
    }

    /// <summary>First imports are counted in one activity row a page: the pairs themselves are their record.</summary>
    public void Finish()
    {
        if (_imports > 0)
            commit.Activities.Add(session.Note(PlanAction.Import, "new in Exchange", null, _imports));
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
        Write(session.ChangedItem(crm, merge.Merged, merge.ToCrm, plan.Reason, row =>
        {
            row.AuthorityLinkId = session.LinkId;
            row.AuthorityIsOrganizer = item.IsOrganizer || !item.IsMeeting;
        }));
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
        Write(session.ChangedItem(crm, item.Content, fields, plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (!speaks)
                return;
            row.AuthorityLinkId = session.LinkId;
            row.AuthorityIsOrganizer = item.IsOrganizer;
            if (item.IsOrganizer)
                row.OwnerId = session.Facts.User.Id;
        }));
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
        var isOwn = item.IsOrganizer || !item.IsMeeting;
        var speaks = isOwn || crm.Item.IsDeleted || crm.Item.AuthorityLinkId is not { } authority || authority == session.LinkId || authority == old.Link.LinkId;
        var facts = PagePlanner.FactsOf(
            session, crm with { Item = Living(crm.Item) }, crm.Item.IsDeleted ? session.Changed(pair, row => row.BaseSnapshot = null) : pair, new ExchangeSide.Present(item),
            hasOtherCopies: false, isOwn ? CopyRole.Own : speaks ? CopyRole.AttendeeAuthority : CopyRole.Attendee);
        var merge = crm.Item.IsDeleted
            ? new ItemPlan(PlanAction.Merge, plan.Reason, item.Content, ScheduleFields.All)
            : SyncPlanner.Plan(facts);
        Write(session.ChangedItem(crm, merge.Merged, merge.ToCrm, plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (speaks)
                (row.AuthorityLinkId, row.AuthorityIsOrganizer) = (session.LinkId, isOwn);
        }));
        if (crm.Item.IsDeleted)
            commit.Restored.Add(crm.Item.Id);
        BindTo(item, session.Changed(pair, row => session.AddConflicts(commit, row, merge, facts, item.Content)), crm.Item.Version + 1);
        commit.RemovedPendingDeletes.Add(pair.Id);
        if (merge.ToExchange != 0)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

    /// <summary>Rules admit again what they had withdrawn: the CRM item is what Exchange says now.</summary>
    public void Return(ExchangeItem item, Pair pair, CrmItem crm, ItemPlan plan)
    {
        var speaks = crm.Item.IsDeleted;
        Write(session.ChangedItem(crm, item.Content, ScheduleFields.Personal | (speaks ? ScheduleFields.Shared : 0), plan.Reason, row =>
        {
            row.IsDeleted = false;
            if (!speaks)
                return;
            row.AuthorityLinkId = session.LinkId;
            row.AuthorityIsOrganizer = item.IsOrganizer || !item.IsMeeting;
        }));
        BindTo(item, session.Changed(pair.Link, row => row.Tombstone = Tombstone.None), crm.Item.Version + 1);
        commit.Activities.Add(session.Note(plan.Action, plan.Reason, crm.Item.Id));
    }

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

    private void Remove(Pair pair, CrmItem crm, ItemPlan plan, bool hasOtherCopies, Tombstone tombstone)
    {
        Write(session.ChangedItem(crm, null, 0, plan.Reason, row => row.IsDeleted |= !hasOtherCopies, leaves: hasOtherCopies));
        commit.ItemLinks.Add(session.Buried(commit, pair.Link, tombstone));
    }

    private void BindTo(ExchangeItem item, ItemLink pair, long crmVersion)
    {
        commit.ItemLinks.Add(session.Changed(pair, row =>
        {
            (row.BaseSnapshot, row.SentSnapshot) = (ScheduleSnapshot.Write(item.Content), null);
            row.CrmVersion = crmVersion;
            row.SeenGeneration = SeenNow(row);
            // What was wrong with the copy that is gone says nothing about this one (found by seed 4952).
            (row.QuarantinedAt, row.QuarantineReason) = (null, null);
        }));
        commit.Identities.Add(session.IdentityOf(pair.Id, item.Id, item.Key, item.GlobalObjectId));
        commit.RemovedInventory.Add(item.Id.Value);
    }

    private void Agree(Pair pair, ExchangeItem item, ItemFacts facts, long crmVersion, ItemPlan plan, ScheduleContent? agreedBefore = null)
    {
        commit.ItemLinks.Add(session.Changed(pair.Link, row =>
        {
            // The key has moved on: an update that was in doubt has been carried out, or never will be.
            (row.BaseSnapshot, row.SentSnapshot) = (ScheduleSnapshot.Write(SyncPlanner.AgreedAfter(facts, item.Content, plan.Asked)), null);
            row.CrmVersion = crmVersion;
            row.SeenGeneration = SeenNow(row);
            row.MappingVersion = session.Facts.Link.MappingVersion;
            if (_churn.TryGetValue(row.Id, out var churn))
                (row.Churn, row.QuarantinedAt, row.QuarantineReason) = (churn, null, null);
            else if (plan.Action == PlanAction.StoreKey)
                (row.QuarantinedAt, row.QuarantineReason) = (null, null);
            if (item.MeetingRequestWasSent && row.InviteState == InviteState.Pending)
                row.InviteState = InviteState.Sent;
            session.AddConflicts(commit, row, plan, facts with { Agreed = agreedBefore ?? facts.Agreed }, item.Content);
        }));
        commit.Identities.Add(session.IdentityOf(pair.Link.Id, item.Id, item.Key, item.GlobalObjectId));
        Claim(item, pair.Link.ItemId);
    }

    private bool TakesAuthority(ExchangeItem item, CrmItem crm) =>
        item is { IsMeeting: true, IsOrganizer: true } && !(crm.Item.AuthorityIsOrganizer && crm.Item.AuthorityLinkId is not null);

    private void SpeakFor(ScheduleItem row)
    {
        row.AuthorityLinkId = session.LinkId;
        row.AuthorityIsOrganizer = true;
    }

    // One meeting, one identity: a second copy in the same page stays without.
    private void Claim(ExchangeItem item, Guid itemId)
    {
        if (item is { IsMeeting: true, GlobalObjectId: { } id } && !_known.ContainsKey(id) && _meetings.Add(id.Value))
            commit.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = itemId });
    }

    // A meeting made in the CRM whose attendee's copy came first: its own item is the one that stays.
    private void TakeOverOrClaim(ExchangeItem item, Guid itemId)
    {
        if (item is { IsOrganizer: true, GlobalObjectId: { } id } && _known.TryGetValue(id, out var other) && other != itemId)
            commit.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, id.Value, other, itemId));
        else
            Claim(item, itemId);
    }

    private int SeenNow(ItemLink pair) => commit.IsFromFeed ? session.State.SweepGeneration : pair.SeenGeneration;

    // A key that moved is no news to anybody.
    private void Count(ItemPlan plan, ExchangeItem item)
    {
        if (plan.Action is not (PlanAction.StoreKey or PlanAction.Nothing))
            Tally = Tally.With(plan.Action.ToString(), MatchKeys.HashOf($"{plan.Action} {item.Id.Value} {ScheduleComparison.CanonicalText(item.Content)}"));
    }

    private void Write(ItemWrite write)
    {
        commit.Items.Add(write);
        _written.Add(write.Row.Id);
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
