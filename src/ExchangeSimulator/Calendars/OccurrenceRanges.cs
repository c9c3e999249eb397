using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>The occurrences that a RecurringMasterItemIdRanges asks for beside the master; the answer's form is believed.</summary>
public static class OccurrenceRanges
{
    private const int MaxOccurrences = 1000;

    public static List<StoredItem> Of(StoredItem master, Node id)
    {
        var found = new List<StoredItem>();
        foreach (var range in id.Child("Ranges")?.Children ?? [])
            found.AddRange(In(master, range).Take(MaxOccurrences - found.Count));
        return found;
    }

    private static IEnumerable<StoredItem> In(StoredItem master, Node range)
    {
        var series = master.Series!;
        DateTimeOffset? from = range["Start"] is { } start ? ExchangeTime.Parse(start) : null;
        DateTimeOffset? to = range["End"] is { } end ? ExchangeTime.Parse(end) : null;
        var count = range["Count"] is { } text ? Math.Clamp(int.Parse(text, CultureInfo.InvariantCulture), 0, MaxOccurrences) : MaxOccurrences;
        var byOriginal = range["CompareOriginalStartTime"] is "true" or "1";
        var first = from is { } f ? series.DateOf(f).AddDays(-1) : series.Recurrence.Start;
        return series.Recurrence.Dates(first).Take(4 * MaxOccurrences)
            .Where(d => !series.Deleted.Contains(d))
            .Where(d => (byOriginal ? series.StartOf(d) : series.TimesOf(d).Start) is var at && (from == null || at >= from) && (to == null || at < to))
            .Take(count).Select(d => new Occurrence(master, d).Open());
    }
}
