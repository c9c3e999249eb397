using System.Text.RegularExpressions;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>A mailbox with one item of each kind, and the mapping of a sample's made-up ids to them.</summary>
public sealed class SampleWorld
{
    private readonly Organisation _organisation;
    private readonly Mailbox _mailbox;
    private readonly Dictionary<string, StoredItem> _items = [];
    private readonly StoredItem _invitation;

    public SampleWorld(SimulatedExchange exchange)
    {
        _organisation = exchange.Organisation;
        _mailbox = _organisation.FindMailbox("anna@contoso.test")!;
        Account = _organisation.FindAccount("anna@contoso.test")!;
        Account.MayImpersonate = true;
        var ben = _organisation.FindMailbox("ben@contoso.test")!;
        const string times = "<t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-16T10:00:00Z</t:End>";
        Create("CalendarItem", "calendar", times, Meeting(false));
        Create("Series", "calendar", times, "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-16</t:StartDate><t:NumberOfOccurrences>20</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>");
        Create("Message", "drafts", "<t:Subject>Draft</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients>", "");
        Create("Contact", "contacts", "<t:FileAs>F</t:FileAs>", "");
        Create("Task", "tasks", "<t:Subject>T</t:Subject>", "");
        foreach (var item in _items.Values)
        {
            for (var i = 0; i < 6; i++)
                AttachmentRules.Add(_organisation, Edit(_mailbox), item, Parse("<t:FileAttachment><t:Name>f</t:Name><t:Content>AAEC</t:Content></t:FileAttachment>"));
        }

        _invitation = new ItemActions(_organisation, Edit(ben), "test").Create(ItemKind.CalendarItem, Parse($"<t:CalendarItem>{times}{Meeting(true)}</t:CalendarItem>"), ben["calendar"], SendTo.AllAndSaveCopy);
        _invitation = _mailbox["calendar"].Items.Single(i => i.Values.Text("UID") == _invitation.Values.Text("UID"));
    }

    public Account Account { get; }

    /// <summary>The sample with ids that exist here; which item is meant follows from what the sample does.</summary>
    public string Map(string operation, string name, string text)
    {
        var item = Wanted(operation, name, text);
        var attachment = 0;
        // Each id of a delete needs an item of its own, and a deleted folder must be one that may go.
        Func<StoredItem> next = operation == "DeleteItem" ? () => _organisation.Copy(item, item.Folder, "test") : () => item;
        var folder = operation is "DeleteFolder" or "MoveFolder" or "CopyFolder" or "EmptyFolder" or "UpdateFolder" ? _organisation.AddFolder(_mailbox["inbox"], "Sample", "IPF.Note").Id : item.Folder.Id;
        text = Regex.Replace(text, "<(?:t:|m:)?(?:ItemId|ParentItemId)[ >][^>]*>", m => Tag(m.Value, next()));
        text = Regex.Replace(text, "<(?:t:)?ReferenceItemId[^>]*>", m => Tag(m.Value, Reference(text, item)));
        text = Regex.Replace(text, "RecurringMasterId=\"[^\"]*\"", $"RecurringMasterId=\"{_items["Series"].Id}\"");
        text = Regex.Replace(text, "OccurrenceId=\"[^\"]*\"", $"OccurrenceId=\"{OccurrenceIds.Make(_items["Series"].Id, new DateOnly(2026, 3, 18))}\"");
        text = Regex.Replace(text, "(<t:AttachmentId Id=\")[^\"]*", m => m.Groups[1].Value + item.Attachments![attachment++ % 6].Id);
        text = Regex.Replace(text, "(<(?:\\w+:)?ToFolderId[^>]*>\\s*<(?:\\w+:)?)FolderId [^>]*>", "$1DistinguishedFolderId Id=\"junkemail\"/>");
        if (operation.EndsWith("Delegate", StringComparison.Ordinal))
        {
            var people = 0;
            text = Regex.Replace(text, "(<t:PrimarySmtpAddress>)[^<]*", m => $"{m.Groups[1].Value}{(people++ % 3) switch { 0 => "ben", 1 => "carla", _ => "room.berlin" }}@contoso.test");
            text = Regex.Replace(text, "(<t:EmailAddress>)[^<]*", "$1" + _mailbox.Address);
        }

        text = Regex.Replace(text, "(<(?:t:|m:)?(?:FolderId|ParentFolderId|SyncFolderId) Id=\")[^\"]*(\"(?: ChangeKey=\"[^\"]*\")?)", m => m.Groups[1].Value + folder + "\"");
        text = Regex.Replace(text, "(<t:ConnectingSID>\\s*<t:(?:PrincipalName|SmtpAddress|PrimarySmtpAddress|SID)>)[^<]*", m => m.Groups[1].Value.EndsWith("<t:SID>", StringComparison.Ordinal) ? m.Groups[1].Value + _mailbox.Sid : m.Groups[1].Value + _mailbox.Address);
        return Regex.Replace(text, "(<t:DistinguishedFolderId[^>]*>\\s*<t:Mailbox>\\s*<t:EmailAddress>)[^<]*", m => m.Groups[1].Value + _mailbox.Address);
    }

