using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Which properties a request wants of each kind of item.</summary>
public sealed class ItemShape
{
    private static readonly HashSet<string> DefaultElements =
    [
        "ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "Body", "DateTimeReceived", "Size", "Importance", "IsSubmitted", "IsDraft", "IsFromMe",
        "IsResend", "IsUnmodified", "DateTimeSent", "DateTimeCreated", "ResponseObjects", "DisplayCc", "DisplayTo", "HasAttachments", "Culture", "UID", "Start", "End",
        "LegacyFreeBusyStatus", "Location", "IsMeeting", "CalendarItemType", "Organizer", "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence",
        "DueDate", "PercentComplete", "StartDate", "Status", "FileAs", "CompanyName", "EmailAddresses", "PhysicalAddresses", "PhoneNumbers", "CompleteName", "DisplayName",
        "JobTitle", "From", "Sender", "ToRecipients", "CcRecipients", "IsRead", "InternetMessageId", "AssociatedCalendarItemId", "ResponseType", "HasBeenProcessed",
    ];

    /// <summary>Given only by GetItem (protocol.md 4, 5).</summary>
    private static readonly HashSet<string> NotInTables =
    [
        "Body", "TextBody", "UniqueBody", "NormalizedBody", "MimeContent", "Attachments", "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence",
        "ModifiedOccurrences", "DeletedOccurrences", "FirstOccurrence", "LastOccurrence", "ToRecipients", "CcRecipients", "BccRecipients", "InternetMessageHeaders",
    ];

    private static readonly HashSet<string> OnlyOnDemand = ["MimeContent", "TextBody", "UniqueBody", "NormalizedBody", "StoreEntryId"];

    private readonly string _base;
    private readonly bool _isTable;
    private readonly int _version;
    private readonly HashSet<string> _uris = new(StringComparer.Ordinal);
    private readonly Dictionary<ItemKind, bool[]> _wanted = [];

    public ItemShape(Node? shape, int version, bool isTable)
    {
        _base = shape?.ChildText("BaseShape") ?? "IdOnly";
        _isTable = isTable;
        _version = version;
        BodyType = shape?.ChildText("BodyType") ?? "Best";
        if (shape?.ChildText("IncludeMimeContent") is "true" or "1")
            _uris.Add("item:MimeContent");
        foreach (var path in shape?.Child("AdditionalProperties")?.Children ?? [])
        {
            switch (path.Name)
            {
                case "FieldURI":
                    Ask(path["FieldURI"]!);
                    break;
                case "IndexedFieldURI":
                    Indexed.Add((path["FieldURI"]!, path["FieldIndex"]!));
                    break;
                case "ExtendedFieldURI":
                    Extended.Add((ExtendedPropertyPath.Read(path), path));
                    break;
            }
        }
    }

    public string BodyType { get; }

    /// <summary>Text properties are cut at this many bytes; 0 leaves them whole. Set for lists only.</summary>
    public int TextBytes { get; init; }
    public List<(ExtendedPropertyPath Path, Node Uri)> Extended { get; } = [];
    public List<(string Uri, string Key)> Indexed { get; } = [];

    /// <summary>One flag per element of the kind, in schema order.</summary>
    public bool[] Wanted(ItemKind kind)
    {
        if (_wanted.TryGetValue(kind, out var wanted))
            return wanted;
        wanted = new bool[kind.Elements.Length];
        for (var i = 0; i < wanted.Length; i++)
        {
            var element = kind.Elements[i];
            wanted[i] = (IsInBase(element) || _uris.Contains(kind.Uris[i]) || (element == "ExtendedProperty" && Extended.Count > 0))
                && !(_isTable && NotInTables.Contains(element));
        }

        foreach (var (uri, _) in Indexed)
        {
            if (kind.IndexOf(Collection(uri)) is var at and >= 0 && kind == ItemKind.Contact)
                wanted[at] = true;
        }

        return _wanted[kind] = wanted;
    }

    /// <summary>Whether a whole dictionary of a contact is wanted, or only the entries named one by one.</summary>
    public bool WantsWhole(string element) => IsInBase(element) || _uris.Contains("contacts:" + element);

    public static string Collection(string indexedUri) => indexedUri.Split(':')[1] switch
    {
        "EmailAddress" => "EmailAddresses",
        "PhoneNumber" => "PhoneNumbers",
        "ImAddress" => "ImAddresses",
        "PhysicalAddress" => "PhysicalAddresses",
        var other => other,
    };

    private bool IsInBase(string element)
    {
        if (element == "ItemId")
            return true;
        if (_base == "IdOnly" || ServerVersion.Of(element) > _version)
            return false;
        return _base == "Default" ? DefaultElements.Contains(element) : !OnlyOnDemand.Contains(element);
    }

    private void Ask(string uri)
    {
        if (ServerVersion.Of(uri[(uri.IndexOf(':', StringComparison.Ordinal) + 1)..]) > _version)
            throw new ExchangeError("ErrorInvalidPropertyRequest", $"The property {uri} needs a newer schema version than the one requested.");
        _uris.Add(uri);
    }
}
