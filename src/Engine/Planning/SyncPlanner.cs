using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Planning;

/// <summary>Decides what one paired item needs, from what we last agreed on and what each side says now. Pure: same input, same answer.</summary>
/// <remarks>
/// Invariant 2. The table, by (CRM, Exchange): unchanged or changed on either side is a merge; a deletion against an unchanged side follows; a deletion against
/// an edit keeps the edit; gone on both is forgotten. After a plan was carried out the same facts plan nothing.
/// </remarks>
public static class SyncPlanner
{
    private const string EditBeatsDelete = "an edit beats a deletion";
    private const string DeleteBeatsEdit = "and a deletion wins by policy";

    /// <summary>The fields that may be written to this copy in Exchange.</summary>
    public static ScheduleFields Writable(CopyRole role, bool outbound) => !outbound ? ScheduleFields.None
        : role == CopyRole.Own ? ScheduleFields.All & ~ScheduleFields.ReadOnlyInExchange
        : ScheduleFields.Personal & ~ScheduleFields.ReadOnlyInExchange;

    /// <summary>The fields that this copy may change in the CRM.</summary>
    public static ScheduleFields Readable(CopyRole role, bool inbound) => !inbound ? ScheduleFields.None
        : role == CopyRole.Attendee ? ScheduleFields.Personal
        : ScheduleFields.All;

    /// <summary>The base after Exchange's copy was read and its plan carried into the CRM: what the CRM still differs from it is what is to be sent.</summary>
    /// <remarks>Fields that may not come in keep their old base: what a person changed there in Exchange is left alone until the CRM changes the same field.</remarks>
    /// <param name="plan">Of fields that wait for a person nothing was agreed; where the CRM won, what it is about to replace is known and kept.</param>
    public static ScheduleContent AgreedAfter(ItemFacts facts, ScheduleContent exchange, ItemPlan plan) =>
        facts.Agreed is null ? exchange : facts.Agreed.WithFieldsOf(exchange, (Readable(facts.Role, facts.Rules.Inbound) & ~plan.Asked) | (plan.Conflicts & plan.CrmWon & plan.ToExchange));

    public static ItemPlan Plan(ItemFacts facts) => facts.Exchange switch
    {
        ExchangeSide.Gone => facts.Crm.IsDeleted ? new(PlanAction.Forget, "gone on both sides") : PlanGone(facts),
        ExchangeSide.Present present when facts.Crm.IsDeleted => PlanDeletedInCrm(facts, present.Item),
        ExchangeSide.Present present => PlanBothPresent(facts, present.Item),
        _ when facts.Crm.IsDeleted => PlanDeletedInCrm(facts, null),
        _ => PlanSend(facts),
    };

