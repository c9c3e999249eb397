using System.Globalization;
using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>Reads the events of an iCalendar document, the form in which some clients create appointments (clients.md 1 point 8).</summary>
public sealed class EventReader
{
    private const int MaxEvents = 1200;
    private const int MaxAttendees = 2000;

    private readonly MimeZones _zones;
    private readonly Mailbox _mailbox;

    private EventReader(CalendarComponent calendar, Mailbox mailbox, TimeZoneInfo fallback)
    {
        _zones = new(calendar, fallback);
        _mailbox = mailbox;
    }

    /// <summary>All events of the text, those of changed occurrences among them.</summary>
    /// <exception cref="ExchangeError">ErrorMimeContentInvalid, ErrorMimeContentConversionFailed.</exception>
    public static List<MimeEvent> Read(string text, Mailbox mailbox, TimeZoneInfo? contextZone)
    {
        var calendar = CalendarComponent.Read(text);
        var fallback = ExchangeTime.FindZone(mailbox.TimeZoneId) ?? TimeZoneInfo.Utc;
        // Dates and times without a zone are in the request's, else in the one that the document defines, else in the mailbox's.
        if (contextZone != null)
            fallback = contextZone;
        else if (calendar.Of("VTIMEZONE").Take(2).ToList() is [var only])
            fallback = new MimeZones(calendar, fallback).Find(only.Text("TZID"));
        var reader = new EventReader(calendar, mailbox, fallback);
        var events = calendar.Of("VEVENT").Take(MaxEvents).Select(reader.Read).ToList();
        return events.Count > 0 ? events : throw new ExchangeError("ErrorMimeContentInvalid", "Mime content is not valid.");
    }

