using System.Globalization;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Name of an extended property: a tag, or a property set with a name or a number; the type belongs to the name (protocol.md 5).</summary>
public sealed record ExtendedPropertyPath(string Set, string Key, string Type)
{
    public static readonly ExtendedPropertyPath GlobalObjectId = new("6ed8da90-450b-101b-98da-00aa003f1305", "#3", "Binary");
    public static readonly ExtendedPropertyPath CleanGlobalObjectId = new("6ed8da90-450b-101b-98da-00aa003f1305", "#35", "Binary");

    private static readonly Dictionary<string, string> DistinguishedSets = new(StringComparer.Ordinal)
    {
        ["Meeting"] = "6ed8da90-450b-101b-98da-00aa003f1305",
        ["Appointment"] = "00062002-0000-0000-c000-000000000046",
        ["Common"] = "00062008-0000-0000-c000-000000000046",
        ["PublicStrings"] = "00020329-0000-0000-c000-000000000046",
        ["Address"] = "00062004-0000-0000-c000-000000000046",
        ["InternetHeaders"] = "00020386-0000-0000-c000-000000000046",
        ["CalendarAssistant"] = "11000e07-b51b-40d6-af21-caa85edab1d0",
        ["UnifiedMessaging"] = "4442858e-a9e3-4e80-b900-317a210cc15b",
        ["Task"] = "00062003-0000-0000-c000-000000000046",
        ["Sharing"] = "00062040-0000-0000-c000-000000000046",
    };

    public bool IsTag => Set.Length == 0;

    /// <summary>Reads an ExtendedFieldURI. Exactly one of tag, name, number; a set with the latter two.</summary>
    /// <exception cref="ExchangeError">ErrorInvalidExtendedProperty for any other combination.</exception>
    public static ExtendedPropertyPath Read(Node uri)
    {
        var (tag, name, id) = (uri["PropertyTag"], uri["PropertyName"], uri["PropertyId"]);
        var (distinguished, set) = (uri["DistinguishedPropertySetId"], uri["PropertySetId"]);
        var type = uri["PropertyType"] ?? "String";
        var sets = (distinguished != null ? 1 : 0) + (set != null ? 1 : 0);
        var keys = (tag != null ? 1 : 0) + (name != null ? 1 : 0) + (id != null ? 1 : 0);
        if (keys != 1 || sets != (tag != null ? 0 : 1))
            throw new ExchangeError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.");
        if (tag != null)
            return new("", "0x" + Tag(tag).ToString("x4", CultureInfo.InvariantCulture), type);
        var guid = distinguished != null ? DistinguishedSets[distinguished] : set!.ToLowerInvariant();
        return new(guid, name ?? "#" + int.Parse(id!, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture), type);
    }

    public Node ToUri()
    {
        var uri = new Node("t", "ExtendedFieldURI");
        if (IsTag)
            uri.With("PropertyTag", Key);
        else
            uri.With("PropertySetId", Set).With(Key[0] == '#' ? "PropertyId" : "PropertyName", Key.TrimStart('#'));
        return uri.With("PropertyType", Type);
    }

    private static ushort Tag(string text) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? Convert.ToUInt16(text[2..], 16)
        : ushort.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>One extended property with its values; a single value is a list of one.</summary>
public sealed record ExtendedProperty(ExtendedPropertyPath Path, string[] Values)
{
    public static ExtendedProperty Read(Node node)
    {
        var path = ExtendedPropertyPath.Read(node.Child("ExtendedFieldURI")!);
        var values = node.Child("Values")?.Children.ConvertAll(c => c.Text).ToArray() ?? [node.ChildText("Value") ?? ""];
        return new(path, values);
    }
}
