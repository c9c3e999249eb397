using NodaTime;

namespace CrmSync.AdminConsole.Parts;

/// <summary>Zone names to choose from; any other that the engine knows may be typed.</summary>
public static class Zones
{
    public static IReadOnlyList<string> Names { get; } =
        ["UTC", .. DateTimeZoneProviders.Tzdb.Ids.Where(id => id.Contains('/') && !id.StartsWith("Etc/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