    private static ItemPlan PlanBothPresent(ItemFacts facts, ExchangeItem item)
    {
        if (!facts.Crm.IsCrmBorn && facts.Rules.Inbound && RuleCheck.OnChange(item.Content, facts.Rules) is { } refused)
            return new(PlanAction.Withdraw, refused.Reason, Skipped: refused.Skip);

        var readable = Readable(facts.Role, facts.Rules.Inbound);
        var writable = Writable(facts.Role, facts.Rules.Outbound);
        var merge = ThreeWayMerge.Merge(
            facts.Agreed, facts.Crm.Content, item.Content, facts.Rules.Policies, facts.Crm.ChangedAt, item.LastModified, readable & writable, facts.Contested);

        // A field that cannot be written over there is not ours to win or to ask about: where the copy may speak, it does; else the two stay apart on purpose.
        var asked = merge.Asked & writable & readable;
        var spoken = (merge.ToExchange | merge.Asked) & ~writable & readable;
        // Where only the CRM may speak, its edit does, whatever the policy; what it is written over is kept (found by seed 128 of the worlds with switched links).
        var told = merge.Conflicts & ~merge.CrmWon & writable & ~readable;
        var crmWon = merge.CrmWon | told;
        var toExchange = (merge.ToExchange & writable) | told;
        var toCrm = (merge.ToCrm & readable) | spoken;
        // What the CRM changed and this copy cannot take is undone there: somebody's edit, so it is kept like any loser's.
        var conflicts = (merge.Conflicts & ((crmWon & toExchange) | (toCrm & ~(crmWon & writable)) | asked)) | spoken;
        var merged = facts.Crm.Content.WithFieldsOf(merge.Merged, toCrm & ~spoken).WithFieldsOf(item.Content, spoken);
        if (toCrm == 0 && toExchange == 0)
        {
            return asked == 0
                ? new(PlanAction.StoreKey, "the mapped content is the same", merged)
                : new(PlanAction.Ask, $"both changed {asked}; the policy asks a person", merged, Conflicts: conflicts, Asked: asked);
        }
        return new(
            PlanAction.Merge, ReasonOf(toCrm, toExchange, conflicts & ~asked & ~spoken & ~told, spoken, told, merge.CrmWon & toExchange, asked, facts.Rules), merged, toCrm, toExchange, conflicts,
            crmWon & toExchange, asked,
            MailDecision.OfUpdate(item.Content, merged, toExchange, facts.Rules.Mail, facts.Now));
    }

    // Exchange is taken to be as agreed: what the CRM changed since then goes out; the ChangeKey on the write proves the assumption.
    private static ItemPlan PlanSend(ItemFacts facts)
    {
        if (facts.Agreed is not { } agreed)
            return new(PlanAction.Nothing, "the copy has not been read yet");
        var toExchange = ScheduleComparison.Difference(agreed, facts.Crm.Content) & Writable(facts.Role, facts.Rules.Outbound) & ~facts.Contested;
        return toExchange == 0
            ? new(PlanAction.Nothing, "nothing that may be written has changed", facts.Crm.Content)
            : new(PlanAction.Merge, $"the CRM changed {toExchange}", facts.Crm.Content, ToExchange: toExchange,
                Mail: MailDecision.OfUpdate(agreed, facts.Crm.Content, toExchange, facts.Rules.Mail, facts.Now));
    }

    private static ItemPlan PlanGone(ItemFacts facts)
    {
        var unsent = facts.Agreed is null ? ScheduleFields.None
            : ScheduleComparison.Difference(facts.Agreed, facts.Crm.Content) & Writable(facts.Role, facts.Rules.Outbound);
        if (unsent != 0 && facts.Role == CopyRole.Own && !facts.Crm.HasOtherCopies)
        {
            if (facts.Rules.Deletes == DeleteConflictPolicy.Ask && facts.Rules.Inbound)
                return new(PlanAction.Ask, $"deleted in Exchange, but the CRM had changed {unsent}; the policy asks a person", Conflicts: unsent, Asked: ScheduleFields.All);
            if (facts.Rules.Deletes == DeleteConflictPolicy.DeleteWins && facts.Rules.Inbound)
                return new(PlanAction.DeleteInCrm, $"deleted in Exchange; the CRM had changed {unsent}, {DeleteBeatsEdit}", Conflicts: unsent);
            return facts.Crm.Content.HasAttendees
                ? new(PlanAction.KeepInCrm, $"deleted in Exchange, but the CRM had changed {unsent}; it is not created again because that would invite its attendees anew", Conflicts: unsent, CrmWon: unsent)
                : new(PlanAction.RecreateInExchange, $"deleted in Exchange, but the CRM had changed {unsent}: {EditBeatsDelete}", facts.Crm.Content, Conflicts: unsent, CrmWon: unsent);
        }
        if (!facts.Rules.Inbound)
            return new(PlanAction.KeepInCrm, "deleted in Exchange; the link does not bring changes into the CRM");
        return facts.Crm.HasOtherCopies
            ? new(PlanAction.Leave, "this copy was deleted in Exchange, other people still have theirs")
            : new(PlanAction.DeleteInCrm, "deleted in Exchange");
    }

