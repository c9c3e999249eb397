using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Takes attachments off their item and gives the item's new ChangeKey.</summary>
public static class DeleteAttachment
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var ids = context.Request.Child("AttachmentIds")!;
        // Only GetAttachment is let off the schema here.
        if (ids.Children.Count == 0)
            throw new SchemaViolation(ids, "The element 'AttachmentIds' has incomplete content.");
        writer.Messages<Node>("DeleteAttachment", ids.Children, id =>
        {
            var (root, attachment) = context.Attachment(id["Id"]!, FolderLevel.Editor);
            root.Attachments = root.Attachments?.FindAll(a => a != attachment);
            context.Organisation.Saved(root, context.Caller.Name);
            return () => writer.Write(new Node("m", "RootItemId").With("RootItemId", root.Id).With("RootItemChangeKey", root.ChangeKey));
        });
    }
}
