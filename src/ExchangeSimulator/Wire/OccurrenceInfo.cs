using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>What a master tells about its occurrences; GetItem only (protocol.md 6).</summary>
public static class OccurrenceInfo
{
    private const int MaxListed = 1000;

    public static Node? Of(StoredItem master, string element)
    {
        var series = master.Series!;
        switch (element)
        {
            case "FirstOccurrence":
                return series.FirstLiving is { } first ? Info(master, first, element) : null;
            case "LastOccurrence":
                return series.LastLiving is { } last ? Info(master, last, element) : null;
            case "ModifiedOccurrences":
                return List(element, series.Exceptions.Keys.Take(MaxListed).Select(d => Info(master, d, "Occurrence")));
            default:
                return List(element, series.Deleted.Take(MaxListed).Select(d => Node.Types("DeletedOccurrence", "", Node.Types("Start", ExchangeTime.Format(series.StartOf(d))))));
        }
    }

    private static Node Info(StoredItem master, DateOnly date, string element)
    {
        var (start, end) = master.Series!.TimesOf(date);
        return Node.Types(
            element,
            "",
            new Node("t", "ItemId").With("Id", OccurrenceIds.Make(master.Id, date)).With("ChangeKey", master.ChangeKey),
            Node.Types("Start", ExchangeTime.Format(start)),
            Node.Types("End", ExchangeTime.Format(end)),
            Node.Types("OriginalStart", ExchangeTime.Format(master.Series.StartOf(date))));
    }

    private static Node? List(string element, IEnumerable<Node> entries)
    {
        var list = new Node("t", element);
        list.Children.AddRange(entries);
        return list.Children.Count == 0 ? null : list;
    }

    /// <summary>The same with its times in the zone of the request's context.</summary>
    public static Node InZone(Node node, TimeZoneInfo zone)
    {
        if (node.Name is "Start" or "End" or "OriginalStart")
            return Node.Types(node.Name, ExchangeTime.Format(ExchangeTime.Parse(node.Text), zone));
        if (node.Children.Count == 0)
            return node;
        var copy = new Node(node.Ns, node.Name);
        copy.Children.AddRange(node.Children.Select(c => InZone(c, zone)));
        return copy;
    }
}