    private MimeEvent Read(CalendarComponent component)
    {
        var result = new MimeEvent { RecurrenceId = CalendarTime.Of(component.Line("RECURRENCE-ID")) };
        Times(component, result);
        result.Put("UID", component.Text("UID")?.Trim());
        result.Put("Subject", component.Text("SUMMARY"));
        result.Put("Location", component.Text("LOCATION"));
        Body(component, result);
        result.Put("LegacyFreeBusyStatus", ShowAs(component));
        result.Put("Sensitivity", component.Text("CLASS")?.Trim().ToUpperInvariant() switch { "PRIVATE" => "Private", "CONFIDENTIAL" => "Confidential", "PUBLIC" => "Normal", _ => null });
        result.Put("Importance", component.Text("PRIORITY")?.Trim() switch { "1" or "2" or "3" or "4" => "High", "5" => "Normal", "6" or "7" or "8" or "9" => "Low", _ => null });
        var categories = component.All("CATEGORIES").SelectMany(l => ContentLine.Split(l.Value)).Select(c => ContentLine.Unescape(c).Trim()).Where(c => c.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (categories.Count > 0)
            result.Put(Node.Types("Categories", "", [.. categories.Select(c => Node.Types("String", c))]));
        Reminder(component, result);
        People(component, result);
        result.IsCancelled = component.Text("STATUS")?.Trim().ToUpperInvariant() == "CANCELLED";
        if (component.Line("RRULE") is { } rule)
            result.Put(RecurrenceElement.Write(RuleText.Read(rule.Value, DateOnly.FromDateTime(LocalStart(component, result.Zone)), result.Zone)));
        foreach (var line in component.All("EXDATE"))
            result.Excluded.AddRange(CalendarTime.All(line).Select(t => t with { ZoneId = t.ZoneId ?? line["TZID"] }));
        return result;
    }

    private static DateTime LocalStart(CalendarComponent component, TimeZoneInfo zone) => CalendarTime.Of(component.Line("DTSTART")) switch
    {
        { IsUtc: true } utc => TimeZoneInfo.ConvertTime(utc.In(zone), zone).DateTime,
        { } local => local.Wall,
        null => throw new ExchangeError("ErrorMimeContentInvalid", "An event of the mime content has no start."),
    };

    private void Times(CalendarComponent component, MimeEvent result)
    {
        if (CalendarTime.Of(component.Line("DTSTART")) is not { } start)
            throw new ExchangeError("ErrorMimeContentInvalid", "An event of the mime content has no start.");
        var zone = result.Zone = _zones.Find(start.ZoneId);
        var begin = start.In(zone);
        DateTimeOffset end;
        if (CalendarTime.Of(component.Line("DTEND")) is { } last)
            end = last.In(last.ZoneId == null ? zone : _zones.Find(last.ZoneId));
        else if (Duration(component.Text("DURATION")) is { } duration)
            end = begin + duration;
        else
            end = start.IsDate ? (start with { Wall = start.Wall.AddDays(1) }).In(zone) : begin;
        result.Put("Start", ExchangeTime.Format(begin));
        result.Put("End", ExchangeTime.Format(ExchangeTime.Bounded(end)));
        var isAllDay = start.IsDate || component.Text("X-MICROSOFT-CDO-ALLDAYEVENT")?.Trim().ToUpperInvariant() == "TRUE";
        result.Put("IsAllDayEvent", isAllDay ? "true" : "false");
        result.Put(new Node("t", "StartTimeZone").With("Id", MimeZones.IdOf(zone)));
        result.Put(new Node("t", "EndTimeZone").With("Id", MimeZones.IdOf(zone)));
    }

    private static void Body(CalendarComponent component, MimeEvent result)
    {
        if (component.All("X-ALT-DESC").FirstOrDefault(l => string.Equals(l["FMTTYPE"], "text/html", StringComparison.OrdinalIgnoreCase)) is { } html)
            result.Put(Node.Types("Body", ContentLine.Unescape(html.Value)).With("BodyType", "HTML"));
        else if (component.Text("DESCRIPTION") is { Length: > 0 } text)
            result.Put(Node.Types("Body", text).With("BodyType", "Text"));
    }

    private static string? ShowAs(CalendarComponent component) => component.Text("X-MICROSOFT-CDO-BUSYSTATUS")?.Trim().ToUpperInvariant() switch
    {
        "FREE" => "Free",
        "TENTATIVE" => "Tentative",
        "BUSY" => "Busy",
        "OOF" => "OOF",
        "WORKINGELSEWHERE" => "WorkingElsewhere",
        _ => component.Text("TRANSP")?.Trim().ToUpperInvariant() switch { "TRANSPARENT" => "Free", "OPAQUE" => component.Text("STATUS")?.Trim().ToUpperInvariant() == "TENTATIVE" ? "Tentative" : "Busy", _ => null },
    };

    private static void Reminder(CalendarComponent component, MimeEvent result)
    {
        var trigger = component.Of("VALARM").Select(a => a.Line("TRIGGER")).FirstOrDefault(t => t != null && t["RELATED"] is null or "START");
        if (trigger == null || Duration(trigger.Value) is not { } before)
        {
            result.Put("ReminderIsSet", "false");
            return;
        }

        result.Put("ReminderIsSet", "true");
        result.Put("ReminderMinutesBeforeStart", Math.Clamp((int)-before.TotalMinutes, 0, 2_629_800).ToString(CultureInfo.InvariantCulture));
    }

    private void People(CalendarComponent component, MimeEvent result)
    {
        result.Organizer = Address(component.Line("ORGANIZER"));
        var lists = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (var line in component.All("ATTENDEE").Take(MaxAttendees))
        {
            if (Address(line) is not { } address || string.Equals(address, result.Organizer, StringComparison.OrdinalIgnoreCase))
                continue;
            if (string.Equals(address, _mailbox.Address, StringComparison.OrdinalIgnoreCase))
                result.Response = line["PARTSTAT"]?.ToUpperInvariant() switch { "ACCEPTED" => "Accept", "TENTATIVE" => "Tentative", "DECLINED" => "Decline", _ => "NoResponseReceived" };
            var isResource = line["CUTYPE"]?.ToUpperInvariant() is "ROOM" or "RESOURCE" || line["ROLE"]?.ToUpperInvariant() == "NON-PARTICIPANT";
            var list = isResource ? "Resources" : line["ROLE"]?.ToUpperInvariant() == "OPT-PARTICIPANT" ? "OptionalAttendees" : "RequiredAttendees";
            if (!lists.TryGetValue(list, out var people))
                result.Put(lists[list] = people = new("t", list));
            var mailbox = Node.Types("Mailbox", "", Node.Types("Name", line["CN"] is { Length: > 0 } name ? name : address), Node.Types("EmailAddress", address));
            people.Children.Add(Node.Types("Attendee", "", mailbox));
        }
    }

    private static string? Address(ContentLine? line)
    {
        var value = line?.Value.Trim() ?? "";
        if (value.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase))
            value = value[7..];
        return value.Contains('@', StringComparison.Ordinal) && value.Length <= 320 && !value.Any(char.IsWhiteSpace) ? value : null;
    }

    /// <summary>A duration of RFC 5545; weeks are written as XML has no weeks.</summary>
    private static TimeSpan? Duration(string? text)
    {
        text = text?.Trim().TrimStart('+') ?? "";
        try
        {
            if (text.EndsWith('W') && int.TryParse(text.TrimStart('-').AsSpan(1, text.TrimStart('-').Length - 2), CultureInfo.InvariantCulture, out var weeks) && weeks < 1000)
                return TimeSpan.FromDays(7 * weeks) * (text[0] == '-' ? -1 : 1);
            return text.Contains('P', StringComparison.Ordinal) ? XmlConvert.ToTimeSpan(text) : null;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
