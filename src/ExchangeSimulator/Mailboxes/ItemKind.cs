using System.Collections.Frozen;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>A class of items: its element, its properties in schema order, the field URI of each.</summary>
public sealed class ItemKind
{
    private static readonly FrozenSet<string> ItemElements = SchemaTable.Shared.ChildOrder("t:ItemType").ToFrozenSet();
    private static readonly FrozenSet<string> MessageElements = SchemaTable.Shared.ChildOrder("t:MessageType").ToFrozenSet();
    private readonly FrozenDictionary<string, int> _index;
    private readonly FrozenDictionary<string, string> _byUri;

    private ItemKind(string element, string type, string itemClass, byte keyPrefix)
    {
        Element = element;
        ItemClass = itemClass;
        KeyPrefix = keyPrefix;
        Elements = [.. SchemaTable.Shared.ChildOrder(type)];
        Uris = [.. Elements.Select(e => UriPrefix(element, e) + ":" + e)];
        _index = Elements.Select((e, i) => KeyValuePair.Create(e, i)).ToFrozenDictionary();
        _byUri = Elements.Zip(Uris, (e, u) => KeyValuePair.Create(u, e)).ToFrozenDictionary();
    }

    public static ItemKind CalendarItem { get; } = new("CalendarItem", "t:CalendarItemType", "IPM.Appointment", 0x0F);
    public static ItemKind Task { get; } = new("Task", "t:TaskType", "IPM.Task", 0x13);
    public static ItemKind Contact { get; } = new("Contact", "t:ContactItemType", "IPM.Contact", 0x11);
    public static ItemKind DistributionList { get; } = new("DistributionList", "t:DistributionListType", "IPM.DistList", 0x12);
    public static ItemKind Message { get; } = new("Message", "t:MessageType", "IPM.Note", 0x09);
    public static ItemKind MeetingRequest { get; } = new("MeetingRequest", "t:MeetingRequestMessageType", "IPM.Schedule.Meeting.Request", 0x0B);
    public static ItemKind MeetingResponse { get; } = new("MeetingResponse", "t:MeetingResponseMessageType", "IPM.Schedule.Meeting.Resp.Pos", 0x0B);
    public static ItemKind MeetingCancellation { get; } = new("MeetingCancellation", "t:MeetingCancellationMessageType", "IPM.Schedule.Meeting.Canceled", 0x0B);

    private static readonly FrozenDictionary<string, ItemKind> ByElement =
        new[] { CalendarItem, Task, Contact, DistributionList, Message, MeetingRequest, MeetingResponse, MeetingCancellation }.ToFrozenDictionary(k => k.Element);

    public string Element { get; }
    public string ItemClass { get; }

    /// <summary>First byte of the ChangeKey: it tells the class (protocol.md 3).</summary>
    public byte KeyPrefix { get; }
    public string[] Elements { get; }
    public string[] Uris { get; }
    public bool IsMail => this == Message || this == MeetingRequest || this == MeetingResponse || this == MeetingCancellation;

    public static ItemKind? Of(string element) => element == "Item" ? Message : ByElement.GetValueOrDefault(element);

    public int IndexOf(string element) => _index.GetValueOrDefault(element, -1);

    /// <summary>The element that a field URI names on this kind, or null when this kind has no such property.</summary>
    public string? ElementOf(string uri) => _byUri.GetValueOrDefault(uri);

    public override string ToString() => Element;

    private static string UriPrefix(string kind, string element)
    {
        if (ItemElements.Contains(element) && !(kind == "DistributionList" && element == "DisplayName"))
            return "item";
        switch (kind)
        {
            case "CalendarItem":
                return "calendar";
            case "Task":
                return "task";
            case "Contact":
                return "contacts";
            case "DistributionList":
                return element == "Members" ? "distributionlist" : "contacts";
        }

        if (MessageElements.Contains(element))
            return "message";
        return element switch
        {
            "AssociatedCalendarItemId" or "IsDelegated" or "IsOutOfDate" or "HasBeenProcessed" or "ResponseType" or "ProposedStart" or "ProposedEnd" => "meeting",
            "MeetingRequestType" or "IntendedFreeBusyStatus" or "ChangeHighlights" => "meetingRequest",
            _ => "calendar",
        };
    }
}
