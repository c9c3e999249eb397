namespace CrmSync.Engine.Items;

/// <summary>The mapped content of a schedule item as one person sees it: the meeting's own fields and that person's own.</summary>
/// <remarks>Immutable; both sides and the base snapshot use this one shape. <see cref="ReminderMinutes"/> null means no reminder; it is never turned into a default.</remarks>
public sealed record ScheduleContent
{
    public string Subject { get; init; } = "";

    public ItemBody Body { get; init; } = ItemBody.Empty;

    public required ScheduleTime Time { get; init; }

    public string Location { get; init; } = "";

    public Importance Importance { get; init; } = Importance.Normal;

    public MailAddress? Organizer { get; init; }

    public IReadOnlyList<Attendee> Attendees { get; init; } = [];

    public bool IsCancelled { get; init; }

    public string? OnlineMeetingUrl { get; init; }

    public ShowAs ShowAs { get; init; } = ShowAs.Busy;

    public Sensitivity Sensitivity { get; init; } = Sensitivity.Normal;

    public IReadOnlyList<string> Categories { get; init; } = [];

    public int? ReminderMinutes { get; init; }

    /// <summary>This person's answer to the invitation; <see cref="AttendeeResponse.Organizer"/> on the organizer's copy, Unknown on an appointment.</summary>
    public AttendeeResponse OwnResponse { get; init; } = AttendeeResponse.Unknown;

    public bool HasAttendees => Attendees.Count > 0;
}
