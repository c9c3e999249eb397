using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using NodaTime;

namespace CrmSync.Engine.Rehearsal;

/// <summary>A write that a dry run would send.</summary>
public sealed record RehearsedWrite(string Action, ScheduleContent? Content, ItemId? Id, int Mails);

/// <summary>The mailbox of a dry run: reads are real, writes are noted and answered as if they had been done.</summary>
public sealed class RehearsalMailbox(IExchangeMailbox mailbox, Func<Instant> now) : IExchangeMailbox
{
    private readonly Dictionary<ItemId, ExchangeItem> _made = [];
    private readonly Dictionary<ItemId, ScheduleContent> _read = [];
    private readonly HashSet<ItemId> _deleted = [];
    private int _number;

    public List<RehearsedWrite> Writes { get; } = [];

    public string Address => mailbox.Address;

    public TimeSpan RestsFor => mailbox.RestsFor;

    public Task<FolderInfo> FindDefaultFolderAsync(ItemKind kind, CancellationToken cancellation) => mailbox.FindDefaultFolderAsync(kind, cancellation);

    public Task<FolderInfo> GetFolderAsync(FolderId folder, CancellationToken cancellation) => mailbox.GetFolderAsync(folder, cancellation);

    public Task<IReadOnlyList<FolderInfo>> ListFoldersAsync(CancellationToken cancellation) => mailbox.ListFoldersAsync(cancellation);

    public Task<ChangePage> ReadChangesAsync(FolderId folder, Cursor? cursor, int maxChanges, CancellationToken cancellation) =>
        mailbox.ReadChangesAsync(folder, cursor, maxChanges, cancellation);

    public async Task<IReadOnlyList<ItemRead>> ReadItemsAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation)
    {
        var real = ids.Where(IsReal).ToList();
        var reads = real.Count == 0 ? [] : (await mailbox.ReadItemsAsync(real, cancellation)).ToDictionary(read => read.Asked);
        foreach (var read in reads.Values.Where(read => read.Item is not null))
            _read[read.Asked] = read.Item!.Content;
        return [.. ids.Select(id => _deleted.Contains(id) ? Gone(id) : _made.TryGetValue(id, out var made) ? new ItemRead(id, made, made.Key, null) : reads[id])];
    }

    public async Task<IReadOnlyList<ItemRead>> ReadKeysAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation)
    {
        var real = ids.Where(IsReal).ToList();
        var reads = real.Count == 0 ? [] : (await mailbox.ReadKeysAsync(real, cancellation)).ToDictionary(read => read.Asked);
        return [.. ids.Select(id => _deleted.Contains(id) ? Gone(id) : _made.TryGetValue(id, out var made) ? new ItemRead(id, null, made.Key, null) : reads[id])];
    }

    public Task<IReadOnlyList<ExchangeItem>> FindByIntentAsync(FolderId folder, Guid installId, IReadOnlyList<Guid> intents, CancellationToken cancellation) =>
        mailbox.FindByIntentAsync(folder, installId, intents, cancellation);

    public Task<ExchangeItem?> FindDeletedAsync(Guid? intent, Guid installId, GlobalObjectId? globalObjectId, CancellationToken cancellation) => Task.FromResult<ExchangeItem?>(null);

    public Task<IReadOnlyList<WriteResult>> CreateAsync(FolderId folder, IReadOnlyList<ItemCreate> items, InvitationMail mail, CancellationToken cancellation)
    {
        var results = new List<WriteResult>(items.Count);
        foreach (var item in items)
        {
            var (id, key) = (new ItemId($"dry-run-{++_number}"), new ChangeKey($"dry-run-{_number}"));
            _made[id] = new ExchangeItem(id, key, SeriesRole.Single, null, item.Content.HasAttendees, true, false, now(), item.Stamp, item.Content);
            Writes.Add(new RehearsedWrite("create", item.Content, id, 0));
            results.Add(new WriteResult(id, key, null));
        }
        return Task.FromResult<IReadOnlyList<WriteResult>>(results);
    }

    public Task<IReadOnlyList<WriteResult>> UpdateAsync(IReadOnlyList<ItemUpdate> items, InvitationMail mail, CancellationToken cancellation)
    {
        foreach (var item in items)
        {
            var mails = mail == InvitationMail.None ? 0 : MailBudget.CountOf(InvitationMail.ToAll, item.Content, item.Content);
            Writes.Add(new RehearsedWrite(item.Changed == ScheduleFields.None ? "invite" : "change", item.Content, item.Id, mails));
        }
        return Task.FromResult<IReadOnlyList<WriteResult>>([.. items.Select(item => new WriteResult(item.Id, new ChangeKey($"dry-run-{++_number}"), null))]);
    }

    public Task<IReadOnlyList<WriteResult>> DeleteAsync(IReadOnlyList<ItemId> ids, CancellationMail mail, bool purge, CancellationToken cancellation)
    {
        Writes.AddRange(ids.Select(id => new RehearsedWrite(
            "delete", _read.GetValueOrDefault(id), id, mail == CancellationMail.None ? 0 : _read.GetValueOrDefault(id)?.Attendees.Count ?? 1)));
        _deleted.UnionWith(ids);
        return Task.FromResult<IReadOnlyList<WriteResult>>([.. ids.Select(id => new WriteResult(id, null, null))]);
    }

    public Task<IReadOnlyList<WriteResult>> MoveAsync(IReadOnlyList<ItemId> ids, FolderId folder, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<WriteResult>>([.. ids.Select(id => new WriteResult(id, null, null))]);

    public Task<PushSubscription> SubscribePushAsync(FolderId folder, Uri notificationUrl, int statusFrequencyMinutes, CancellationToken cancellation) => throw NotHere();

    public Task<StreamingSubscription> SubscribeStreamingAsync(FolderId folder, SubscriptionGroup? group, CancellationToken cancellation) => throw NotHere();

    public Task UnsubscribeAsync(string subscriptionId, SubscriptionGroup? group, CancellationToken cancellation) => throw NotHere();

    private bool IsReal(ItemId id) => !_made.ContainsKey(id) && !_deleted.Contains(id);

    // What is read again after its delete must be gone: the engine plans until it is.
    private static ItemRead Gone(ItemId id) => new(id, null, null, new ItemRefusal("ErrorItemNotFound", "deleted by this dry run"));

    private static InvalidOperationException NotHere() => new("A dry run subscribes to nothing.");
}
