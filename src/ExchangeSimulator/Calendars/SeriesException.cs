using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>
/// How one occurrence differs from its series: only what differs is kept, so that a later change of the master still reaches the rest
/// (protocol.md 6: exceptions keep their own changed values).
/// </summary>
public sealed record SeriesException(IReadOnlyList<PropertyOverride> Values, IReadOnlyList<ExtendedProperty> Extended, IReadOnlyList<ExtendedPropertyPath> Removed)
{
    public bool IsEmpty => Values.Count == 0 && Extended.Count == 0 && Removed.Count == 0;

    public DateTimeOffset? Start => Time("Start");

    public DateTimeOffset? End => Time("End");

    /// <summary>What the changed properties of an occurrence differ in from those it would have by its series.</summary>
    public static SeriesException Between(StoredItem plain, StoredItem changed)
    {
        var values = new List<PropertyOverride>();
        foreach (var element in changed.Kind.Elements)
        {
            var (before, after) = (plain.Values[element], changed.Values[element]);
            if (!PropertyBag.AreEqual(before, after))
                values.Add(new(element, after));
        }

        var extended = changed.Extended.Where(e => plain.Find(e.Path) is not { } old || !old.Values.SequenceEqual(e.Values)).ToList();
        var removed = plain.Extended.Select(e => e.Path).Where(p => changed.Find(p) == null).ToList();
        return new(values, extended, removed);
    }

    public void ApplyTo(StoredItem occurrence)
    {
        foreach (var (element, value) in Values)
            occurrence.Values.Set(element, value);
        if (Extended.Count == 0 && Removed.Count == 0)
            return;
        occurrence.Extended = [.. occurrence.Extended];
        occurrence.Extended.RemoveAll(e => Removed.Contains(e.Path));
        foreach (var property in Extended)
            occurrence.Put(property);
    }

    private DateTimeOffset? Time(string element)
    {
        foreach (var (name, value) in Values)
        {
            if (name == element && value is string text)
                return ExchangeTime.Parse(text);
        }

        return null;
    }
}

/// <summary>One property that an exception has for itself; null when it has none although the series has.</summary>
public sealed record PropertyOverride(string Element, object? Value);
