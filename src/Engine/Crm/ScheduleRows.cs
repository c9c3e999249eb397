using System.Text.Json;
using CrmSync.Engine.Items;
using NodaTime;
using NodaTime.Text;

namespace CrmSync.Engine.Crm;

/// <summary>The rows of a schedule item as content, and back. Pure.</summary>
/// <remarks>The meeting's own fields live in <see cref="ScheduleItem"/>, one person's own in <see cref="Participation"/> (invariant 15).</remarks>
public static class ScheduleRows
{
    private static readonly LocalDateTimePattern Wall = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-ddTHH:mm:ss");

    /// <summary>The item as one person sees it; <paramref name="personal"/> null gives the personal fields their defaults.</summary>
    public static ScheduleContent ToContent(ScheduleItem row, Participation? personal) => new()
    {
        Subject = row.Subject,
        Body = new ItemBody(row.BodyFormat, row.Body),
        Time = TimeOf(row),
        Location = row.Location,
        Importance = row.Importance,
        Organizer = row.OrganizerAddress is null ? null : new MailAddress(row.OrganizerAddress, row.OrganizerName),
        Attendees = ReadAttendees(row.Attendees),
        IsCancelled = row.IsCancelled,
        OnlineMeetingUrl = row.OnlineMeetingUrl,
        ShowAs = personal?.ShowAs ?? ShowAs.Busy,
        Sensitivity = personal?.Sensitivity ?? Sensitivity.Normal,
        Categories = ReadCategories(personal?.Categories),
        ReminderMinutes = personal?.ReminderMinutes,
        OwnResponse = personal?.Response ?? AttendeeResponse.Unknown,
    };

    /// <summary>Writes the named shared fields into the row; personal fields among <paramref name="fields"/> are left to <see cref="ApplyPersonal"/>.</summary>
    public static void Apply(ScheduleContent content, ScheduleFields fields, ScheduleItem row)
    {
        bool Take(ScheduleFields field) => (fields & field) != 0;

        if (Take(ScheduleFields.Subject))
            row.Subject = content.Subject;
        if (Take(ScheduleFields.Body))
            (row.BodyFormat, row.Body) = (content.Body.Format, content.Body.Value);
        if (Take(ScheduleFields.Time))
            ApplyTime(content.Time, row);
        if (Take(ScheduleFields.Location))
            row.Location = content.Location;
        if (Take(ScheduleFields.Importance))
            row.Importance = content.Importance;
        if (Take(ScheduleFields.Organizer))
            (row.OrganizerAddress, row.OrganizerName) = (content.Organizer?.Address, content.Organizer?.Name);
        if (Take(ScheduleFields.Attendees) || Take(ScheduleFields.Responses))
            row.Attendees = WriteAttendees(ToContent(row, null).WithFieldsOf(content, fields & (ScheduleFields.Attendees | ScheduleFields.Responses)).Attendees);
        if (Take(ScheduleFields.Cancelled))
            row.IsCancelled = content.IsCancelled;
        if (Take(ScheduleFields.OnlineMeetingUrl))
            row.OnlineMeetingUrl = content.OnlineMeetingUrl;
    }

    /// <summary>Writes the named personal fields into the participation.</summary>
    public static void ApplyPersonal(ScheduleContent content, ScheduleFields fields, Participation row)
    {
        bool Take(ScheduleFields field) => (fields & field) != 0;

        if (Take(ScheduleFields.ShowAs))
            row.ShowAs = content.ShowAs;
        if (Take(ScheduleFields.Sensitivity))
            row.Sensitivity = content.Sensitivity;
        if (Take(ScheduleFields.Categories))
            row.Categories = WriteCategories(content.Categories);
        if (Take(ScheduleFields.Reminder))
            row.ReminderMinutes = content.ReminderMinutes;
        if (Take(ScheduleFields.OwnResponse))
            row.Response = content.OwnResponse;
    }

    public static ScheduleTime TimeOf(ScheduleItem row) => new(
        ToInstant(row.StartUtc), ToInstant(row.EndUtc),
        Wall.Parse(row.StartWall).GetValueOrThrow(), Wall.Parse(row.EndWall).GetValueOrThrow(),
        row.StartZone, row.EndZone, row.IsAllDay);

    public static void ApplyTime(ScheduleTime time, ScheduleItem row)
    {
        (row.StartUtc, row.EndUtc) = (time.Start.ToDateTimeUtc(), time.End.ToDateTimeUtc());
        (row.StartWall, row.EndWall) = (Wall.Format(time.StartWall), Wall.Format(time.EndWall));
        (row.StartZone, row.EndZone) = (time.StartZone, time.EndZone);
        row.IsAllDay = time.IsAllDay;
    }

    /// <summary>The attendees of <see cref="ScheduleItem.Attendees"/>.</summary>
    public static IReadOnlyList<Attendee> ReadAttendees(string? json) => json is null or "" or "[]"
        ? []
        : [.. JsonSerializer.Deserialize(json, CrmJson.Stored.StoredAttendeeArray)!
            .Select(attendee => new Attendee(new MailAddress(attendee.Address, attendee.Name), attendee.Role, attendee.Response))];

    public static string WriteAttendees(IReadOnlyList<Attendee> attendees) => attendees.Count == 0
        ? "[]"
        : JsonSerializer.Serialize(
            [.. attendees.Select(attendee => new StoredAttendee(attendee.Who.Address, attendee.Who.Name, attendee.Role, attendee.Response))],
            CrmJson.Stored.StoredAttendeeArray);

    /// <summary>The names of <see cref="Participation.Categories"/>.</summary>
    public static IReadOnlyList<string> ReadCategories(string? json) =>
        json is null or "" or "[]" ? [] : JsonSerializer.Deserialize(json, CrmJson.Stored.StringArray)!;

    public static string WriteCategories(IReadOnlyList<string> categories) =>
        categories.Count == 0 ? "[]" : JsonSerializer.Serialize([.. categories], CrmJson.Stored.StringArray);

    /// <summary>The replaced version of an item, for <see cref="Store.Rows.ItemHistory.Snapshot"/>.</summary>
    public static string WriteReplaced(ScheduleItem item, IReadOnlyList<Participation> participations) =>
        JsonSerializer.Serialize(new ReplacedItem(item, participations), CrmJson.Stored.ReplacedItem);

    // SQLite and SQL Server hand out times without a kind; all stored times are UTC.
    private static Instant ToInstant(DateTime utc) => Instant.FromDateTimeUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc));
}
