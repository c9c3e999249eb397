using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// The store keeps one set of properties, which EWS shows by elements and by MAPI tags alike: what is written by its tag is read by its element and the
/// other way round. DavMail 6.0.1 writes contacts and tasks by tags only, so a server that keeps the two apart shows it empty items. Tags: MS-OXPROPS.
/// </summary>
public static class MapiProperties
{
    private const string Address = "00062004-0000-0000-c000-000000000046";
    private const string Task = "00062003-0000-0000-c000-000000000046";
    private const string Common = "00062008-0000-0000-c000-000000000046";
    private const string Appointment = "00062002-0000-0000-c000-000000000046";
    private const string PublicStrings = "00020329-0000-0000-c000-000000000046";

    private static readonly string[] Sensitivities = ["Normal", "Personal", "Private", "Confidential"];
    private static readonly string[] Importances = ["Low", "Normal", "High"];
    private static readonly string[] Statuses = ["NotStarted", "InProgress", "Completed", "WaitingOnOthers", "Deferred"];
    private static readonly string[] BusyStatuses = ["Free", "Tentative", "Busy", "OOF", "WorkingElsewhere"];

    /// <summary>Where a tag's value lives: an element, an entry of a contact's dictionary, or a field of an entry.</summary>
    private sealed record Place(string Element, string? Key = null, string? Field = null);

    private static readonly FrozenDictionary<(string Set, string Key), Place> OfAll = Table(
        ("", "0x0037", "Subject"), ("", "0x0017", "Importance"), ("", "0x0036", "Sensitivity"), ("", "0x1000", "Body"), ("", "0x001a", "ItemClass"), (Common, "#34051", "ReminderIsSet"), (Common, "#34049", "ReminderMinutesBeforeStart"),
        (Common, "#34050", "ReminderDueBy"), (Common, "#34054", "Sensitivity"), (PublicStrings, "Keywords", "Categories"));

    private static readonly FrozenDictionary<(string Set, string Key), Place> OfContacts = Table(
        ("", "0x3a06", "GivenName"), ("", "0x3a11", "Surname"), ("", "0x3a44", "MiddleName"), ("", "0x3a05", "Generation"), ("", "0x3a4f", "Nickname"), ("", "0x3a0a", "Initials"), ("", "0x3001", "DisplayName"),
        ("", "0x3a16", "CompanyName"), ("", "0x3a17", "JobTitle"), ("", "0x3a18", "Department"), ("", "0x3a19", "OfficeLocation"), ("", "0x3a4e", "Manager"), ("", "0x3a30", "AssistantName"), ("", "0x3a46", "Profession"),
        ("", "0x3a48", "SpouseName"), ("", "0x3a51", "BusinessHomePage"), ("", "0x3a42", "Birthday"), ("", "0x3a41", "WeddingAnniversary"), (Address, "#32773", "FileAs"),
        ("", "0x3a08", "PhoneNumbers/BusinessPhone"), ("", "0x3a1b", "PhoneNumbers/BusinessPhone2"), ("", "0x3a09", "PhoneNumbers/HomePhone"), ("", "0x3a2f", "PhoneNumbers/HomePhone2"),
        ("", "0x3a1c", "PhoneNumbers/MobilePhone"), ("", "0x3a24", "PhoneNumbers/BusinessFax"), ("", "0x3a25", "PhoneNumbers/HomeFax"), ("", "0x3a21", "PhoneNumbers/Pager"), ("", "0x3a1e", "PhoneNumbers/CarPhone"),
        ("", "0x3a1f", "PhoneNumbers/OtherTelephone"), ("", "0x3a2e", "PhoneNumbers/AssistantPhone"), ("", "0x3a02", "PhoneNumbers/Callback"), ("", "0x3a57", "PhoneNumbers/CompanyMainPhone"), ("", "0x3a2d", "PhoneNumbers/Isdn"),
        ("", "0x3a23", "PhoneNumbers/OtherFax"), ("", "0x3a1a", "PhoneNumbers/PrimaryPhone"), ("", "0x3a1d", "PhoneNumbers/RadioPhone"), ("", "0x3a2c", "PhoneNumbers/Telex"), ("", "0x3a4b", "PhoneNumbers/TtyTddPhone"),
        ("", "0x3a5d", "PhysicalAddresses/Home/Street"), ("", "0x3a59", "PhysicalAddresses/Home/City"), ("", "0x3a5c", "PhysicalAddresses/Home/State"), ("", "0x3a5a", "PhysicalAddresses/Home/CountryOrRegion"),
        ("", "0x3a5b", "PhysicalAddresses/Home/PostalCode"), ("", "0x3a63", "PhysicalAddresses/Other/Street"), ("", "0x3a5f", "PhysicalAddresses/Other/City"), ("", "0x3a62", "PhysicalAddresses/Other/State"),
        ("", "0x3a60", "PhysicalAddresses/Other/CountryOrRegion"), ("", "0x3a61", "PhysicalAddresses/Other/PostalCode"), (Address, "#32837", "PhysicalAddresses/Business/Street"),
        (Address, "#32838", "PhysicalAddresses/Business/City"), (Address, "#32839", "PhysicalAddresses/Business/State"), (Address, "#32840", "PhysicalAddresses/Business/PostalCode"),
        (Address, "#32841", "PhysicalAddresses/Business/CountryOrRegion"), (Address, "#32899", "EmailAddresses/EmailAddress1"), (Address, "#32900", "EmailAddresses/EmailAddress1"),
        (Address, "#32915", "EmailAddresses/EmailAddress2"), (Address, "#32916", "EmailAddresses/EmailAddress2"), (Address, "#32931", "EmailAddresses/EmailAddress3"), (Address, "#32932", "EmailAddresses/EmailAddress3"),
        (Address, "#32866", "ImAddresses/ImAddress1"));

