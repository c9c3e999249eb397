using CrmSync.ExchangeSimulator.Calendars.Mime;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>The circumstances of a write that change its meaning: who, and which zone plain times are in.</summary>
public sealed record EditContext(Caller Caller, TimeZoneInfo? ContextZone)
{
    /// <summary>Schema version of the request; edits of the page count as the newest.</summary>
    public int Version { get; init; } = int.MaxValue;
}

/// <summary>Puts property elements of a request into an item and settles what follows from them.</summary>
public sealed class ItemEditor(Organisation organisation, EditContext context)
{
    /// <summary>Computed by the server. Setting one is refused (protocol.md 5).</summary>
    private static readonly HashSet<string> ReadOnly =
    [
        "ItemId", "ParentFolderId", "Attachments", "Size", "IsSubmitted", "IsFromMe", "IsResend", "IsUnmodified", "DateTimeSent",
        "DateTimeCreated", "ResponseObjects", "ReminderNextTime", "DisplayCc", "DisplayTo", "DisplayBcc", "HasAttachments", "EffectiveRights",
        "LastModifiedName", "LastModifiedTime", "WebClientReadFormQueryString", "WebClientEditFormQueryString", "ConversationId", "UniqueBody",
        "StoreEntryId", "InstanceKey", "NormalizedBody", "TextBody", "Preview", "RecurrenceId", "DateTimeStamp", "OriginalStart",
        "IsMeeting", "IsCancelled", "IsRecurring", "MeetingRequestWasSent", "CalendarItemType", "MyResponseType", "Organizer",
        "ConflictingMeetingCount", "AdjacentMeetingCount", "ConflictingMeetings", "AdjacentMeetings", "Duration", "TimeZone",
        "AppointmentReplyTime", "AppointmentSequenceNumber", "AppointmentState", "FirstOccurrence", "LastOccurrence", "ModifiedOccurrences",
        "DeletedOccurrences", "StartWallClock", "EndWallClock", "StartTimeZoneId", "EndTimeZoneId", "IsOrganizer", "IsComplete", "ChangeCount",
        "StatusDescription", "AssignedTime", "DelegationState", "Delegator", "IsAssignmentEditable", "IsTeamTask", "Owner", "CompleteName", "HasPicture",
    ];

    private static readonly HashSet<string> Texts = ["Subject", "Location", "InReplyTo"];

    /// <summary>How deep the item is within others: 1 for one in a folder.</summary>
    public int AttachmentLevel { get; init; } = 1;

    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private MimeContent? _mime;

    public static bool IsReadOnly(ItemKind kind, string element) => ReadOnly.Contains(element) && !(kind.IsMail && element is "Organizer" or "IsMeeting");

    public IReadOnlySet<string> Changed => _changed;

    /// <summary>Puts all properties of a new item's element, in document order.</summary>
    public void Fill(StoredItem item, Node element)
    {
        foreach (var child in element.Children)
        {
            if (child.Name == "Attachments")
                child.Children.ForEach(a => AttachmentRules.Add(organisation, context, item, a, AttachmentLevel));
            else
                Put(item, child);
        }
    }

    public void Put(StoredItem item, Node value)
    {
        if (value.Name == "ExtendedProperty")
        {
            var property = ExtendedProperty.Read(value);
            if (!MapiProperties.Write(this, item, property))
                item.Put(property);
            _changed.Add("ExtendedProperty");
            return;
        }

        if (value.Name == "MimeContent")
        {
            PutMime(item, value.Text);
            return;
        }

        if (value.Name == "MeetingTimeZone" && context.Version >= ServerVersion.Exchange2010 && organisation.Habits.MeetingTimeZoneIsOfOldVersions)
            throw ExchangeError.InvalidPropertySet("calendar:MeetingTimeZone");
        var index = item.Kind.IndexOf(value.Name);
        if (index < 0 || IsReadOnly(item.Kind, value.Name))
            throw ExchangeError.InvalidPropertySet(index < 0 ? value.Name : item.Kind.Uris[index]);
        item.Values.Set(value.Name, Stored(item, value));
        _changed.Add(value.Name);
        if (item.Kind == ItemKind.Task)
            TaskRules.AfterPut(item, value.Name, organisation.Now, Zone(null));
    }

    /// <summary>Calendar items come as iCalendar; the content of other kinds is taken and not looked at.</summary>
    private void PutMime(StoredItem item, string base64)
    {
        if (item.Kind != ItemKind.CalendarItem)
            return;
        _mime = MimeContent.Read(base64, item.Mailbox, context.ContextZone);
        _mime.Clear(item);
        foreach (var property in _mime.Properties)
            Put(item, property);
        _mime.PutRole(item, organisation);
    }

