using CrmSync.ExchangeSimulator.Calendars;
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

    /// <summary>Set on a recurring master only.</summary>
    public Series? Series { get; set; }

    /// <summary>Set on the view of one occurrence, which is not stored itself.</summary>
    public Occurrence? Occurrence { get; init; }

    /// <summary>Hangs on another item, whose id it carries; has no id and no folder of its own.</summary>
    public bool IsAttached { get; init; }

    /// <summary>Null for none: most items have none.</summary>
    public List<StoredAttachment>? Attachments { get; set; }

    /// <summary>A master and all its occurrences share one (protocol.md 3).</summary>
    public string ChangeKey => Identifiers.ChangeKey(Kind.KeyPrefix, Mailbox.Key, Occurrence?.Master.Version ?? Version);
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
