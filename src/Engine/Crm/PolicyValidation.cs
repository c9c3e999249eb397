using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Crm;

/// <summary>Whether a target's conflict policies can be kept at all, given what its links may do. Pure.</summary>
internal static class PolicyValidation
{
    public static void Check(SyncTarget target, Action<string, string, string> add)
    {
        var any = target.ScheduleDirection | target.TaskDirection | target.ContactDirection;
        if (Contradiction(target.ConflictPolicy, any) is var (cause, cure))
            add("conflictPolicy", cause, cure);
        foreach (var (name, policy) in (target.FieldPolicies ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            CheckField(target, name, policy, add);
        if (target.DeletePolicy == DeleteConflictPolicy.Ask && any is SyncDirection.Inbound or SyncDirection.Outbound)
            add("deletePolicy", $"'Ask' contradicts links that travel {any} only: nobody else deletes, so there is never anything to ask.", "Choose 'keepEdit' or 'deleteWins', or let a kind travel both ways.");
    }

    private static void CheckField(SyncTarget target, string name, ConflictPolicy policy, Action<string, string, string> add)
    {
        var at = $"fieldPolicies.{name}";
        if (FieldNames.Find(name) is not { } field)
        {
            add(at, $"There is no field '{name}'.", $"Use one of {string.Join(", ", FieldNames.Names)}.");
            return;
        }
        if (target.FieldPolicies!.Keys.Count(other => FieldNames.Find(other) == field) > 1)
            add(at, "The field is named twice.", "Name each field once.");
        if ((field & ScheduleFields.ReadOnlyInExchange) != 0 && policy != ConflictPolicy.ExchangeWins)
            add(at, $"'{policy}' contradicts what the field is: Exchange alone sets it, so the CRM can never win it.", "Leave it out, or choose 'exchangeWins'.");
        else if (Contradiction(policy, target.ScheduleDirection) is var (cause, cure))
            add(at, cause, cure);
    }

    private static (string Cause, string Cure)? Contradiction(ConflictPolicy policy, SyncDirection direction) => (policy, direction) switch
    {
        (ConflictPolicy.CrmWins, SyncDirection.Inbound) => ("'CrmWins' contradicts a target that only brings items into the CRM: the CRM's value is never written to Exchange.", "Choose 'exchangeWins' or 'newestWins', or let items travel both ways."),
        (ConflictPolicy.ExchangeWins, SyncDirection.Outbound) => ("'ExchangeWins' contradicts a target that only sends items to Exchange: Exchange's value never reaches the CRM.", "Choose 'crmWins' or 'newestWins', or let items travel both ways."),
        (ConflictPolicy.Ask, SyncDirection.Inbound or SyncDirection.Outbound) => ($"'Ask' contradicts a target whose items travel {direction} only: one side never changes the other, so there is nothing to ask.", "Choose the side that writes, or let items travel both ways."),
        _ => null,
    };
}
