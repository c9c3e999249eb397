using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>
/// Which zone a TZID means: a Windows or IANA id is taken at its word, anything else by the rules of its VTIMEZONE. Exchange keeps Windows ids, so
/// IANA ids are turned into those.
/// </summary>
public sealed class MimeZones(CalendarComponent calendar, TimeZoneInfo fallback)
{
    private static readonly Lazy<List<TimeZoneInfo>> Known = new(() => TimeZoneInfo.GetSystemTimeZones()
        .Select(z => TimeZoneInfo.TryConvertIanaIdToWindowsId(z.Id, out var windows) ? windows : null)
        .OfType<string>().Distinct().Order(StringComparer.Ordinal).Select(ExchangeTime.FindZone).OfType<TimeZoneInfo>().ToList());

    private readonly Dictionary<string, TimeZoneInfo> _found = new(StringComparer.OrdinalIgnoreCase);

    public TimeZoneInfo Find(string? id)
    {
        if (string.IsNullOrEmpty(id))
            return fallback;
        if (!_found.TryGetValue(id, out var zone))
            _found[id] = zone = Windows(ByName(id) ?? ByRules(id) ?? fallback);
        return zone;
    }

    /// <summary>The Windows id of a zone, where there is one.</summary>
    public static string IdOf(TimeZoneInfo zone) => TimeZoneInfo.TryConvertIanaIdToWindowsId(zone.Id, out var windows) ? windows : zone.Id;

    private static TimeZoneInfo Windows(TimeZoneInfo zone) => ExchangeTime.FindZone(IdOf(zone)) ?? zone;

    /// <summary>Some programs put a path before the IANA id.</summary>
    private static TimeZoneInfo? ByName(string id)
    {
        var parts = id.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return ExchangeTime.FindZone(id) ?? (parts.Length > 2 ? ExchangeTime.FindZone(string.Join('/', parts[^2..])) : null);
    }

    private TimeZoneInfo? ByRules(string id)
    {
        var definition = calendar.Of("VTIMEZONE").FirstOrDefault(z => string.Equals(z.Text("TZID"), id, StringComparison.OrdinalIgnoreCase));
        var rules = definition?.Children.Select(Observance.Read).OfType<Observance>().Take(64).ToList();
        if (rules is not { Count: > 0 })
            return null;
        const int year = 2026;
        var probes = Enumerable.Range(0, 24).Select(i => new DateTime(year, (i / 2) + 1, i % 2 == 0 ? 3 : 18, 12, 0, 0)).Select(t => (Time: t, Offset: Observance.OffsetAt(rules, t))).ToList();
        bool Fits(TimeZoneInfo zone) => probes.TrueForAll(p => zone.GetUtcOffset(p.Time) == p.Offset);
        return Fits(fallback) ? fallback : Known.Value.Find(Fits);
    }

    /// <summary>A STANDARD or DAYLIGHT part: from when in a year which offset holds.</summary>
    private sealed record Observance(int Month, int Rank, DayOfWeek? Day, int DayOfMonth, TimeSpan Offset)
    {
        public static Observance? Read(CalendarComponent part)
        {
            if (OffsetOf(part.Line("TZOFFSETTO")?.Value) is not { } offset)
                return null;
            var start = CalendarTime.Of(part.Line("DTSTART"))?.Wall ?? new DateTime(1601, 1, 1);
            if (part.Line("RRULE") is not { } rule)
                return new(start.Month, 0, null, start.Day, offset);
            try
            {
                return RuleText.Read(rule.Value, DateOnly.FromDateTime(start), TimeZoneInfo.Utc).Pattern switch
                {
                    YearlyPattern { Day: RankedDay ranked } yearly => new(yearly.Month, ranked.Rank, ranked.Days.Days.First(), 1, offset),
                    YearlyPattern { Day: NumberedDay numbered } yearly => new(yearly.Month, 0, null, numbered.Day, offset),
                    _ => new(start.Month, 0, null, start.Day, offset),
                };
            }
            catch (ExchangeError)
            {
                return null;
            }
        }

        public static TimeSpan OffsetAt(List<Observance> rules, DateTime time)
        {
            var ordered = rules.ConvertAll(r => (r.Offset, Onset: r.In(time.Year)));
            ordered.Sort((a, b) => a.Onset.CompareTo(b.Onset));
            var current = ordered.FindLast(r => r.Onset <= time);
            // Before the first onset of a year the last one of the year before holds.
            return current == default ? ordered[^1].Offset : current.Offset;
        }

        private DateTime In(int year)
        {
            DayOfMonth day = Day is { } weekday ? new RankedDay(default(DaySet).With(weekday), Rank) : new NumberedDay(DayOfMonth);
            return (day.In(year, Month) ?? new DateOnly(year, Month, 1)).ToDateTime(TimeOnly.MinValue);
        }

        private static TimeSpan? OffsetOf(string? text)
        {
            if (text is not { Length: >= 5 } || !int.TryParse(text.AsSpan(1, 2), CultureInfo.InvariantCulture, out var hours) || !int.TryParse(text.AsSpan(3, 2), CultureInfo.InvariantCulture, out var minutes) || hours > 14)
                return null;
            var offset = new TimeSpan(hours, minutes, 0);
            return text[0] == '-' ? -offset : offset;
        }
    }
}
