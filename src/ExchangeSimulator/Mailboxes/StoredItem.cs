using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>One item in a folder.</summary>
public sealed class StoredItem(ItemKind kind, Mailbox mailbox, string id)
{
    public ItemKind Kind { get; } = kind;
    public Mailbox Mailbox { get; } = mailbox;

    /// <summary>Opaque and case-sensitive; another one after each move (protocol.md 3).</summary>
    public string Id { get; set; } = id;
    public MailFolder Folder { get; set; } = null!;

    /// <summary>Raised at every save; the ChangeKey is made of it.</summary>
    public long Version { get; set; }
    public DateTimeOffset Created { get; set; }
    public DateTimeOffset Modified { get; set; }
    public string ModifiedBy { get; set; } = "";
    public bool IsAssociated { get; set; }
    public PropertyBag Values { get; set; } = new(kind);
    public List<ExtendedProperty> Extended { get; set; } = [];

    public string ChangeKey => Identifiers.ChangeKey(Kind.KeyPrefix, Mailbox.Key, Version);
    public string Subject => Values.Text("Subject") ?? "";
    public string ItemClass => Values.Text("ItemClass") ?? Kind.ItemClass;

    public ExtendedProperty? Find(ExtendedPropertyPath path) => Extended.Find(e => e.Path == path);

    public void Put(ExtendedProperty property)
    {
        Extended.RemoveAll(e => e.Path == property.Path);
        if (property.Values is not [""])
            Extended.Add(property);
    }

    public DateTimeOffset? Time(string element) => Values.Text(element) is { } text ? ExchangeTime.Parse(text) : null;

    public IEnumerable<Node> Attendees(string element) => Values.Element(element)?.Children ?? Enumerable.Empty<Node>();
}