    private static ItemPlan PlanDeletedInCrm(ItemFacts facts, ExchangeItem? item)
    {
        if (facts.Role != CopyRole.Own)
            return new(PlanAction.Forget, "deleted in the CRM; the meeting is organized elsewhere, so this copy stays");
        var lost = ScheduleFields.None;
        if (item is not null && facts.Agreed is { } agreed)
        {
            // A value that the deleted CRM item has too is no news: our own write, whose answer was lost, looks like this. On a link that only sends the deletion wins, and the edit is kept.
            var edited = ScheduleComparison.Difference(agreed, item.Content) & ScheduleComparison.Difference(facts.Crm.Content, item.Content)
                & Readable(facts.Role, inbound: true) & ~ScheduleFields.ReadOnlyInExchange;
            lost = edited;
            // Where only Exchange speaks, its edit does, whatever the policy; as the CRM's does in PlanGone (found by seed 1260 on SQLite).
            if (edited != 0 && facts.Rules is { Inbound: true, Outbound: false })
                return new(PlanAction.RestoreInCrm, $"deleted in the CRM, but Exchange had changed {edited}, and the link brings in what Exchange says", item.Content, ScheduleFields.All, Conflicts: edited);
            if (edited != 0 && facts.Rules.Inbound && facts.Rules.Deletes == DeleteConflictPolicy.Ask)
                return new(PlanAction.Ask, $"deleted in the CRM, but Exchange had changed {edited}; the policy asks a person", Conflicts: edited, Asked: ScheduleFields.All);
            if (edited != 0 && facts.Rules.Inbound && facts.Rules.Deletes == DeleteConflictPolicy.KeepEdit)
                return new(PlanAction.RestoreInCrm, $"deleted in the CRM, but Exchange had changed {edited}: {EditBeatsDelete}", item.Content, ScheduleFields.All, Conflicts: edited);
        }
        if (!facts.Rules.Outbound)
            return new(PlanAction.Forget, "deleted in the CRM; the link does not send changes to Exchange");
        var content = item?.Content ?? facts.Agreed ?? facts.Crm.Content;
        var invited = item?.MeetingRequestWasSent ?? facts.Invite != InviteState.Pending;
        var reason = lost == 0 ? "deleted in the CRM"
            : $"deleted in the CRM; Exchange had changed {lost}, {(facts.Rules.Inbound ? DeleteBeatsEdit : "and the link brings nothing into the CRM")}";
        return new(PlanAction.DeleteInExchange, reason, Conflicts: lost, CrmWon: lost, Cancellation: MailDecision.OfDelete(content, invited, facts.Rules.Mail, facts.Now));
    }

    private static string ReasonOf(
        ScheduleFields toCrm, ScheduleFields toExchange, ScheduleFields settled, ScheduleFields undone, ScheduleFields told, ScheduleFields crmWon, ScheduleFields asked, LinkRules rules)
    {
        var parts = new List<string>(5);
        if ((toCrm & ~undone) != 0)
            parts.Add($"Exchange changed {toCrm & ~undone}");
        if (undone != 0)
            parts.Add($"the CRM had changed {undone}, which cannot be written to this copy: undone in the CRM");
        if (toExchange != 0)
            parts.Add($"the CRM changed {toExchange}");
        if (told != 0)
            parts.Add($"both changed {told}, and the link brings nothing into the CRM: the CRM wins");
        foreach (var group in settled.Each().GroupBy(field => (CrmWins: (field & crmWon) != 0, Policy: rules.Policies.Of(field))))
            parts.Add($"both changed {group.Aggregate((all, field) => all | field)}, {(group.Key.CrmWins ? "the CRM" : "Exchange")} wins by {group.Key.Policy}");
        if (asked != 0)
            parts.Add($"both changed {asked}; the policy asks a person");
        return string.Join("; ", parts);
    }
}
