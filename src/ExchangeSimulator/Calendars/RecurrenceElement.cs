using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>The Recurrence element of the schema, read and written (protocol.md 6, table of patterns).</summary>
public static class RecurrenceElement
{
    private static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames;
    private static readonly string[] Ranks = ["First", "Second", "Third", "Fourth", "Last"];

    /// <summary>Numbers beyond these are ErrorCalendarOutOfRange; believed values (protocol.md 6).</summary>
    private const int MaxDays = 999, MaxWeeks = 99, MaxMonths = 1188, MaxOccurrences = 999;

    /// <exception cref="ExchangeError">ErrorCalendarInvalidRecurrence, ErrorCalendarInvalidDayForWeeklyRecurrence, ErrorCalendarOutOfRange, ErrorRecurrenceEndDateTooBig.</exception>
    public static Recurrence Read(Node element, ExchangeHabits habits)
    {
        if (element.Children.Count != 2)
            throw Invalid();
        var (pattern, range) = (Pattern(element.Children[0], habits), element.Children[1]);
        var start = Date(range.ChildText("StartDate"));
        switch (range.Name)
        {
            case "NoEndRecurrence":
                return new(pattern, start);
            case "EndDateRecurrence":
                var end = Date(range.ChildText("EndDate"));
                if (end > RecurrencePattern.Latest)
                    throw new ExchangeError("ErrorRecurrenceEndDateTooBig", "The end date of the recurrence is too big.");
                return new(pattern, start, end);
            case "NumberedRecurrence":
                return new(pattern, start, count: Number(range, "NumberOfOccurrences", MaxOccurrences));
            default:
                throw Invalid();
        }
    }

    /// <summary>The element again with its range beginning on another day; dates come back with an offset, Z for UTC.</summary>
    public static Node Stored(Node element, DateOnly start, TimeZoneInfo zone)
    {
        var stored = element.DeepCopy();
        foreach (var date in stored.Children[1].Children.Where(c => c.Name is "StartDate" or "EndDate"))
            date.Text = Text(date.Name == "StartDate" ? start : Date(date.Text), zone);
        return stored;
    }

    public static string Text(DateOnly date, TimeZoneInfo zone)
    {
        var day = date.ToDateTime(TimeOnly.MinValue);
        var offset = zone.GetUtcOffset(day);
        return offset == TimeSpan.Zero ? $"{day:yyyy-MM-dd}Z" : new DateTimeOffset(day, offset).ToString("yyyy-MM-ddzzz", CultureInfo.InvariantCulture);
    }

    /// <summary>Makes the element of a recurrence that came in another form.</summary>
    public static Node Write(Recurrence recurrence)
    {
        var (pattern, range) = (Write(recurrence.Pattern), Node.Types("NoEndRecurrence", "", Plain("StartDate", recurrence.Start)));
        if (recurrence.Count is { } count)
            range = Node.Types("NumberedRecurrence", "", Plain("StartDate", recurrence.Start), Node.Types("NumberOfOccurrences", Text(count)));
        else if (recurrence.End is { } end)
            range = Node.Types("EndDateRecurrence", "", Plain("StartDate", recurrence.Start), Plain("EndDate", end));
        return Node.Types("Recurrence", "", pattern, range);
    }

    private static Node Write(RecurrencePattern pattern) => pattern switch
    {
        DailyPattern daily => Node.Types("DailyRecurrence", "", Node.Types("Interval", Text(daily.Interval))),
        WeeklyPattern weekly => Node.Types(
            "WeeklyRecurrence",
            "",
            Node.Types("Interval", Text(weekly.Interval)),
            Node.Types("DaysOfWeek", string.Join(' ', weekly.Days.Days)),
            Node.Types("FirstDayOfWeek", weekly.FirstDay.ToString())),
        MonthlyPattern { Day: NumberedDay day } monthly => Node.Types(
            "AbsoluteMonthlyRecurrence", "", Node.Types("Interval", Text(monthly.Interval)), Node.Types("DayOfMonth", Text(day.Day))),
        MonthlyPattern { Day: RankedDay day } monthly => Node.Types(
            "RelativeMonthlyRecurrence", "", Node.Types("Interval", Text(monthly.Interval)), Node.Types("DaysOfWeek", Name(day.Days)), Node.Types("DayOfWeekIndex", Ranks[day.Rank - 1])),
        YearlyPattern { Day: NumberedDay day } yearly => Node.Types(
            "AbsoluteYearlyRecurrence", "", Node.Types("DayOfMonth", Text(day.Day)), Node.Types("Month", Months[yearly.Month - 1])),
        YearlyPattern { Day: RankedDay day } yearly => Node.Types(
            "RelativeYearlyRecurrence", "", Node.Types("DaysOfWeek", Name(day.Days)), Node.Types("DayOfWeekIndex", Ranks[day.Rank - 1]), Node.Types("Month", Months[yearly.Month - 1])),
        _ => throw Invalid(),
    };

