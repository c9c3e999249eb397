using System.Text.Json;
using CrmSync.Engine.Items;
using NodaTime;
using NodaTime.Text;

namespace CrmSync.Engine.Crm;

/// <summary>The base snapshot of a pair: content as compact JSON (ItemLink.BaseSnapshot), and back.</summary>
/// <remarks>
/// Every mapped field is always written, so a field that is absent was not mapped yet when the snapshot was taken: it is not known, and first-sync
/// policy settles it, never a conflict (design.md section 4).
/// </remarks>
public static class ScheduleSnapshot
{
    public const int CurrentVersion = 1;

    private static readonly LocalDateTimePattern Wall = LocalDateTimePattern.ExtendedIso;

    public static string Write(ScheduleContent content) => JsonSerializer.Serialize(
        new StoredContent
        {
            V = CurrentVersion,
            Subject = content.Subject,
            BodyFormat = content.Body.Format,
            Body = content.Body.Value,
            Start = InstantPattern.ExtendedIso.Format(content.Time.Start),
            End = InstantPattern.ExtendedIso.Format(content.Time.End),
            StartWall = Wall.Format(content.Time.StartWall),
            EndWall = Wall.Format(content.Time.EndWall),
            StartZone = content.Time.StartZone,
            EndZone = content.Time.EndZone,
            IsAllDay = content.Time.IsAllDay,
            Location = content.Location,
            Importance = content.Importance,
            Organizer = content.Organizer is { } who ? new StoredAttendee(who.Address, who.Name, default, default) : new StoredAttendee("", null, default, default),
            Attendees = [.. content.Attendees.Select(one => new StoredAttendee(one.Who.Address, one.Who.Name, one.Role, one.Response))],
            IsCancelled = content.IsCancelled,
            OnlineMeetingUrl = content.OnlineMeetingUrl ?? "",
            ShowAs = content.ShowAs,
            Sensitivity = content.Sensitivity,
            Categories = [.. content.Categories],
            ReminderMinutes = content.ReminderMinutes ?? StoredContent.NoReminder,
            OwnResponse = content.OwnResponse,
        },
        CrmJson.Stored.StoredContent);

    public static ScheduleContent Read(string json) => Read(json, out _);

    /// <summary>The content, and in <paramref name="known"/> the fields that the snapshot holds; the others have their defaults.</summary>
    /// <exception cref="JsonException">The text is not a snapshot.</exception>
    public static ScheduleContent Read(string json, out ScheduleFields known)
    {
        var stored = JsonSerializer.Deserialize(json, CrmJson.Stored.StoredContent) ?? throw new JsonException("The snapshot is the word null.");
        known = KnownIn(stored);
        return new ScheduleContent
        {
            Subject = stored.Subject ?? "",
            Body = new ItemBody(stored.BodyFormat ?? BodyFormat.Text, stored.Body ?? ""),
            Time = TimeOf(stored),
            Location = stored.Location ?? "",
            Importance = stored.Importance ?? Importance.Normal,
            Organizer = stored.Organizer is { Address: not "" } who ? new MailAddress(who.Address, who.Name) : null,
            Attendees = [.. (stored.Attendees ?? []).Select(one => new Attendee(new MailAddress(one.Address, one.Name), one.Role, one.Response))],
            IsCancelled = stored.IsCancelled ?? false,
            OnlineMeetingUrl = stored.OnlineMeetingUrl is "" ? null : stored.OnlineMeetingUrl,
            ShowAs = stored.ShowAs ?? ShowAs.Busy,
            Sensitivity = stored.Sensitivity ?? Sensitivity.Normal,
            Categories = stored.Categories ?? [],
            ReminderMinutes = stored.ReminderMinutes is StoredContent.NoReminder ? null : stored.ReminderMinutes,
            OwnResponse = stored.OwnResponse ?? AttendeeResponse.Unknown,
        };
    }

    private static ScheduleTime TimeOf(StoredContent stored)
    {
        if (stored.Start is null || stored.End is null || stored.StartWall is null || stored.EndWall is null)
            return TimeZones.Timed(Instant.FromUnixTimeTicks(0), Instant.FromUnixTimeTicks(0), "UTC", "UTC");
        return new ScheduleTime(
            InstantPattern.ExtendedIso.Parse(stored.Start).Value, InstantPattern.ExtendedIso.Parse(stored.End).Value,
            Wall.Parse(stored.StartWall).Value, Wall.Parse(stored.EndWall).Value,
            stored.StartZone ?? "UTC", stored.EndZone ?? "UTC", stored.IsAllDay ?? false);
    }

    private static ScheduleFields KnownIn(StoredContent stored)
    {
        var known = ScheduleFields.None;
        void Note(ScheduleFields field, object? value) => known |= value is null ? ScheduleFields.None : field;

        Note(ScheduleFields.Subject, stored.Subject);
        Note(ScheduleFields.Body, stored.Body);
        Note(ScheduleFields.Time, stored.StartWall);
        Note(ScheduleFields.Location, stored.Location);
        Note(ScheduleFields.Importance, stored.Importance);
        Note(ScheduleFields.Organizer, stored.Organizer);
        Note(ScheduleFields.Attendees | ScheduleFields.Responses, stored.Attendees);
        Note(ScheduleFields.Cancelled, stored.IsCancelled);
        Note(ScheduleFields.OnlineMeetingUrl, stored.OnlineMeetingUrl);
        Note(ScheduleFields.ShowAs, stored.ShowAs);
        Note(ScheduleFields.Sensitivity, stored.Sensitivity);
        Note(ScheduleFields.Categories, stored.Categories);
        Note(ScheduleFields.Reminder, stored.ReminderMinutes);
        Note(ScheduleFields.OwnResponse, stored.OwnResponse);
        return known;
    }
}

/// <summary>The snapshot's JSON. Null means absent; values that may be missing in a full content have a mark of their own.</summary>
public sealed class StoredContent
{
    public const int NoReminder = -1;

    public int V { get; set; }

    public string? Subject { get; set; }

    public BodyFormat? BodyFormat { get; set; }

    public string? Body { get; set; }

    public string? Start { get; set; }

    public string? End { get; set; }

    public string? StartWall { get; set; }

    public string? EndWall { get; set; }

    public string? StartZone { get; set; }

    public string? EndZone { get; set; }

    public bool? IsAllDay { get; set; }

    public string? Location { get; set; }

    public Importance? Importance { get; set; }

    /// <summary>An empty address: the item has no organizer.</summary>
    public StoredAttendee? Organizer { get; set; }

    public StoredAttendee[]? Attendees { get; set; }

    public bool? IsCancelled { get; set; }

    /// <summary>Empty: there is none.</summary>
    public string? OnlineMeetingUrl { get; set; }

    public ShowAs? ShowAs { get; set; }

    public Sensitivity? Sensitivity { get; set; }

    public string[]? Categories { get; set; }

    public int? ReminderMinutes { get; set; }

    public AttendeeResponse? OwnResponse { get; set; }
}
