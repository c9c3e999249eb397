namespace CrmSync.Engine.Items;

/// <summary>The mapped fields of a schedule item: the unit of comparison, of merging and of partial updates.</summary>
/// <remarks>Start, end, zones and all-day move as one (<see cref="Time"/>).</remarks>
[Flags]
public enum ScheduleFields
{
    None = 0,
    Subject = 1 << 0,
    Body = 1 << 1,
    Time = 1 << 2,
    Location = 1 << 3,
    Importance = 1 << 4,
    Organizer = 1 << 5,
    Attendees = 1 << 6,
    Responses = 1 << 7,
    Cancelled = 1 << 8,
    OnlineMeetingUrl = 1 << 9,
    ShowAs = 1 << 10,
    Sensitivity = 1 << 11,
    Categories = 1 << 12,
    Reminder = 1 << 13,
    OwnResponse = 1 << 14,

    /// <summary>What belongs to the meeting itself: the authority's copy speaks for it (invariant 15).</summary>
    Shared = Subject | Body | Time | Location | Importance | Organizer | Attendees | Responses | Cancelled | OnlineMeetingUrl,

    /// <summary>What belongs to one participant: each copy speaks for its own.</summary>
    Personal = ShowAs | Sensitivity | Categories | Reminder | OwnResponse,

    /// <summary>Set by Exchange alone; never written outbound.</summary>
    ReadOnlyInExchange = Organizer | Responses | Cancelled | OnlineMeetingUrl | OwnResponse,

    All = Shared | Personal,
}
