using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Rehearsal;

/// <summary>The store of a dry run: reads what is stored, laid over with what the run has planned so far. It saves nothing anywhere.</summary>
public sealed class RehearsalStore(ILinkSessionStore stored, Func<SessionCommit, Task> onCommit) : ILinkSessionStore
{
    private readonly Dictionary<Guid, ItemLink> _pairs = [];
    private readonly HashSet<Guid> _removedPairs = [];
    private readonly Dictionary<Guid, ItemIdentity?> _identities = [];
    private readonly Dictionary<Guid, CrmItem> _items = [];
    private readonly Dictionary<GlobalObjectId, Guid> _meetings = [];
    private readonly Dictionary<string, LinkInventory?> _inventory = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, PendingDelete?> _deletes = [];

    public Task<DateTime> NowAsync(CancellationToken cancellation) => stored.NowAsync(cancellation);

    public Task<LinkFacts?> LoadLinkAsync(Guid linkId, CancellationToken cancellation) => stored.LoadLinkAsync(linkId, cancellation);

    public Task<IReadOnlyList<QueueMessage>> LoadDueMessagesAsync(Guid linkId, int max, CancellationToken cancellation) => stored.LoadDueMessagesAsync(linkId, max, cancellation);

    public async Task<IReadOnlyDictionary<ItemId, Pair>> FindPairsAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation)
    {
        var wanted = ids.Select(id => id.Value).ToHashSet(StringComparer.Ordinal);
        return Laid((await stored.FindPairsAsync(linkId, ids, cancellation)).Values, pair => pair.Link.LinkId == linkId && pair.Identity is not null && wanted.Contains(pair.Identity.ExchangeId))
            .DistinctBy(pair => pair.Identity!.ExchangeId).ToDictionary(pair => new ItemId(pair.Identity!.ExchangeId));
    }

    public async Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByItemAsync(Guid linkId, IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        Laid((await stored.FindPairsByItemAsync(linkId, itemIds, cancellation)).Values, pair => pair.Link.LinkId == linkId && itemIds.Contains(pair.Link.ItemId))
            .DistinctBy(pair => pair.Link.ItemId).ToDictionary(pair => pair.Link.ItemId);

    public async Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByIntentAsync(IReadOnlyCollection<Guid> intentIds, CancellationToken cancellation) =>
        Laid((await stored.FindPairsByIntentAsync(intentIds, cancellation)).Values, pair => pair.Link.IntentId is { } intent && intentIds.Contains(intent))
            .DistinctBy(pair => pair.Link.IntentId).ToDictionary(pair => pair.Link.IntentId!.Value);

    public async Task<ILookup<Guid, Pair>> FindAllPairsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        Laid((await stored.FindAllPairsAsync(itemIds, cancellation)).SelectMany(group => group), pair => itemIds.Contains(pair.Link.ItemId)).ToLookup(pair => pair.Link.ItemId);

    public async Task<ILookup<GlobalObjectId, Pair>> FindPairsByGlobalIdAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation) =>
        Laid((await stored.FindPairsByGlobalIdAsync(targetId, ids, cancellation)).SelectMany(group => group), pair => pair.Identity?.GlobalObjectId is { } id && ids.Contains(new GlobalObjectId(id)))
            .ToLookup(pair => new GlobalObjectId(pair.Identity!.GlobalObjectId!));

    public async Task<IReadOnlyList<Pair>> FindUnseenPairsAsync(Guid linkId, int generation, int max, CancellationToken cancellation)
    {
        // The stored query knows nothing of what this run has seen, so it may give the same rows again: all are asked for at once.
        var unseen = await stored.FindUnseenPairsAsync(linkId, generation, int.MaxValue, cancellation);
        return [.. Laid(unseen, pair => pair.Link.LinkId == linkId && pair.Link.Tombstone == Tombstone.None && pair.Identity is not null && pair.Link.SeenGeneration < generation && !_seen.Contains(pair.Link.Id)).Take(max)];
    }

    public Task<int> CountPairsAsync(Guid linkId, CancellationToken cancellation) => stored.CountPairsAsync(linkId, cancellation);

    public Task<OutboundWaiting> CountOutboundAsync(Guid linkId, CancellationToken cancellation) => stored.CountOutboundAsync(linkId, cancellation);

    public async Task<IReadOnlyDictionary<GlobalObjectId, Guid>> FindMeetingsAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<GlobalObjectId, Guid>(await stored.FindMeetingsAsync(targetId, ids, cancellation));
        foreach (var id in ids.Where(_meetings.ContainsKey))
            found[id] = _meetings[id];
        return found;
    }

    public async Task<IReadOnlyDictionary<Guid, CrmItem>> LoadItemsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation)
    {
        var found = new Dictionary<Guid, CrmItem>(await stored.LoadItemsAsync(itemIds, cancellation));
        foreach (var id in itemIds.Where(_items.ContainsKey))
            found[id] = _items[id];
        return found;
    }

    public async Task<ILookup<long, CrmItem>> FindUnpairedItemsAsync(Guid linkId, Guid userId, IReadOnlyCollection<MatchKey> keys, CancellationToken cancellation) =>
        (await stored.FindUnpairedItemsAsync(linkId, userId, keys, cancellation))
            .SelectMany(group => group.Select(item => (group.Key, Item: item)))
            .Where(entry => !IsPaired(linkId, entry.Item.Item.Id)).ToLookup(entry => entry.Key, entry => entry.Item);

    public async Task<IReadOnlyList<Guid>> FindUnsentItemsAsync(Guid linkId, Guid userId, DateTime? fromUtc, int max, CancellationToken cancellation) =>
        [.. (await stored.FindUnsentItemsAsync(linkId, userId, fromUtc, max, cancellation)).Where(item => !IsPaired(linkId, item))];

    public async Task<ILookup<long, LinkInventory>> FindInventoryByMatchAsync(Guid linkId, IReadOnlyCollection<long> matchHashes, CancellationToken cancellation) =>
        (await stored.FindInventoryByMatchAsync(linkId, matchHashes, cancellation)).SelectMany(group => group).Where(row => !_inventory.ContainsKey(row.ExchangeId))
            .Concat(_inventory.Values.OfType<LinkInventory>().Where(row => row.LinkId == linkId && row.MatchHash is { } hash && matchHashes.Contains(hash)))
            .ToLookup(row => row.MatchHash!.Value);

    public async Task<IReadOnlyDictionary<ItemId, LinkInventory>> FindInventoryAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<ItemId, LinkInventory>(await stored.FindInventoryAsync(linkId, ids, cancellation));
        foreach (var id in ids.Where(id => _inventory.ContainsKey(id.Value)))
        {
            if (_inventory[id.Value] is { } row)
                found[id] = row;
            else
                found.Remove(id);
        }
        return found;
    }

    public async Task<IReadOnlyList<(PendingDelete Delete, Pair Pair)>> LoadPendingDeletesAsync(Guid linkId, CancellationToken cancellation)
    {
        var known = (await stored.LoadPendingDeletesAsync(linkId, cancellation)).Where(entry => !_deletes.ContainsKey(entry.Pair.Link.Id)).ToList();
        var planned = _deletes.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value!);
        var pairs = _deletePairs.Where(pair => planned.ContainsKey(pair.Link.Id)).DistinctBy(pair => pair.Link.Id).Select(Patched).OfType<Pair>();
        return [.. known, .. pairs.Select(pair => (planned[pair.Link.Id], pair))];
    }

    public async Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        foreach (var write in commit.Items)
        {
            var people = _items.TryGetValue(write.Row.Id, out var known) ? known.Participations
                : (await stored.LoadItemsAsync([write.Row.Id], cancellation)).GetValueOrDefault(write.Row.Id)?.Participations ?? [];
            _items[write.Row.Id] = new CrmItem(
                write.Row, [.. people.Where(part => !write.RemovedParticipants.Contains(part.UserId) && write.Upserts.All(upsert => upsert.UserId != part.UserId)), .. write.Upserts]);
        }
        foreach (var meeting in commit.Meetings)
            _meetings[new GlobalObjectId(meeting.GlobalObjectId)] = meeting.ItemId;
        foreach (var pair in commit.ItemLinks)
            _pairs[pair.Id] = pair;
        _removedPairs.UnionWith(commit.RemovedItemLinks);
        foreach (var removed in commit.RemovedIdentities)
            _identities[removed] = null;
        foreach (var identity in commit.Identities)
            _identities[identity.ItemLinkId] = identity;
        _seen.UnionWith(commit.SeenItemLinks);
        foreach (var row in commit.Inventory)
            _inventory[row.ExchangeId] = row;
        foreach (var removed in commit.RemovedInventory)
            _inventory[removed] = null;
        await RememberDeletesAsync(lease.LinkId, commit, cancellation);
        await onCommit(commit);
        return CommitOutcome.Committed;
    }

    private readonly HashSet<Guid> _seen = [];
    private readonly List<Pair> _deletePairs = [];

    // A pending delete comes with its pair; which one is found again among those that are unseen, or by its item.
    private async Task RememberDeletesAsync(Guid linkId, SessionCommit commit, CancellationToken cancellation)
    {
        foreach (var removed in commit.RemovedPendingDeletes)
            _deletes[removed] = null;
        if (commit.PendingDeletes.Count == 0)
            return;
        foreach (var delete in commit.PendingDeletes)
            _deletes[delete.ItemLinkId] = delete;
        // Before this generation all living pairs were seen.
        if (_deletePairs.Count == 0)
            _deletePairs.AddRange(await stored.FindUnseenPairsAsync(linkId, int.MaxValue, int.MaxValue, cancellation));
    }

    private IEnumerable<Pair> Laid(IEnumerable<Pair> known, Func<Pair, bool> matches) =>
        known.Select(Patched).OfType<Pair>()
            .Concat(_pairs.Values.Where(pair => !_removedPairs.Contains(pair.Id) && _identities.GetValueOrDefault(pair.Id) is not null).Select(pair => new Pair(pair, _identities[pair.Id])))
            .DistinctBy(pair => pair.Link.Id).Where(matches);

    private Pair? Patched(Pair pair) => _removedPairs.Contains(pair.Link.Id)
        ? null
        : new Pair(_pairs.GetValueOrDefault(pair.Link.Id, pair.Link), _identities.TryGetValue(pair.Link.Id, out var identity) ? identity : pair.Identity);

    private bool IsPaired(Guid linkId, Guid itemId) => _pairs.Values.Any(pair => pair.LinkId == linkId && pair.ItemId == itemId && !_removedPairs.Contains(pair.Id));
}
