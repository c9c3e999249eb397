using System.Text.Json;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using NodaTime;
using NodaTime.Text;

namespace CrmSync.Server.Api;

/// <summary>A person by address.</summary>
public sealed record AddressJson(string Address, string? Name);

/// <summary>An invited person or resource.</summary>
/// <param name="Response">Filled by the organizer's copy; read-only.</param>
public sealed record AttendeeJson(string Address, string? Name = null, AttendeeRole Role = AttendeeRole.Required, AttendeeResponse? Response = null);

/// <summary>A schedule item as the API gives it. Personal fields (showAs, sensitivity, categories, reminderMinutes, response) are those of <paramref name="UserId"/>.</summary>
/// <param name="Start">Instant in UTC.</param>
/// <param name="StartLocal">Wall clock in <paramref name="StartZone"/>; for all-day items its date is what counts, and the end date is exclusive.</param>
/// <param name="Participants">CRM people who have the item.</param>
/// <param name="IsOrganizedElsewhere">Nobody linked organizes it: only the personal fields can be changed here.</param>
public sealed record ScheduleItemJson(
    Guid Id, long Version, Guid OwnerId, Guid UserId, ItemOrigin Origin, string Subject, string Body, BodyFormat BodyFormat,
    string Start, string End, string StartLocal, string EndLocal, string StartZone, string EndZone, bool IsAllDay,
    string Location, Importance Importance, AddressJson? Organizer, IReadOnlyList<AttendeeJson> Attendees, bool IsCancelled, string? OnlineMeetingUrl,
    ShowAs ShowAs, Sensitivity Sensitivity, IReadOnlyList<string> Categories, int? ReminderMinutes, AttendeeResponse Response,
    IReadOnlyList<Guid> Participants, bool IsOrganizedElsewhere, bool IsDeleted, DateTime CreatedAt, DateTime UpdatedAt, string UpdatedBy)
{
    public static ScheduleItemJson Of(ScheduleItemView view)
    {
        var (row, content) = (view.Row, view.Content);
        return new(
            row.Id, row.Version, row.OwnerId, view.Personal?.UserId ?? row.OwnerId, row.Origin, content.Subject, content.Body.Value, content.Body.Format,
            InstantPattern.General.Format(content.Time.Start), InstantPattern.General.Format(content.Time.End), row.StartWall, row.EndWall, row.StartZone, row.EndZone, row.IsAllDay,
            content.Location, content.Importance, content.Organizer is { } organizer ? new(organizer.Address, organizer.Name) : null,
            [.. content.Attendees.Select(attendee => new AttendeeJson(attendee.Who.Address, attendee.Who.Name, attendee.Role, attendee.Response))],
            content.IsCancelled, content.OnlineMeetingUrl, content.ShowAs, content.Sensitivity, content.Categories, content.ReminderMinutes, content.OwnResponse,
            view.Participants, row.AuthorityLinkId is not null && !row.AuthorityIsOrganizer, row.IsDeleted, row.CreatedAt, row.UpdatedAt, row.UpdatedBy);
    }
}

/// <summary>What a caller sends to create an item, or to change some of its fields. Absent fields stay; null clears where clearing makes sense.</summary>
/// <param name="Owner">Name or id of the CRM person; on create only. Default: the person that the token acts for.</param>
/// <param name="Start">With offset or Z an instant; without, a wall clock in <paramref name="TimeZone"/>; a plain date for all-day items.</param>
/// <param name="End">Like <paramref name="Start"/>; for all-day items the first day that is free again.</param>
/// <param name="TimeZone">IANA or Windows id; default: the owner's.</param>
public sealed record ScheduleItemEdit(
    string? Owner = null, string? Subject = null, string? Body = null, BodyFormat? BodyFormat = null, string? Start = null, string? End = null, string? TimeZone = null,
    bool? IsAllDay = null, string? Location = null, Importance? Importance = null, IReadOnlyList<AttendeeJson>? Attendees = null, ShowAs? ShowAs = null,
    Sensitivity? Sensitivity = null, IReadOnlyList<string>? Categories = null, int? ReminderMinutes = null);

/// <summary>An edit laid over a content: what it changes, or what is wrong with it.</summary>
public static class ScheduleItemEdits
{
    private static readonly OffsetDateTimePattern WithOffset = OffsetDateTimePattern.ExtendedIso;
    private static readonly LocalDateTimePattern Wall = LocalDateTimePattern.ExtendedIso;
    private static readonly LocalDateTimePattern WallMinutes = LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm");

