using System.Globalization;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>The old form of a time zone, with biases and two changes a year, that availability and working hours use (protocol.md 11).</summary>
public static class BiasZone
{
    /// <exception cref="ExchangeError">ErrorTimeZone when the rule cannot be.</exception>
    public static TimeZoneInfo Read(Node zone)
    {
        try
        {
            var bias = Number(zone, "Bias");
            var (standard, daylight) = (zone.Child("StandardTime")!, zone.Child("DaylightTime")!);
            var offset = TimeSpan.FromMinutes(-bias - Number(standard, "Bias"));
            var delta = TimeSpan.FromMinutes(Number(standard, "Bias") - Number(daylight, "Bias"));
            if (delta == TimeSpan.Zero || Number(standard, "Month") == 0 || Number(daylight, "Month") == 0)
                return TimeZoneInfo.CreateCustomTimeZone("request", offset, "request", "request");
            var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, delta, Change(daylight), Change(standard));
            return TimeZoneInfo.CreateCustomTimeZone("request", offset, "request", "request", "request", [rule]);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidTimeZoneException)
        {
            throw new ExchangeError("ErrorTimeZone", "The time zone of the request is not valid.");
        }
    }

    public static Node Write(string element, TimeZoneInfo zone, int year)
    {
        var rule = zone.GetAdjustmentRules().FirstOrDefault(r => r.DateStart.Year <= year && r.DateEnd.Year >= year && r.DaylightDelta != TimeSpan.Zero);
        var bias = -(int)zone.BaseUtcOffset.TotalMinutes;
        return Node.Types(
            element,
            "",
            Node.Types("Bias", Text(bias)),
            rule == null ? None("StandardTime") : Change("StandardTime", 0, rule.DaylightTransitionEnd),
            rule == null ? None("DaylightTime") : Change("DaylightTime", -(int)rule.DaylightDelta.TotalMinutes, rule.DaylightTransitionStart));
    }

    private static TimeZoneInfo.TransitionTime Change(Node node)
    {
        var time = new DateTime(1, 1, 1) + TimeOnly.Parse(node.ChildText("Time")!, CultureInfo.InvariantCulture).ToTimeSpan();
        var (month, order) = (Number(node, "Month"), Number(node, "DayOrder"));
        return Enum.TryParse<DayOfWeek>(node.ChildText("DayOfWeek"), out var day)
            ? TimeZoneInfo.TransitionTime.CreateFloatingDateRule(time, month, Math.Clamp(order, 1, 5), day)
            : TimeZoneInfo.TransitionTime.CreateFixedDateRule(time, month, order);
    }

    private static Node Change(string element, int bias, TimeZoneInfo.TransitionTime at)
    {
        // A fixed date is told as the week it falls into: the form has no other way.
        var (week, day) = at.IsFixedDateRule ? ((at.Day - 1) / 7 + 1, DayOfWeek.Sunday) : (at.Week, at.DayOfWeek);
        return Node.Types(
            element, "", Node.Types("Bias", Text(bias)), Node.Types("Time", at.TimeOfDay.ToString("HH:mm:ss", CultureInfo.InvariantCulture)),
            Node.Types("DayOrder", Text(week)), Node.Types("Month", Text(at.Month)), Node.Types("DayOfWeek", day.ToString()));
    }

    private static Node None(string element) => Node.Types(
        element, "", Node.Types("Bias", "0"), Node.Types("Time", "00:00:00"), Node.Types("DayOrder", "0"), Node.Types("Month", "0"), Node.Types("DayOfWeek", "Sunday"));

    private static int Number(Node node, string name) => int.Parse(node.ChildText(name)!, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
