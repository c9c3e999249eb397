using System.Globalization;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Calendars.Mime;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 6, table of patterns: the dates of each, against a day-by-day search that knows nothing of periods.</summary>
public sealed class RecurrenceTests(ITestOutputHelper output)
{
    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Recurrence Read(string pattern, string range) =>
        RecurrenceElement.Read(NodeReader.Read($"<t:Recurrence xmlns:t=\"{Names.Types}\">{pattern}{range}</t:Recurrence>"), ExchangeHabits.Believed);

    private static string Numbered(string start, int count) =>
        $"<t:NumberedRecurrence><t:StartDate>{start}</t:StartDate><t:NumberOfOccurrences>{count}</t:NumberOfOccurrences></t:NumberedRecurrence>";

    private static string Until(string start, string end) => $"<t:EndDateRecurrence><t:StartDate>{start}</t:StartDate><t:EndDate>{end}</t:EndDate></t:EndDateRecurrence>";

    private static string Endless(string start) => $"<t:NoEndRecurrence><t:StartDate>{start}</t:StartDate></t:NoEndRecurrence>";

    [Theory]
    [InlineData("<t:DailyRecurrence><t:Interval>3</t:Interval></t:DailyRecurrence>", "2026-02-27", "2026-02-27 2026-03-02 2026-03-05")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday Thursday</t:DaysOfWeek></t:WeeklyRecurrence>", "2026-03-03", "2026-03-05 2026-03-16 2026-03-19")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Sunday Monday</t:DaysOfWeek></t:WeeklyRecurrence>", "2026-03-09", "2026-03-09 2026-03-22 2026-03-23")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Sunday Monday</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>", "2026-03-09", "2026-03-09 2026-03-15 2026-03-23")]
    [InlineData("<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>", "2026-01-31", "2026-01-31 2026-02-28 2026-03-31")]
    [InlineData("<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>", "2026-01-01", "2026-01-30 2026-02-27 2026-03-31")]
    [InlineData("<t:RelativeMonthlyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>", "2026-01-14", "2026-03-10 2026-05-12 2026-07-14")]
    [InlineData("<t:AbsoluteYearlyRecurrence><t:DayOfMonth>29</t:DayOfMonth><t:Month>February</t:Month></t:AbsoluteYearlyRecurrence>", "2024-02-29", "2024-02-29 2025-02-28 2026-02-28")]
    [InlineData("<t:RelativeYearlyRecurrence><t:DaysOfWeek>WeekendDay</t:DaysOfWeek><t:DayOfWeekIndex>First</t:DayOfWeekIndex><t:Month>May</t:Month></t:RelativeYearlyRecurrence>", "2026-06-01", "2027-05-01 2028-05-06 2029-05-05")]
    public void Each_pattern_gives_its_first_dates(string pattern, string start, string expected)
    {
        var wanted = expected.Split(' ').Select(Day).ToList();
        Read(pattern, Endless(start)).Dates(Day(start)).Take(3).ShouldBe(wanted);
        Read(pattern, Numbered(start, 3)).Dates(Day(start)).ShouldBe(wanted);
        Read(pattern, Numbered(start, 3)).Last.ShouldBe(wanted[2]);
        Read(pattern, Until(start, expected.Split(' ')[1])).Dates(Day(start)).ShouldBe(wanted.Take(2));
    }

