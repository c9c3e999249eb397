using CrmSync.Engine.Exchange;
using CrmSync.Engine.Store.Rows;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>What is known about an Exchange item that has no pair under its id: every place where its twin was sought (invariant 7).</summary>
/// <param name="Item">As read from Exchange.</param>
/// <param name="OurIntent">The pair whose intent the item carries, on any link.</param>
/// <param name="OnThisLink">That pair, or the one by global id, belongs to this link.</param>
/// <param name="OriginalIsAlive">The item that the found pair names still exists under its old id.</param>
/// <param name="ByGlobalId">A pair of any link of the organisation, or null.</param>
/// <param name="MeetingItem">The CRM item that the meeting is known as.</param>
/// <param name="KnownItemDeleted">The CRM item found by any of these is deleted.</param>
/// <param name="KnownItemDeletedByCrm">A person deleted it in the CRM, not a copy that vanished.</param>
/// <param name="WeDeletedTheOriginal">The found pair's item was deleted in Exchange by us: a person brought it back.</param>
/// <param name="DeletionWaits">This link's own pair still holds the item under the old id, and its deletion in the CRM has not been carried out yet.</param>
/// <param name="TwinInCrm">An unpaired CRM item of this person with the same subject, start and end.</param>
/// <param name="WasThereBefore">The folder held it when the link was first read.</param>
/// <param name="WasMadeAnew">The pair knows the meeting under an older global id: it was called off and made anew, and this is the new copy.</param>
/// <param name="IsTie">Other CRM items are as good a twin.</param>
public sealed record EntryFacts(
    ExchangeItem Item,
    ItemLink? OurIntent,
    bool OnThisLink,
    bool OriginalIsAlive,
    ItemLink? ByGlobalId,
    Guid? MeetingItem,
    bool KnownItemDeleted,
    bool KnownItemDeletedByCrm,
    bool WeDeletedTheOriginal,
    bool DeletionWaits,
    Guid? TwinInCrm,
    LinkRules Rules,
    Instant Now,
    bool WasThereBefore = false,
    bool WasMadeAnew = false,
    bool IsTie = false);

/// <summary>Decides how an Exchange item without a pair enters the CRM, or why it does not. Pure.</summary>
public static class EntryPlanner
{
    private const string MovedBeforeDeletion = "the item moved before its deletion in the CRM was carried out";

    public static ItemPlan Plan(EntryFacts facts)
    {
        var item = facts.Item;
        if (facts.OurIntent is { } ours && item.Stamp is { } stamp && facts.OnThisLink)
        {
            if (ours.IntentState is IntentState.Intended or IntentState.Sent)
                return new(PlanAction.ConfirmIntent, $"our create, attempt {stamp.Attempt}, has arrived");
            if (ours.ConfirmedAttempt is { } living && living != stamp.Attempt)
                return new(PlanAction.RemoveStray, $"attempt {stamp.Attempt} of our create arrived late; attempt {living} lives");
            if (ours.ConfirmedAttempt == stamp.Attempt && !facts.OriginalIsAlive)
                return Returned(facts, ours);
            return OnItsOwn(facts, "a person's copy of an item of ours");
        }
        if (item.Role != SeriesRole.Single)
            return new(PlanAction.Skip, "a recurring series; series are not synchronized yet", Skipped: SkipReason.Recurring);
        if (facts is { WasThereBefore: true, Rules.KeepsApart: true } && facts.ByGlobalId is null)
            return new(PlanAction.Skip, "it was there before the link, which keeps older items apart", Skipped: SkipReason.KeptApart);
        var isCopyOfAPair = item.IsMeeting && facts.ByGlobalId is not null && !facts.OnThisLink && facts.OriginalIsAlive;
        if (facts.MeetingItem is not null || isCopyOfAPair)
            return OfKnownMeeting(facts);
        if ((facts.OurIntent ?? facts.ByGlobalId) is { } elsewhere && !facts.OriginalIsAlive)
            return Returned(facts, elsewhere);
        return OnItsOwn(facts, "new in Exchange");
    }

    // Undeleted, or moved here from another folder: the same item under another id.
    private static ItemPlan Returned(EntryFacts facts, ItemLink pair)
    {
        if (facts.DeletionWaits)
            return new(PlanAction.Rebind, MovedBeforeDeletion);
        if (facts.KnownItemDeletedByCrm && !(facts.OnThisLink && facts.WeDeletedTheOriginal))
            return new(PlanAction.Skip, "the CRM deleted this item", Skipped: SkipReason.DeletedInCrm);
        return RuleCheck.OnEntry(facts.Item.Content, facts.Rules, facts.Now) is { } refused && pair.Tombstone != Tombstone.None
            ? new(PlanAction.Skip, refused.Reason, Skipped: refused.Skip)
            : new(PlanAction.Rebind, "the item moved or came back under another id");
    }

    private static ItemPlan OfKnownMeeting(EntryFacts facts)
    {
        if (facts.DeletionWaits && !facts.OriginalIsAlive)
            return new(PlanAction.Rebind, MovedBeforeDeletion);
        if (facts.KnownItemDeletedByCrm)
        {
            return facts.Item.Content.IsCancelled
                ? new(PlanAction.Skip, "the CRM cancelled this meeting; the person has not removed the copy yet", Skipped: SkipReason.CancelledMeeting)
                : new(PlanAction.Skip, "the CRM deleted this meeting", Skipped: SkipReason.DeletedInCrm);
        }
        if (RuleCheck.OnEntry(facts.Item.Content, facts.Rules, facts.Now) is { } refused)
            return new(PlanAction.Skip, refused.Reason, Skipped: refused.Skip);
        if (facts is { OnThisLink: true, Item.Content.IsCancelled: true, ByGlobalId: { } own } && (facts.OriginalIsAlive || own.Tombstone == Tombstone.DeletedInCrm))
            return new(PlanAction.Skip, "what is left of a cancelled meeting that was made anew", Skipped: SkipReason.CancelledMeeting);
        if (facts.ByGlobalId is { } pair && facts.OnThisLink)
            return facts is { OriginalIsAlive: true, WasMadeAnew: false } ? OnItsOwn(facts, "a person's copy of a meeting") : new(PlanAction.Rebind, "the copy moved or came back under another id");
        return new(PlanAction.Join, "another person's copy of a meeting that the CRM knows");
    }

    private static ItemPlan OnItsOwn(EntryFacts facts, string reason)
    {
        if (facts.Item.Role != SeriesRole.Single)
            return new(PlanAction.Skip, "a recurring series; series are not synchronized yet", Skipped: SkipReason.Recurring);
        if (RuleCheck.OnEntry(facts.Item.Content, facts.Rules, facts.Now) is { } refused)
            return new(PlanAction.Skip, refused.Reason, Skipped: refused.Skip);
        if (facts is { TwinInCrm: not null, IsTie: true, Rules.AsksTies: true })
            return new(PlanAction.Skip, "several CRM items fit it equally well; a person decides", Skipped: SkipReason.Tie);
        return facts.TwinInCrm is not null
            ? new(PlanAction.Adopt, "the CRM has an item with the same subject, start and end")
            : new(PlanAction.Import, reason);
    }
}
