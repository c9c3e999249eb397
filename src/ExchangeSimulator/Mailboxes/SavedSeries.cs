using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Exceptions and deletions of a series in the data file; its dates follow from the master's own properties.</summary>
public sealed record SavedSeries(List<DateOnly> Deleted, List<SavedException> Exceptions)
{
    public static SavedSeries? Of(StoredItem item) => item.Series is { } series
        ? new([.. series.Deleted], series.Exceptions.Select(e => SavedException.Of(e.Key, e.Value)).ToList())
        : null;

    public void Restore(StoredItem master)
    {
        SeriesRules.Settle(master, Zones.Of(master, "StartTimeZone") ?? TimeZoneInfo.Utc, null, master.Mailbox.Habits);
        foreach (var date in Deleted)
            master.Series = master.Series!.Without(date);
        foreach (var exception in Exceptions)
            master.Series = master.Series!.With(exception.Date, exception.Restore());
    }
}

/// <summary>One exception: plain values, elements as XML, and the names of what it has not.</summary>
public sealed record SavedException(DateOnly Date, Dictionary<string, string> Texts, List<string> Elements, List<string> Cleared, List<ExtendedProperty> Extended, List<ExtendedPropertyPath> Removed)
{
    public static SavedException Of(DateOnly date, SeriesException exception) => new(
        date,
        exception.Values.Where(v => v.Value is string).ToDictionary(v => v.Element, v => (string)v.Value!),
        exception.Values.Select(v => v.Value).OfType<Node>().Select(NodeText.Write).ToList(),
        exception.Values.Where(v => v.Value == null).Select(v => v.Element).ToList(),
        [.. exception.Extended],
        [.. exception.Removed]);

    public SeriesException Restore()
    {
        var values = Texts.Select(t => new PropertyOverride(t.Key, t.Value)).ToList();
        values.AddRange(Elements.Select(NodeReader.Read).Select(n => new PropertyOverride(n.Name, n)));
        values.AddRange(Cleared.Select(c => new PropertyOverride(c, null)));
        return new(values, Extended, Removed);
    }
}
