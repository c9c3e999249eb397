using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Writes schedule content as a whole CalendarItem, or field by field as the changes of an UpdateItem.</summary>
/// <remarks>Fields that Exchange sets by itself (<see cref="ScheduleFields.ReadOnlyInExchange"/>) are never written, asked or not.</remarks>
internal static class CalendarItemWriter
{
    // Largest value that the schema allows.
    private const int MaxReminderMinutes = 2629800;

    /// <summary>The element for CreateItem; the order of the properties is the schema's.</summary>
    public static void WriteNew(RequestWriter w, ScheduleContent content, Stamp stamp) => w.Type("CalendarItem", () =>
    {
        if (content.Subject.Length > 0)
            w.Type("Subject", content.Subject);
        w.Type("Sensitivity", EwsEnums.Write(content.Sensitivity));
        if (content.Body.Value.Length > 0)
            Body(w, content.Body);
        if (content.Categories.Count > 0)
            Categories(w, content.Categories);
        w.Type("Importance", EwsEnums.Write(content.Importance));
        w.Type("ReminderIsSet", content.ReminderMinutes is not null);
        if (content.ReminderMinutes is { } minutes)
            w.Type("ReminderMinutesBeforeStart", Bounded(minutes));
        foreach (var (field, value) in StampProperties.Of(stamp))
            field.WriteProperty(w, value);
        var (start, end, startZone, endZone) = TimeMapping.Write(content.Time);
        w.Type("Start", start);
        w.Type("End", end);
        w.Type("IsAllDayEvent", content.Time.IsAllDay);
        w.Type("LegacyFreeBusyStatus", EwsEnums.Write(content.ShowAs, w.Version.Is2013));
        if (content.Location.Length > 0)
            w.Type("Location", content.Location);
        foreach (var (role, list, _) in AttendeeLists)
        {
            var attendees = content.Attendees.Where(a => a.Role == role).ToList();
            if (attendees.Count > 0)
                Attendees(w, list, attendees);
        }
        if (w.Version.HasItemZones)
        {
            Zone(w, "StartTimeZone", startZone);
            Zone(w, "EndTimeZone", endZone);
        }
        else
        {
            MeetingZone(w, startZone);
        }
    });

    /// <summary>The Updates of one ItemChange: one property per change, only the named fields.</summary>
    /// <remarks>An empty text or list is a DeleteItemField: on Exchange an empty value and an absent one are not the same everywhere.</remarks>
    public static void WriteChanges(RequestWriter w, ScheduleContent content, ScheduleFields changed, Stamp? stamp)
    {
        bool Has(ScheduleFields field) => (changed & field) != 0;

        if (Has(ScheduleFields.Subject))
            SetOrDelete(w, "item:Subject", content.Subject.Length > 0, () => w.Type("Subject", content.Subject));
        if (Has(ScheduleFields.Sensitivity))
            Set(w, "item:Sensitivity", () => w.Type("Sensitivity", EwsEnums.Write(content.Sensitivity)));
        if (Has(ScheduleFields.Body))
            SetOrDelete(w, "item:Body", content.Body.Value.Length > 0, () => Body(w, content.Body));
        if (Has(ScheduleFields.Categories))
            SetOrDelete(w, "item:Categories", content.Categories.Count > 0, () => Categories(w, content.Categories));
        if (Has(ScheduleFields.Importance))
            Set(w, "item:Importance", () => w.Type("Importance", EwsEnums.Write(content.Importance)));
        if (Has(ScheduleFields.Reminder))
        {
            Set(w, "item:ReminderIsSet", () => w.Type("ReminderIsSet", content.ReminderMinutes is not null));
            if (content.ReminderMinutes is { } minutes)
                Set(w, "item:ReminderMinutesBeforeStart", () => w.Type("ReminderMinutesBeforeStart", Bounded(minutes)));
        }
        if (Has(ScheduleFields.Time))
            WriteTimeChanges(w, content.Time);
        if (Has(ScheduleFields.ShowAs))
            Set(w, "calendar:LegacyFreeBusyStatus", () => w.Type("LegacyFreeBusyStatus", EwsEnums.Write(content.ShowAs, w.Version.Is2013)));
        if (Has(ScheduleFields.Location))
            SetOrDelete(w, "calendar:Location", content.Location.Length > 0, () => w.Type("Location", content.Location));
        if (Has(ScheduleFields.Attendees))
        {
            foreach (var (role, list, uri) in AttendeeLists)
            {
                var attendees = content.Attendees.Where(a => a.Role == role).ToList();
                SetOrDelete(w, uri, attendees.Count > 0, () => Attendees(w, list, attendees));
            }
        }
        if (stamp is { } mark)
        {
            foreach (var (field, value) in StampProperties.Of(mark))
                Change(w, "SetItemField", () => field.Write(w), () => field.WriteProperty(w, value));
        }
    }

