namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// The Exchange organisation in memory: mailboxes, accounts, items, mails, subscriptions. Every use happens under <see cref="Gate"/>;
/// time and randomness come from outside, so that one seed gives one history.
/// </summary>
public sealed class Organisation
{
    private readonly Dictionary<string, Mailbox> _mailboxes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, StoredItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MailFolder> _folders = new(StringComparer.Ordinal);
    private readonly List<Account> _accounts = [];
    private readonly Dictionary<string, DistributionGroup> _groups = new(StringComparer.OrdinalIgnoreCase);

    private Mailbox? _publicFolders;

    public Organisation(TimeProvider time, int seed)
    {
        Time = time;
        Random = new Random(seed);
        Mails = new(time);
        Subscriptions = new(time, new Random(seed + 1));
    }

    public object Gate { get; } = new();
    public TimeProvider Time { get; }
    public Random Random { get; }
    public MailLedger Mails { get; }
    public SubscriptionRegistry Subscriptions { get; }
    public ItemCounters Counters { get; } = new();
    public ExchangeHabits Habits { get; init; } = ExchangeHabits.Believed;
    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Raised at every change; position in change logs and source of ChangeKeys.</summary>
    public long LastNumber { get; set; }

    /// <summary>Part of every id made, so that none comes twice.</summary>
    public long LastId { get; set; }
    public IEnumerable<Mailbox> Mailboxes => _mailboxes.Values;

    /// <summary>The people's mailboxes, and the public folders if there are any.</summary>
    public IEnumerable<Mailbox> Stores => _publicFolders == null ? _mailboxes.Values : _mailboxes.Values.Append(_publicFolders);
    public IReadOnlyList<Account> Accounts => _accounts;
    public int ItemCount => _items.Count;
    public ServiceHabits Services { get; } = new();

    /// <summary>Addresses that Autodiscover sends elsewhere.</summary>
    public Dictionary<string, AutodiscoverRedirect> Redirects { get; } = new(StringComparer.OrdinalIgnoreCase);
    public IEnumerable<DistributionGroup> Groups => _groups.Values;

