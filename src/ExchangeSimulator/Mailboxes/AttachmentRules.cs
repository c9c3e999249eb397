using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Attachments of items: made from elements, found by id.</summary>
public static class AttachmentRules
{
    private const int MaxLevels = 4;
    private const int MaxPerItem = 500;

    /// <summary>Hangs what an element describes on an item. The caller saves it.</summary>
    /// <exception cref="ExchangeError">A reference attachment, an item attachment without an item, too many or too deep.</exception>
    public static StoredAttachment Add(Organisation organisation, EditContext context, StoredItem owner, Node element, int level = 1)
    {
        if (owner.Occurrence != null)
            throw new ExchangeError("ErrorInvalidOperation", "Attachments of single occurrences are not imitated.");
        if (level > MaxLevels)
            throw new ExchangeError("ErrorAttachmentNestLevelLimitExceeded", "Attachments nest too deeply.");
        if (owner.Attachments?.Count >= MaxPerItem)
            throw new ExchangeError("ErrorAttachmentSizeLimitExceeded", "The item has too many attachments.");
        var attachment = new StoredAttachment(organisation.NewAttachmentId(owner), element.ChildText("Name") ?? "")
        {
            ContentType = element.ChildText("ContentType"),
            ContentId = element.ChildText("ContentId"),
            ContentLocation = element.ChildText("ContentLocation"),
            IsInline = element.ChildText("IsInline") is "true" or "1",
            IsContactPhoto = element.ChildText("IsContactPhoto") is "true" or "1",
            Modified = organisation.Now,
            Content = element.Name == "FileAttachment" ? Convert.FromBase64String(element.ChildText("Content") ?? "") : [],
            Item = element.Name == "ItemAttachment" ? Attached(organisation, context, owner, element, level) : null,
        };
        if (element.Name == "ReferenceAttachment")
            throw new ExchangeError("ErrorInvalidOperation", "Reference attachments are not imitated.");
        owner.Attachments = [.. owner.Attachments ?? [], attachment];
        return attachment;
    }

    /// <summary>The attachment of an id and the item at the root that holds it; null for a dead or foreign id.</summary>
    public static (StoredItem Root, StoredAttachment Attachment)? Find(Organisation organisation, string id)
    {
        if (Identifiers.ItemOfAttachment(id) is not { } itemId || organisation.FindItem(itemId) is not { } root)
            return null;
        return Find(root, id, 0) is { } found ? (root, found) : null;
    }

    /// <summary>The list as GetItem shows it: without content.</summary>
    public static Node? List(StoredItem item)
    {
        if (item.Attachments is not { Count: > 0 } attachments)
            return null;
        var list = new Node("t", "Attachments");
        list.Children.AddRange(attachments.Select(Describe));
        return list;
    }

    public static Node Describe(StoredAttachment attachment)
    {
        var node = new Node("t", attachment.Item == null ? "FileAttachment" : "ItemAttachment");
        void Put(string name, string? text)
        {
            if (!string.IsNullOrEmpty(text))
                node.Children.Add(Node.Types(name, text));
        }

        node.Children.Add(new Node("t", "AttachmentId").With("Id", attachment.Id));
        Put("Name", attachment.Name);
        Put("ContentType", attachment.ContentType);
        Put("ContentId", attachment.ContentId);
        Put("ContentLocation", attachment.ContentLocation);
        Put("Size", attachment.Size.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Put("LastModifiedTime", ExchangeTime.Format(attachment.Modified));
        Put("IsInline", attachment.IsInline ? "true" : "false");
        if (attachment.Item == null)
            Put("IsContactPhoto", attachment.IsContactPhoto ? "true" : "false");
        return node;
    }

    private static StoredAttachment? Find(StoredItem owner, string id, int level)
    {
        if (level > MaxLevels)
            return null;
        return owner.Attachments?.Find(a => a.Id == id)
            ?? owner.Attachments?.Select(a => a.Item == null ? null : Find(a.Item, id, level + 1)).FirstOrDefault(a => a != null);
    }

    /// <summary>An attached item has no id of its own; ids of what hangs on it begin with the root's.</summary>
    private static StoredItem Attached(Organisation organisation, EditContext context, StoredItem owner, Node element, int level)
    {
        var inner = element.Children.Find(c => ItemKind.Of(c.Name) != null)
            ?? throw new ExchangeError("ErrorMissingItemForCreateItemAttachment", "The attachment has no item.");
        var item = new StoredItem(ItemKind.Of(inner.Name)!, owner.Mailbox, owner.Id) { IsAttached = true, Created = organisation.Now, Modified = organisation.Now, ModifiedBy = context.Caller.Name };
        var editor = new ItemEditor(organisation, context) { AttachmentLevel = level + 1 };
        editor.Fill(item, inner);
        editor.Finish(item, isNew: true);
        return item;
    }
}
