namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Somebody who can sign in: a mailbox owner or a service account.</summary>
public sealed class Account(string name, string password)
{
    /// <summary>User principal name. DOMAIN\name and the bare name work as well.</summary>
    public string Name { get; } = name;
    public string Password { get; set; } = password;
    public Mailbox? Mailbox { get; set; }
    public bool MayImpersonate { get; set; }

    /// <summary>Null: every mailbox. Else the management scope of the impersonation role.</summary>
    public HashSet<string>? ImpersonationScope { get; set; }
    public string LocalName => Name.Split('@')[0];

    public bool Answers(string user)
    {
        var bare = user[(user.IndexOf('\\', StringComparison.Ordinal) + 1)..];
        return string.Equals(bare, Name, StringComparison.OrdinalIgnoreCase) || string.Equals(bare, LocalName, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>On whose behalf an operation runs: the account that signed in, and the mailbox user it acts as.</summary>
public sealed record Caller(Account Account, Mailbox? ActingAs, bool IsImpersonating)
{
    public string Name => ActingAs?.DisplayName ?? Account.Name;

    public FolderPermission On(MailFolder folder)
    {
        if (ActingAs == folder.Mailbox || (ActingAs != null && folder.Mailbox.FullAccess.Contains(ActingAs.Address)))
            return new(FolderLevel.Owner, true);
        if (ActingAs != null && folder.Permissions.TryGetValue(ActingAs.Address, out var permission))
            return permission;
        return folder.Permissions.TryGetValue(FolderPermission.Everybody, out var everybody) ? everybody : new(FolderLevel.None, false);
    }
}
