using System.Text;
using CrmSync.ExchangeSimulator.Calendars.Mime;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Writes one item in schema order: stored values, and those that are computed on reading.</summary>
public sealed class ItemWriter(ResponseWriter writer, ItemShape shape, TimeZoneInfo? contextZone, Caller caller)
{
    /// <summary>What a delegate without the private flag sees of a private item: a block of time.</summary>
    private static readonly HashSet<string> Masked =
    [
        "Subject", "Body", "TextBody", "Location", "RequiredAttendees", "OptionalAttendees", "Resources", "Categories", "Organizer", "DisplayTo", "DisplayCc", "ExtendedProperty",
    ];

    public void Write(StoredItem item)
    {
        var kind = item.Kind;
        var wanted = shape.Wanted(kind);
        var masked = item.Values.Text("Sensitivity") is "Private" or "Confidential" && !caller.On(item.Folder).ViewPrivateItems;
        writer.StartT(kind.Element);
        var stored = item.Values.Values;
        var at = 0;
        for (var i = 0; i < wanted.Length; i++)
        {
            while (at < stored.Length && stored[at].Index < i)
                at++;
            if (!wanted[i] || (masked && Masked.Contains(kind.Elements[i])))
                continue;
            WriteProperty(item, kind.Elements[i], at < stored.Length && stored[at].Index == i ? stored[at].Value : null);
        }

        writer.End();
    }

    private void WriteProperty(StoredItem item, string element, object? stored)
    {
        if (item.IsAttached && element is ("ItemId" or "ParentFolderId"))
            return;
        switch (element)
        {
            case "ItemId":
                writer.IdElement("ItemId", item.Id, item.ChangeKey);
                return;
            case "ParentFolderId":
                writer.IdElement(element, item.Folder.Id, item.Folder.ChangeKey);
                return;
            case "ExtendedProperty":
                WriteExtended(item);
                return;
            case "EffectiveRights":
                FolderWriter.Rights(writer, caller.On(item.Folder));
                return;
            case "MimeContent":
                WriteMime(item);
                return;
            case "Body":
                if (stored is Node body)
                    writer.Write(BodyText.Read(body, shape.BodyType));
                else
                    writer.Write(Node.Types("Body").With("BodyType", shape.BodyType == "HTML" ? "HTML" : "Text"));
                return;
            case "TextBody":
                if (item.Values.Element("Body") is { } text)
                    writer.Write(BodyText.Read(text, "Text"), "TextBody");
                return;
            case "UniqueBody" or "NormalizedBody":
                if (item.Values.Element("Body") is { } whole)
                    writer.Write(BodyText.Read(whole, shape.BodyType), element);
                return;
            case "StartTimeZone" or "EndTimeZone" when stored is Node zone:
                writer.StartT(element);
                writer.Xml.WriteAttributeString("Name", ZoneNames.Display(zone["Id"]!));
                writer.Xml.WriteAttributeString("Id", zone["Id"]);
                writer.End();
                return;
            case "EmailAddresses" or "PhoneNumbers" or "PhysicalAddresses" or "ImAddresses" when stored is Node entries:
                WriteEntries(element, entries);
                return;
        }

        switch (stored ?? ComputedValues.Of(item, element))
        {
            case string value when shape.TextBytes > 0 && value.Length > shape.TextBytes / 4:
                writer.T(element, Cut(value, shape.TextBytes));
                break;
            case string value:
                writer.T(element, contextZone != null && ComputedValues.IsTime(element) ? ExchangeTime.Format(ExchangeTime.Parse(value), contextZone) : value);
                break;
            case Node node when contextZone != null && element is ("FirstOccurrence" or "LastOccurrence" or "ModifiedOccurrences" or "DeletedOccurrences"):
                writer.Write(OccurrenceInfo.InZone(node, contextZone));
                break;
            case Node node:
                writer.Write(node);
                break;
        }
    }

    /// <summary>As many whole characters as fit.</summary>
    private static string Cut(string text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                return text[..length];
            length += rune.Utf16SequenceLength;
        }

        return text;
    }

    /// <summary>iCalendar for a calendar item; other kinds are given without (docs/simulator.md).</summary>
    private void WriteMime(StoredItem item)
    {
        if (item.Kind != ItemKind.CalendarItem)
            return;
        writer.StartT("MimeContent");
        writer.Xml.WriteAttributeString("CharacterSet", "UTF-8");
        writer.Xml.WriteString(Convert.ToBase64String(Encoding.UTF8.GetBytes(EventWriter.Write(item))));
        writer.End();
    }

    private void WriteEntries(string element, Node entries)
    {
        var whole = shape.WantsWhole(element);
        var chosen = entries.Children.Where(e => whole || shape.Indexed.Exists(x => x.Key == e["Key"] && ItemShape.Collection(x.Uri) == element)).ToList();
        if (chosen.Count == 0)
            return;
        writer.StartT(element);
        foreach (var entry in chosen)
        {
            var fields = shape.Indexed.Where(x => x.Key == entry["Key"] && x.Uri.Count(c => c == ':') == 2).Select(x => x.Uri.Split(':')[2]).ToList();
            if (whole || entry.Children.Count == 0 || fields.Count == 0)
            {
                writer.Write(entry);
                continue;
            }

            var part = new Node("t", "Entry").With("Key", entry["Key"]);
            part.Children.AddRange(entry.Children.Where(c => fields.Contains(c.Name)));
            writer.Write(part);
        }

        writer.End();
    }

    private void WriteExtended(StoredItem item)
    {
        foreach (var (path, uri) in shape.Extended)
        {
            if (ComputedValues.Extended(item, path) is not { } values)
                continue;
            writer.StartT("ExtendedProperty");
            writer.Write(uri);
            if (path.Type.EndsWith("Array", StringComparison.Ordinal))
            {
                writer.StartT("Values");
                Array.ForEach(values, v => writer.T("Value", v));
                writer.End();
            }
            else
            {
                writer.T("Value", values[0]);
            }

            writer.End();
        }
    }
}
