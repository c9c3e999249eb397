using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Gives attachments with their content. A list of no ids is answered with no messages: evolution-ews asks so (clients.md 4).</summary>
public static class GetAttachment
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var shape = new Node("m", "ItemShape");
        shape.Children.Add(Node.Types("BaseShape", "AllProperties"));
        shape.Children.AddRange(context.Request.Child("AttachmentShape")?.Children ?? []);
        writer.Messages(
            "GetAttachment",
            context.Request.Child("AttachmentIds")!.Children,
            id =>
            {
                var (root, attachment) = context.Attachment(id["Id"]!, FolderLevel.Reviewer);
                var items = new ItemWriter(writer, new ItemShape(shape, context.Version, isTable: false), context.ContextZone, context.Caller);
                return () => Write(writer, items, root, attachment);
            },
            () => writer.M("Attachments", ""));
    }

    private static void Write(ResponseWriter writer, ItemWriter items, StoredItem root, StoredAttachment attachment)
    {
        var description = AttachmentRules.Describe(attachment);
        writer.StartM("Attachments");
        writer.StartT(description.Name);
        description.Children.ForEach(c => writer.Write(c));
        if (attachment.Item is { } item)
        {
            item.Folder = root.Folder;
            items.Write(item);
        }
        else
        {
            writer.T("Content", Convert.ToBase64String(attachment.Content));
        }

        writer.End();
        writer.End();
    }
}
