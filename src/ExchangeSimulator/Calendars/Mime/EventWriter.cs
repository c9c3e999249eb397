using System.Globalization;
using System.Text;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>Writes a calendar item as bare iCalendar, the way Exchange gives its MimeContent: zone first, the event, its changed occurrences (clients.md 1 point 8).</summary>
public static class EventWriter
{
    public static string Write(StoredItem item)
    {
        var lines = new LineWriter();
        lines.Add("BEGIN", "VCALENDAR");
        lines.Add("METHOD", item.Values.IsTrue("IsCancelled") ? "CANCEL" : item.Values.IsTrue("IsMeeting") ? "REQUEST" : "PUBLISH");
        lines.Add("PRODID", "Microsoft Exchange Server 2010");
        lines.Add("VERSION", "2.0");
        var zone = item.Occurrence?.Series.Zone ?? item.Series?.Zone ?? Zones.Of(item, "StartTimeZone") ?? TimeZoneInfo.Utc;
        ZoneWriter.Write(lines, zone, MimeZones.IdOf(zone), (item.Time("Start") ?? item.Created).Year);
        Event(lines, item, zone);
        if (item.Series is { } series)
        {
            foreach (var date in series.Exceptions.Keys)
                Event(lines, new Occurrence(item, date).Open(), zone);
        }

        lines.Add("END", "VCALENDAR");
        return lines.ToString();
    }

    private static void Event(LineWriter lines, StoredItem item, TimeZoneInfo zone)
    {
        var values = item.Values;
        var isAllDay = values.IsTrue("IsAllDayEvent");
        lines.Add("BEGIN", "VEVENT");
        People(lines, item);
        if (values.Element("Body") is { } body)
            lines.Text("DESCRIPTION;LANGUAGE=en-US", BodyText.Read(body, "Text").Text);
        if (item.Series is { } series)
        {
            lines.Add("RRULE", RuleText.Write(series.Recurrence, series));
            foreach (var date in series.Deleted)
                Time(lines, "EXDATE", series.StartOf(date), zone, isAllDay);
        }

        lines.Text("UID", values.Text("UID") ?? item.Id);
        if (item.Occurrence is { } occurrence)
            Time(lines, "RECURRENCE-ID", occurrence.OriginalStart, zone, occurrence.Master.Values.IsTrue("IsAllDayEvent"));
        else if (item.Time("RecurrenceId") is { } original)
            Time(lines, "RECURRENCE-ID", original, zone, isAllDay);
        lines.Text("SUMMARY;LANGUAGE=en-US", item.Subject);
        Time(lines, "DTSTART", item.Time("Start") ?? item.Created, zone, isAllDay);
        Time(lines, "DTEND", item.Time("End") ?? item.Created, zone, isAllDay);
        lines.Add("CLASS", values.Text("Sensitivity") switch { "Private" => "PRIVATE", "Confidential" => "CONFIDENTIAL", "Personal" => "X-PERSONAL", _ => "PUBLIC" });
        lines.Add("PRIORITY", values.Text("Importance") switch { "High" => "1", "Low" => "9", _ => "5" });
        lines.Add("DTSTAMP", Utc(item.Modified));
        var showAs = values.Text("LegacyFreeBusyStatus") ?? "Busy";
        lines.Add("TRANSP", showAs == "Free" ? "TRANSPARENT" : "OPAQUE");
        lines.Add("STATUS", values.IsTrue("IsCancelled") ? "CANCELLED" : showAs == "Tentative" ? "TENTATIVE" : "CONFIRMED");
        lines.Add("SEQUENCE", values.Text("AppointmentSequenceNumber") ?? "0");
        lines.Text("LOCATION;LANGUAGE=en-US", values.Text("Location") ?? "");
        if (values.Element("Categories") is { } categories)
            lines.Add("CATEGORIES", string.Join(',', categories.Children.Select(c => ContentLine.Escape(c.Text))));
        lines.Add("X-MICROSOFT-CDO-APPT-SEQUENCE", values.Text("AppointmentSequenceNumber") ?? "0");
        lines.Add("X-MICROSOFT-CDO-BUSYSTATUS", showAs == "NoData" ? "BUSY" : showAs.ToUpperInvariant());
        lines.Add("X-MICROSOFT-CDO-INTENDEDSTATUS", (values.Text("IntendedFreeBusyStatus") ?? "Busy").ToUpperInvariant());
        lines.Add("X-MICROSOFT-CDO-ALLDAYEVENT", isAllDay ? "TRUE" : "FALSE");
        lines.Add("X-MICROSOFT-CDO-IMPORTANCE", values.Text("Importance") switch { "High" => "2", "Low" => "0", _ => "1" });
        lines.Add("X-MICROSOFT-CDO-INSTTYPE", item.Series != null ? "1" : item.Occurrence is { IsException: true } ? "3" : item.Occurrence != null ? "2" : "0");
        Alarm(lines, values);
        lines.Add("END", "VEVENT");
    }

