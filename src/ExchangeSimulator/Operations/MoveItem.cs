using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class MoveItem
{
    public static void Run(OperationContext context, ResponseWriter writer) => Transfer(context, writer, "MoveItem", context.Actions.Move);

    /// <summary>New ids come back, but not when the item went to another mailbox (protocol.md 5).</summary>
    public static void Transfer(OperationContext context, ResponseWriter writer, string operation, Func<StoredItem, MailFolder, StoredItem> action)
    {
        var needed = operation == "MoveItem" ? FolderLevel.Editor : FolderLevel.Reviewer;
        writer.Messages(
            operation,
            context.Request.Child("ItemIds")!.Children,
            id =>
            {
                var to = context.Folder(context.Request.Child("ToFolderId")!.Children[0], FolderLevel.Author);
                var item = context.Item(id, needed);
                var stays = item.Mailbox == to.Mailbox;
                var result = action(item, to);
                return () =>
                {
                    writer.StartM("Items");
                    if (stays && context.Request.ChildText("ReturnNewItemIds") is not ("false" or "0"))
                    {
                        writer.StartT(result.Kind.Element);
                        writer.IdElement("ItemId", result.Id, result.ChangeKey);
                        writer.End();
                    }

                    writer.End();
                };
            },
            () => writer.M("Items", ""));
    }
}
