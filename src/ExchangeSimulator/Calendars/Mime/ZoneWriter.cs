using System.Globalization;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>A VTIMEZONE with the rule of the year in question; clients take their zones from it (clients.md 3).</summary>
public static class ZoneWriter
{
    public static void Write(LineWriter lines, TimeZoneInfo zone, string id, int year)
    {
        lines.Add("BEGIN", "VTIMEZONE");
        lines.Add("TZID", id);
        var rule = Array.Find(zone.GetAdjustmentRules(), r => r.DateStart.Year <= year && r.DateEnd.Year >= year && r.DaylightDelta != TimeSpan.Zero && !r.DaylightTransitionStart.IsFixedDateRule);
        if (rule == null)
        {
            Part(lines, "STANDARD", zone.BaseUtcOffset, zone.BaseUtcOffset, null);
        }
        else
        {
            var standard = zone.BaseUtcOffset + rule.BaseUtcOffsetDelta;
            Part(lines, "STANDARD", standard + rule.DaylightDelta, standard, rule.DaylightTransitionEnd);
            Part(lines, "DAYLIGHT", standard, standard + rule.DaylightDelta, rule.DaylightTransitionStart);
        }

        lines.Add("END", "VTIMEZONE");
    }

    private static void Part(LineWriter lines, string name, TimeSpan from, TimeSpan to, TimeZoneInfo.TransitionTime? transition)
    {
        lines.Add("BEGIN", name);
        lines.Add("DTSTART", "16010101T" + (transition?.TimeOfDay ?? default).ToString("HHmmss", CultureInfo.InvariantCulture));
        lines.Add("TZOFFSETFROM", Offset(from));
        lines.Add("TZOFFSETTO", Offset(to));
        if (transition is { } at)
        {
            var day = at.DayOfWeek.ToString()[..2].ToUpperInvariant();
            lines.Add("RRULE", string.Create(CultureInfo.InvariantCulture, $"FREQ=YEARLY;INTERVAL=1;BYDAY={(at.Week == 5 ? -1 : at.Week)}{day};BYMONTH={at.Month}"));
        }

        lines.Add("END", name);
    }

    private static string Offset(TimeSpan offset) => (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString("hhmm", CultureInfo.InvariantCulture);
}
