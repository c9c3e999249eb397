using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Inbound;

/// <summary>What is left to do beside the commit.</summary>
/// <param name="Later">Items that touch a CRM item which the commit already writes: plan them after it.</param>
/// <param name="Strays">Our own late creates, to be deleted in Exchange before the commit.</param>
/// <param name="StrayRows">What is saved of them before that.</param>
/// <param name="Changes">CRM items that the commit changes or withdraws: what the change guard counts.</param>
/// <param name="Tally">What is done with how many items, and their digest.</param>
public sealed record PagePlan(IReadOnlyList<ExchangeItem> Later, IReadOnlyList<Stray> Strays, SessionCommit StrayRows, int Changes, RunTally Tally);

/// <summary>Gathers the facts about one page's items, has them planned, and collects what the plans save.</summary>
/// <remarks>Everything is sought in bulk: a page costs a fixed number of queries, however many items it has.</remarks>
public sealed class PagePlanner(SessionContext session)
{
    /// <summary>Items that the folder held when the link was first read; the rules may keep them apart.</summary>
    public IReadOnlySet<ItemId> ThereBefore { get; set; } = new HashSet<ItemId>();

    /// <summary>Items of which a person said that they are no twins of anything in the CRM.</summary>
    public IReadOnlySet<ItemId> ToldApart { get; set; } = new HashSet<ItemId>();

    /// <summary>Plans items that were read and adds their rows to the commit.</summary>
    public async Task<PagePlan> PlanAsync(
        IReadOnlyList<ExchangeItem> items, IReadOnlyDictionary<ItemId, Pair> pairs, SessionCommit commit, CancellationToken cancellation)
    {
        var later = new List<ExchangeItem>();
        var paired = items.Where(item => pairs.ContainsKey(item.Id)).ToList();
        var known = await session.Store.LoadItemsAsync([.. paired.Select(item => pairs[item.Id].Link.ItemId).Distinct()], cancellation);
        var others = await OtherCopiesAsync(known.Keys, cancellation);
        var changes = new PageChanges(session, commit);
        GlobalObjectId[] meetings = [.. paired.Where(item => item is { IsMeeting: true, GlobalObjectId: not null }).Select(item => item.GlobalObjectId!.Value).Distinct()];
        if (meetings.Length > 0)
            changes.KnowMeetings(await session.Store.FindMeetingsAsync(session.Facts.Target.Id, meetings, cancellation));
        foreach (var item in paired)
        {
            var pair = pairs[item.Id];
            if (changes.Writes(pair.Link.ItemId))
                later.Add(item);
            else
                PlanPaired(item, pair, known.GetValueOrDefault(pair.Link.ItemId), others.Contains(pair.Link.ItemId), changes);
        }

        var unpaired = items.Where(item => !pairs.ContainsKey(item.Id)).ToList();
        if (unpaired.Count > 0)
        {
            var search = await EntrySearch.RunAsync(session, unpaired, cancellation);
            changes.KnowMeetings(search.Meetings);
            // Two attempts of one create may arrive in one page: the newest is the one whose content the base holds; the other is planned when the first is recorded, and is a stray then (found by seed 9).
            var seen = new HashSet<Guid>();
            foreach (var item in unpaired.OrderByDescending(item => item.Stamp?.Attempt ?? 0))
            {
                if (item.Stamp is { } stamp && stamp.InstallId == session.Facts.InstallId && !seen.Add(stamp.IntentId))
                    later.Add(item);
                else if (search.KnownItemOf(item) is { } knownItem && changes.Writes(knownItem.Item.Id))
                    later.Add(item);
                else
                    changes.Enter(item, PlanEntry(search.FactsOf(item, ThereBefore.Contains(item.Id), ToldApart.Contains(item.Id))), search);
            }
        }
        changes.Finish();
        return new PagePlan(later, changes.Strays, changes.StrayRows, changes.Changed, changes.Tally);
    }

    private void PlanPaired(ExchangeItem item, Pair pair, CrmItem? crm, bool hasOtherCopies, PageChanges changes)
    {
        // A cancelled copy stays what it is: the meeting that lives again comes with a new invitation.
        if (crm is { Item.IsDeleted: false } && pair.Link.Tombstone == Tombstone.DeletedInCrm && !item.Content.IsCancelled)
        {
            changes.Return(item, pair, crm, new ItemPlan(PlanAction.Rebind, "the CRM item that this copy was buried with has been restored", item.Content, ScheduleFields.All));
            return;
        }
        if (crm is null || pair.Link.Tombstone is Tombstone.DeletedInCrm or Tombstone.DeletedInExchange or Tombstone.NotBroughtIn)
        {
            PlanBuried(item, pair, crm, hasOtherCopies, changes);
            return;
        }
        if (pair.Link.Tombstone == Tombstone.Withdrawn)
        {
            if (RuleCheck.OnChange(item.Content, session.Rules) is null)
                changes.Return(item, pair, crm, new ItemPlan(PlanAction.Rebind, "the rules admit it again", item.Content, ScheduleFields.All));
            else
                changes.KeepKey(pair, item);
            return;
        }
        ItemFacts facts;
        ItemPlan plan;
        try
        {
            facts = FactsOf(session, crm, pair.Link, new ExchangeSide.Present(item), hasOtherCopies, RoleWith(item, crm.Item));
            plan = SyncPlanner.Plan(facts);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            changes.Quarantine(item, pair, CannotPlan(fault));
            return;
        }
        changes.Carry(item, pair, crm, plan, facts);
    }

