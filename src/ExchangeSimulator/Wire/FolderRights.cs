using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>A folder's PermissionSet. The store here knows five levels; Exchange's finer ones are taken for the nearest.</summary>
public static class FolderRights
{
    public static void Read(MailFolder folder, Node set)
    {
        folder.Permissions.Clear();
        foreach (var permission in set.Children[0].Children)
        {
            var user = permission.Child("UserId");
            var name = user?.ChildText("DistinguishedUser") ?? user?.ChildText("PrimarySmtpAddress")
                ?? throw new ExchangeError("ErrorInvalidUserInfo", "The user of a permission must be named.");
            if (name == "Anonymous")
                continue;
            var level = permission.ChildText("PermissionLevel") ?? permission.ChildText("CalendarPermissionLevel") ?? "None";
            folder.Permissions[name] = new(Level(level, permission), ViewPrivateItems: false);
        }
    }

    public static void Write(ResponseWriter writer, MailFolder folder)
    {
        var (list, one) = folder.IsCalendar ? ("CalendarPermissions", "CalendarPermission") : ("Permissions", "Permission");
        writer.StartT("PermissionSet");
        writer.StartT(list);
        foreach (var (name, permission) in folder.Permissions.Prepend(new("Anonymous", new(FolderLevel.None, false))).OrderBy(p => p.Key == FolderPermission.Everybody ? 0 : 1))
        {
            writer.StartT(one);
            writer.StartT("UserId");
            writer.T(name is "Anonymous" or FolderPermission.Everybody ? "DistinguishedUser" : "PrimarySmtpAddress", name);
            writer.End();
            var level = permission.Level;
            writer.T("CanCreateItems", Flag(level >= FolderLevel.Author));
            writer.T("CanCreateSubFolders", Flag(level >= FolderLevel.Owner));
            writer.T("IsFolderOwner", Flag(level >= FolderLevel.Owner));
            writer.T("IsFolderVisible", Flag(level >= FolderLevel.Reviewer));
            writer.T("IsFolderContact", Flag(level >= FolderLevel.Owner));
            writer.T("EditItems", Action(level));
            writer.T("DeleteItems", Action(level));
            writer.T("ReadItems", level >= FolderLevel.Reviewer ? "FullDetails" : "None");
            writer.T(folder.IsCalendar ? "CalendarPermissionLevel" : "PermissionLevel", level.ToString());
            writer.End();
        }

        writer.End();
        writer.End();
    }

    private static string Flag(bool value) => value ? "true" : "false";

    private static string Action(FolderLevel level) => level >= FolderLevel.Editor ? "All" : level == FolderLevel.Author ? "Owned" : "None";

    private static FolderLevel Level(string name, Node permission) => name switch
    {
        "Owner" => FolderLevel.Owner,
        "PublishingEditor" or "Editor" => FolderLevel.Editor,
        "PublishingAuthor" or "Author" or "NoneditingAuthor" => FolderLevel.Author,
        "Reviewer" => FolderLevel.Reviewer,
        "Custom" when permission.ChildText("EditItems") == "All" => FolderLevel.Editor,
        "Custom" when permission.ChildText("CanCreateItems") is "true" or "1" => FolderLevel.Author,
        "Custom" when permission.ChildText("ReadItems") == "FullDetails" => FolderLevel.Reviewer,
        _ => FolderLevel.None,
    };
}
