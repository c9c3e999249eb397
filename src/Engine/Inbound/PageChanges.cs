using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>Turns the plans of a page into the rows of its one commit. Decides nothing.</summary>
public sealed partial class PageChanges(SessionContext session, SessionCommit commit)
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
                    Write(session.ChangedItem(crm, null, 0, "the organizer's copy speaks for the meeting", SpeakAsOrganizer));
                return;
            case PlanAction.Merge:
                if (plan.ToCrm != 0 || TakesAuthority(item, crm))
                    Write(session.ChangedItem(crm, plan.Merged, plan.ToCrm, plan.Reason, TakesAuthority(item, crm) ? SpeakAsOrganizer : null));
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
                Withdraw(pair, crm, plan, facts.Crm.HasOtherCopies);
                commit.Identities.Add(session.IdentityOf(pair.Link.Id, item.Id, item.Key, item.GlobalObjectId));
                break;
            default:
                // Deleted in the CRM: the outbound road carries the deletion out, with its look before, and keeps what it overrides.
                commit.Enqueue.Add(new QueueRequest(MessageKind.Outbound, session.LinkId, crm.Item.Id, TraceId: session.TraceId));
                if (pair.Link.Tombstone != Tombstone.None)
                    commit.ItemLinks.Add(session.Changed(pair.Link, row => row.Tombstone = Tombstone.None));
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

    private void Withdraw(Pair pair, CrmItem crm, ItemPlan plan, bool hasOtherCopies)
    {
        Write(session.ChangedItem(crm, null, 0, plan.Reason, row => row.IsDeleted |= !hasOtherCopies, leaves: hasOtherCopies));
        commit.ItemLinks.Add(session.Buried(commit, pair.Link, Tombstone.Withdrawn));
    }

    /// <param name="agreed">What both sides say alike from now on; null: all that Exchange says.</param>
    private void BindTo(ExchangeItem item, ItemLink pair, long crmVersion, ScheduleContent? agreed = null)
    {
        commit.ItemLinks.Add(session.Changed(pair, row =>
        {
            (row.BaseSnapshot, row.SentSnapshot) = (ScheduleSnapshot.Write(agreed ?? item.Content), null);
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
            row.BaseSnapshot = ScheduleSnapshot.Write(SyncPlanner.AgreedAfter(facts, item.Content, plan));
            // Once the key has moved on, an update that was in doubt has been carried out, or never will be; until then it may still arrive.
            row.SentSnapshot = pair.Identity?.ChangeKey == item.Key.Value ? row.SentSnapshot : null;
            row.CrmVersion = crmVersion;
            row.SeenGeneration = SeenNow(row);
            row.MappingVersion = session.Facts.Link.MappingVersion;
            if (plan.Action == PlanAction.RestoreInCrm)
                row.Tombstone = Tombstone.None;
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

    private static bool IsOwn(ExchangeItem item) => item.IsOrganizer || !item.IsMeeting;

    // From now on this link's copy speaks for the fields that everybody sees (invariant 15).
    private void SpeakFor(ScheduleItem row, bool isOrganizer) => (row.AuthorityLinkId, row.AuthorityIsOrganizer) = (session.LinkId, isOrganizer);

    private void SpeakAsOrganizer(ScheduleItem row) => SpeakFor(row, isOrganizer: true);

    // One meeting, one identity: a second copy in the same page stays without.
    private void Claim(ExchangeItem item, Guid itemId)
    {
        if (item is { IsMeeting: true, GlobalObjectId: { } id } && !_known.ContainsKey(id) && _meetings.Add(id.Value))
            commit.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = itemId });
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
}
