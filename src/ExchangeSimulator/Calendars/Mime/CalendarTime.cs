using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>A DATE or DATE-TIME of iCalendar: UTC, in the zone of its TZID, or floating.</summary>
public readonly record struct CalendarTime(DateTime Wall, bool IsUtc, bool IsDate, string? ZoneId)
{
    public static CalendarTime? Parse(string text, string? zoneId = null)
    {
        text = text.Trim();
        if (DateTime.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return new(day, false, true, null);
        var isUtc = text.EndsWith('Z');
        if (DateTime.TryParseExact(isUtc ? text[..^1] : text, "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return new(time, isUtc, false, isUtc ? null : zoneId);
        return null;
    }

    /// <summary>The first value of a line.</summary>
    public static CalendarTime? Of(ContentLine? line) => line == null ? null : Parse(line.Value, line["TZID"]);

    public static IEnumerable<CalendarTime> All(ContentLine line) => line.Value.Split(',').Select(v => Parse(v, line["TZID"])).OfType<CalendarTime>();

    public DateTimeOffset In(TimeZoneInfo zone)
    {
        var plain = ExchangeTime.Bounded(new DateTimeOffset(DateTime.SpecifyKind(Wall, DateTimeKind.Unspecified), TimeSpan.Zero));
        return IsUtc ? plain : ExchangeTime.FromWallClock(Wall, zone);
    }
}
