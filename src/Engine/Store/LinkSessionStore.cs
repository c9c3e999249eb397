using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>What a link session reads and saves, in the database. The save is in <see cref="SessionCommitter"/>.</summary>
public sealed class LinkSessionStore(CrmSyncStore store, QueueSignal signal) : ILinkSessionStore
{
    private readonly SessionCommitter _committer = new(store, signal);
    private object? _installId;

    public Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation) =>
        _committer.CommitAsync(lease, commit, cancellation);

    public async Task<DateTime> NowAsync(CancellationToken cancellation)
    {
        var ms = await store.StatementAsync($"SELECT {store.Dialect.NowMs}", (command, stop) => command.ExecuteScalarAsync(stop), cancellation);
        return DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(ms, System.Globalization.CultureInfo.InvariantCulture)).UtcDateTime;
    }

    public async Task<LinkFacts?> LoadLinkAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var facts = await (
            from link in database.Links.AsNoTracking()
            join target in database.Targets.AsNoTracking() on link.TargetId equals target.Id
            join user in database.Users.AsNoTracking() on link.UserId equals user.Id
            where link.Id == linkId && link.IsEnabled && target.IsEnabled
            select new { target, link, user }).FirstOrDefaultAsync(cancellation);
        if (facts is null)
            return null;
        var state = await database.LinkStates.AsNoTracking().FirstOrDefaultAsync(row => row.LinkId == linkId, cancellation) ?? new LinkState { LinkId = linkId };
        // Never changes, so it is read once. Boxed: a Guid is not written in one piece.
        _installId ??= await Installations.InstallIdAsync(store, cancellation);
        return new LinkFacts(facts.target, facts.link, state, facts.user, (Guid)_installId);
    }

    public async Task<IReadOnlyList<QueueMessage>> LoadDueMessagesAsync(Guid linkId, int max, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Queue.FromSqlRaw(QueueSql.Due(store.Dialect), linkId, store.Dialect.NowValue ?? 0).AsNoTracking()
            .OrderBy(message => message.ItemId == Guid.Empty ? 0 : 1)
            .ThenBy(message => message.Priority).ThenBy(message => message.EnqueuedAtMs).ThenBy(message => message.Id)
            .Take(max).ToListAsync(cancellation);
    }

    public async Task<IReadOnlyDictionary<ItemId, Pair>> FindPairsAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<ItemId, Pair>();
        var wanted = ids.ToHashSet();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var hashes in wanted.Select(id => MatchKeys.HashOf(id.Value)).Chunk(SetWrite.MaxRows))
        {
            // Two look-ups by index instead of a join: before the first ANALYZE PostgreSQL joins hundreds of ids by scanning all pairs.
            var identities = await database.ItemIdentities.AsNoTracking()
                .Where(identity => identity.LinkId == linkId && hashes.Contains(identity.IdHash) && identity.Slot == "").ToListAsync(cancellation);
            foreach (var pair in await WithLinksAsync(database, [.. identities.Where(identity => wanted.Contains(new ItemId(identity.ExchangeId)))], cancellation))
                found[new ItemId(pair.Identity!.ExchangeId)] = pair;
        }
        return found;
    }

    public async Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByItemAsync(Guid linkId, IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        (await PairsAsync(itemIds, (pairs, ids) => pairs.Where(pair => pair.LinkId == linkId && ids.Contains(pair.ItemId)), cancellation))
            .ToDictionary(pair => pair.Link.ItemId);

    public async Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByIntentAsync(IReadOnlyCollection<Guid> intentIds, CancellationToken cancellation)
    {
        var found = new Dictionary<Guid, Pair>();
        foreach (var pair in await PairsAsync(
            intentIds, (pairs, ids) => pairs.Where(pair => pair.IntentId != null && ids.Contains(pair.IntentId.Value)), cancellation))
            found[pair.Link.IntentId!.Value] = pair;
        return found;
    }

    public async Task<ILookup<Guid, Pair>> FindAllPairsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        (await PairsAsync(itemIds, (pairs, ids) => pairs.Where(pair => ids.Contains(pair.ItemId)), cancellation)).ToLookup(pair => pair.Link.ItemId);

    public async Task<ILookup<GlobalObjectId, Pair>> FindPairsByGlobalIdAsync(
        Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation)
    {
        var wanted = ids.Select(id => id.Value).ToHashSet(StringComparer.Ordinal);
        var found = new List<Pair>();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var hashes in wanted.Select(id => (long?)MatchKeys.HashOf(id)).Chunk(SetWrite.MaxRows))
        {
            var identities = await database.ItemIdentities.AsNoTracking().Where(identity => hashes.Contains(identity.GlobalIdHash) && identity.Slot == "").ToListAsync(cancellation);
            found.AddRange(await WithLinksAsync(database, [.. identities.Where(identity => wanted.Contains(identity.GlobalObjectId!))], cancellation));
        }
        if (found.Count > 0)
        {
            // The same meeting of another organisation is not ours.
            var places = found.Select(pair => pair.Link.LinkId).Distinct().ToArray();
            var here = (await database.Links.Where(link => link.TargetId == targetId && places.Contains(link.Id)).Select(link => link.Id).ToListAsync(cancellation)).ToHashSet();
            found.RemoveAll(pair => !here.Contains(pair.Link.LinkId));
        }
        return found.ToLookup(pair => new GlobalObjectId(pair.Identity!.GlobalObjectId!));
    }

    public Task<IReadOnlyList<Pair>> FindUnseenPairsAsync(Guid linkId, int generation, int max, CancellationToken cancellation) => PairsAsync(
        pairs => pairs
            .Where(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None && pair.SeenGeneration < generation)
            .OrderBy(pair => pair.Id),
        cancellation, withIdentity: true, max);

    public async Task<int> CountPairsAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.ItemLinks.CountAsync(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None, cancellation);
    }

    public async Task<IReadOnlyDictionary<GlobalObjectId, Guid>> FindMeetingsAsync(
        Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<GlobalObjectId, Guid>();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var values in ids.Select(id => id.Value).Distinct().Chunk(SetWrite.MaxRows))
        {
            foreach (var row in await database.MeetingIdentities.AsNoTracking()
                .Where(row => row.TargetId == targetId && values.Contains(row.GlobalObjectId)).ToListAsync(cancellation))
                found[new GlobalObjectId(row.GlobalObjectId)] = row.ItemId;
        }
        return found;
    }

    public async Task<IReadOnlyDictionary<Guid, CrmItem>> LoadItemsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation)
    {
        var found = new Dictionary<Guid, CrmItem>();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var ids in itemIds.Distinct().Chunk(SetWrite.MaxRows))
        {
            var items = await database.ScheduleItems.AsNoTracking().Where(item => ids.Contains(item.Id)).ToListAsync(cancellation);
            var people = (await database.Participations.AsNoTracking().Where(row => ids.Contains(row.ItemId)).ToListAsync(cancellation)).ToLookup(row => row.ItemId);
            foreach (var item in items)
                found[item.Id] = new CrmItem(item, [.. people[item.Id]]);
        }
        return found;
    }

    public async Task<ILookup<long, CrmItem>> FindUnpairedItemsAsync(
        Guid linkId, Guid userId, IReadOnlyCollection<MatchKey> keys, CancellationToken cancellation)
    {
        var wanted = keys.Select(key => key.Hash).ToHashSet();
        var found = new List<Guid>();
        await using (var database = await store.ReadAsync(cancellation))
        {
            foreach (var starts in keys.Select(key => key.StartUtc).Distinct().Chunk(SetWrite.MaxRows))
            {
                var items = await database.ScheduleItems.AsNoTracking()
                    .Where(item => starts.Contains(item.StartUtc) && !item.IsDeleted
                        && (item.OwnerId == userId || database.Participations.Any(row => row.ItemId == item.Id && row.UserId == userId))
                        && !database.ItemLinks.Any(pair => pair.LinkId == linkId && pair.ItemId == item.Id))
                    .Select(item => new { item.Id, item.Subject, item.StartUtc, item.EndUtc })
                    .ToListAsync(cancellation);
                found.AddRange(items.Where(item => wanted.Contains(MatchKeys.HashOf(item.Subject, item.StartUtc, item.EndUtc))).Select(item => item.Id));
            }
        }
        return (await LoadItemsAsync(found, cancellation)).Values
            .OrderBy(item => item.Item.Id)
            .ToLookup(item => MatchKeys.HashOf(item.Item.Subject, item.Item.StartUtc, item.Item.EndUtc));
    }

    public async Task<IReadOnlyList<Guid>> FindUnsentItemsAsync(Guid linkId, Guid userId, DateTime? fromUtc, int max, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var never = await database.ScheduleItems.AsNoTracking()
            .Where(item => item.OwnerId == userId && item.Origin == ItemOrigin.Crm && !item.IsDeleted && item.AuthorityLinkId == null && (fromUtc == null || item.EndUtc >= fromUtc)
                && !database.ItemLinks.Any(pair => pair.LinkId == linkId && pair.ItemId == item.Id))
            .OrderBy(item => item.StartUtc).ThenBy(item => item.Id).Select(item => new { item.StartUtc, item.Id }).Take(max).ToListAsync(cancellation);
        // Two queries: an OR over both tables would read all items.
        var anew = await database.ItemLinks.AsNoTracking()
            .Where(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None && pair.IntentState != IntentState.Sent && !database.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id))
            .Join(database.ScheduleItems.Where(item => !item.IsDeleted), pair => pair.ItemId, item => item.Id, (_, item) => new { item.StartUtc, item.Id })
            .OrderBy(item => item.StartUtc).ThenBy(item => item.Id).Take(max).ToListAsync(cancellation);
        return [.. never.Concat(anew).OrderBy(item => item.StartUtc).ThenBy(item => item.Id).Select(item => item.Id).Take(max)];
    }

    public async Task<ILookup<long, LinkInventory>> FindInventoryByMatchAsync(Guid linkId, IReadOnlyCollection<long> matchHashes, CancellationToken cancellation)
    {
        var found = new List<LinkInventory>();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var hashes in matchHashes.Distinct().Select(hash => (long?)hash).Chunk(SetWrite.MaxRows))
        {
            found.AddRange(await database.Inventory.AsNoTracking()
                .Where(row => row.LinkId == linkId && hashes.Contains(row.MatchHash)).ToListAsync(cancellation));
        }
        return found.ToLookup(row => row.MatchHash!.Value);
    }

    public async Task<IReadOnlyDictionary<ItemId, LinkInventory>> FindInventoryAsync(
        Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<ItemId, LinkInventory>();
        var wanted = ids.ToHashSet();
        await using var database = await store.ReadAsync(cancellation);
        foreach (var hashes in wanted.Select(id => MatchKeys.HashOf(id.Value)).Chunk(SetWrite.MaxRows))
        {
            foreach (var row in await database.Inventory.AsNoTracking()
                .Where(row => row.LinkId == linkId && hashes.Contains(row.IdHash)).ToListAsync(cancellation))
            {
                if (wanted.Contains(new ItemId(row.ExchangeId)))
                    found[new ItemId(row.ExchangeId)] = row;
            }
        }
        return found;
    }

    public async Task<OutboundWaiting> CountOutboundAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var counts = await (
            from message in database.Queue
            where message.LinkId == linkId && message.Kind == MessageKind.Outbound && message.State == MessageState.Waiting
            join pair in database.ItemLinks on new { message.LinkId, message.ItemId } equals new { pair.LinkId, pair.ItemId }
            where pair.Tombstone == Tombstone.None && database.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id)
            join item in database.ScheduleItems on message.ItemId equals item.Id
            group item by item.IsDeleted into deleted
            select new { deleted.Key, Count = deleted.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        return new OutboundWaiting(counts.GetValueOrDefault(true), counts.GetValueOrDefault(false));
    }

    public async Task<IReadOnlyList<(PendingDelete Delete, Pair Pair)>> LoadPendingDeletesAsync(Guid linkId, CancellationToken cancellation)
    {
        List<PendingDelete> deletes;
        await using (var database = await store.ReadAsync(cancellation))
            deletes = await database.PendingDeletes.AsNoTracking().Where(row => row.LinkId == linkId).OrderBy(row => row.ItemLinkId).ToListAsync(cancellation);
        var pairs = (await PairsAsync(
            [.. deletes.Select(row => row.ItemLinkId)], (all, ids) => all.Where(pair => ids.Contains(pair.Id)), cancellation)).ToDictionary(pair => pair.Link.Id);
        return [.. deletes.Where(row => pairs.ContainsKey(row.ItemLinkId)).Select(row => (row, pairs[row.ItemLinkId]))];
    }

    private static async Task<IReadOnlyList<Pair>> WithLinksAsync(CrmSyncDbContext database, IReadOnlyList<ItemIdentity> identities, CancellationToken cancellation)
    {
        var found = new List<Pair>(identities.Count);
        foreach (var some in identities.Chunk(SetWrite.MaxRows))
        {
            var ids = some.Select(identity => identity.ItemLinkId).Distinct().ToArray();
            var pairs = await database.ItemLinks.AsNoTracking().Where(pair => ids.Contains(pair.Id)).ToDictionaryAsync(pair => pair.Id, cancellation);
            found.AddRange(some.Where(identity => pairs.ContainsKey(identity.ItemLinkId)).Select(identity => new Pair(pairs[identity.ItemLinkId], identity)));
        }
        return found;
    }

    private async Task<IReadOnlyList<Pair>> PairsAsync(
        IReadOnlyCollection<Guid> ids, Func<IQueryable<ItemLink>, Guid[], IQueryable<ItemLink>> filter, CancellationToken cancellation)
    {
        var found = new List<Pair>();
        foreach (var chunk in ids.Distinct().Chunk(SetWrite.MaxRows))
            found.AddRange(await PairsAsync(pairs => filter(pairs, chunk), cancellation));
        return found;
    }

    private async Task<IReadOnlyList<Pair>> PairsAsync(
        Func<IQueryable<ItemLink>, IQueryable<ItemLink>> filter, CancellationToken cancellation, bool withIdentity = false, int max = int.MaxValue)
    {
        await using var database = await store.ReadAsync(cancellation);
        var rows = await (
            from pair in filter(database.ItemLinks.AsNoTracking())
            join identity in database.ItemIdentities.AsNoTracking().Where(identity => identity.Slot == "") on pair.Id equals identity.ItemLinkId into identities
            from identity in identities.DefaultIfEmpty()
            where !withIdentity || identity != null
            select new { pair, identity }).Take(max).ToListAsync(cancellation);
        return [.. rows.Select(row => new Pair(row.pair, row.identity))];
    }
}
