using System.Globalization;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>A VTIMEZONE with the rule of the year in question; clients take their zones from it (clients.md 3).</summary>
public static class ZoneWriter
{
    public static void Write(LineWriter lines, TimeZoneInfo zone, string id, int year)
    {
        lines.Add("BEGIN", "VTIMEZONE");
        lines.Add("TZID", id);
        var changes = Changes(zone, year);
        if (changes.Count == 2)
            changes.ForEach(c => Part(lines, c.To < c.From ? "STANDARD" : "DAYLIGHT", c));
        else
            Part(lines, "STANDARD", new(null, zone.GetUtcOffset(new DateTime(year, 7, 1)), zone.GetUtcOffset(new DateTime(year, 7, 1))));
        lines.Add("END", "VTIMEZONE");
    }

    /// <summary>Wall-clock time, by the old offset, at which another offset begins.</summary>
    private sealed record Change(DateTime? At, TimeSpan From, TimeSpan To);

    /// <summary>Found by looking at the clock: the system's own rules are kept in too many forms.</summary>
    private static List<Change> Changes(TimeZoneInfo zone, int year)
    {
        var found = new List<Change>();
        var start = new DateTime(Math.Clamp(year, 1970, 2400), 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var day = start; day.Year == start.Year; day = day.AddDays(1))
        {
            var (from, to) = (zone.GetUtcOffset(day), zone.GetUtcOffset(day.AddDays(1)));
            if (from == to)
                continue;
            var (low, high) = (0, 24 * 60);
            while (high - low > 1)
            {
                var middle = (low + high) / 2;
                if (zone.GetUtcOffset(day.AddMinutes(middle)) == from)
                    low = middle;
                else
                    high = middle;
            }

            found.Add(new(day.AddMinutes(high) + from, from, to));
        }

        return found;
    }

    private static void Part(LineWriter lines, string name, Change change)
    {
        lines.Add("BEGIN", name);
        lines.Add("DTSTART", "16010101T" + (change.At?.TimeOfDay ?? default).ToString("hhmmss", CultureInfo.InvariantCulture));
        lines.Add("TZOFFSETFROM", Offset(change.From));
        lines.Add("TZOFFSETTO", Offset(change.To));
        if (change.At is { } at)
        {
            var week = at.Day + 7 > DateTime.DaysInMonth(at.Year, at.Month) ? -1 : ((at.Day - 1) / 7) + 1;
            lines.Add("RRULE", string.Create(CultureInfo.InvariantCulture, $"FREQ=YEARLY;INTERVAL=1;BYDAY={week}{at.DayOfWeek.ToString()[..2].ToUpperInvariant()};BYMONTH={at.Month}"));
        }

        lines.Add("END", name);
    }

    private static string Offset(TimeSpan offset) => (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString("hhmm", CultureInfo.InvariantCulture);
}
