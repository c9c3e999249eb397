using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>One line of a calendar view: a single item, or one date of a series.</summary>
public readonly record struct ViewEntry(DateTimeOffset Start, StoredItem Item, DateOnly? Date)
{
    public StoredItem Open() => Date is { } date ? new Occurrence(Item, date).Open() : Item;
}

/// <summary>Expands a calendar over a window: singles, occurrences, exceptions, never masters; what overlaps counts; in order of start (protocol.md 5).</summary>
public static class CalendarView
{
    public static List<ViewEntry> Of(MailFolder folder, DateTimeOffset from, DateTimeOffset to)
    {
        var found = new List<ViewEntry>();
        foreach (var item in folder.Items)
        {
            if (item.Kind != ItemKind.CalendarItem || item.IsAssociated)
                continue;
            if (item.Series is { } series)
                Expand(found, item, series, from, to);
            else if (item.Time("Start") is { } start && Overlaps(start, item.Time("End") ?? start, from, to))
                found.Add(new(start, item, null));
        }

        return [.. found.OrderBy(e => e.Start)];
    }

    private static void Expand(List<ViewEntry> found, StoredItem master, Series series, DateTimeOffset from, DateTimeOffset to)
    {
        // An occurrence that began this long before the window may still reach into it; one day more for the zones.
        var first = series.DateOf(from).AddDays(-(int)series.EndOffset.TotalDays - 1);
        var last = series.DateOf(to).AddDays(1);
        foreach (var date in series.Recurrence.Dates(first).TakeWhile(d => d <= last))
        {
            if (!series.Exceptions.ContainsKey(date) && !series.Deleted.Contains(date))
                AddIfShown(found, master, series, date, from, to);
        }

        // Exceptions may have moved anywhere.
        foreach (var date in series.Exceptions.Keys)
            AddIfShown(found, master, series, date, from, to);
    }

    private static void AddIfShown(List<ViewEntry> found, StoredItem master, Series series, DateOnly date, DateTimeOffset from, DateTimeOffset to)
    {
        var (start, end) = series.TimesOf(date);
        if (Overlaps(start, end, from, to))
            found.Add(new(start, master, date));
    }

    /// <summary>An item without length shows when it begins within the window.</summary>
    private static bool Overlaps(DateTimeOffset start, DateTimeOffset end, DateTimeOffset from, DateTimeOffset to) =>
        start < to && (end > from || (start == end && start >= from));
}
