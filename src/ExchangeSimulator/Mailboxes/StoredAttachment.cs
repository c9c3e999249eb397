namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>A file or an item that hangs on an item. An attached item is a stored item without a folder.</summary>
public sealed class StoredAttachment(string id, string name)
{
    public string Id { get; } = id;
    public string Name { get; set; } = name;
    public string? ContentType { get; init; }
    public string? ContentId { get; init; }
    public string? ContentLocation { get; init; }
    public bool IsInline { get; init; }
    public bool IsContactPhoto { get; init; }
    public DateTimeOffset Modified { get; init; }
    public byte[] Content { get; init; } = [];

    /// <summary>Set instead of content when an item is attached.</summary>
    public StoredItem? Item { get; init; }

    public StoredAttachment CopyAs(string id) => new(id, Name)
    {
        ContentType = ContentType, ContentId = ContentId, ContentLocation = ContentLocation, IsInline = IsInline, IsContactPhoto = IsContactPhoto, Modified = Modified, Content = Content, Item = Item,
    };

    public int Size => Item == null ? Content.Length : 1024 + (2 * (Item.Values.Text("Body")?.Length ?? 0));
}
