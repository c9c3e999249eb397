using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Sends messages that lie in a folder. Without a current ChangeKey: ErrorStaleObject (protocol.md 3).</summary>
public static class SendItem
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var saves = context.Request["SaveItemToFolder"] is "true" or "1";
        writer.Messages<Node>("SendItem", context.Request.Child("ItemIds")!.Children, id =>
        {
            if (!saves && context.Request.Child("SavedItemFolderId") != null)
                throw new ExchangeError("ErrorInvalidSendItemSaveSettings", "A folder to save to was given although nothing is to be saved.");
            var item = context.Item(id, FolderLevel.Editor);
            if (item.Kind != ItemKind.Message)
                throw new ExchangeError("ErrorInvalidItemForOperationSendItem", "Only messages can be sent.");
            if (id["ChangeKey"] != item.ChangeKey)
                throw new ExchangeError("ErrorStaleObject", "The change key is missing or does not match the current one.");
            var folder = context.Request.Child("SavedItemFolderId")?.Children.FirstOrDefault() is { } target ? context.Folder(target, FolderLevel.Author) : item.Mailbox["sentitems"];
            SendMessage.Send(context, item, item.Mailbox);
            if (saves)
                context.Organisation.Move(item, folder);
            else
                context.Organisation.Remove(item);
            return () => { };
        });
    }
}
