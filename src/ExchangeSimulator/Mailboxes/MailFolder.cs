namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>What a delegate may do in a folder.</summary>
public enum FolderLevel
{
    None,
    Reviewer,
    Author,
    Editor,
    Owner,
}

public sealed record FolderPermission(FolderLevel Level, bool ViewPrivateItems)
{
    /// <summary>The name under which a folder keeps what everybody may do.</summary>
    public const string Everybody = "Default";
}

public sealed class MailFolder(Mailbox mailbox, string id, string name, string? distinguishedName, string folderClass)
{
    public Mailbox Mailbox { get; } = mailbox;
    public string Id { get; } = id;
    public string Name { get; set; } = name;
    public string? DistinguishedName { get; } = distinguishedName;
    public string FolderClass { get; } = folderClass;
    public MailFolder? Parent { get; set; }
    public List<MailFolder> Children { get; } = [];
    public long Version { get; set; }
    public long CreatedVersion { get; set; }

    /// <summary>By SMTP address; <see cref="FolderPermission.Everybody"/> for those not named.</summary>
    public Dictionary<string, FolderPermission> Permissions { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Extended properties of the folder itself, such as the one that hides it.</summary>
    public List<ExtendedProperty> Extended { get; set; } = [];

    /// <summary>Settings that applications keep in hidden items of this folder, by name.</summary>
    public Dictionary<string, UserConfiguration> Configurations { get; } = new(StringComparer.OrdinalIgnoreCase);
    public ChangeLog Log { get; } = new();

    public string ChangeKey => Identifiers.ChangeKey(1, Mailbox.Key, Version);
    public bool IsCalendar => FolderClass.StartsWith("IPF.Appointment", StringComparison.Ordinal);
    public bool IsContacts => FolderClass.StartsWith("IPF.Contact", StringComparison.Ordinal);
    public bool IsTasks => FolderClass.StartsWith("IPF.Task", StringComparison.Ordinal);
    public string Element => IsCalendar ? "CalendarFolder" : IsContacts ? "ContactsFolder" : IsTasks ? "TasksFolder" : "Folder";

    public IEnumerable<StoredItem> Items => Log.Living;
    public int Count => Log.Count;

    public void Put(ExtendedProperty property)
    {
        Extended.RemoveAll(e => e.Path == property.Path);
        if (property.Values is not [""])
            Extended.Add(property);
    }

    public bool IsBelow(MailFolder other)
    {
        for (var folder = this; folder != null; folder = folder.Parent)
        {
            if (folder == other)
                return true;
        }

        return false;
    }

    public IEnumerable<MailFolder> Below()
    {
        foreach (var child in Children)
        {
            yield return child;
            foreach (var deeper in child.Below())
                yield return deeper;
        }
    }
}
