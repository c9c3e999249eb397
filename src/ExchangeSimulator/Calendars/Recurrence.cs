namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>A pattern within its range: from a first day, and without end, until a day, or a number of times.</summary>
public sealed class Recurrence
{
    private readonly Lazy<DateOnly?> _last;

    public Recurrence(RecurrencePattern pattern, DateOnly start, DateOnly? end = null, int? count = null)
    {
        (Pattern, Start, End, Count) = (pattern, start, end, count);
        _last = new(FindLast);
    }

    public RecurrencePattern Pattern { get; }

    /// <summary>First day of the range; the first date of the pattern may be later.</summary>
    public DateOnly Start { get; }
    public DateOnly? End { get; }
    public int? Count { get; }
    public bool IsEndless => End == null && Count == null;

    /// <summary>Null when the range holds no date at all.</summary>
    public DateOnly? First => Dates(Start).Cast<DateOnly?>().FirstOrDefault();

    /// <summary>Null for an endless range and for one without a date.</summary>
    public DateOnly? Last => _last.Value;

    /// <summary>Dates on or after a day, in order.</summary>
    public IEnumerable<DateOnly> Dates(DateOnly from)
    {
        if (IsEndless)
            return Pattern.Forward(Start, from);
        return Last is { } last ? Pattern.Forward(Start, from).TakeWhile(d => d <= last) : [];
    }

    /// <summary>Dates before a day, newest first.</summary>
    public IEnumerable<DateOnly> Before(DateOnly day)
    {
        if (!IsEndless && Last is not { } _)
            return [];
        var to = day.AddDays(-1);
        return Pattern.Backward(Start, Last is { } last && last < to ? last : to);
    }

    public bool Holds(DateOnly date) => Dates(date).Cast<DateOnly?>().FirstOrDefault() == date;

    /// <summary>The date of an index that counts from 1, deleted occurrences included; null outside the range.</summary>
    public DateOnly? At(int index) => index < 1 || index > Count ? null : Dates(Start).Skip(index - 1).Cast<DateOnly?>().FirstOrDefault();

    private DateOnly? FindLast()
    {
        if (Count is { } count)
            return Pattern.Forward(Start, Start).Take(count).Cast<DateOnly?>().LastOrDefault();
        return End is { } end && end >= Start ? Pattern.Backward(Start, end).Cast<DateOnly?>().FirstOrDefault() : null;
    }
}
