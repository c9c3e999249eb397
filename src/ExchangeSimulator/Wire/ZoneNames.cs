using System.Collections.Concurrent;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Display names of time zones, looked up once each: building them is slow.</summary>
public static class ZoneNames
{
    private static readonly ConcurrentDictionary<string, string> Cache = new(StringComparer.Ordinal);

    public static string Display(string id) => Cache.GetOrAdd(id, static i => ExchangeTime.FindZone(i)?.DisplayName ?? i);
}