    private static readonly FrozenDictionary<(string Set, string Key), Place> OfTasks = Table(
        (Task, "#33025", "Status"), (Task, "#33026", "PercentComplete"), (Task, "#33028", "StartDate"), (Task, "#33029", "DueDate"), (Task, "#33039", "CompleteDate"), (Task, "#33040", "ActualWork"),
        (Task, "#33041", "TotalWork"), (Common, "#34070", "StartDate"), (Common, "#34071", "DueDate"));

    private static readonly FrozenDictionary<(string Set, string Key), Place> OfCalendar = Table(
        (Appointment, "#33293", "Start"), (Appointment, "#33294", "End"), (Appointment, "#33288", "Location"), (Appointment, "#33285", "LegacyFreeBusyStatus"), (Appointment, "#33301", "IsAllDayEvent"));

    /// <summary>The value that an element holds, as the tag shows it; null when there is none or the tag has no element.</summary>
    public static string[]? Read(StoredItem item, ExtendedPropertyPath path)
    {
        if (path is { IsTag: true, Key: "0x0e23" })
            return [Number(item.Id)];
        if (path is { Set: Appointment, Key: "#33315" } && item.Kind == ItemKind.CalendarItem)
            return [item.Values.Has("Recurrence") ? "true" : "false"];
        if (path is { Set: Task, Key: "#33052" } && item.Kind == ItemKind.Task)
            return [item.Values.Text("Status") == "Completed" ? "true" : "false"];
        if (Find(item.Kind, path) is not { } place)
            return null;
        if (place.Element == "Categories")
            return item.Values.Element("Categories")?.Children.ConvertAll(c => c.Text).ToArray();
        if (place.Element == "Body")
            return item.Values.Element("Body") is { } body ? [BodyText.Read(body, "Text").Text] : null;
        if (place.Element == "ItemClass")
            return [item.ItemClass];
        if (place.Key != null)
            return Entry(item, place) is { Length: > 0 } text ? [text] : null;
        return item.Values.Text(place.Element) is { Length: > 0 } value ? [Out(path, place.Element, value)] : null;
    }

