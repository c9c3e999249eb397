using NodaTime;
using NodaTime.TimeZones;

namespace CrmSync.Engine.Items;

/// <summary>Zone ids as the two sides write them: Windows ids in Exchange, IANA ids elsewhere.</summary>
public static class TimeZones
{
    private static readonly TzdbDateTimeZoneSource Source = TzdbDateTimeZoneSource.Default;
    private static readonly IDateTimeZoneProvider Zones = DateTimeZoneProviders.Tzdb;

    /// <summary>The zone of a Windows or IANA id; null when the id is neither (for example <c>tzone://Microsoft/Custom</c>).</summary>
    public static DateTimeZone? Find(string? zoneId)
    {
        if (string.IsNullOrWhiteSpace(zoneId))
            return null;
        if (zoneId is "UTC" or "Etc/UTC" or "Z")
            return DateTimeZone.Utc;
        return Source.WindowsMapping.PrimaryMapping.TryGetValue(zoneId, out var iana) ? Zones.GetZoneOrNull(iana) : Zones.GetZoneOrNull(zoneId);
    }

    /// <summary>The zone of the id, or UTC.</summary>
    public static DateTimeZone FindOrUtc(string? zoneId) => Find(zoneId) ?? DateTimeZone.Utc;

    /// <summary>The Windows id that Exchange understands; null when there is none.</summary>
    public static string? ToWindowsId(string? zoneId)
    {
        if (string.IsNullOrWhiteSpace(zoneId))
            return null;
        if (Source.WindowsMapping.PrimaryMapping.ContainsKey(zoneId))
            return zoneId;
        if (zoneId is "UTC" or "Etc/UTC" or "Z")
            return "UTC";
        return Source.TzdbToWindowsIds.TryGetValue(zoneId, out var windows) ? windows
            : Source.CanonicalIdMap.TryGetValue(zoneId, out var canonical) && Source.TzdbToWindowsIds.TryGetValue(canonical, out windows) ? windows
            : null;
    }

    /// <summary>A timed item between two wall clocks of one zone. In a gap the time moves forward; an ambiguous time is the earlier one.</summary>
    public static ScheduleTime Timed(LocalDateTime start, LocalDateTime end, string zoneId)
    {
        var zone = FindOrUtc(zoneId);
        var from = zone.AtLeniently(start).ToInstant();
        var to = zone.AtLeniently(end).ToInstant();
        return Timed(from, to, zoneId, zoneId);
    }

    /// <summary>A timed item between two instants.</summary>
    public static ScheduleTime Timed(Instant start, Instant end, string startZone, string endZone) => new(
        start, end, start.InZone(FindOrUtc(startZone)).LocalDateTime, end.InZone(FindOrUtc(endZone)).LocalDateTime, startZone, endZone, IsAllDay: false);

    /// <summary>Whole days from <paramref name="firstDay"/> up to but without <paramref name="endDay"/>, with the midnights of a zone.</summary>
    public static ScheduleTime AllDay(LocalDate firstDay, LocalDate endDay, string zoneId)
    {
        var zone = FindOrUtc(zoneId);
        return new(
            zone.AtStartOfDay(firstDay).ToInstant(), zone.AtStartOfDay(endDay).ToInstant(),
            firstDay.AtMidnight(), endDay.AtMidnight(), zoneId, zoneId, IsAllDay: true);
    }
}
