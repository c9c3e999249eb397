using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>Whether a link's business rules admit an Exchange-born item (requirement L5, invariant 16). Pure.</summary>
public static class RuleCheck
{
    /// <summary>For an item that wants to enter: all rules. Null admits it.</summary>
    public static (SkipReason Skip, string Reason)? OnEntry(ScheduleContent content, LinkRules rules, Instant now)
    {
        if (!rules.Inbound)
            return (SkipReason.InboundOff, "the link does not bring items into the CRM");
        if (OnChange(content, rules) is { } refused)
            return refused;
        if (rules.StartsAt is { } start && content.Time.End < start)
            return (SkipReason.OutsideWindow, "it ended before the link's start date");
        if (rules.WindowDaysBack is { } back && content.Time.End < now - Duration.FromDays(back))
            return (SkipReason.OutsideWindow, $"it ended more than {back} days ago");
        if (rules.WindowDaysAhead is { } ahead && content.Time.Start > now + Duration.FromDays(ahead))
            return (SkipReason.OutsideWindow, $"it starts more than {ahead} days ahead");
        return null;
    }

    /// <summary>For an item that is in: only what a person changed counts, never the passing of time.</summary>
    public static (SkipReason Skip, string Reason)? OnChange(ScheduleContent content, LinkRules rules)
    {
        if (rules.AcceptedShowAs is { } showAs && !showAs.Contains(content.ShowAs))
            return (SkipReason.ShowAs, $"it shows as {content.ShowAs}, which the link does not accept");
        if (rules.AcceptedSensitivities is { } sensitivities && !sensitivities.Contains(content.Sensitivity))
            return (SkipReason.Sensitivity, $"its sensitivity is {content.Sensitivity}, which the link does not accept");
        return null;
    }
}
