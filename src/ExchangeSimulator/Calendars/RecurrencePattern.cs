namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>
/// Arithmetic of one recurrence pattern on dates alone. A pattern divides time into periods counted from its anchor, the first day of the range;
/// each period holds its dates in order. So a calendar view far from the start, and the last date of a range, cost nothing in between.
/// </summary>
public abstract record RecurrencePattern
{
    /// <summary>Calendars end here: no date is ever given beyond.</summary>
    public static readonly DateOnly Latest = new(4500, 8, 31);

    /// <summary>Dates of the pattern on or after <paramref name="from"/> and never before the anchor.</summary>
    public IEnumerable<DateOnly> Forward(DateOnly anchor, DateOnly from)
    {
        if (from < anchor)
            from = anchor;
        if (from > Latest)
            yield break;
        for (var period = PeriodOf(anchor, from); PeriodStarts(anchor, period); period++)
        {
            foreach (var date in InPeriod(anchor, period))
            {
                if (date > Latest)
                    yield break;
                if (date >= from)
                    yield return date;
            }
        }
    }

    /// <summary>Dates on or before <paramref name="to"/>, newest first, down to the anchor.</summary>
    public IEnumerable<DateOnly> Backward(DateOnly anchor, DateOnly to)
    {
        if (to > Latest)
            to = Latest;
        for (var period = to < anchor ? -1 : PeriodOf(anchor, to); period >= 0; period--)
        {
            foreach (var date in InPeriod(anchor, period).Reverse())
            {
                if (date <= to && date >= anchor)
                    yield return date;
            }
        }
    }

    /// <summary>Number of the period that holds the date or is the last to begin before it.</summary>
    protected abstract int PeriodOf(DateOnly anchor, DateOnly date);

    /// <summary>Whether the period begins before calendars end.</summary>
    protected abstract bool PeriodStarts(DateOnly anchor, int period);

    protected abstract IEnumerable<DateOnly> InPeriod(DateOnly anchor, int period);

    protected static int Months(DateOnly date) => (date.Year * 12) + date.Month - 1;
}

/// <summary>Every so many days.</summary>
public sealed record DailyPattern(int Interval) : RecurrencePattern
{
    protected override int PeriodOf(DateOnly anchor, DateOnly date) => (date.DayNumber - anchor.DayNumber) / Interval;

    protected override bool PeriodStarts(DateOnly anchor, int period) => anchor.DayNumber + ((long)period * Interval) <= Latest.DayNumber;

    protected override IEnumerable<DateOnly> InPeriod(DateOnly anchor, int period) => [anchor.AddDays(period * Interval)];
}

/// <summary>Certain days of every so many weeks. The first day of the week decides which week a day counts to when weeks are skipped.</summary>
public sealed record WeeklyPattern(int Interval, DaySet Days, DayOfWeek FirstDay) : RecurrencePattern
{
    protected override int PeriodOf(DateOnly anchor, DateOnly date) => (date.DayNumber - WeekOf(anchor)) / (7 * Interval);

    protected override bool PeriodStarts(DateOnly anchor, int period) => WeekOf(anchor) + ((long)period * 7 * Interval) <= Latest.DayNumber;

    protected override IEnumerable<DateOnly> InPeriod(DateOnly anchor, int period)
    {
        var week = WeekOf(anchor) + (period * 7 * Interval);
        for (var day = 0; day < 7; day++)
        {
            if (week + day >= 0 && Days.Holds((DayOfWeek)(((int)FirstDay + day) % 7)))
                yield return DateOnly.FromDayNumber(week + day);
        }
    }

    private int WeekOf(DateOnly date) => date.DayNumber - (((int)date.DayOfWeek - (int)FirstDay + 7) % 7);
}

/// <summary>One day of every so many months. Yearly patterns with an interval are kept like this too, as Outlook does (protocol.md 6).</summary>
public sealed record MonthlyPattern(int Interval, DayOfMonth Day) : RecurrencePattern
{
    protected override int PeriodOf(DateOnly anchor, DateOnly date) => (Months(date) - Months(anchor)) / Interval;

    protected override bool PeriodStarts(DateOnly anchor, int period) => Months(anchor) + ((long)period * Interval) <= Months(Latest);

    protected override IEnumerable<DateOnly> InPeriod(DateOnly anchor, int period)
    {
        var month = Months(anchor) + (period * Interval);
        return Day.In(month / 12, (month % 12) + 1) is { } date ? [date] : [];
    }
}

/// <summary>One day of one month in each year.</summary>
public sealed record YearlyPattern(int Month, DayOfMonth Day) : RecurrencePattern
{
    protected override int PeriodOf(DateOnly anchor, DateOnly date) => date.Year - anchor.Year;

    protected override bool PeriodStarts(DateOnly anchor, int period) => anchor.Year + period <= Latest.Year;

    protected override IEnumerable<DateOnly> InPeriod(DateOnly anchor, int period) => Day.In(anchor.Year + period, Month) is { } date ? [date] : [];
}
