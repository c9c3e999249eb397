using System.Globalization;
using CrmSync.Engine.Items;

namespace CrmSync.AdminConsole.Parts;

/// <summary>Fields of an item in the words of people.</summary>
public static class FieldTexts
{
    public static string Label(ScheduleFields field) => field switch
    {
        ScheduleFields.Body => "Text",
        ScheduleFields.Time => "Time",
        ScheduleFields.ShowAs => "Show as",
        ScheduleFields.OwnResponse => "Own response",
        ScheduleFields.OnlineMeetingUrl => "Online meeting",
        _ => field.ToString(),
    };

    public static string Value(ScheduleContent? content, ScheduleFields field) => content is null ? "(no item)" : field switch
    {
        ScheduleFields.Subject => Text(content.Subject),
        ScheduleFields.Body => Text(BodyText.Canonical(content.Body)),
        ScheduleFields.Time => Time(content.Time),
        ScheduleFields.Location => Text(content.Location),
        ScheduleFields.Importance => Words.Of(content.Importance),
        ScheduleFields.Organizer => Text(content.Organizer?.Address),
        ScheduleFields.Attendees => Text(string.Join(", ", content.Attendees.Select(attendee => attendee.Role == AttendeeRole.Required ? attendee.Who.Address : $"{attendee.Who.Address} ({attendee.Role.ToString().ToLowerInvariant()})"))),
        ScheduleFields.Responses => Text(string.Join(", ", content.Attendees.Select(attendee => $"{attendee.Who.Address}: {attendee.Response}"))),
        ScheduleFields.Cancelled => Words.Of(content.IsCancelled),
        ScheduleFields.OnlineMeetingUrl => Text(content.OnlineMeetingUrl),
        ScheduleFields.ShowAs => Words.Of(content.ShowAs),
        ScheduleFields.Sensitivity => Words.Of(content.Sensitivity),
        ScheduleFields.Categories => Text(string.Join(", ", content.Categories)),
        ScheduleFields.Reminder => content.ReminderMinutes is { } minutes ? $"{minutes} min before" : "none",
        _ => content.OwnResponse.ToString(),
    };

    /// <summary>Fields for which a person may type a value of their own here; the API takes all.</summary>
    public static bool CanBeTyped(ScheduleFields field) => field is ScheduleFields.Subject or ScheduleFields.Location or ScheduleFields.Body;

    private static string Text(string? text) => string.IsNullOrWhiteSpace(text) ? "(empty)" : text;

    private static string Time(ScheduleTime time)
    {
        var (start, end) = (time.StartWall, time.EndWall);
        return time.IsAllDay
            ? $"{start.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} to {end.Date.PlusDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, all day"
            : $"{start.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} to {end.ToString(start.Date == end.Date ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}, {time.StartZone}";
    }
}
