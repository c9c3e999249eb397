using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Changes the name, the rights or the extended properties of folders.</summary>
public static class UpdateFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var folders = new FolderWriter(writer, null, context.Caller);
        writer.Messages(
            "UpdateFolder",
            context.Request.Child("FolderChanges")!.Children,
            change =>
            {
                var folder = context.Folder(change.Children[0], FolderLevel.Owner);
                foreach (var update in change.Child("Updates")!.Children)
                    Apply(folder, update);
                context.Organisation.FolderChanged(folder);
                return () =>
                {
                    writer.StartM("Folders");
                    folders.Write(folder);
                    writer.End();
                };
            },
            () => writer.M("Folders", ""));
    }

    private static void Apply(MailFolder folder, Node update)
    {
        var path = update.Children[0];
        var value = update.Name == "DeleteFolderField" ? null : Value(update.Children[1]);
        if (path.Name == "ExtendedFieldURI")
        {
            folder.Put(value == null ? new(ExtendedPropertyPath.Read(path), [""]) : ExtendedProperty.Read(value));
            return;
        }

        switch (path["FieldURI"])
        {
            case "folder:DisplayName" when value is { Name: "DisplayName" } && value.Text.Length > 0:
                Rename(folder, value.Text);
                break;
            case "folder:PermissionSet" when value is { Name: "PermissionSet" }:
                FolderRights.Read(folder, value);
                break;
            default:
                throw ExchangeError.InvalidPropertySet(path["FieldURI"] ?? path.Name);
        }
    }

    private static Node Value(Node holder) => holder.Children.Count == 1
        ? holder.Children[0]
        : throw new ExchangeError("ErrorIncorrectUpdatePropertyCount", "An object within a change description must contain one and only one property to modify.");

    private static void Rename(MailFolder folder, string name)
    {
        if (folder.DistinguishedName != null)
            throw new ExchangeError("ErrorFolderSaveFailed", "Distinguished folders keep their names.");
        if (folder.Parent?.Children.Exists(f => f != folder && string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase)) == true)
            throw new ExchangeError("ErrorFolderExists", "A folder with the specified name already exists.");
        folder.Name = name;
    }
}
