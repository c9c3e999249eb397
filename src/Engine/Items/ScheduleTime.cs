using NodaTime;

namespace CrmSync.Engine.Items;

/// <summary>When a schedule item takes place: the instants, the wall clock and the zones as received.</summary>
/// <param name="Start">First instant. For all-day items: midnight of the first day in <paramref name="StartZone"/>.</param>
/// <param name="End">First instant after the item. For all-day items: midnight after the last day.</param>
/// <param name="StartWall">What a clock in <paramref name="StartZone"/> shows at <paramref name="Start"/>.</param>
/// <param name="EndWall">What a clock in <paramref name="EndZone"/> shows at <paramref name="End"/>.</param>
/// <param name="StartZone">Zone id as received: Windows or IANA. Never null; UTC when the source gave none.</param>
/// <param name="EndZone">Zone id as received.</param>
/// <param name="IsAllDay">The item is a range of dates: only the date parts of the wall clocks count, the end date is exclusive.</param>
public sealed record ScheduleTime(
    Instant Start,
    Instant End,
    LocalDateTime StartWall,
    LocalDateTime EndWall,
    string StartZone,
    string EndZone,
    bool IsAllDay)
{
    /// <summary>Whether both mean the same time. Zones are not compared: the same instants in another zone id are the same time of a single item.</summary>
    public bool SameTimeAs(ScheduleTime other) =>
        IsAllDay == other.IsAllDay
        && (IsAllDay
            ? StartWall.Date == other.StartWall.Date && EndWall.Date == other.EndWall.Date
            : Start == other.Start && End == other.End);
}
