using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Hangs files and items on an item; each raises its ChangeKey.</summary>
public static class CreateAttachment
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages(
            "CreateAttachment",
            context.Request.Child("Attachments")!.Children,
            element =>
            {
                var owner = context.Item(context.Request.Child("ParentItemId")!, FolderLevel.Editor);
                var attachment = AttachmentRules.Add(context.Organisation, context.Edit, owner, element);
                context.Organisation.Saved(owner, context.Caller.Name);
                return () =>
                {
                    writer.StartM("Attachments");
                    writer.StartT(element.Name);
                    writer.Write(new Node("t", "AttachmentId").With("Id", attachment.Id).With("RootItemId", owner.Id).With("RootItemChangeKey", owner.ChangeKey));
                    writer.End();
                    writer.End();
                };
            },
            () => writer.M("Attachments", ""));
}