    [Theory]
    [InlineData("<t:DailyRecurrence><t:Interval>0</t:Interval></t:DailyRecurrence>", "ErrorCalendarOutOfRange")]
    [InlineData("<t:DailyRecurrence><t:Interval>1000</t:Interval></t:DailyRecurrence>", "ErrorCalendarOutOfRange")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>100</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence>", "ErrorCalendarOutOfRange")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek></t:WeeklyRecurrence>", "ErrorCalendarInvalidDayForWeeklyRecurrence")]
    [InlineData("<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek></t:DaysOfWeek></t:WeeklyRecurrence>", "ErrorCalendarInvalidRecurrence")]
    [InlineData("<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>32</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>", "ErrorCalendarOutOfRange")]
    public void Values_beyond_their_range_are_refused(string pattern, string code) =>
        Should.Throw<ExchangeError>(() => Read(pattern, Endless("2026-01-01"))).Code.ShouldBe(code);

    [Fact]
    public void An_end_after_the_last_day_of_calendars_is_too_big() =>
        Should.Throw<ExchangeError>(() => Read("<t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>", Until("2026-01-01", "4500-09-01"))).Code.ShouldBe("ErrorRecurrenceEndDateTooBig");

    [Fact]
    public void Any_pattern_gives_what_a_search_day_by_day_gives()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var anchor = new DateOnly(2000, 1, 1).AddDays(random.Next(12000));
            var (pattern, matches) = Any(random, anchor);
            var from = anchor.AddDays(random.Next(-100, 2000));
            var to = from.AddDays(random.Next(1, 900));
            var expected = Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(from.AddDays).Where(d => d >= anchor && matches(d)).ToList();
            pattern.Forward(anchor, from).TakeWhile(d => d <= to).ShouldBe(expected, $"{pattern} from {anchor}, round {i} of seed {seed}");
            pattern.Backward(anchor, to).TakeWhile(d => d >= from).Reverse().ShouldBe(expected, $"{pattern} back to {anchor}, round {i} of seed {seed}");
        }
    }

    [Fact]
    public void Any_recurrence_survives_its_element_and_its_rule()
    {
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var start = new DateOnly(2020, 1, 1).AddDays(random.Next(4000));
            var recurrence = new Recurrence(Any(random, start).Pattern, start, random.Next(3) == 0 ? start.AddDays(random.Next(2000)) : null);
            if (recurrence.End == null && random.Next(2) == 0)
                recurrence = new(recurrence.Pattern, start, count: random.Next(1, 999));
            if (recurrence.First is not { } first)
                continue;
            RecurrenceElement.Read(RecurrenceElement.Write(recurrence), ExchangeHabits.Believed).Dates(start).Take(20).ShouldBe(recurrence.Dates(start).Take(20));
            var rule = RuleText.Write(recurrence, new Series(recurrence, TimeZoneInfo.Utc, TimeSpan.FromHours(9), TimeSpan.FromHours(10)));
            RuleText.Read(rule, first, TimeZoneInfo.Utc).Dates(first).Take(20).ShouldBe(recurrence.Dates(start).Take(20), rule);
        }
    }

    [Fact]
    public void An_endless_series_ends_with_the_calendar()
    {
        var daily = new Recurrence(new DailyPattern(1), new DateOnly(2026, 1, 1));
        daily.Dates(new DateOnly(4500, 8, 30)).Count().ShouldBe(2);
        daily.At(int.MaxValue).ShouldBeNull();
        daily.At(0).ShouldBeNull();
        daily.Last.ShouldBeNull();
    }

    /// <summary>A random pattern, and the same as a plain question about one day.</summary>
    internal static (RecurrencePattern Pattern, Func<DateOnly, bool> Matches) Any(Random random, DateOnly anchor)
    {
        var interval = random.Next(1, 6);
        switch (random.Next(4))
        {
            case 0:
                return (new DailyPattern(interval), d => (d.DayNumber - anchor.DayNumber) % interval == 0);
            case 1:
                var days = new DaySet((byte)random.Next(1, 128));
                var first = (DayOfWeek)random.Next(7);
                int Week(DateOnly d)
                {
                    while (d.DayOfWeek != first)
                        d = d.AddDays(-1);
                    return d.DayNumber / 7;
                }

                return (new WeeklyPattern(interval, days, first), d => days.Holds(d.DayOfWeek) && (Week(d) - Week(anchor)) % interval == 0);
            case 2:
                var (day, holds) = AnyDay(random);
                return (new MonthlyPattern(interval, day), d => ((d.Year - anchor.Year) * 12 + d.Month - anchor.Month) % interval == 0 && holds(d));
            default:
                var month = random.Next(1, 13);
                (day, holds) = AnyDay(random);
                return (new YearlyPattern(month, day), d => d.Month == month && holds(d));
        }
    }

    private static (DayOfMonth Day, Func<DateOnly, bool> Holds) AnyDay(Random random)
    {
        if (random.Next(2) == 0)
        {
            var number = random.Next(1, 32);
            return (new NumberedDay(number), d => d.Day == number || (number > d.Day && d.AddDays(1).Day == 1));
        }

        DaySet[] sets = [DaySet.All, DaySet.Weekdays, DaySet.Weekend, default(DaySet).With((DayOfWeek)random.Next(7))];
        var set = sets[random.Next(4)];
        var rank = random.Next(1, 6);
        return (new RankedDay(set, rank), d =>
        {
            if (!set.Holds(d.DayOfWeek))
                return false;
            var before = Enumerable.Range(1, d.Day - 1).Count(n => set.Holds(new DateOnly(d.Year, d.Month, n).DayOfWeek));
            var after = Enumerable.Range(1, 31).Count(n => d.AddDays(n).Month == d.Month && d.AddDays(n).Year == d.Year && set.Holds(d.AddDays(n).DayOfWeek));
            return rank == RankedDay.Last ? after == 0 : before == rank - 1;
        });
    }
}