    private static RecurrencePattern Pattern(Node pattern, ExchangeHabits habits) => pattern.Name switch
    {
        "DailyRecurrence" => new DailyPattern(Number(pattern, "Interval", MaxDays)),
        "WeeklyRecurrence" => Weekly(pattern),
        "AbsoluteMonthlyRecurrence" => new MonthlyPattern(Number(pattern, "Interval", MaxMonths), Numbered(pattern, habits)),
        "RelativeMonthlyRecurrence" => new MonthlyPattern(Number(pattern, "Interval", MaxMonths), Ranked(pattern)),
        "AbsoluteYearlyRecurrence" => new YearlyPattern(Month(pattern), Numbered(pattern, habits)),
        "RelativeYearlyRecurrence" => new YearlyPattern(Month(pattern), Ranked(pattern)),
        _ => throw Invalid(),
    };

    private static WeeklyPattern Weekly(Node pattern)
    {
        var days = default(DaySet);
        foreach (var name in (pattern.ChildText("DaysOfWeek") ?? "").Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse<DayOfWeek>(name, out var day))
                throw new ExchangeError("ErrorCalendarInvalidDayForWeeklyRecurrence", "Day, Weekday and WeekendDay cannot be used in a weekly recurrence.");
            days = days.With(day);
        }

        if (days.IsEmpty)
            throw Invalid();
        var first = pattern.ChildText("FirstDayOfWeek") is { } text && Enum.TryParse<DayOfWeek>(text, out var start) ? start : DayOfWeek.Sunday;
        return new(Number(pattern, "Interval", MaxWeeks), days, first);
    }

    private static NumberedDay Numbered(Node pattern, ExchangeHabits habits) => new(Number(pattern, "DayOfMonth", 31), habits.ShortMonthsUseTheirLastDay);

    private static RankedDay Ranked(Node pattern) => new(Days(pattern.ChildText("DaysOfWeek")), Array.IndexOf(Ranks, pattern.ChildText("DayOfWeekIndex")?.Trim()) + 1);

    private static int Month(Node pattern) => Array.IndexOf(Months, pattern.ChildText("Month")?.Trim()) is var at and >= 0 and < 12 ? at + 1 : throw Invalid();

    private static DaySet Days(string? name) => name?.Trim() switch
    {
        "Day" => DaySet.All,
        "Weekday" => DaySet.Weekdays,
        "WeekendDay" => DaySet.Weekend,
        { } text when Enum.TryParse<DayOfWeek>(text, out var day) => default(DaySet).With(day),
        _ => throw Invalid(),
    };

    private static string Name(DaySet days) =>
        days == DaySet.All ? "Day" : days == DaySet.Weekdays ? "Weekday" : days == DaySet.Weekend ? "WeekendDay" : days.Days.First().ToString();

    private static int Number(Node parent, string name, int max)
    {
        if (!int.TryParse(parent.ChildText(name), CultureInfo.InvariantCulture, out var number) || number < 1 || number > max)
            throw new ExchangeError("ErrorCalendarOutOfRange", $"{name} is out of range.");
        return number;
    }

    private static DateOnly Date(string? text)
    {
        if (text == null || !DateOnly.TryParseExact(text.Trim() is { Length: > 10 } longer ? longer[..10] : text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            throw Invalid();
        if (date.Year is <= 1601 or > 9000)
            throw new ExchangeError("ErrorCalendarOutOfRange", "The date is out of range.");
        return date;
    }

    private static Node Plain(string name, DateOnly date) => Node.Types(name, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static ExchangeError Invalid() => new("ErrorCalendarInvalidRecurrence", "The recurrence is not valid.");
}
