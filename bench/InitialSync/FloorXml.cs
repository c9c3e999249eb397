using System.Globalization;
using System.Xml;

namespace CrmSync.Bench.InitialSync;

/// <summary>Picks the fields of appointments out of a GetItem answer in one pass.</summary>
internal static class FloorXml
{
    public static List<FloorItem> ReadItems(byte[] answer, int expected)
    {
        var items = new List<FloorItem>(expected);
        FloorItem? item = null;
        using var xml = XmlReader.Create(new MemoryStream(answer));
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (xml.LocalName == "CalendarItem")
                items.Add(item = new FloorItem { ItemId = Guid.CreateVersion7(), PairId = Guid.CreateVersion7() });
            else if (item is not null)
                ReadField(xml, item);
        }
        return items.Count == expected ? items : throw new InvalidOperationException($"{items.Count} items where {expected} were asked for");
    }

    public static string Text(XmlReader xml) => xml.IsEmptyElement || !xml.Read() || xml.NodeType != XmlNodeType.Text ? "" : xml.Value;

    private static void ReadField(XmlReader xml, FloorItem item)
    {
        switch (xml.LocalName)
        {
            case "ItemId":
                (item.Id, item.Key) = (xml.GetAttribute("Id")!, xml.GetAttribute("ChangeKey")!);
                break;
            case "Subject":
                item.Subject = Text(xml);
                break;
            case "Body":
                item.IsHtml = xml.GetAttribute("BodyType") == "HTML";
                item.Body = Text(xml);
                break;
            case "Location":
                item.Location = Text(xml);
                break;
            case "Importance":
                item.Importance = Text(xml);
                break;
            case "Sensitivity":
                item.Sensitivity = Text(xml);
                break;
            case "LegacyFreeBusyStatus":
                item.ShowAs = Text(xml);
                break;
            case "Start":
                item.Start = Time(xml);
                break;
            case "End":
                item.End = Time(xml);
                break;
            case "IsAllDayEvent":
                item.IsAllDay = Text(xml) == "true";
                break;
            case "ReminderIsSet":
                item.ReminderIsSet = Text(xml) == "true";
                break;
            case "ReminderMinutesBeforeStart":
                item.ReminderMinutes = int.Parse(Text(xml), CultureInfo.InvariantCulture);
                break;
            case "Name":
                item.OrganizerName = Text(xml);
                break;
            case "EmailAddress":
                item.OrganizerAddress = Text(xml);
                break;
            case "StartTimeZone":
                item.Zone = xml.GetAttribute("Id") ?? "UTC";
                break;
            case "Value":
                item.GlobalObjectId = Text(xml);
                break;
        }
    }

    private static DateTime Time(XmlReader xml) =>
        DateTime.ParseExact(Text(xml), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