    // A link that only receives leaves in Exchange what the CRM deleted. Whoever edits it there afterwards wants it: it comes back. Untouched, it is deleted when the link may send (found by seeds 1260 and 20067 on SQLite).
    private void PlanBuried(ExchangeItem item, Pair pair, CrmItem? crm, bool hasOtherCopies, PageChanges changes)
    {
        if (crm is not { Item.IsDeleted: true } || pair.Link.Tombstone != Tombstone.DeletedInCrm || !session.Rules.Inbound || item.Content.IsCancelled || session.RoleOf(crm.Item) != CopyRole.Own)
        {
            changes.KeepKey(pair, item);
            return;
        }
        ItemFacts facts;
        ItemPlan plan;
        try
        {
            facts = FactsOf(session, crm, pair.Link, new ExchangeSide.Present(item), hasOtherCopies);
            plan = SyncPlanner.Plan(facts with { Rules = facts.Rules with { Direction = SyncDirection.Inbound } });
            if (plan.Action != PlanAction.RestoreInCrm)
                plan = SyncPlanner.Plan(facts);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            changes.Quarantine(item, pair, CannotPlan(fault));
            return;
        }
        if (plan.Action is PlanAction.RestoreInCrm or PlanAction.DeleteInExchange)
            changes.Carry(item, pair, crm, plan, facts);
        else
            changes.KeepKey(pair, item);
    }

    // One item that cannot be planned must not stop its page (invariant 14).
    private ItemPlan PlanEntry(EntryFacts facts)
    {
        try
        {
            var plan = EntryPlanner.Plan(facts);
            return plan.Skipped == SkipReason.KeptApart && ToldApart.Contains(facts.Item.Id) ? plan with { Skipped = SkipReason.ToldApart } : plan;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return new ItemPlan(PlanAction.Skip, CannotPlan(fault), Skipped: SkipReason.Unreadable);
        }
    }

    private static string CannotPlan(Exception fault) => $"CrmSync cannot plan this item: {fault.GetType().Name}: {fault.Message}";

    // The organizer's copy takes the word as soon as it is seen, whoever had it before (invariant 15).
    private CopyRole RoleWith(ExchangeItem item, ScheduleItem crm) =>
        item is { IsMeeting: true, IsOrganizer: true } && !crm.AuthorityIsOrganizer ? CopyRole.Own : session.RoleOf(crm);

    private async Task<HashSet<Guid>> OtherCopiesAsync(IEnumerable<Guid> itemIds, CancellationToken cancellation)
    {
        var all = await session.Store.FindAllPairsAsync([.. itemIds], cancellation);
        return [.. all.Where(group => group.Any(pair => pair.Link.LinkId != session.LinkId && pair.Link.Tombstone == Tombstone.None)).Select(group => group.Key)];
    }

    public static ItemFacts FactsOf(SessionContext session, CrmItem crm, ItemLink pair, ExchangeSide exchange, bool hasOtherCopies, CopyRole? role = null) => new(
        new CrmSide(
            session.ContentOf(crm), crm.Item.Version, crm.Item.IsDeleted, crm.Item.Origin == ItemOrigin.Crm, hasOtherCopies,
            Instant.FromDateTimeUtc(DateTime.SpecifyKind(crm.Item.UpdatedAt, DateTimeKind.Utc))),
        exchange,
        AgreedOf(pair, exchange),
        pair.CrmVersion,
        role ?? session.RoleOf(crm.Item),
        pair.InviteState,
        pair.Tombstone,
        session.Rules,
        session.Now,
        pair.Contested);

    // What Exchange says like an update of ours that nobody answered is that update: agreed on, and no edit of a person.
    private static ScheduleContent? AgreedOf(ItemLink pair, ExchangeSide exchange)
    {
        if (pair.BaseSnapshot is null)
            return null;
        var agreed = ScheduleSnapshot.Read(pair.BaseSnapshot);
        return exchange is ExchangeSide.Present present
            ? agreed.WithFieldsOf(present.Item.Content, UpdatesInDoubt.Explained(pair.SentSnapshot, present.Item.Content))
            : agreed;
    }
}
