using System.Collections.Immutable;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>
/// What a recurring master knows beyond its own properties: its dates, in wall-clock time of its zone, and what became of single occurrences.
/// An occurrence is named by its original date; a pattern never gives two on one day. Immutable, so that a refused change leaves the old one.
/// </summary>
public sealed record Series(Recurrence Recurrence, TimeZoneInfo Zone, TimeSpan StartOffset, TimeSpan EndOffset)
{
    public ImmutableSortedDictionary<DateOnly, SeriesException> Exceptions { get; init; } = ImmutableSortedDictionary<DateOnly, SeriesException>.Empty;
    public ImmutableSortedSet<DateOnly> Deleted { get; init; } = [];

    public DateTimeOffset StartOf(DateOnly date) => At(date, StartOffset);

    public DateTimeOffset EndOf(DateOnly date) => At(date, EndOffset);

    /// <summary>The original date that an instant belongs to.</summary>
    public DateOnly DateOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).DateTime);

    /// <summary>Neither deleted nor outside the pattern. Exceptions keep their original date.</summary>
    public bool Lives(DateOnly date) => !Deleted.Contains(date) && (Exceptions.ContainsKey(date) || Recurrence.Holds(date));

    /// <summary>First and last of what is left; deleted ones do not count.</summary>
    public DateOnly? FirstLiving => Recurrence.Dates(Recurrence.Start).Where(d => !Deleted.Contains(d)).Cast<DateOnly?>().FirstOrDefault();

    public DateOnly? LastLiving => Recurrence.IsEndless || Recurrence.Last is not { } last
        ? null
        : Recurrence.Before(last.AddDays(1)).Where(d => !Deleted.Contains(d)).Cast<DateOnly?>().FirstOrDefault();

    public Series Without(DateOnly date) => this with { Exceptions = Exceptions.Remove(date), Deleted = Deleted.Add(date) };

    public Series With(DateOnly date, SeriesException exception) => this with
    {
        Exceptions = exception.IsEmpty ? Exceptions.Remove(date) : Exceptions.SetItem(date, exception),
        Deleted = Deleted.Remove(date),
    };

    public (DateTimeOffset Start, DateTimeOffset End) TimesOf(DateOnly date) =>
        Exceptions.TryGetValue(date, out var exception) ? (exception.Start ?? StartOf(date), exception.End ?? EndOf(date)) : (StartOf(date), EndOf(date));

    private DateTimeOffset At(DateOnly date, TimeSpan offset) => ExchangeTime.FromWallClock(date.ToDateTime(TimeOnly.MinValue) + offset, Zone);
}