    private static void People(LineWriter lines, StoredItem item)
    {
        if (!item.Values.IsTrue("IsMeeting"))
            return;
        if (item.Values.Element("Organizer")?.Child("Mailbox") is { } organizer)
            lines.Person("ORGANIZER", organizer);
        foreach (var (list, role) in new[] { ("RequiredAttendees", "REQ-PARTICIPANT"), ("OptionalAttendees", "OPT-PARTICIPANT"), ("Resources", "NON-PARTICIPANT") })
        {
            foreach (var attendee in item.Attendees(list))
            {
                var status = attendee.ChildText("ResponseType") switch { "Accept" => "ACCEPTED", "Tentative" => "TENTATIVE", "Decline" => "DECLINED", _ => "NEEDS-ACTION" };
                lines.Person($"ATTENDEE;ROLE={role};PARTSTAT={status};RSVP=TRUE", attendee.Child("Mailbox")!);
            }
        }
    }

    private static void Alarm(LineWriter lines, PropertyBag values)
    {
        if (!values.IsTrue("ReminderIsSet"))
            return;
        lines.Add("BEGIN", "VALARM");
        lines.Add("DESCRIPTION", "REMINDER");
        lines.Add("TRIGGER;RELATED=START", "-PT" + (values.Text("ReminderMinutesBeforeStart") ?? "15") + "M");
        lines.Add("ACTION", "DISPLAY");
        lines.Add("END", "VALARM");
    }

    private static void Time(LineWriter lines, string name, DateTimeOffset time, TimeZoneInfo zone, bool isDate)
    {
        var wall = TimeZoneInfo.ConvertTime(time, zone).DateTime;
        if (isDate)
            lines.Add(name + ";VALUE=DATE", wall.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        else
            lines.Add($"{name};TZID={MimeZones.IdOf(zone)}", wall.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture));
    }

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Lines of iCalendar, escaped and folded at 75 bytes.</summary>
public sealed class LineWriter
{
    private readonly StringBuilder _text = new();

    public void Text(string name, string value) => Add(name, ContentLine.Escape(value));

    public void Person(string name, Node mailbox)
    {
        var display = (mailbox.ChildText("Name") ?? "").Replace("\"", "'", StringComparison.Ordinal).ReplaceLineEndings(" ");
        Add($"{name};CN=\"{display}\"", "MAILTO:" + (mailbox.ChildText("EmailAddress") ?? "").ReplaceLineEndings(""));
    }

    public void Add(string name, string value)
    {
        var room = 75;
        foreach (var rune in (name + ":" + value).EnumerateRunes())
        {
            if (rune.Utf8SequenceLength > room)
            {
                _text.Append("\r\n ");
                room = 74;
            }

            _text.Append(rune.ToString());
            room -= rune.Utf8SequenceLength;
        }

        _text.Append("\r\n");
    }

    public override string ToString() => _text.ToString();
}