    /// <summary>Puts a value that came by another name than its element's.</summary>
    public void PutOrClear(StoredItem item, string element, Node? value)
    {
        if (value != null)
            Put(item, value);
        else
            Delete(item, element);
    }

    public void DeleteExtended(StoredItem item, ExtendedPropertyPath path)
    {
        var none = new ExtendedProperty(path, [""]);
        if (!MapiProperties.Write(this, item, none))
            item.Put(none);
        _changed.Add("ExtendedProperty");
    }

    public void Delete(StoredItem item, string element)
    {
        if (IsReadOnly(item.Kind, element))
            throw ExchangeError.InvalidPropertySet(item.Kind.Uris[item.Kind.IndexOf(element)]);
        item.Values.Set(element, null);
        _changed.Add(element);
        if (item.Kind == ItemKind.Task)
            TaskRules.AfterPut(item, element, organisation.Now, Zone(null));
    }

    /// <summary>Appending is for bodies and collections only (protocol.md 5).</summary>
    public void Append(StoredItem item, Node value)
    {
        var old = item.Values.Element(value.Name);
        if (value.Name == "Body")
        {
            var isHtml = value["BodyType"] == "HTML";
            var before = old == null ? "" : BodyText.Read(old, isHtml ? "HTML" : "Text").Text;
            item.Values.Set("Body", BodyText.Store(before + value.Text, isHtml));
        }
        else if (value.Name is "RequiredAttendees" or "OptionalAttendees" or "Resources" or "ToRecipients" or "CcRecipients" or "BccRecipients" or "ReplyTo")
        {
            var merged = old?.DeepCopy() ?? new Node("t", value.Name);
            merged.Children.AddRange(value.Children.Select(c => c.DeepCopy()));
            item.Values.Set(value.Name, Stored(item, merged));
        }
        else
        {
            throw new ExchangeError("ErrorInvalidPropertyAppend", $"Append action is invalid for property {value.Name}.");
        }

        _changed.Add(value.Name);
    }

    /// <summary>Settles the consequences once all properties are in.</summary>
    public void Finish(StoredItem item, bool isNew)
    {
        if (isNew)
        {
            SetDefault(item, "ItemClass", item.Kind.ItemClass);
            SetDefault(item, "Sensitivity", "Normal");
            SetDefault(item, "Importance", "Normal");
        }

        if (item.Kind == ItemKind.CalendarItem)
            FinishCalendar(item, isNew);
        else if (item.Kind == ItemKind.Task)
            TaskRules.Finish(item, isNew);
        else if (item.Kind == ItemKind.Contact)
            ContactRules.Finish(item, _changed);
    }

    private void FinishCalendar(StoredItem item, bool isNew)
    {
        CalendarRules.Finish(organisation, item, isNew, _changed, Zone(null));
        _mime?.PutOccurrences(item, this, o => CalendarRules.Finish(organisation, o, isNew: false, _changed.Where(c => c != "Recurrence").ToHashSet(), Zone(null)));
    }

    public static void SetDefault(StoredItem item, string element, string value)
    {
        if (!item.Values.Has(element))
            item.Values.Set(element, value);
    }

    private object? Stored(StoredItem item, Node value)
    {
        switch (value.Name)
        {
            case "Body":
                return BodyText.Store(value.Text, value["BodyType"] == "HTML");
            case "RequiredAttendees" or "OptionalAttendees" or "Resources":
                return Attendees.Normalise(organisation, value, item.Values.Element(value.Name));
            case "Categories" when value.Children.Count == 0:
                return null;
            case "StartTimeZone" or "EndTimeZone" or "MeetingTimeZone":
                return Zones.Store(value);
            case "DateTimeReceived" or "ReminderDueBy" or "DueDate" or "StartDate" or "CompleteDate" or "Birthday" or "WeddingAnniversary":
                return ExchangeTime.Format(ExchangeTime.Parse(value.Text, Zone(null)));
        }

        if (value.Children.Count > 0)
            return value.DeepCopy();
        if (value.Text is "1" or "0" && item.Values.Kind.Elements.Contains(value.Name) && value.Name.StartsWith("Is", StringComparison.Ordinal))
            return value.Text == "1" ? "true" : "false";
        var text = BodyText.Crlf(value.Text);
        if (Texts.Contains(value.Name) && text.AsSpan().IndexOfAny('\r', '\n') >= 0)
            text = text.Replace("\r\n", " ", StringComparison.Ordinal);
        return text;
    }

    private TimeZoneInfo Zone(string? id) => ExchangeTime.FindZone(id) ?? context.ContextZone ?? TimeZoneInfo.Utc;
}
