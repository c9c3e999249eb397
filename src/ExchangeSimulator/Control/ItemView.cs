using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Control;

public sealed record AttendeeView(string Address, string? Name, string Response, string List);

/// <summary>An item as the control API and the Outlook page speak of it.</summary>
public sealed record ItemView
{
    public required string Id { get; init; }
    public required string ChangeKey { get; init; }
    public required string Kind { get; init; }
    public required string Folder { get; init; }
    public string? Uid { get; init; }
    public string? Subject { get; init; }
    public string? Body { get; init; }
    public string? Location { get; init; }
    public string? Start { get; init; }
    public string? End { get; init; }
    public string? TimeZone { get; init; }
    public bool IsAllDay { get; init; }
    public string? ShowAs { get; init; }
    public string? Sensitivity { get; init; }
    public string? Importance { get; init; }
    public bool ReminderIsSet { get; init; }
    public int? ReminderMinutes { get; init; }
    public IReadOnlyList<string> Categories { get; init; } = [];
    public IReadOnlyList<AttendeeView> Attendees { get; init; } = [];
    public string? Organizer { get; init; }
    public bool IsOrganizer { get; init; }
    public bool IsMeeting { get; init; }
    public bool IsCancelled { get; init; }
    public bool IsRecurring { get; init; }
    /// <summary>Single, Occurrence, Exception or RecurringMaster; null for what is no appointment.</summary>
    public string? CalendarItemType { get; init; }

    /// <summary>The series that an occurrence or exception belongs to.</summary>
    public string? MasterId { get; init; }
    public string? OriginalStart { get; init; }
    public bool MeetingRequestWasSent { get; init; }
    public string? MyResponse { get; init; }
    public string? Status { get; init; }
    public string? DueDate { get; init; }
    public string? LastModified { get; init; }

    /// <summary>The moment of the last write with its fractions of a second, which the wire's LastModified has not: for measurements.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>Extended properties as set/name/type and value.</summary>
    public IReadOnlyDictionary<string, string> Extended { get; init; } = new Dictionary<string, string>();

    /// <summary>All other stored values as plain text.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    public static ItemView Of(StoredItem item)
    {
        var values = item.Values;
        var isCalendar = item.Kind == ItemKind.CalendarItem;
        string? Text(string element) => item.Kind.IndexOf(element) >= 0 ? values.Text(element) : null;
        return new ItemView
        {
            Id = item.Id,
            ChangeKey = item.ChangeKey,
            Kind = item.Kind.Element,
            Folder = item.Folder.DistinguishedName ?? item.Folder.Name,
            Uid = Text("UID"),
            Subject = Text("Subject"),
            Body = values.Element("Body") is { } body ? BodyText.Read(body, "Text").Text : null,
            Location = Text("Location"),
            Start = Text("Start"),
            End = Text("End"),
            TimeZone = isCalendar ? values.Element("StartTimeZone")?["Id"] : null,
            IsAllDay = Text("IsAllDayEvent") == "true",
            ShowAs = Text("LegacyFreeBusyStatus"),
            Sensitivity = Text("Sensitivity"),
            Importance = Text("Importance"),
            ReminderIsSet = Text("ReminderIsSet") == "true",
            ReminderMinutes = int.TryParse(Text("ReminderMinutesBeforeStart"), out var minutes) ? minutes : null,
            Categories = values.Element("Categories")?.Children.ConvertAll(c => c.Text) ?? [],
            Attendees = isCalendar ? [.. Mailboxes.Attendees.Lists.SelectMany(l => item.Attendees(l).Select(a => Attendee(a, l)))] : [],
            Organizer = isCalendar ? Mailboxes.Attendees.OrganizerOf(item) : null,
            IsOrganizer = isCalendar && CalendarRules.IsOrganizer(item),
            IsMeeting = Text("IsMeeting") == "true",
            IsCancelled = Text("IsCancelled") == "true",
            IsRecurring = item.Kind.IndexOf("Recurrence") >= 0 && values.Has("Recurrence"),
            CalendarItemType = isCalendar ? CalendarRules.ItemType(item) : null,
            MasterId = item.Occurrence?.Master.Id,
            OriginalStart = item.Occurrence is { } occurrence ? ExchangeTime.Format(occurrence.OriginalStart) : Text("RecurrenceId"),
            MeetingRequestWasSent = Text("MeetingRequestWasSent") == "true",
            MyResponse = Text("MyResponseType"),
            Status = Text("Status"),
            DueDate = Text("DueDate"),
            LastModified = ExchangeTime.Format(item.Modified),
            WrittenAt = item.Modified,
            Extended = item.Extended.ToDictionary(e => $"{e.Path.Set}/{e.Path.Key}/{e.Path.Type}", e => string.Join('|', e.Values)),
            Values = isCalendar ? new Dictionary<string, string>() : Plain(item),
        };
    }

    private static Dictionary<string, string> Plain(StoredItem item)
    {
        var plain = new Dictionary<string, string>();
        foreach (var (index, value) in item.Values.Values)
            plain[item.Kind.Elements[index]] = value as string ?? string.Join('|', ((Node)value).Children.Select(c => c["Key"] is { } key ? $"{key}={c.Text}{string.Join(',', c.Children.Select(f => f.Text))}" : c.Text));
        return plain;
    }

    private static AttendeeView Attendee(Node attendee, string list) => new(
        Mailboxes.Attendees.Address(attendee), attendee.Child("Mailbox")?.ChildText("Name"), attendee.ChildText("ResponseType") ?? "Unknown", list.Replace("Attendees", "", StringComparison.Ordinal).ToLowerInvariant());
}
