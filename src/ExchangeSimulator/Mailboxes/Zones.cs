using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Time zone definitions of requests: the id is enough (protocol.md 6), so the id is what is kept.</summary>
public static class Zones
{
    public static Node? Store(Node definition)
    {
        var id = definition["Id"] ?? definition["TimeZoneName"];
        if (string.IsNullOrEmpty(id))
            return null;
        return new Node("t", definition.Name).With("Id", id);
    }

    public static TimeZoneInfo? Of(StoredItem item, string element) =>
        item.Values.Element(element) is { } zone ? ExchangeTime.FindZone(zone["Id"]) : null;

    /// <summary>An unknown id is refused on write.</summary>
    public static void Check(Node? stored)
    {
        if (stored != null && ExchangeTime.FindZone(stored["Id"]) == null)
            throw new ExchangeError("ErrorCalendarInvalidTimeZone", "The time zone is not valid.");
    }
}