    // Zones first, then the kind, then both ends: a server that applies changes in order never sees an end before its start in the wrong zone,
    // and moving only the start would leave the old end behind (ews/protocol.md section 6, duration).
    private static void WriteTimeChanges(RequestWriter w, ScheduleTime time)
    {
        var (start, end, startZone, endZone) = TimeMapping.Write(time);
        if (w.Version.HasItemZones)
        {
            Set(w, "calendar:StartTimeZone", () => Zone(w, "StartTimeZone", startZone));
            Set(w, "calendar:EndTimeZone", () => Zone(w, "EndTimeZone", endZone));
        }
        else
        {
            Set(w, "calendar:MeetingTimeZone", () => MeetingZone(w, startZone));
        }
        Set(w, "calendar:IsAllDayEvent", () => w.Type("IsAllDayEvent", time.IsAllDay));
        Set(w, "calendar:Start", () => w.Type("Start", start));
        Set(w, "calendar:End", () => w.Type("End", end));
    }

    private static readonly (AttendeeRole Role, string List, string Uri)[] AttendeeLists =
    [
        (AttendeeRole.Required, "RequiredAttendees", "calendar:RequiredAttendees"),
        (AttendeeRole.Optional, "OptionalAttendees", "calendar:OptionalAttendees"),
        (AttendeeRole.Resource, "Resources", "calendar:Resources"),
    ];

    private static int Bounded(int minutes) => Math.Clamp(minutes, 0, MaxReminderMinutes);

    private static void Body(RequestWriter w, ItemBody body) => w.Type("Body", () =>
    {
        w.Attribute("BodyType", body.Format == BodyFormat.Html ? "HTML" : "Text");
        w.Text(body.Value);
    });

    private static void Categories(RequestWriter w, IReadOnlyList<string> categories) => w.Type("Categories", () =>
    {
        foreach (var category in categories)
            w.Type("String", category);
    });

    private static void Attendees(RequestWriter w, string list, List<Attendee> attendees) => w.Type(list, () =>
    {
        foreach (var attendee in attendees)
        {
            w.Type("Attendee", () => w.Type("Mailbox", () =>
            {
                if (!string.IsNullOrEmpty(attendee.Who.Name))
                    w.Type("Name", attendee.Who.Name);
                if (attendee.Who.Address.Length > 0)
                    w.Type("EmailAddress", attendee.Who.Address);
            }));
        }
    });

    private static void Zone(RequestWriter w, string name, string id) => w.Type(name, () => w.Attribute("Id", id));

    private static void MeetingZone(RequestWriter w, string id) => w.Type("MeetingTimeZone", () => w.Attribute("TimeZoneName", id));

    private static void SetOrDelete(RequestWriter w, string uri, bool hasValue, Action value)
    {
        if (hasValue)
            Set(w, uri, value);
        else
            w.Type("DeleteItemField", () => w.Field(uri));
    }

    private static void Set(RequestWriter w, string uri, Action value) => Change(w, "SetItemField", () => w.Field(uri), value);

    private static void Change(RequestWriter w, string kind, Action path, Action value) => w.Type(kind, () =>
    {
        path();
        w.Type("CalendarItem", value);
    });
}
