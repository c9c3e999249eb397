using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Deletes what is in a folder and leaves the folder. Not for calendars and public folders (protocol.md 11).</summary>
public static class EmptyFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var type = Enum.Parse<DeleteType>(context.Request["DeleteType"]!);
        var withSubFolders = context.Request["DeleteSubFolders"] is "true" or "1";
        writer.Messages<Node>("EmptyFolder", context.Request.Child("FolderIds")!.Children, id =>
        {
            var folder = context.Folder(id, FolderLevel.Editor);
            if (folder.IsCalendar || folder.Mailbox.IsPublic)
                throw new ExchangeError("ErrorCannotEmptyFolder", "This folder cannot be emptied.");
            if (withSubFolders && folder.Children.Exists(c => c.DistinguishedName != null))
                throw new ExchangeError("ErrorCannotDeleteSubfoldersOfMsgRootFolder", "Distinguished folders cannot be deleted.");
            foreach (var item in folder.Items.ToList())
                context.Actions.Delete(item, type, SendTo.None);
            if (withSubFolders)
                folder.Children.ToList().ForEach(c => DeleteFolder.Remove(context.Organisation, c, type));
            return () => { };
        });
    }
}
