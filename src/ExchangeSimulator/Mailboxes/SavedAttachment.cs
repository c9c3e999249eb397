using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>An attachment in the data file.</summary>
public sealed record SavedAttachment(string Id, string Name, string? ContentType, string? ContentId, string? ContentLocation, bool IsInline, bool IsContactPhoto, DateTimeOffset Modified, byte[] Content)
{
    /// <summary>An attached item: its kind, and its properties as one element.</summary>
    public string? ItemElement { get; init; }

    public static SavedAttachment Of(StoredAttachment attachment) => new(
        attachment.Id, attachment.Name, attachment.ContentType, attachment.ContentId, attachment.ContentLocation, attachment.IsInline, attachment.IsContactPhoto, attachment.Modified, attachment.Content)
    {
        ItemElement = attachment.Item is { } item ? NodeText.Write(Element(item)) : null,
    };

    public StoredAttachment Restore(StoredItem owner) => new(Id, Name)
    {
        ContentType = ContentType,
        ContentId = ContentId,
        ContentLocation = ContentLocation,
        IsInline = IsInline,
        IsContactPhoto = IsContactPhoto,
        Modified = Modified,
        Content = Content,
        Item = ItemElement == null ? null : Item(NodeReader.Read(ItemElement), owner),
    };

    private static Node Element(StoredItem item)
    {
        var element = new Node("t", item.Kind.Element);
        foreach (var (index, value) in item.Values.Values)
            element.Children.Add(value as Node ?? Node.Types(item.Kind.Elements[index], (string)value));
        return element;
    }

    private static StoredItem Item(Node element, StoredItem owner)
    {
        var item = new StoredItem(ItemKind.Of(element.Name)!, owner.Mailbox, owner.Id) { IsAttached = true, Folder = owner.Folder, Created = owner.Created, Modified = owner.Modified, ModifiedBy = owner.ModifiedBy };
        foreach (var property in element.Children)
            item.Values.Set(property.Name, property.Children.Count == 0 && property.Attributes.Count == 0 ? property.Text : property);
        return item;
    }
}
