using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>Result of a merge: the content both sides shall have, and which fields each side still lacks.</summary>
/// <param name="Merged">What both shall say.</param>
/// <param name="ToCrm">Fields in which the CRM differs from it.</param>
/// <param name="ToExchange">Fields in which Exchange differs from it.</param>
/// <param name="Conflicts">Fields that both sides changed to different values.</param>
/// <param name="CrmWon">Who won the conflicts; meaningless without any.</param>
public sealed record MergeResult(ScheduleContent Merged, ScheduleFields ToCrm, ScheduleFields ToExchange, ScheduleFields Conflicts, bool CrmWon);

/// <summary>Field-level merge against what both sides last agreed on. Pure.</summary>
public static class ThreeWayMerge
{
    /// <summary>A field changed on one side travels; changed on both to the same value it is agreed; to different values the policy decides for all such fields together.</summary>
    /// <param name="agreed">The base snapshot; null for a first meeting of twins, where every difference is a conflict.</param>
    /// <param name="crm">What the CRM says.</param>
    /// <param name="exchange">What Exchange says.</param>
    /// <param name="policy">Who wins a conflict. Ask is settled like NewestWins until the conflict inbox exists.</param>
    /// <param name="crmChanged">When the CRM side was last written; for NewestWins alone. A tie is Exchange's.</param>
    /// <param name="exchangeChanged">When the Exchange side was last written.</param>
    public static MergeResult Merge(
        ScheduleContent? agreed, ScheduleContent crm, ScheduleContent exchange, ConflictPolicy policy, Instant crmChanged, Instant exchangeChanged)
    {
        var apart = ScheduleComparison.Difference(crm, exchange);
        var byCrm = agreed is null ? apart : ScheduleComparison.Difference(agreed, crm) & apart;
        var byExchange = agreed is null ? apart : ScheduleComparison.Difference(agreed, exchange) & apart;
        var conflicts = byCrm & byExchange;
        var crmWins = policy switch
        {
            ConflictPolicy.CrmWins => true,
            ConflictPolicy.ExchangeWins => false,
            _ => crmChanged > exchangeChanged,
        };
        // A field apart that neither side changed since the base cannot be: comparison is not transitive only for texts that were rewritten. Exchange speaks then.
        var fromCrm = (byCrm & ~conflicts) | (crmWins ? conflicts : ScheduleFields.None);
        var merged = exchange.WithFieldsOf(crm, fromCrm);
        return new MergeResult(merged, apart & ~fromCrm, fromCrm, conflicts, crmWins);
    }
}