    /// <summary>Reads the body and says which members it has: null and absent are different things.</summary>
    public static (ScheduleItemEdit Edit, IReadOnlySet<string> Has) Read(JsonElement body, JsonSerializerOptions options)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw new JsonException("The body must be a JSON object.");
        return (body.Deserialize<ScheduleItemEdit>(options)!, body.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.OrdinalIgnoreCase));
    }

    public static Outcome<(ScheduleContent Content, ScheduleFields Fields)> Apply(ScheduleItemEdit edit, IReadOnlySet<string> has, ScheduleContent? current, string defaultZone)
    {
        var problems = new List<FieldProblem>();
        var fields = ScheduleFields.None;
        var time = current?.Time;
        if (current is null || has.Overlaps(["start", "end", "timeZone", "isAllDay"]))
        {
            time = TimeOf(edit, has, current?.Time, defaultZone, problems);
            fields |= ScheduleFields.Time;
        }
        if (problems.Count > 0 || time is null)
            return Problem.Of(problems)!;
        var content = (current ?? new ScheduleContent { Time = time }) with { Time = time };
        void Take(string name, ScheduleFields field, Func<ScheduleContent, ScheduleContent> change)
        {
            if (!has.Contains(name))
                return;
            content = change(content);
            fields |= field;
        }

        Take("subject", ScheduleFields.Subject, c => c with { Subject = edit.Subject ?? "" });
        Take("body", ScheduleFields.Body, c => c with { Body = new ItemBody(edit.BodyFormat ?? c.Body.Format, edit.Body ?? "") });
        Take("location", ScheduleFields.Location, c => c with { Location = edit.Location ?? "" });
        Take("importance", ScheduleFields.Importance, c => c with { Importance = edit.Importance ?? Importance.Normal });
        Take("showAs", ScheduleFields.ShowAs, c => c with { ShowAs = edit.ShowAs ?? ShowAs.Busy });
        Take("sensitivity", ScheduleFields.Sensitivity, c => c with { Sensitivity = edit.Sensitivity ?? Sensitivity.Normal });
        Take("categories", ScheduleFields.Categories, c => c with { Categories = edit.Categories ?? [] });
        Take("reminderMinutes", ScheduleFields.Reminder, c => c with { ReminderMinutes = edit.ReminderMinutes });
        Take("attendees", ScheduleFields.Attendees, c => c with
        {
            // Responses are Exchange's: those of people who stay are kept.
            Attendees = [.. (edit.Attendees ?? []).Select(attendee => new Attendee(
                new MailAddress(attendee.Address?.Trim() ?? "", attendee.Name), attendee.Role,
                c.Attendees.FirstOrDefault(old => string.Equals(old.Who.Address, attendee.Address?.Trim(), StringComparison.OrdinalIgnoreCase))?.Response ?? AttendeeResponse.Unknown))],
        });
        return (content, fields);
    }

    private static ScheduleTime? TimeOf(ScheduleItemEdit edit, IReadOnlySet<string> has, ScheduleTime? current, string defaultZone, List<FieldProblem> problems)
    {
        var zone = edit.TimeZone ?? current?.StartZone ?? defaultZone;
        if (TimeZones.Find(zone) is null)
        {
            problems.Add(new("timeZone", $"'{zone}' is no known time zone.", "Use an IANA id such as Europe/Berlin or a Windows id such as W. Europe Standard Time."));
            return null;
        }
        var isAllDay = edit.IsAllDay ?? current?.IsAllDay ?? false;
        var start = Moment("start", edit.Start, has.Contains("start"), current?.Start, current?.StartWall, zone, isAllDay, problems);
        var end = Moment("end", edit.End, has.Contains("end"), current?.End, current?.EndWall, zone, isAllDay, problems);
        if (start is null || end is null)
            return null;
        return isAllDay ? TimeZones.AllDay(start.Value.Wall.Date, end.Value.Wall.Date, zone) : TimeZones.Timed(start.Value.Instant, end.Value.Instant, zone, zone);
    }

    private static (Instant Instant, LocalDateTime Wall)? Moment(
        string field, string? text, bool given, Instant? current, LocalDateTime? currentWall, string zoneId, bool isAllDay, List<FieldProblem> problems)
    {
        var zone = TimeZones.FindOrUtc(zoneId);
        if (!given && current is { } same)
            return (same, isAllDay ? currentWall!.Value : same.InZone(zone).LocalDateTime);
        if (text is not null)
        {
            if (LocalDatePattern.Iso.Parse(text) is { Success: true } date)
                return (zone.AtStartOfDay(date.Value).ToInstant(), date.Value.AtMidnight());
            if (WithOffset.Parse(text) is { Success: true } offset)
                return (Seconds(offset.Value.ToInstant()), offset.Value.ToInstant().InZone(zone).LocalDateTime);
            if (Wall.Parse(text) is { Success: true } wall)
                return (Seconds(zone.AtLeniently(wall.Value).ToInstant()), wall.Value);
            if (WallMinutes.Parse(text) is { Success: true } minutes)
                return (zone.AtLeniently(minutes.Value).ToInstant(), minutes.Value);
        }
        problems.Add(new(field, text is null ? "It is missing." : $"'{text}' is no time.", "Use 2026-11-23T09:00:00Z, 2026-11-23T09:00:00 with timeZone, or a date such as 2026-11-23 for all-day items."));
        return null;
    }

    // Exchange keeps whole seconds.
    private static Instant Seconds(Instant instant) => Instant.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
