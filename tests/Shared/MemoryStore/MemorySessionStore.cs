using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Tests.MemoryStore;

/// <summary>What a link session reads from <see cref="MemoryDatabase"/>; how it saves is in <see cref="MemoryCommit"/>.</summary>
public sealed class MemorySessionStore(MemoryDatabase db, MemoryQueue queue) : ILinkSessionStore
{
    public Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        CrmSync.Engine.CrashPoints.Reach("store.commit.before");
        CommitOutcome outcome;
        lock (db.Gate)
            outcome = new MemoryCommit(db, queue, lease, commit).Run();
        if (outcome == CommitOutcome.Committed)
            CrmSync.Engine.CrashPoints.Reach("store.commit.after");
        return Task.FromResult(outcome);
    }

    public Task<DateTime> NowAsync(CancellationToken cancellation) => Task.FromResult(db.UtcNow);

    public Task<LinkFacts?> LoadLinkAsync(Guid linkId, CancellationToken cancellation) => ReadAsync<LinkFacts?>(() =>
        db.Links.Read(linkId) is { IsEnabled: true } link && db.Targets.Read(link.TargetId) is { IsEnabled: true } target && db.Users.Read(link.UserId) is { } user
            ? new LinkFacts(target, link, db.States.Read(linkId) ?? new LinkState { LinkId = linkId }, user, db.InstallId)
            : null);

    public Task<IReadOnlyList<QueueMessage>> LoadDueMessagesAsync(Guid linkId, int max, CancellationToken cancellation) => ReadAsync<IReadOnlyList<QueueMessage>>(() =>
        [.. db.Queue.Read(message => message.LinkId == linkId && message.State == MessageState.Waiting && message.NotBeforeMs <= db.NowMs)
            .OrderBy(message => message.ItemId == Guid.Empty ? 0 : 1).ThenBy(message => message.Priority).ThenBy(message => message.EnqueuedAtMs).ThenBy(message => message.Id)
            .Take(max)]);

    public Task<IReadOnlyDictionary<ItemId, Pair>> FindPairsAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<ItemId, Pair>>(() =>
        {
            var wanted = ids.Select(id => id.Value).ToHashSet(StringComparer.Ordinal);
            return db.Identities.Rows.Where(identity => identity.LinkId == linkId && identity.Slot == "" && wanted.Contains(identity.ExchangeId))
                .Select(identity => PairOf(identity.ItemLinkId)).OfType<Pair>().ToDictionary(pair => new ItemId(pair.Identity!.ExchangeId));
        });

    public Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByItemAsync(Guid linkId, IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<Guid, Pair>>(() => Pairs(pair => pair.LinkId == linkId && itemIds.Contains(pair.ItemId)).ToDictionary(pair => pair.Link.ItemId));

    public Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByIntentAsync(IReadOnlyCollection<Guid> intentIds, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<Guid, Pair>>(() =>
        {
            var found = new Dictionary<Guid, Pair>();
            foreach (var pair in Pairs(pair => pair.IntentId is { } intent && intentIds.Contains(intent)))
                found[pair.Link.IntentId!.Value] = pair;
            return found;
        });

    public Task<ILookup<Guid, Pair>> FindAllPairsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        ReadAsync(() => Pairs(pair => itemIds.Contains(pair.ItemId)).ToLookup(pair => pair.Link.ItemId));

    public Task<ILookup<GlobalObjectId, Pair>> FindPairsByGlobalIdAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation) => ReadAsync(() =>
    {
        var wanted = ids.Select(id => id.Value).ToHashSet(StringComparer.Ordinal);
        return db.Identities.Rows
            .Where(identity => identity is { Slot: "", GlobalObjectId: { } id } && wanted.Contains(id))
            .Select(identity => PairOf(identity.ItemLinkId)).OfType<Pair>().Where(pair => db.Links.Peek(pair.Link.LinkId)?.TargetId == targetId)
            .ToLookup(pair => new GlobalObjectId(pair.Identity!.GlobalObjectId!));
    });

    public Task<IReadOnlyList<Pair>> FindUnseenPairsAsync(Guid linkId, int generation, int max, CancellationToken cancellation) => ReadAsync<IReadOnlyList<Pair>>(() =>
        [.. Pairs(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None && pair.SeenGeneration < generation).Where(pair => pair.Identity is not null)
            .OrderBy(pair => pair.Link.Id).Take(max)]);

    public Task<int> CountPairsAsync(Guid linkId, CancellationToken cancellation) =>
        ReadAsync(() => db.ItemLinks.Rows.Count(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None));

    public Task<OutboundWaiting> CountOutboundAsync(Guid linkId, CancellationToken cancellation) => ReadAsync(() =>
    {
        var paired = db.ItemLinks.Rows.Where(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None && db.Identities.Rows.Any(identity => identity.ItemLinkId == pair.Id))
            .Select(pair => pair.ItemId).ToHashSet();
        var waiting = db.Queue.Rows.Where(message => message.LinkId == linkId && message is { Kind: MessageKind.Outbound, State: MessageState.Waiting } && paired.Contains(message.ItemId))
            .Select(message => db.Items.Peek(message.ItemId)).OfType<Engine.Crm.ScheduleItem>().ToList();
        return new OutboundWaiting(waiting.Count(item => item.IsDeleted), waiting.Count(item => !item.IsDeleted));
    });

    public Task<IReadOnlyDictionary<GlobalObjectId, Guid>> FindMeetingsAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<GlobalObjectId, Guid>>(() => ids.Distinct().Select(id => (id, Row: db.Meetings.Peek((targetId, id.Value))))
            .Where(found => found.Row is not null).ToDictionary(found => found.id, found => found.Row!.ItemId));

    public Task<IReadOnlyDictionary<Guid, CrmItem>> LoadItemsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<Guid, CrmItem>>(() => itemIds.Distinct().Select(ItemOf).OfType<CrmItem>().ToDictionary(item => item.Item.Id));

    public Task<ILookup<long, CrmItem>> FindUnpairedItemsAsync(Guid linkId, Guid userId, IReadOnlyCollection<MatchKey> keys, CancellationToken cancellation) => ReadAsync(() =>
    {
        var wanted = keys.Select(key => key.Hash).ToHashSet();
        return db.Items.Rows
            .Where(item => !item.IsDeleted && wanted.Contains(HashOf(item)) && (item.OwnerId == userId || db.Participations.Peek((item.Id, userId)) is not null)
                && !db.ItemLinks.Rows.Any(pair => pair.LinkId == linkId && pair.ItemId == item.Id))
            .Select(item => ItemOf(item.Id)!).ToLookup(item => HashOf(item.Item));
    });

    public Task<IReadOnlyList<Guid>> FindUnsentItemsAsync(Guid linkId, Guid userId, DateTime? fromUtc, int max, CancellationToken cancellation) => ReadAsync<IReadOnlyList<Guid>>(() =>
        [.. db.Items.Rows
            .Where(item => !item.IsDeleted
                && ((item.OwnerId == userId && item.Origin == CrmSync.Engine.Crm.ItemOrigin.Crm && item.AuthorityLinkId is null && (fromUtc is null || item.EndUtc >= fromUtc)
                        && !db.ItemLinks.Rows.Any(pair => pair.LinkId == linkId && pair.ItemId == item.Id))
                    || db.ItemLinks.Rows.Any(pair => pair.LinkId == linkId && pair.ItemId == item.Id && pair.Tombstone == Tombstone.None && pair.IntentState != IntentState.Sent
                        && db.Identities.Peek((pair.Id, "")) is null)))
            .OrderBy(item => item.StartUtc).ThenBy(item => item.Id).Select(item => item.Id).Take(max)]);

    public Task<ILookup<long, LinkInventory>> FindInventoryByMatchAsync(Guid linkId, IReadOnlyCollection<long> matchHashes, CancellationToken cancellation) =>
        ReadAsync(() => db.Inventory.Read(row => row.LinkId == linkId && row.MatchHash is { } hash && matchHashes.Contains(hash)).ToLookup(row => row.MatchHash!.Value));

    public Task<IReadOnlyDictionary<ItemId, LinkInventory>> FindInventoryAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<ItemId, LinkInventory>>(() => ids.Distinct().Select(id => (id, Row: db.Inventory.Read((linkId, id.Value))))
            .Where(found => found.Row is not null).ToDictionary(found => found.id, found => found.Row!));

    public Task<IReadOnlyList<(PendingDelete Delete, Pair Pair)>> LoadPendingDeletesAsync(Guid linkId, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<(PendingDelete, Pair)>>(() =>
            [.. db.PendingDeletes.Read(row => row.LinkId == linkId).Select(row => (Row: row, Pair: PairOf(row.ItemLinkId))).Where(found => found.Pair is not null).Select(found => (found.Row, found.Pair!))]);

    private Task<T> ReadAsync<T>(Func<T> read)
    {
        lock (db.Gate)
            return Task.FromResult(read());
    }

    private IEnumerable<Pair> Pairs(Func<ItemLink, bool> filter) => db.ItemLinks.Read(filter).Select(pair => new Pair(pair, db.Identities.Read((pair.Id, ""))));

    private Pair? PairOf(Guid id) => db.ItemLinks.Read(id) is { } pair ? new Pair(pair, db.Identities.Read((id, ""))) : null;

    private CrmItem? ItemOf(Guid id) => db.Items.Read(id) is { } item ? new CrmItem(item, db.Participations.Read(part => part.ItemId == id)) : null;

    private static long HashOf(Engine.Crm.ScheduleItem item) => MatchKeys.HashOf(item.Subject, item.StartUtc, item.EndUtc);
}
