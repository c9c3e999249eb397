namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>A set of days of the week, one bit each.</summary>
public readonly record struct DaySet(byte Bits)
{
    public static readonly DaySet All = new(0x7F);
    public static readonly DaySet Weekdays = new(0x3E);
    public static readonly DaySet Weekend = new(0x41);

    public bool IsEmpty => Bits == 0;

    public bool Holds(DayOfWeek day) => (Bits & (1 << (int)day)) != 0;

    public DaySet With(DayOfWeek day) => new((byte)(Bits | (1 << (int)day)));

    public IEnumerable<DayOfWeek> Days => Enum.GetValues<DayOfWeek>().Where(Holds);
}

/// <summary>Which day of a month a monthly or yearly pattern means.</summary>
public abstract record DayOfMonth
{
    /// <summary>Null in a month that has no such day.</summary>
    public abstract DateOnly? In(int year, int month);
}

/// <summary>A number. In a month too short for it: its last day (protocol.md 6), or none where that habit is switched off.</summary>
public sealed record NumberedDay(int Day, bool ClampsToMonthEnd = true) : DayOfMonth
{
    public override DateOnly? In(int year, int month)
    {
        var last = DateTime.DaysInMonth(year, month);
        return Day <= last ? new DateOnly(year, month, Day) : ClampsToMonthEnd ? new DateOnly(year, month, last) : null;
    }
}

/// <summary>The first, second, third, fourth or last (5) of the days in a set.</summary>
public sealed record RankedDay(DaySet Days, int Rank) : DayOfMonth
{
    public const int Last = 5;

    public override DateOnly? In(int year, int month)
    {
        var count = 0;
        DateOnly? found = null;
        for (var day = 1; day <= DateTime.DaysInMonth(year, month); day++)
        {
            var date = new DateOnly(year, month, day);
            if (!Days.Holds(date.DayOfWeek))
                continue;
            found = date;
            if (++count == Rank && Rank != Last)
                return date;
        }

        return Rank == Last ? found : null;
    }
}
