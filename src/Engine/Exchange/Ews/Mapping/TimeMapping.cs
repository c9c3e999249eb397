using System.Globalization;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Times of calendar items between the wire (instants with Windows zone ids) and ours (ews/protocol.md section 6, time zones).</summary>
internal static class TimeMapping
{
    // MAPI counts time from 1601; beyond the year 9000 no calendar arithmetic is safe, and nobody meets.
    private const int FirstYear = 1601;
    private const int LastYear = 9000;

    /// <summary>An xs:dateTime with Z or offset. One without is UTC, as servers mean it when no zone was set. Null when it is no time that an item can have.</summary>
    public static Instant? ReadInstant(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) && value.Year is >= FirstYear and <= LastYear
            ? Instant.FromDateTimeOffset(value)
            : null;

    /// <param name="startZone">As received; null where the server gave none.</param>
    public static ScheduleTime Read(Instant start, Instant end, bool isAllDay, string? startZone, string? endZone)
    {
        var zone = string.IsNullOrEmpty(startZone) ? "UTC" : startZone;
        if (!isAllDay)
            return TimeZones.Timed(start, end, zone, string.IsNullOrEmpty(endZone) ? zone : endZone);
        // The end's date is read in the start's zone too: the creation zone decides the midnights.
        var firstDay = NearestMidnight(start, zone);
        var endDay = NearestMidnight(end, zone);
        return TimeZones.AllDay(firstDay, endDay > firstDay ? endDay : firstDay.PlusDays(1), zone);
    }

    /// <summary>The time as it is sent: instants, and the Windows ids of their zones.</summary>
    /// <remarks>A zone that Windows does not know is sent as UTC; an all-day item then keeps its dates, not its instants.</remarks>
    public static (Instant Start, Instant End, string StartZone, string EndZone) Write(ScheduleTime time)
    {
        var startZone = TimeZones.ToWindowsId(time.StartZone) ?? "UTC";
        var endZone = TimeZones.ToWindowsId(time.EndZone) ?? startZone;
        if (!time.IsAllDay)
            return (time.Start, time.End, startZone, endZone);
        var days = TimeZones.AllDay(time.StartWall.Date, time.EndWall.Date, startZone);
        return (days.Start, days.End, startZone, startZone);
    }

    // Our zone data and the server's can disagree by an hour or two, custom zones (tzone://Microsoft/Custom) are unknown to us, and Exchange 2007
    // names no zone at all. An all-day item starts at some midnight, so the nearest one is right in all these cases, up to twelve hours off.
    private static LocalDate NearestMidnight(Instant instant, string zone) =>
        instant.InZone(TimeZones.FindOrUtc(zone)).LocalDateTime.PlusHours(12).Date;
}