    private StoredItem Wanted(string operation, string name, string text)
    {
        if (operation is "SendItem" or "CopyItem" or "MoveItem" || (operation == "DeleteItem" && !Regex.IsMatch(text, "SendMeetingCancellations|AffectedTask"))
            || (operation == "UpdateItem" && !text.Contains("SendMeetingInvitations", StringComparison.Ordinal) && !Regex.IsMatch(text, "contact|task", RegexOptions.IgnoreCase)))
            return _items["Message"];
        if (Regex.IsMatch(name, "email|message|mail-|MockXHR|attachment"))
            return _items[Regex.IsMatch(text, "<t:CalendarItem|calendar:") ? "CalendarItem" : "Message"];
        if (Regex.IsMatch(name + text, "contact", RegexOptions.IgnoreCase) && !text.Contains("calendar:", StringComparison.Ordinal))
            return _items["Contact"];
        if (text.Contains("<t:Task>", StringComparison.Ordinal) || text.Contains("task:", StringComparison.Ordinal) || name.Contains("task", StringComparison.Ordinal))
            return _items["Task"];
        return _items[Regex.IsMatch(text, "message:|<t:Message>") ? "Message" : "CalendarItem"];
    }

    private StoredItem Reference(string text, StoredItem item) =>
        Regex.IsMatch(text, "<(?:t:)?(AcceptItem|DeclineItem|TentativelyAcceptItem)[ >]") ? _invitation : text.Contains("CancelCalendarItem", StringComparison.Ordinal) ? _items["CalendarItem"] : item;

    private static string Tag(string tag, StoredItem item)
    {
        tag = Regex.Replace(tag, " Id=\"[^\"]*\"", $" Id=\"{item.Id}\"");
        return Regex.Replace(tag, "ChangeKey=\"[^\"]*\"", $"ChangeKey=\"{item.ChangeKey}\"");
    }

    private static string Meeting(bool withAnna) =>
        withAnna ? "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>" : "";

    private void Create(string name, string folder, string first, string more)
    {
        var kind = ItemKind.Of(name == "Series" ? "CalendarItem" : name)!;
        _items[name] = new ItemActions(_organisation, Edit(_mailbox), "test").Create(kind, Parse($"<t:{kind.Element}>{first}{more}</t:{kind.Element}>"), _mailbox[folder], SendTo.None);
    }

    private EditContext Edit(Mailbox mailbox) => new(new Caller(_organisation.FindAccount(mailbox.Address)!, mailbox, false), null);

    private static Node Parse(string xml) => NodeReader.Read(xml.Insert(xml.IndexOf('>', StringComparison.Ordinal), $" xmlns:t=\"{Names.Types}\""));
}
