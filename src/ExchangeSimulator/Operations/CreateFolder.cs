using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Creates folders; their class follows from the element unless it is given.</summary>
public static class CreateFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var folders = new FolderWriter(writer, null, context.Caller);
        writer.Messages(
            "CreateFolder",
            context.Request.Child("Folders")!.Children,
            element =>
            {
                var parent = context.Folder(context.Request.Child("ParentFolderId")!.Children[0], FolderLevel.Owner);
                var name = element.ChildText("DisplayName") ?? "";
                if (name.Length == 0)
                    throw new ExchangeError("ErrorFolderSaveFailed", "A folder needs a name.");
                if (parent.Children.Exists(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase)))
                    throw new ExchangeError("ErrorFolderExists", "A folder with the specified name already exists.");
                var folderClass = element.ChildText("FolderClass") ?? element.Name switch
                {
                    "CalendarFolder" => "IPF.Appointment",
                    "ContactsFolder" => "IPF.Contact",
                    "TasksFolder" => "IPF.Task",
                    _ => "IPF.Note",
                };
                var extended = element.Children.Where(c => c.Name == "ExtendedProperty").Select(ExtendedProperty.Read).ToList();
                var folder = context.Organisation.AddFolder(parent, name, folderClass);
                extended.ForEach(folder.Put);
                if (element.Child("PermissionSet") is { } rights)
                    FolderRights.Read(folder, rights);
                return () =>
                {
                    writer.StartM("Folders");
                    folders.Write(folder);
                    writer.End();
                };
            },
            () => writer.M("Folders", ""));
    }
}
