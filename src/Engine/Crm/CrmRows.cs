using CrmSync.Engine.Items;

namespace CrmSync.Engine.Crm;

/// <summary>A person (or generic person) of the CRM. Table CrmUser.</summary>
public sealed class CrmUser
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    /// <summary>Short unique name, lower case: <c>anna</c>.</summary>
    public required string Name { get; set; }

    public required string DisplayName { get; set; }

    /// <summary>SMTP address, lower case; attendees are matched to people by it.</summary>
    public required string Mail { get; set; }

    /// <summary>IANA or Windows zone id in which this person's all-day items and new items are meant.</summary>
    public string TimeZone { get; set; } = "UTC";

    public Guid? TeamId { get; set; }

    /// <summary>A room or a piece of equipment instead of a person.</summary>
    public bool IsResource { get; set; }

    public bool IsActive { get; set; } = true;

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }
}

public sealed class Team
{
    public Guid Id { get; set; }

    public required string Name { get; set; }
}

public enum ItemOrigin
{
    Crm = 0,
    Exchange = 1,
}

/// <summary>A meeting or appointment: one row however many linked people attend it (invariant 15). Table ScheduleItem.</summary>
/// <remarks>Written only by the one item writer (invariant 17). What is personal is in <see cref="Participation"/>.</remarks>
public sealed class ScheduleItem
{
    public Guid Id { get; set; }

    /// <summary>1 on insert, +1 on each write; the API's ETag and the planner's precondition.</summary>
    public long Version { get; set; }

    /// <summary>Whose item it is; the first person through whom it entered, or who made it.</summary>
    public Guid OwnerId { get; set; }

    public ItemOrigin Origin { get; set; }

    public string Subject { get; set; } = "";

    public BodyFormat BodyFormat { get; set; }

    public string Body { get; set; } = "";

    public DateTime StartUtc { get; set; }

    public DateTime EndUtc { get; set; }

    /// <summary>Wall clock in <see cref="StartZone"/>, <c>yyyy-MM-ddTHH:mm:ss</c>.</summary>
    public string StartWall { get; set; } = "";

    public string EndWall { get; set; } = "";

    public string StartZone { get; set; } = "UTC";

    public string EndZone { get; set; } = "UTC";

    public bool IsAllDay { get; set; }

    public string Location { get; set; } = "";

    public Importance Importance { get; set; } = Importance.Normal;

    public string? OrganizerAddress { get; set; }

    public string? OrganizerName { get; set; }

    /// <summary>JSON array of {address, name, role, response}; see ScheduleRows.</summary>
    public string Attendees { get; set; } = "[]";

    public bool IsCancelled { get; set; }

    public string? OnlineMeetingUrl { get; set; }

    /// <summary>Reserved for series (rule and exceptions are the next item kinds' work); null for single items.</summary>
    public string? Recurrence { get; set; }

    /// <summary>The link whose copy speaks for the meeting's own fields: the organizer's if it is linked, else one attendee's. Null until a copy exists.</summary>
    public Guid? AuthorityLinkId { get; set; }

    /// <summary>The authority's copy is the organizer's own: what the CRM changes may be written there.</summary>
    public bool AuthorityIsOrganizer { get; set; }

    /// <summary>Deleted items keep their row as a tombstone until retention removes it.</summary>
    public bool IsDeleted { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>Who made the last change: <c>user:NAME</c>, <c>token:PREFIX</c> or <c>link:ID</c>.</summary>
    public string UpdatedBy { get; set; } = "";

    /// <summary>A row to change while the loaded one stays as it was.</summary>
    public ScheduleItem Copy() => (ScheduleItem)MemberwiseClone();
}

/// <summary>What one person's copy of a meeting says for that person alone. Key (ItemId, UserId). Table Participation.</summary>
public sealed class Participation
{
    public Guid ItemId { get; set; }

    public Guid UserId { get; set; }

    public ShowAs ShowAs { get; set; } = ShowAs.Busy;

    public Sensitivity Sensitivity { get; set; }

    /// <summary>JSON array of strings.</summary>
    public string Categories { get; set; } = "[]";

    public int? ReminderMinutes { get; set; }

    public AttendeeResponse Response { get; set; }
}

/// <summary>One changed or deleted occurrence of a series. Key (ItemId, OriginalStartWall). Filled by a later item kind.</summary>
public sealed class Occurrence
{
    public Guid ItemId { get; set; }

    public required string OriginalStartWall { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>JSON of the fields that differ from the master.</summary>
    public string Overrides { get; set; } = "{}";
}

/// <summary>Filled by a later item kind.</summary>
public sealed class TaskItem
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public Guid OwnerId { get; set; }

    public string Subject { get; set; } = "";

    public BodyFormat BodyFormat { get; set; }

    public string Body { get; set; } = "";

    /// <summary>Dates are <c>yyyy-MM-dd</c>: a task has days, not instants.</summary>
    public string? StartDate { get; set; }

    public string? DueDate { get; set; }

    public int Status { get; set; }

    public int PercentComplete { get; set; }

    public string? CompletedDate { get; set; }

    public Importance Importance { get; set; } = Importance.Normal;

    public DateTime? ReminderUtc { get; set; }

    public Sensitivity Sensitivity { get; set; }

    public string Categories { get; set; } = "[]";

    public string? Recurrence { get; set; }

    public bool IsDeleted { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    public string UpdatedBy { get; set; } = "";
}

/// <summary>Filled by a later item kind.</summary>
public sealed class ContactItem
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public Guid? OwnerId { get; set; }

    public string DisplayName { get; set; } = "";

    public string? Company { get; set; }

    public string? JobTitle { get; set; }

    /// <summary>JSON of the remaining mapped fields (phones, mails, addresses, home page).</summary>
    public string Details { get; set; } = "{}";

    /// <summary>A copy of an Exchange contact; cannot be edited in the CRM (requirement I6).</summary>
    public bool IsReadOnly { get; set; }

    public bool IsDeleted { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    public string UpdatedBy { get; set; } = "";
}

/// <summary>A user covers a contact, or has it on the synchronization list (requirement I5). Key (UserId, ContactId).</summary>
public sealed class ContactCoverage
{
    public Guid UserId { get; set; }

    public Guid ContactId { get; set; }

    public bool IsCovered { get; set; }

    public bool IsOnSynchronizationList { get; set; }
}

/// <summary>A room or equipment that can be booked. Its calendar is that of its CrmUser.</summary>
public sealed class Resource
{
    public Guid Id { get; set; }

    public Guid UserId { get; set; }

    public required string Name { get; set; }

    public int? Capacity { get; set; }
}

/// <summary>One weekly span of working time. Key (UserId, DayOfWeek, StartMinute).</summary>
public sealed class WorkingHours
{
    public Guid UserId { get; set; }

    public int DayOfWeek { get; set; }

    public int StartMinute { get; set; }

    public int EndMinute { get; set; }
}