    public Mailbox AddMailbox(string address, string? displayName = null, string? password = null)
    {
        if (address.Length > 320 || address.IndexOf('@') < 1 || address.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
            throw new ExchangeError("ErrorInvalidSmtpAddress", "The address is not an SMTP address.");
        if (_mailboxes.ContainsKey(address))
            throw new ExchangeError("ErrorMailboxConfiguration", $"The mailbox {address} exists already.");
        var mailbox = new Mailbox(address, displayName ?? address.Split('@')[0], Random.NextGuid(), m => Identifiers.Folder(Random, m.Key, ++LastId));
        mailbox.Habits = Habits;
        _mailboxes[address] = mailbox;
        foreach (var folder in mailbox.Folders)
        {
            folder.Version = ++LastNumber;
            _folders[folder.Id] = folder;
        }

        if (password != null)
            AddAccount(new Account(address, password) { Mailbox = mailbox });
        return mailbox;
    }

    /// <summary>The public folders: made when they are first needed.</summary>
    public Mailbox PublicFolders
    {
        get
        {
            if (_publicFolders == null)
            {
                _publicFolders = new Mailbox("public.folders@system", "Public folders", Random.NextGuid(), m => Identifiers.Folder(Random, m.Key, ++LastId), isPublic: true) { Habits = Habits };
                foreach (var folder in _publicFolders.Folders)
                    _folders[folder.Id] = folder;
                _publicFolders.Top.Permissions[FolderPermission.Everybody] = new(FolderLevel.Reviewer, true);
            }

            return _publicFolders;
        }
    }

    /// <summary>Makes a public folder that everybody may edit.</summary>
    public MailFolder AddPublicFolder(string name, string folderClass)
    {
        var folder = AddFolder(PublicFolders.Top, name, folderClass);
        folder.Permissions[FolderPermission.Everybody] = new(FolderLevel.Editor, true);
        return folder;
    }

    public void RestoreMailbox(Mailbox mailbox)
    {
        mailbox.Habits = Habits;
        if (mailbox.IsPublic)
            _publicFolders = mailbox;
        else
            _mailboxes[mailbox.Address] = mailbox;
        foreach (var folder in mailbox.Folders)
            _folders[folder.Id] = folder;
    }

    public void AddAccount(Account account)
    {
        _accounts.RemoveAll(a => string.Equals(a.Name, account.Name, StringComparison.OrdinalIgnoreCase));
        _accounts.Add(account);
    }

    public Mailbox? FindMailbox(string address) => _mailboxes.GetValueOrDefault(address);

    public DistributionGroup? FindGroup(string address) => _groups.GetValueOrDefault(address);

    public void Put(DistributionGroup group)
    {
        _groups[group.Address] = group;
        // What is kept in a file is kept by this number.
        LastNumber++;
    }

    public Account? FindAccount(string user) => _accounts.Find(a => a.Answers(user));

    public StoredItem? FindItem(string id) => _items.GetValueOrDefault(id);

    public MailFolder? FindFolder(string id) => _folders.GetValueOrDefault(id);

    public MailFolder AddFolder(MailFolder parent, string name, string folderClass)
    {
        var folder = new MailFolder(parent.Mailbox, Identifiers.Folder(Random, parent.Mailbox.Key, ++LastId), name, null, folderClass) { Version = ++LastNumber, CreatedVersion = LastNumber };
        parent.Mailbox.Adopt(folder, parent);
        _folders[folder.Id] = folder;
        Subscriptions.Publish(new("CreatedEvent", parent) { Folder = folder });
        FolderChanged(parent);
        return folder;
    }

    public void RemoveFolder(MailFolder folder)
    {
        foreach (var child in folder.Children.ToList())
            RemoveFolder(child);
        foreach (var item in folder.Items.ToList())
            Remove(item);
        folder.Parent!.Children.Remove(folder);
        folder.Mailbox.Folders.Remove(folder);
        folder.Mailbox.GoneFolders.Add((++LastNumber, folder.Id));
        _folders.Remove(folder.Id);
        Subscriptions.Publish(new("DeletedEvent", folder.Parent) { Folder = folder });
        FolderChanged(folder.Parent);
    }

    public string NewAttachmentId(StoredItem owner) => Identifiers.Attachment(Random, owner.Id, ++LastId);

    /// <summary>A folder keeps its id when it moves, unlike an item (protocol.md 3).</summary>
    public void MoveFolder(MailFolder folder, MailFolder to)
    {
        var from = folder.Parent!;
        var top = folder.Mailbox.Top;
        var wasInTree = folder.IsBelow(top);
        from.Children.Remove(folder);
        to.Children.Add(folder);
        folder.Parent = to;
        folder.Version = ++LastNumber;
        if (wasInTree && !folder.IsBelow(top))
            folder.Mailbox.GoneFolders.AddRange(folder.Below().Append(folder).Select(f => (LastNumber, f.Id)));
        else if (!wasInTree && folder.IsBelow(top))
            folder.CreatedVersion = LastNumber;
        Subscriptions.Publish(new("MovedEvent", to) { Folder = folder, OldParent = from });
        FolderChanged(from);
        FolderChanged(to);
    }

    public MailFolder CopyFolder(MailFolder folder, MailFolder to, string by)
    {
        var copy = AddFolder(to, folder.Name, folder.FolderClass);
        copy.Extended = [.. folder.Extended];
        foreach (var item in folder.Items.ToList())
            Copy(item, copy, by);
        foreach (var child in folder.Children.Where(c => c != copy).ToList())
            CopyFolder(child, copy, by);
        Subscriptions.Publish(new("CopiedEvent", to) { Folder = copy, OldFolder = folder, OldParent = folder.Parent });
        return copy;
    }

    public StoredItem NewItem(ItemKind kind, Mailbox mailbox) => new(kind, mailbox, Identifiers.Item(Random, mailbox.Key, ++LastId));

    /// <summary>Puts a finished new item into a folder.</summary>
    public void Insert(StoredItem item, MailFolder folder, string by)
    {
        item.Folder = folder;
        item.Created = item.Modified = Now;
        item.ModifiedBy = by;
        item.Version = ++LastNumber;
        _items[item.Id] = item;
        folder.Log.Added(item, LastNumber);
        Counters.Created++;
        Publish("CreatedEvent", item);
        Publish("ModifiedEvent", item);
        FolderChanged(folder);
    }

    public void Restore(StoredItem item) => _items[item.Id] = item;

    /// <summary>Each save gives a new ChangeKey (protocol.md 3). Saving an occurrence is saving its master.</summary>
    public void Saved(StoredItem item, string by, bool onlyReadFlag = false)
    {
        if (item.Occurrence is { } occurrence)
        {
            occurrence.Commit(item);
            Saved(occurrence.Master, by, onlyReadFlag);
            item.Modified = Now;
            return;
        }

        item.Version = ++LastNumber;
        item.Modified = Now;
        item.ModifiedBy = by;
        item.Folder.Log.Changed(item, LastNumber, onlyReadFlag);
        Counters.Updated++;
        Publish("ModifiedEvent", item);
    }

    /// <summary>What server agents do: another ChangeKey, the same content (protocol.md 12 point 2).</summary>
    public void Touch(StoredItem item)
    {
        item.Version = ++LastNumber;
        item.Folder.Log.Changed(item, LastNumber, onlyReadFlag: false);
        Publish("ModifiedEvent", item);
    }

    /// <summary>A move is a copy with another id and the death of the old one; the ChangeKey stays (protocol.md 3, 4).</summary>
    public void Move(StoredItem item, MailFolder to, bool notify = true)
    {
        var (oldId, from) = (item.Id, item.Folder);
        from.Log.Removed(oldId, ++LastNumber);
        _items.Remove(oldId);
        item.Id = Identifiers.Item(Random, item.Mailbox.Key, ++LastId);
        item.Folder = to;
        item.Attachments = item.Attachments?.ConvertAll(a => a.CopyAs(NewAttachmentId(item)));
        _items[item.Id] = item;
        to.Log.Added(item, ++LastNumber);
        Counters.Moved++;
        if (!notify)
            return;
        Subscriptions.Publish(new("MovedEvent", to) { ItemId = item.Id, KeyPrefix = item.Kind.KeyPrefix, OldItemId = oldId, OldParent = from });
        FolderChanged(from);
        FolderChanged(to);
    }

    public StoredItem Copy(StoredItem item, MailFolder to, string by)
    {
        var copy = NewItem(item.Kind, to.Mailbox);
        copy.Values = item.Values.Copy();
        copy.Extended = Habits.CopyKeepsNamedProperties ? [.. item.Extended] : item.Extended.FindAll(e => e.Path.IsTag);
        copy.IsAssociated = item.IsAssociated;
        copy.Series = item.Series;
        copy.Attachments = item.Attachments?.ConvertAll(a => a.CopyAs(NewAttachmentId(copy)));
        Insert(copy, to, by);
        Subscriptions.Publish(new("CopiedEvent", to) { ItemId = copy.Id, KeyPrefix = copy.Kind.KeyPrefix, OldItemId = item.Id, OldParent = item.Folder });
        return copy;
    }

    public void Remove(StoredItem item)
    {
        item.Folder.Log.Removed(item.Id, ++LastNumber);
        _items.Remove(item.Id);
        Counters.Deleted++;
        Publish("DeletedEvent", item);
        FolderChanged(item.Folder);
    }

    public void NewMail(StoredItem mail) => Publish("NewMailEvent", mail);

    private void Publish(string type, StoredItem item) =>
        Subscriptions.Publish(new(type, item.Folder) { ItemId = item.Id, KeyPrefix = item.Kind.KeyPrefix });

    /// <summary>Name, rights, contents or children of a folder changed.</summary>
    public void FolderChanged(MailFolder folder)
    {
        folder.Version = ++LastNumber;
        Subscriptions.Publish(new("ModifiedEvent", folder.Parent ?? folder) { Folder = folder });
    }
}

/// <summary>What happened to items since the start, whoever did it.</summary>
public sealed class ItemCounters
{
    public long Created { get; set; }
    public long Updated { get; set; }
    public long Deleted { get; set; }
    public long Moved { get; set; }
}
