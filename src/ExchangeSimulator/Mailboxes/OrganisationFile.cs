using System.Text.Json;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Keeps an organisation in one JSON file: items, folders, accounts and change logs, so that ids and SyncStates survive a restart.</summary>
public static class OrganisationFile
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private sealed record SavedOrganisation(long LastNumber, long LastId, List<SavedMailbox> Mailboxes, List<SavedAccount> Accounts, List<DistributionGroup>? Groups = null);

    private sealed record SavedAccount(string Name, string Password, bool MayImpersonate, string[]? Scope, string? Mailbox);

    private sealed record SavedMailbox(string Address, string DisplayName, Guid Key, bool IsRoom, string TimeZoneId, long SyncEpoch, List<SavedFolder> Folders, List<SavedItem> Items, bool IsPublic = false, string? OutOfOffice = null, List<SavedDelegate>? Delegates = null, string? Deliver = null);

    private sealed record SavedDelegate(string Address, bool ReceivesCopies, bool ViewsPrivateItems);

    private sealed record SavedFolder(string Id, string Name, string? Distinguished, string Class, string? Parent, long Version, long Created, Dictionary<string, FolderPermission> Permissions, List<SavedEntry> Log, List<ExtendedProperty>? Extended = null, List<SavedConfiguration>? Configurations = null);

    private sealed record SavedConfiguration(string Name, string ItemId, long Version, string? Dictionary, string? XmlData, string? BinaryData);

    private sealed record SavedEntry(string ItemId, bool IsGone, byte KeyPrefix, long Created, long Last, long LastContent);

    private sealed record SavedItem(string Id, string Kind, string Folder, long Version, DateTimeOffset Created, DateTimeOffset Modified, string By, bool IsAssociated, Dictionary<string, string> Texts, List<string> Elements, List<ExtendedProperty> Extended)
    {
        public SavedSeries? Series { get; init; }
        public List<SavedAttachment>? Attachments { get; init; }
    }

    public static void Load(Organisation organisation, string path)
    {
        using var stream = File.OpenRead(path);
        var saved = JsonSerializer.Deserialize<SavedOrganisation>(stream) ?? throw new InvalidDataException($"{path} holds no organisation.");
        lock (organisation.Gate)
        {
            saved.Mailboxes.ForEach(m => Restore(organisation, m));
            foreach (var account in saved.Accounts)
            {
                organisation.AddAccount(new Account(account.Name, account.Password)
                {
                    MayImpersonate = account.MayImpersonate,
                    ImpersonationScope = account.Scope is { } scope ? new(scope, StringComparer.OrdinalIgnoreCase) : null,
                    Mailbox = account.Mailbox is { } address ? organisation.FindMailbox(address) : null,
                });
            }

            saved.Groups?.ForEach(organisation.Put);
            organisation.LastNumber = saved.LastNumber;
            organisation.LastId = saved.LastId;
        }
    }

    public static void Save(Organisation organisation, string path)
    {
        SavedOrganisation saved;
        lock (organisation.Gate)
        {
            saved = new(organisation.LastNumber, organisation.LastId, organisation.Stores.Select(Saved).ToList(), organisation.Accounts
                .Select(a => new SavedAccount(a.Name, a.Password, a.MayImpersonate, a.ImpersonationScope?.ToArray(), a.Mailbox?.Address)).ToList(), organisation.Groups.ToList());
        }

        var temporary = path + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(saved));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Saves every two seconds if something changed, and once more when the server stops.</summary>
    public static void KeepSaved(Organisation organisation, string path, CancellationToken stopping)
    {
        var saved = -1L;
        var gate = new object();
        var timer = organisation.Time.CreateTimer(_ => SaveIfChanged(), null, Interval, Interval);
        stopping.Register(() =>
        {
            timer.Dispose();
            SaveIfChanged();
        });

        void SaveIfChanged()
        {
            lock (gate)
            {
                if (organisation.LastNumber == saved)
                    return;
                var number = organisation.LastNumber;
                Save(organisation, path);
                saved = number;
            }
        }
    }

    private static SavedMailbox Saved(Mailbox mailbox) => new(
        mailbox.Address,
        mailbox.DisplayName,
        mailbox.Key,
        mailbox.IsRoom,
        mailbox.TimeZoneId,
        mailbox.SyncEpoch,
        mailbox.Folders.ConvertAll(f => new SavedFolder(f.Id, f.Name, f.DistinguishedName, f.FolderClass, f.Parent?.Id, f.Version, f.CreatedVersion, f.Permissions, f.Log.Entries
            .OrderBy(e => e.Last).Select(e => new SavedEntry(e.ItemId, e.Item == null, e.KeyPrefix, e.Created, e.Last, e.LastContent)).ToList(), f.Extended, f.Configurations
            .Select(c => new SavedConfiguration(c.Key, c.Value.ItemId, c.Value.Version, c.Value.Dictionary is { } d ? NodeText.Write(d) : null, c.Value.XmlData, c.Value.BinaryData)).ToList())),
        mailbox.Folders.SelectMany(f => f.Items).Select(Saved).ToList(),
        mailbox.IsPublic,
        mailbox.OutOfOffice is { } oof ? NodeText.Write(oof) : null,
        mailbox.Delegates.ConvertAll(d => new SavedDelegate(d.Address, d.ReceivesCopies, d.ViewsPrivateItems)),
        mailbox.DeliverMeetingRequests);

    private static SavedItem Saved(StoredItem item)
    {
        var (texts, elements) = (new Dictionary<string, string>(), new List<string>());
        foreach (var (index, value) in item.Values.Values)
        {
            if (value is Node node)
                elements.Add(NodeText.Write(node));
            else
                texts[item.Kind.Elements[index]] = (string)value;
        }

        return new(item.Id, item.Kind.Element, item.Folder.Id, item.Version, item.Created, item.Modified, item.ModifiedBy, item.IsAssociated, texts, elements, item.Extended)
        {
            Series = SavedSeries.Of(item),
            Attachments = item.Attachments?.ConvertAll(SavedAttachment.Of),
        };
    }

    private static void Restore(Organisation organisation, SavedMailbox saved)
    {
        var ids = new Queue<string>(saved.Folders.Where(f => f.Distinguished != null).Select(f => f.Id));
        var mailbox = new Mailbox(saved.Address, saved.DisplayName, saved.Key, _ => ids.Dequeue(), saved.IsPublic)
        {
            IsRoom = saved.IsRoom,
            TimeZoneId = saved.TimeZoneId,
            SyncEpoch = saved.SyncEpoch,
            OutOfOffice = saved.OutOfOffice is { } oof ? NodeReader.Read(oof) : null,
            DeliverMeetingRequests = saved.Deliver ?? "DelegatesAndMe",
        };
        mailbox.Delegates.AddRange(saved.Delegates?.Select(d => new DelegateEntry(d.Address) { ReceivesCopies = d.ReceivesCopies, ViewsPrivateItems = d.ViewsPrivateItems }) ?? []);
        // A parent may have been made after its child and moved above it: parents first.
        var waiting = saved.Folders.Where(f => f.Distinguished == null).ToList();
        while (waiting.Find(f => mailbox.Folders.Exists(p => p.Id == f.Parent)) is { } folder)
        {
            waiting.Remove(folder);
            mailbox.Adopt(new MailFolder(mailbox, folder.Id, folder.Name, null, folder.Class), mailbox.Folders.Find(f => f.Id == folder.Parent));
        }

        organisation.RestoreMailbox(mailbox);
        var items = saved.Items.ToDictionary(i => i.Id, StringComparer.Ordinal);
        foreach (var (folder, from) in saved.Folders.Select(f => (mailbox.Folders.Find(x => x.Id == f.Id)!, f)))
        {
            (folder.Version, folder.CreatedVersion) = (from.Version, from.Created);
            foreach (var (who, permission) in from.Permissions)
                folder.Permissions[who] = permission;
            folder.Extended = from.Extended ?? [];
            foreach (var c in from.Configurations ?? [])
                folder.Configurations[c.Name] = new(c.ItemId) { Version = c.Version, Dictionary = c.Dictionary is { } d ? NodeReader.Read(d) : null, XmlData = c.XmlData, BinaryData = c.BinaryData };
            foreach (var entry in from.Log)
            {
                var item = entry.IsGone ? null : Restore(organisation, mailbox, folder, items[entry.ItemId]);
                folder.Log.Restore(new LogEntry(entry.ItemId, item, entry.KeyPrefix, entry.Created) { Last = entry.Last, LastContent = entry.LastContent });
            }
        }
    }

    private static StoredItem Restore(Organisation organisation, Mailbox mailbox, MailFolder folder, SavedItem saved)
    {
        var item = new StoredItem(ItemKind.Of(saved.Kind)!, mailbox, saved.Id)
        {
            Folder = folder,
            Version = saved.Version,
            Created = saved.Created,
            Modified = saved.Modified,
            ModifiedBy = saved.By,
            IsAssociated = saved.IsAssociated,
            Extended = saved.Extended,
        };
        foreach (var (element, text) in saved.Texts)
            item.Values.Set(element, text);
        foreach (var node in saved.Elements.Select(NodeReader.Read))
            item.Values.Set(node.Name, node);
        saved.Series?.Restore(item);
        item.Attachments = saved.Attachments?.ConvertAll(a => a.Restore(item));
        organisation.Restore(item);
        return item;
    }
}
