using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Deletes folders with what is in them. Soft and into Deleted Items they keep their id (protocol.md 3).</summary>
public static class DeleteFolder
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("DeleteFolder", context.Request.Child("FolderIds")!.Children, id =>
        {
            var folder = context.Folder(id, FolderLevel.Owner);
            if (folder.DistinguishedName != null)
                throw new ExchangeError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.");
            Remove(context.Organisation, folder, Enum.Parse<DeleteType>(context.Request["DeleteType"]!));
            return () => { };
        });

    public static void Remove(Organisation organisation, MailFolder folder, DeleteType type)
    {
        var bin = folder.Mailbox.Distinguished(type == DeleteType.MoveToDeletedItems ? "deleteditems" : "recoverableitemsdeletions");
        if (type == DeleteType.HardDelete || bin == null || (type == DeleteType.MoveToDeletedItems && folder.IsBelow(bin)))
            organisation.RemoveFolder(folder);
        else
            organisation.MoveFolder(folder, bin);
    }
}
