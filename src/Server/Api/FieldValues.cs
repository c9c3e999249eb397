using CrmSync.Engine.Items;
using NodaTime.Text;

namespace CrmSync.Server.Api;

/// <summary>Single fields of an item as JSON values.</summary>
public static class FieldValues
{
    /// <summary>Null where there is no item.</summary>
    public static object? Of(ScheduleContent? content, ScheduleFields field) => content is null ? null : field switch
    {
        ScheduleFields.Subject => content.Subject,
        ScheduleFields.Body => new { format = content.Body.Format, value = content.Body.Value },
        ScheduleFields.Time => new
        {
            start = InstantPattern.General.Format(content.Time.Start), end = InstantPattern.General.Format(content.Time.End),
            startLocal = LocalDateTimePattern.GeneralIso.Format(content.Time.StartWall), endLocal = LocalDateTimePattern.GeneralIso.Format(content.Time.EndWall),
            timeZone = content.Time.StartZone, isAllDay = content.Time.IsAllDay,
        },
        ScheduleFields.Location => content.Location,
        ScheduleFields.Importance => content.Importance,
        ScheduleFields.Organizer => content.Organizer?.Address,
        ScheduleFields.Attendees or ScheduleFields.Responses =>
            content.Attendees.Select(attendee => new AttendeeJson(attendee.Who.Address, attendee.Who.Name, attendee.Role, attendee.Response)).ToList(),
        ScheduleFields.Cancelled => content.IsCancelled,
        ScheduleFields.OnlineMeetingUrl => content.OnlineMeetingUrl,
        ScheduleFields.ShowAs => content.ShowAs,
        ScheduleFields.Sensitivity => content.Sensitivity,
        ScheduleFields.Categories => content.Categories,
        ScheduleFields.Reminder => content.ReminderMinutes,
        _ => content.OwnResponse,
    };
}
