using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

public sealed class Mailbox
{
    /// <summary>Distinguished folder, display name, class, distinguished parent.</summary>
    private static readonly (string Id, string Name, string Class, string? Parent)[] Standard =
    [
        ("root", "", "", null),
        ("msgfolderroot", "Top of Information Store", "", "root"),
        ("inbox", "Inbox", "IPF.Note", "msgfolderroot"),
        ("calendar", "Calendar", "IPF.Appointment", "msgfolderroot"),
        ("contacts", "Contacts", "IPF.Contact", "msgfolderroot"),
        ("tasks", "Tasks", "IPF.Task", "msgfolderroot"),
        ("notes", "Notes", "IPF.StickyNote", "msgfolderroot"),
        ("journal", "Journal", "IPF.Journal", "msgfolderroot"),
        ("drafts", "Drafts", "IPF.Note", "msgfolderroot"),
        ("outbox", "Outbox", "IPF.Note", "msgfolderroot"),
        ("sentitems", "Sent Items", "IPF.Note", "msgfolderroot"),
        ("deleteditems", "Deleted Items", "IPF.Note", "msgfolderroot"),
        ("junkemail", "Junk Email", "IPF.Note", "msgfolderroot"),
        ("searchfolders", "Finder", "", "root"),
        ("recoverableitemsroot", "Recoverable Items", "", "root"),
        ("recoverableitemsdeletions", "Deletions", "IPF.Note", "recoverableitemsroot"),
        ("recoverableitemsversions", "Versions", "IPF.Note", "recoverableitemsroot"),
        ("recoverableitemspurges", "Purges", "IPF.Note", "recoverableitemsroot"),
    ];

    private static readonly (string Id, string Name, string Class, string? Parent)[] Public =
    [
        ("root", "", "", null),
        ("publicfoldersroot", "IPM_SUBTREE", "", "root"),
        ("recoverableitemsdeletions", "Deletions", "IPF.Note", "root"),
    ];

    private readonly Dictionary<string, MailFolder> _distinguished = new(StringComparer.Ordinal);

    public Mailbox(string address, string displayName, Guid key, Func<Mailbox, string> newFolderId, bool isPublic = false)
    {
        Address = address;
        DisplayName = displayName;
        Key = key;
        IsPublic = isPublic;
        foreach (var (id, name, folderClass, parent) in isPublic ? Public : Standard)
        {
            var folder = new MailFolder(this, newFolderId(this), name, id, folderClass);
            Adopt(folder, parent == null ? null : _distinguished[parent]);
        }
    }

    /// <summary>Primary SMTP address.</summary>
    public string Address { get; }
    public string DisplayName { get; set; }

    /// <summary>Part of every id and ChangeKey of this mailbox.</summary>
    public Guid Key { get; }
    public string Sid => $"S-1-5-21-{Math.Abs(Key.GetHashCode())}-1001-1001-{Address.Length + 1000}";
    public bool IsRoom { get; set; }
    public string TimeZoneId { get; set; } = "W. Europe Standard Time";

    /// <summary>Those of the organisation; here so that what computes values of an item finds them.</summary>
    public ExchangeHabits Habits { get; set; } = ExchangeHabits.Believed;

    /// <summary>Holds the public folders, not a person's mail.</summary>
    public bool IsPublic { get; }

    /// <summary>The folder below which everything is visible.</summary>
    public MailFolder Top => _distinguished[IsPublic ? "publicfoldersroot" : "msgfolderroot"];
    public List<DelegateEntry> Delegates { get; } = [];

    /// <summary>DeliverMeetingRequests of the delegate operations.</summary>
    public string DeliverMeetingRequests { get; set; } = "DelegatesAndMe";

    /// <summary>UserOofSettings as they were set; null: never.</summary>
    public Node? OutOfOffice { get; set; }
    public byte[]? Photo { get; set; }
    public HashSet<string> FullAccess { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How often it was moved to another server.</summary>
    public int Moves { get; set; }

    /// <summary>Raised to make every SyncState handed out so far invalid.</summary>
    public long SyncEpoch { get; set; }
    public List<MailFolder> Folders { get; } = [];
    public List<(long Number, string FolderId)> GoneFolders { get; } = [];

    public MailFolder this[string distinguished] => _distinguished[distinguished];

    public MailFolder? Distinguished(string name) => _distinguished.GetValueOrDefault(name);

    public void Adopt(MailFolder folder, MailFolder? parent)
    {
        folder.Parent = parent;
        parent?.Children.Add(folder);
        Folders.Add(folder);
        if (folder.DistinguishedName != null)
            _distinguished[folder.DistinguishedName] = folder;
    }

    public override string ToString() => Address;
}
