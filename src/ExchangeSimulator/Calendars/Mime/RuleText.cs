using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>RRULE (RFC 5545 section 3.3.10) as far as Exchange's patterns reach, in both directions.</summary>
public static class RuleText
{
    private static readonly string[] Days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>The recurrence that a rule means for an event which starts on a day.</summary>
    /// <exception cref="ExchangeError">ErrorMimeContentConversionFailed for a rule that no pattern can hold.</exception>
    public static Recurrence Read(string rule, DateOnly start, TimeZoneInfo zone)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in rule.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', 2) is [var key, var value])
                parts[key.ToUpperInvariant()] = value.ToUpperInvariant();
        }

        var interval = parts.TryGetValue("INTERVAL", out var text) ? Number(text, 1, 1188) : 1;
        var pattern = Pattern(parts, interval, start);
        int? count = parts.TryGetValue("COUNT", out text) ? Number(text, 1, 999) : null;
        DateOnly? end = count == null && parts.TryGetValue("UNTIL", out text) ? Until(text, zone) : null;
        return new(pattern, start, end, count);
    }

    private static RecurrencePattern Pattern(Dictionary<string, string> parts, int interval, DateOnly start)
    {
        var (days, rank) = parts.TryGetValue("BYDAY", out var text) ? ByDay(text) : (default, null);
        if (parts.TryGetValue("BYSETPOS", out text))
            rank = Number(text, -1, 4);
        switch (parts.GetValueOrDefault("FREQ"))
        {
            case "DAILY" when days.IsEmpty:
                return new DailyPattern(interval);
            case "DAILY" when interval == 1:
                return new WeeklyPattern(1, days, DayOfWeek.Sunday);
            case "WEEKLY":
                var first = parts.TryGetValue("WKST", out text) && Array.IndexOf(Days, text) is var at and >= 0 ? (DayOfWeek)at : DayOfWeek.Monday;
                return new WeeklyPattern(interval, days.IsEmpty ? default(DaySet).With(start.DayOfWeek) : days, first);
            case "MONTHLY":
                return new MonthlyPattern(interval, Day(parts, days, rank, start));
            case "YEARLY":
                var month = parts.TryGetValue("BYMONTH", out text) ? Number(text, 1, 12) : start.Month;
                var day = Day(parts, days, rank, start);
                // There is no interval of years: Outlook keeps them as months (protocol.md 6).
                return interval == 1 ? new YearlyPattern(month, day) : new MonthlyPattern(Math.Min(12 * interval, 1188), day);
            default:
                throw Unconvertible();
        }
    }

    private static DayOfMonth Day(Dictionary<string, string> parts, DaySet days, int? rank, DateOnly start)
    {
        if (parts.TryGetValue("BYMONTHDAY", out var text))
            return text == "-1" ? new RankedDay(DaySet.All, RankedDay.Last) : new NumberedDay(Number(text, 1, 31));
        if (days.IsEmpty)
            return new NumberedDay(start.Day);
        if (days.Days.Count() > 1 && days != DaySet.All && days != DaySet.Weekdays && days != DaySet.Weekend)
            throw Unconvertible();
        return new RankedDay(days, rank switch { -1 => RankedDay.Last, null or 0 => throw Unconvertible(), 5 => RankedDay.Last, var n => n.Value });
    }

    private static (DaySet Days, int? Rank) ByDay(string text)
    {
        var days = default(DaySet);
        int? rank = null;
        foreach (var entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (entry.Length < 2 || Array.IndexOf(Days, entry[^2..]) is not (var day and >= 0))
                throw Unconvertible();
            days = days.With((DayOfWeek)day);
            if (entry.Length > 2)
                rank = Number(entry[..^2].TrimStart('+'), -1, 5);
        }

        return (days, rank);
    }

    private static DateOnly Until(string text, TimeZoneInfo zone)
    {
        if (text.Length == 8 && DateOnly.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        if (CalendarTime.Parse(text) is not { } time)
            throw Unconvertible();
        return DateOnly.FromDateTime(time.IsUtc ? TimeZoneInfo.ConvertTime(new DateTimeOffset(time.Wall, TimeSpan.Zero), zone).DateTime : time.Wall);
    }

    public static string Write(Recurrence recurrence, Series series)
    {
        var text = Write(recurrence.Pattern);
        if (recurrence.Count is { } count)
            return string.Create(CultureInfo.InvariantCulture, $"{text};COUNT={count}");
        if (recurrence.End == null)
            return text;
        var last = series.StartOf(recurrence.Last ?? recurrence.Start).UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{text};UNTIL={last:yyyyMMdd'T'HHmmss'Z'}");
    }

    private static string Write(RecurrencePattern pattern) => string.Create(CultureInfo.InvariantCulture, $"FREQ={pattern switch
    {
        DailyPattern daily => $"DAILY;INTERVAL={daily.Interval}",
        WeeklyPattern weekly => $"WEEKLY;INTERVAL={weekly.Interval};BYDAY={Names(weekly.Days)};WKST={Days[(int)weekly.FirstDay]}",
        MonthlyPattern monthly => $"MONTHLY;INTERVAL={monthly.Interval};{Write(monthly.Day)}",
        YearlyPattern yearly => $"YEARLY;INTERVAL=1;{Write(yearly.Day)};BYMONTH={yearly.Month}",
        _ => throw Unconvertible(),
    }}");

    private static string Write(DayOfMonth day) => day switch
    {
        NumberedDay numbered => string.Create(CultureInfo.InvariantCulture, $"BYMONTHDAY={numbered.Day}"),
        RankedDay { Days: var days, Rank: var rank } when days.Days.Count() == 1 => string.Create(CultureInfo.InvariantCulture, $"BYDAY={(rank == RankedDay.Last ? -1 : rank)}{Names(days)}"),
        RankedDay { Days: var days, Rank: var rank } => string.Create(CultureInfo.InvariantCulture, $"BYDAY={Names(days)};BYSETPOS={(rank == RankedDay.Last ? -1 : rank)}"),
        _ => throw Unconvertible(),
    };

    private static string Names(DaySet days) => string.Join(',', days.Days.Select(d => Days[(int)d]));

    private static int Number(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : throw Unconvertible();

    private static ExchangeError Unconvertible() => new("ErrorMimeContentConversionFailed", "The recurrence rule of the MIME content cannot be converted.");
}
