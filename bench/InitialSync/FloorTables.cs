using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Buffers;
using System.Buffers.Binary;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;

namespace CrmSync.Bench.InitialSync;

/// <summary>One column of a floor row.</summary>
/// <param name="Type">PostgreSQL's name of the element type.</param>
public abstract record FloorColumn(string Name, string Type)
{
    public abstract Array Gather(IReadOnlyList<FloorItem> items);

    public abstract object? One(FloorItem item);
}

public sealed record FloorColumn<T>(string Name, string Type, Func<FloorItem, T> Of) : FloorColumn(Name, Type)
{
    public override Array Gather(IReadOnlyList<FloorItem> items)
    {
        var values = new T[items.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Of(items[i]);
        return values;
    }

    public override object? One(FloorItem item) => Of(item);
}

public sealed record FloorTable(string Name, string Keys, IReadOnlyList<FloorColumn> Columns);

/// <summary>The rows that the engine writes for a new appointment, in the same tables with the same values.</summary>
public sealed class FloorTables(Guid linkId, Guid userId, DateTime now)
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly Dictionary<string, TimeZoneInfo> _zones = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);

    public IReadOnlyList<FloorTable> All =>
    [
        new("ScheduleItem", "\"Id\"",
        [
            new FloorColumn<Guid>("Id", "uuid", i => i.ItemId), new FloorColumn<long>("Version", "bigint", _ => 1), new FloorColumn<Guid>("OwnerId", "uuid", _ => userId),
            new FloorColumn<int>("Origin", "integer", _ => (int)ItemOrigin.Exchange), new FloorColumn<string>("Subject", "text", i => i.Subject),
            new FloorColumn<int>("BodyFormat", "integer", i => (int)(i.IsHtml ? BodyFormat.Html : BodyFormat.Text)), new FloorColumn<string>("Body", "text", i => i.Body),
            new FloorColumn<DateTime>("StartUtc", "timestamptz", i => i.Start), new FloorColumn<DateTime>("EndUtc", "timestamptz", i => i.End),
            new FloorColumn<string>("StartWall", "varchar", i => Wall(i.Start, i.Zone)), new FloorColumn<string>("EndWall", "varchar", i => Wall(i.End, i.Zone)),
            new FloorColumn<string>("StartZone", "varchar", i => i.Zone), new FloorColumn<string>("EndZone", "varchar", i => i.Zone),
            new FloorColumn<bool>("IsAllDay", "boolean", i => i.IsAllDay), new FloorColumn<string>("Location", "text", i => i.Location),
            new FloorColumn<int>("Importance", "integer", i => (int)Enum.Parse<Importance>(i.Importance)),
            new FloorColumn<string>("OrganizerAddress", "varchar", i => i.OrganizerAddress), new FloorColumn<string>("OrganizerName", "text", i => i.OrganizerName),
            new FloorColumn<string>("Attendees", "text", _ => "[]"), new FloorColumn<bool>("IsCancelled", "boolean", _ => false),
            new FloorColumn<Guid>("AuthorityLinkId", "uuid", _ => linkId), new FloorColumn<bool>("AuthorityIsOrganizer", "boolean", _ => true),
            new FloorColumn<bool>("IsDeleted", "boolean", _ => false), new FloorColumn<DateTime>("CreatedAt", "timestamptz", _ => now),
            new FloorColumn<DateTime>("UpdatedAt", "timestamptz", _ => now), new FloorColumn<string>("UpdatedBy", "varchar", _ => $"link:{linkId}"),
        ]),
        new("Participation", "\"ItemId\", \"UserId\"",
        [
            new FloorColumn<Guid>("ItemId", "uuid", i => i.ItemId), new FloorColumn<Guid>("UserId", "uuid", _ => userId),
            new FloorColumn<int>("ShowAs", "integer", i => (int)Enum.Parse<ShowAs>(i.ShowAs)), new FloorColumn<int>("Sensitivity", "integer", i => (int)Enum.Parse<Sensitivity>(i.Sensitivity)),
            new FloorColumn<string>("Categories", "text", _ => "[]"), new FloorColumn<int?>("ReminderMinutes", "integer", i => i.ReminderIsSet ? i.ReminderMinutes : null),
            new FloorColumn<int>("Response", "integer", _ => 0),
        ]),
        new("ItemLink", "\"Id\"",
        [
            new FloorColumn<Guid>("Id", "uuid", i => i.PairId), new FloorColumn<Guid>("LinkId", "uuid", _ => linkId), new FloorColumn<Guid>("ItemId", "uuid", i => i.ItemId),
            new FloorColumn<int>("Kind", "integer", _ => 0), new FloorColumn<bool>("IsHome", "boolean", _ => true), new FloorColumn<long>("CrmVersion", "bigint", _ => 1),
            new FloorColumn<string>("BaseSnapshot", "text", Snapshot), new FloorColumn<int>("MappingVersion", "integer", _ => 1), new FloorColumn<int>("Attempt", "integer", _ => 0),
            new FloorColumn<int>("IntentState", "integer", _ => 0), new FloorColumn<int>("InviteState", "integer", _ => 0), new FloorColumn<int>("Tombstone", "integer", _ => 0),
            new FloorColumn<int>("SeenGeneration", "integer", _ => 1), new FloorColumn<DateTime>("UpdatedAt", "timestamptz", _ => now),
        ]),
        new("ItemIdentity", "\"ItemLinkId\", \"Slot\"",
        [
            new FloorColumn<Guid>("ItemLinkId", "uuid", i => i.PairId), new FloorColumn<string>("Slot", "varchar", _ => ""), new FloorColumn<Guid>("LinkId", "uuid", _ => linkId),
            new FloorColumn<string>("Protocol", "varchar", _ => "ews"), new FloorColumn<string>("IdFormat", "varchar", _ => "EwsId"),
            new FloorColumn<string>("ExchangeId", "varchar", i => i.Id), new FloorColumn<long>("IdHash", "bigint", i => Hash(i.Id)),
            new FloorColumn<string>("ChangeKey", "varchar", i => i.Key), new FloorColumn<string?>("GlobalObjectId", "varchar", i => i.GlobalObjectId),
            new FloorColumn<long?>("GlobalIdHash", "bigint", i => i.GlobalObjectId is { } id ? Hash(id) : null),
        ]),
    ];

    private static long Hash(string text) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string Wall(DateTime utc, string zone)
    {
        if (!_zones.TryGetValue(zone, out var found))
            _zones[zone] = found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        return TimeZoneInfo.ConvertTimeFromUtc(utc, found).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
    }

    // The text that ScheduleSnapshot writes.
    private string Snapshot(FloorItem item)
    {
        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer, Json);
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteString("subject", item.Subject);
        json.WriteString("bodyFormat", item.IsHtml ? "Html" : "Text");
        json.WriteString("body", item.Body);
        json.WriteString("start", item.Start.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteString("end", item.End.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteString("startWall", Wall(item.Start, item.Zone));
        json.WriteString("endWall", Wall(item.End, item.Zone));
        json.WriteString("startZone", item.Zone);
        json.WriteString("endZone", item.Zone);
        json.WriteBoolean("isAllDay", item.IsAllDay);
        json.WriteString("location", item.Location);
        json.WriteString("importance", item.Importance);
        json.WriteStartObject("organizer");
        json.WriteString("address", item.OrganizerAddress);
        json.WriteString("name", item.OrganizerName);
        json.WriteString("role", "Required");
        json.WriteString("response", "Unknown");
        json.WriteEndObject();
        json.WriteStartArray("attendees");
        json.WriteEndArray();
        json.WriteBoolean("isCancelled", false);
        json.WriteString("onlineMeetingUrl", "");
        json.WriteString("showAs", item.ShowAs);
        json.WriteString("sensitivity", item.Sensitivity);
        json.WriteStartArray("categories");
        json.WriteEndArray();
        json.WriteNumber("reminderMinutes", item.ReminderIsSet ? item.ReminderMinutes : -1);
        json.WriteString("ownResponse", "Unknown");
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }
}
