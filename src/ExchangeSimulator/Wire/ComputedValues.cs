using System.Collections.Frozen;
using System.Globalization;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Properties that are not stored but follow from others.</summary>
public static class ComputedValues
{
    private static readonly FrozenSet<string> Times = new[]
    {
        "Start", "End", "DateTimeReceived", "DateTimeSent", "DateTimeCreated", "LastModifiedTime", "ReminderDueBy", "ReminderNextTime", "DueDate", "StartDate",
        "CompleteDate", "AppointmentReplyTime", "DateTimeStamp", "Birthday", "WeddingAnniversary", "OriginalStart", "RecurrenceId",
    }.ToFrozenSet();

    public static bool IsTime(string element) => Times.Contains(element);

    /// <summary>A string, a Node, or null when the item has no such property.</summary>
    public static object? Of(StoredItem item, string element)
    {
        switch (element)
        {
            case "Size":
                return Size(item).ToString(CultureInfo.InvariantCulture);
            case "DateTimeReceived" or "DateTimeCreated" or "DateTimeSent":
                return ExchangeTime.Format(item.Created);
            case "LastModifiedTime":
                return ExchangeTime.Format(item.Modified);
            case "LastModifiedName":
                return item.ModifiedBy;
            case "Attachments":
                return AttachmentRules.List(item);
            case "HasAttachments":
                return item.Attachments is { Count: > 0 } attachments && attachments.Exists(a => !a.IsInline) ? "true" : "false";
            case "IsSubmitted" or "IsFromMe" or "IsResend" or "IsDraft":
                return "false";
            case "IsUnmodified":
                return item.Created == item.Modified ? "true" : "false";
            case "IsAssociated":
                return item.IsAssociated ? "true" : "false";
            case "Culture":
                return "en-US";
            case "ReminderIsSet":
                return "false";
        }

        if (item.Kind == ItemKind.CalendarItem)
            return OfCalendar(item, element);
        if (item.Kind == ItemKind.Task)
            return OfTask(item, element);
        if (item.Kind == ItemKind.Contact)
            return OfContact(item, element);
        return element == "IsRead" ? "false" : null;
    }

    /// <summary>Values of an extended property, stored or derived from the item's UID and the like.</summary>
    public static string[]? Extended(StoredItem item, ExtendedPropertyPath path)
    {
        if (item.Find(path) is { } stored)
            return stored.Values;
        if (path == ExtendedPropertyPath.GlobalObjectId || path == ExtendedPropertyPath.CleanGlobalObjectId)
            return item.Kind.IndexOf("UID") >= 0 && item.Values.Text("UID") is { } uid
                ? [Identifiers.GlobalObjectId(uid, path == ExtendedPropertyPath.GlobalObjectId ? OriginalDate(item) : null)]
                : null;
        return MapiProperties.Read(item, path) ?? path switch
        {
            { Set: "", Key: "0x3007" } => [ExchangeTime.Format(item.Created)],
            { Set: "", Key: "0x3008" } => [ExchangeTime.Format(item.Modified)],
            _ => null,
        };
    }

