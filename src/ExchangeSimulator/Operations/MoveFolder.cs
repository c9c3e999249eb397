using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>MoveFolder and CopyFolder. Two folders of one name have no place below one parent.</summary>
public static class MoveFolder
{
    public static void Run(OperationContext context, ResponseWriter writer) => Transfer(context, writer, "MoveFolder", (folder, to) =>
    {
        if (folder.DistinguishedName != null)
            throw new ExchangeError("ErrorMoveDistinguishedFolder", "Distinguished folders cannot be moved.");
        context.Organisation.MoveFolder(folder, to);
        return folder;
    });

    public static void Copy(OperationContext context, ResponseWriter writer) =>
        Transfer(context, writer, "CopyFolder", (folder, to) => context.Organisation.CopyFolder(folder, to, context.Caller.Name));

    private static void Transfer(OperationContext context, ResponseWriter writer, string operation, Func<MailFolder, MailFolder, MailFolder> action)
    {
        var folders = new FolderWriter(writer, null, context.Caller);
        writer.Messages(
            operation,
            context.Request.Child("FolderIds")!.Children,
            id =>
            {
                var to = context.Folder(context.Request.Child("ToFolderId")!.Children[0], FolderLevel.Owner);
                var folder = context.Folder(id, operation == "MoveFolder" ? FolderLevel.Owner : FolderLevel.Reviewer);
                if (operation == "CopyFolder" && folder.Mailbox.IsPublic)
                    throw new ExchangeError("ErrorCopyFolderFailed", "Public folders cannot be copied.");
                if (to.IsBelow(folder) || to.Mailbox != folder.Mailbox)
                    throw new ExchangeError("ErrorMoveCopyFailed", "The folder cannot be put there.");
                if (to.Children.Exists(f => f != folder && string.Equals(f.Name, folder.Name, StringComparison.OrdinalIgnoreCase)))
                    throw new ExchangeError("ErrorFolderExists", "A folder with the specified name already exists.");
                var result = action(folder, to);
                return () =>
                {
                    writer.StartM("Folders");
                    folders.Write(result);
                    writer.End();
                };
            },
            () => writer.M("Folders", ""));
    }
}
