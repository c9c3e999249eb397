using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>Who wins where: one policy, and others for single fields.</summary>
public sealed record MergePolicies(ConflictPolicy Default, IReadOnlyDictionary<ScheduleFields, ConflictPolicy>? PerField = null)
{
    public ConflictPolicy Of(ScheduleFields field) => PerField is not null && PerField.TryGetValue(field, out var own) ? own : Default;

    public static implicit operator MergePolicies(ConflictPolicy policy) => new(policy);
}

/// <summary>Result of a merge: the content both sides shall have, and which fields each side still lacks.</summary>
/// <param name="Merged">What both shall say; of asked fields it has Exchange's values, which nobody is to take.</param>
/// <param name="ToCrm">Fields in which the CRM differs from it.</param>
/// <param name="ToExchange">Fields in which Exchange differs from it. A field merged by its parts may be in both.</param>
/// <param name="Conflicts">Fields that both sides changed to different values and that could not be merged.</param>
/// <param name="CrmWon">Those of them that the CRM won.</param>
/// <param name="Asked">Those of them that wait for a person: they travel in neither direction.</param>
public sealed record MergeResult(
    ScheduleContent Merged, ScheduleFields ToCrm, ScheduleFields ToExchange, ScheduleFields Conflicts, ScheduleFields CrmWon, ScheduleFields Asked = ScheduleFields.None);

/// <summary>Field-level merge against what both sides last agreed on. Pure.</summary>
public static class ThreeWayMerge
{
    /// <summary>A field changed on one side travels; changed on both to the same value it is agreed; else it is merged by its parts, and what is left is settled by policy.</summary>
    /// <param name="agreed">The base snapshot; null for a first meeting of twins, where every difference is a conflict.</param>
    /// <param name="crm">What the CRM says.</param>
    /// <param name="exchange">What Exchange says.</param>
    /// <param name="policies">Who wins a conflict.</param>
    /// <param name="crmChanged">When the CRM side was last written; for NewestWins alone. A tie is Exchange's.</param>
    /// <param name="exchangeChanged">When the Exchange side was last written.</param>
    /// <param name="byParts">Fields that may travel both ways, so that a mix of both sides can be agreed on.</param>
    /// <param name="contested">Fields that wait for a person already: until both sides agree, nothing but that person settles them.</param>
    public static MergeResult Merge(
        ScheduleContent? agreed, ScheduleContent crm, ScheduleContent exchange, MergePolicies policies, Instant crmChanged, Instant exchangeChanged,
        ScheduleFields byParts = ScheduleFields.None, ScheduleFields contested = ScheduleFields.None)
    {
        var apart = ScheduleComparison.Difference(crm, exchange);
        var byCrm = agreed is null ? apart : ScheduleComparison.Difference(agreed, crm) & apart;
        var byExchange = agreed is null ? apart : ScheduleComparison.Difference(agreed, exchange) & apart;
        var asked = contested & apart;
        var clashes = byCrm & byExchange & ~asked;
        // A field apart that neither side changed since the base cannot be: comparison is not transitive only for texts that were rewritten. Exchange speaks then.
        var fromCrm = byCrm & ~clashes & ~asked;
        var merged = exchange.WithFieldsOf(crm, fromCrm);
        var mixed = ScheduleFields.None;
        foreach (var field in agreed is null ? [] : (clashes & byParts & PartMerge.Fields).Each())
        {
            if (PartMerge.Merge(field, agreed!, crm, exchange) is not { } parts)
                continue;
            merged = merged.WithFieldsOf(parts, field);
            mixed |= field;
        }
        var conflicts = asked | (clashes & ~mixed);
        var crmWon = ScheduleFields.None;
        foreach (var field in (clashes & ~mixed).Each())
        {
            var policy = policies.Of(field);
            if (policy == ConflictPolicy.Ask)
                asked |= field;
            else if (policy == ConflictPolicy.CrmWins || (policy == ConflictPolicy.NewestWins && crmChanged > exchangeChanged))
                crmWon |= field;
        }
        merged = merged.WithFieldsOf(crm, crmWon);
        var settled = apart & ~asked & ~mixed;
        var toExchange = (settled & (fromCrm | crmWon)) | (mixed & ScheduleComparison.Difference(exchange, merged));
        var toCrm = (settled & ~(fromCrm | crmWon)) | (mixed & ScheduleComparison.Difference(crm, merged));
        return new MergeResult(merged, toCrm, toExchange, conflicts, crmWon, asked);
    }
}
