using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class DeleteFolder
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("DeleteFolder", context.Request.Child("FolderIds")!.Children, id =>
        {
            var folder = context.Folder(id, FolderLevel.Owner);
            if (folder.DistinguishedName != null)
                throw new ExchangeError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.");
            context.Organisation.RemoveFolder(folder);
            return () => { };
        });
}
