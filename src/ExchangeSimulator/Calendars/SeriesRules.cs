using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>What Exchange settles and refuses when a series or one of its occurrences is saved (protocol.md 6).</summary>
public static class SeriesRules
{
    /// <summary>
    /// Builds the series of a master from its Recurrence, Start, End and zone. The start moves to the first date of the pattern. Exceptions and deletions
    /// of the series before are kept as far as they still belong to it.
    /// </summary>
    /// <param name="rangeStart">First day of the range, when it does not come from the Recurrence element.</param>
    public static void Settle(StoredItem master, TimeZoneInfo zone, DateOnly? rangeStart, ExchangeHabits habits)
    {
        var element = master.Values.Element("Recurrence")!;
        var recurrence = RecurrenceElement.Read(element, habits);
        if (rangeStart is { } day)
            recurrence = new(recurrence.Pattern, day, recurrence.End, recurrence.Count);
        var first = recurrence.First ?? throw NoOccurrence();
        recurrence = new(recurrence.Pattern, first, recurrence.End, recurrence.Count);
        var start = TimeZoneInfo.ConvertTime(master.Time("Start")!.Value, zone).DateTime;
        var end = TimeZoneInfo.ConvertTime(master.Time("End")!.Value, zone).DateTime;
        var series = new Series(recurrence, zone, start.TimeOfDay, end - start.Date);
        CheckGaps(series);
        if (master.Series is { } before)
            series = Keep(before, series, habits);
        master.Series = series;
        master.Values.Set("Recurrence", RecurrenceElement.Stored(element, first, zone));
        master.Values.Set("Start", ExchangeTime.Format(series.StartOf(first)));
        master.Values.Set("End", ExchangeTime.Format(series.EndOf(first)));
    }

    /// <summary>An occurrence may neither cross nor touch its neighbours' days, nor overlap them.</summary>
    public static void CheckOccurrence(StoredItem item)
    {
        var (series, date) = (item.Occurrence!.Series, item.Occurrence.Date);
        var (start, end) = (item.Time("Start")!.Value, item.Time("End")!.Value);
        var day = series.DateOf(start);
        if (Neighbour(series.Recurrence.Before(date), series) is { } previous)
        {
            var (otherStart, otherEnd) = series.TimesOf(previous);
            if (day <= series.DateOf(otherStart))
                throw Crossing();
            if (start < otherEnd)
                throw TooBig();
        }

        if (Neighbour(series.Recurrence.Dates(date.AddDays(1)), series) is { } next)
        {
            var (otherStart, _) = series.TimesOf(next);
            if (day >= series.DateOf(otherStart))
                throw Crossing();
            if (end > otherStart)
                throw TooBig();
        }
    }

    /// <summary>Deletes one occurrence. The last one that is left cannot go alone.</summary>
    public static void Delete(Occurrence occurrence)
    {
        var left = occurrence.Series.Without(occurrence.Date);
        occurrence.Master.Series = left.FirstLiving == null ? throw NoOccurrence() : left;
    }

    /// <summary>Exceptions can move dates about, so a few neighbours on either side are enough to look at.</summary>
    private static DateOnly? Neighbour(IEnumerable<DateOnly> dates, Series series) => dates.Where(d => !series.Deleted.Contains(d)).Cast<DateOnly?>().FirstOrDefault();

    private static Series Keep(Series before, Series now, ExchangeHabits habits)
    {
        var isSame = before.Recurrence.Pattern == now.Recurrence.Pattern && before.Zone.Equals(now.Zone) && before.StartOffset == now.StartOffset && before.EndOffset == now.EndOffset;
        if (!isSame && habits.PatternChangeDropsExceptions)
            return now;
        var exceptions = before.Exceptions;
        foreach (var date in before.Exceptions.Keys.Where(d => !now.Recurrence.Holds(d)))
            exceptions = exceptions.Remove(date);
        return now with { Exceptions = exceptions, Deleted = before.Deleted.Except(before.Deleted.Where(d => !now.Recurrence.Holds(d))) };
    }

    /// <summary>An occurrence must be over before the next begins.</summary>
    private static void CheckGaps(Series series)
    {
        if (series.EndOffset <= TimeSpan.FromDays(1))
            return;
        DateOnly? previous = null;
        foreach (var date in series.Recurrence.Dates(series.Recurrence.Start).Take(64))
        {
            if (previous is { } before && series.EndOf(before) > series.StartOf(date))
                throw TooBig();
            previous = date;
        }
    }

    private static ExchangeError NoOccurrence() => new("ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence.");

    private static ExchangeError Crossing() => new("ErrorOccurrenceCrossingBoundary", "Modified occurrence is crossing or overlapping adjacent occurrence.");

    private static ExchangeError TooBig() => new("ErrorOccurrenceTimeSpanTooBig", "The duration of the occurrence reaches into the next one.");
}