    /// <summary>Writes a tag's value to its element. False when it has none and is to be kept as an extended property. An empty value clears.</summary>
    public static bool Write(ItemEditor editor, StoredItem item, ExtendedProperty property)
    {
        if (Find(item.Kind, property.Path) is not { } place || item.Kind == ItemKind.CalendarItem && OfCalendar.Values.Contains(place))
            return false;
        var value = property.Values.Length == 0 ? "" : property.Values[0];
        if (place.Key != null)
            PutEntry(item, place, value);
        else if (place.Element == "Categories")
            editor.PutOrClear(item, "Categories", property.Values is [""] or [] ? null : Node.Types("Categories", "", [.. property.Values.Select(v => Node.Types("String", v))]));
        else if (place.Element == "Body")
            editor.PutOrClear(item, "Body", value.Length == 0 ? null : Node.Types("Body", value).With("BodyType", "Text"));
        else
            editor.PutOrClear(item, place.Element, value.Length == 0 ? null : Node.Types(place.Element, In(property.Path, place.Element, value)));
        return true;
    }

    private static Place? Find(ItemKind kind, ExtendedPropertyPath path)
    {
        var own = kind == ItemKind.Contact ? OfContacts : kind == ItemKind.Task ? OfTasks : kind == ItemKind.CalendarItem ? OfCalendar : null;
        if (own != null && own.TryGetValue((path.Set, path.Key), out var place))
            return place;
        return OfAll.TryGetValue((path.Set, path.Key), out place) && kind.IndexOf(place.Element) >= 0 ? place : null;
    }

    private static string In(ExtendedPropertyPath path, string element, string value) => element switch
    {
        "Sensitivity" when path.Set == Common => value is "true" or "1" ? "Private" : "Normal",
        "Sensitivity" => Named(Sensitivities, value),
        "Importance" => Named(Importances, value),
        "Status" => Named(Statuses, value),
        "PercentComplete" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) ? (share * 100).ToString(CultureInfo.InvariantCulture) : value,
        _ => value,
    };

    private static string Out(ExtendedPropertyPath path, string element, string value) => element switch
    {
        "Sensitivity" when path.Set == Common => value is "Private" or "Confidential" ? "true" : "false",
        "Sensitivity" => Index(Sensitivities, value),
        "Importance" => Index(Importances, value),
        "Status" => Index(Statuses, value),
        "LegacyFreeBusyStatus" => Index(BusyStatuses, value),
        "PercentComplete" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) ? (percent / 100).ToString(CultureInfo.InvariantCulture) : value,
        _ => value,
    };

    private static string Named(string[] names, string value) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var index) && index >= 0 && index < names.Length ? names[index] : throw ExchangeError.InvalidPropertySet(value);

    private static string Index(string[] names, string value) => Math.Max(0, Array.IndexOf(names, value)).ToString(CultureInfo.InvariantCulture);

    /// <summary>PidTagInternetArticleNumber: grows with each item that comes into a folder. DavMail takes items without it for none.</summary>
    private static string Number(string id)
    {
        var bytes = new byte[id.Length];
        return Convert.TryFromBase64String(id, bytes, out var length) && length > 10
            ? (BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(length - 10)) & int.MaxValue).ToString(CultureInfo.InvariantCulture)
            : "0";
    }

    private static string? Entry(StoredItem item, Place place)
    {
        var entry = item.Values.Element(place.Element)?.Children.Find(c => c["Key"] == place.Key);
        return place.Field == null ? entry?.Text : entry?.ChildText(place.Field);
    }

    private static void PutEntry(StoredItem item, Place place, string value)
    {
        var uri = place.Element switch
        {
            "EmailAddresses" => "contacts:EmailAddress",
            "PhoneNumbers" => "contacts:PhoneNumber",
            "ImAddresses" => "contacts:ImAddress",
            _ => "contacts:PhysicalAddress:" + place.Field,
        };
        var entry = new Node("t", "Entry").With("Key", place.Key);
        if (place.Field == null)
            entry.Text = value;
        else
            entry.Children.Add(Node.Types(place.Field, value));
        ContactRules.PutEntry(item, uri, place.Key!, value.Length == 0 ? null : Node.Types("Contact", "", Node.Types(place.Element, "", entry)));
    }

    private static FrozenDictionary<(string Set, string Key), Place> Table(params (string Set, string Key, string Where)[] rows) => rows.ToFrozenDictionary(r => (r.Set, r.Key), r =>
    {
        var parts = r.Where.Split('/');
        return new Place(parts[0], parts.Length > 1 ? parts[1] : null, parts.Length > 2 ? parts[2] : null);
    });
}
