using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Takes attachments off their item and gives the item's new ChangeKey.</summary>
public static class DeleteAttachment
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("DeleteAttachment", context.Request.Child("AttachmentIds")!.Children, id =>
        {
            var (root, attachment) = context.Attachment(id["Id"]!, FolderLevel.Editor);
            root.Attachments = root.Attachments?.FindAll(a => a != attachment);
            context.Organisation.Saved(root, context.Caller.Name);
            return () => writer.Write(new Node("m", "RootItemId").With("RootItemId", root.Id).With("RootItemChangeKey", root.ChangeKey));
        });
}