    private static DateOnly? OriginalDate(StoredItem item)
    {
        if (item.Occurrence is { } occurrence)
            return occurrence.Date;
        return item.Kind == ItemKind.CalendarItem && item.Time("RecurrenceId") is { } original
            ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(original, Zones.Of(item, "StartTimeZone") ?? TimeZoneInfo.Utc).DateTime)
            : null;
    }

    private static object? OfCalendar(StoredItem item, string element)
    {
        switch (element)
        {
            case "ReminderDueBy":
                return item.Values.Text("Start");
            case "DisplayTo":
                return Display(item, "RequiredAttendees");
            case "DisplayCc":
                return Display(item, "OptionalAttendees");
            case "DateTimeStamp":
                return ExchangeTime.Format(item.Modified);
            case "IsRecurring":
                return item.Occurrence != null || (item.Series != null && item.Mailbox.Habits.MasterIsRecurring) ? "true" : "false";
            case "RecurrenceId" or "OriginalStart":
                return item.Occurrence is { } occurrence ? ExchangeTime.Format(occurrence.OriginalStart) : null;
            case "FirstOccurrence" or "LastOccurrence" or "ModifiedOccurrences" or "DeletedOccurrences":
                return item.Series == null ? null : OccurrenceInfo.Of(item, element);
            case "MeetingTimeZone":
                return item.Series == null ? null : new Node("t", element).With("TimeZoneName", item.Values.Element("StartTimeZone")?["Id"] ?? "UTC");
            case "CalendarItemType":
                return CalendarRules.ItemType(item);
            case "IsOrganizer":
                return CalendarRules.IsOrganizer(item) ? "true" : "false";
            case "Duration":
                return CalendarRules.Duration(item);
            case "TimeZone":
                return Zones.Of(item, "StartTimeZone")?.DisplayName;
            case "ConflictingMeetingCount" or "AdjacentMeetingCount":
                return "0";
            case "StartWallClock":
                return WallClock(item, "Start", "StartTimeZone");
            case "EndWallClock":
                return WallClock(item, "End", "EndTimeZone");
            case "StartTimeZoneId":
                return item.Values.Element("StartTimeZone")?["Id"];
            case "EndTimeZoneId":
                return item.Values.Element("EndTimeZone")?["Id"];
            case "ResponseObjects":
                return ResponseObjects(item);
            default:
                return null;
        }
    }

    private static Node? ResponseObjects(StoredItem item)
    {
        if (!item.Values.IsTrue("IsMeeting"))
            return Node.Types("ResponseObjects", "", Node.Types("ForwardItem"));
        if (CalendarRules.IsOrganizer(item))
            return Node.Types("ResponseObjects", "", Node.Types("CancelCalendarItem"), Node.Types("ForwardItem"));
        return item.Values.IsTrue("IsCancelled")
            ? Node.Types("ResponseObjects", "", Node.Types("RemoveItem"))
            : Node.Types("ResponseObjects", "", Node.Types("AcceptItem"), Node.Types("TentativelyAcceptItem"), Node.Types("DeclineItem"), Node.Types("ForwardItem"));
    }

    private static string? WallClock(StoredItem item, string element, string zone) =>
        item.Time(element) is { } time ? ExchangeTime.Format(time, Zones.Of(item, zone) ?? TimeZoneInfo.Utc) : null;

    private static string? Display(StoredItem item, string list)
    {
        var names = string.Join("; ", item.Attendees(list).Select(a => a.Child("Mailbox")?.ChildText("Name")));
        return names.Length == 0 ? null : names;
    }

    private static object? OfTask(StoredItem item, string element) => element switch
    {
        "IsComplete" => item.Values.Text("Status") == "Completed" ? "true" : "false",
        "IsRecurring" => item.Values.Has("Recurrence") ? "true" : "false",
        "IsTeamTask" => "false",
        "IsAssignmentEditable" => "0",
        "Owner" => item.Mailbox.DisplayName,
        "StatusDescription" => item.Values.Text("Status") switch
        {
            "InProgress" => "In Progress",
            "Completed" => "Completed",
            "WaitingOnOthers" => "Waiting on someone else",
            "Deferred" => "Deferred",
            _ => "Not Started",
        },
        _ => null,
    };

    private static object? OfContact(StoredItem item, string element)
    {
        if (element == "HasPicture")
            return "false";
        if (element != "CompleteName")
            return null;
        var name = new Node("t", "CompleteName");
        foreach (var (part, source) in new[]
                 {
                     ("FirstName", "GivenName"), ("MiddleName", "MiddleName"), ("LastName", "Surname"), ("Suffix", "Generation"), ("Initials", "Initials"), ("Nickname", "Nickname"),
                 })
        {
            if (item.Values.Text(source) is { } text)
                name.Children.Add(Node.Types(part, text));
        }

        return name.Children.Count == 0 ? null : name;
    }

    private static int Size(StoredItem item) => 600 + item.Subject.Length + (2 * (item.Values.Text("Body")?.Length ?? 0));
}
