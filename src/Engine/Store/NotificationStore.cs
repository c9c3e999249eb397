using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>What notifications remember, by EF: a few small statements a second at most. Leases take the database's clock.</summary>
/// <remarks>Writes go through <see cref="CrmSyncStore.WriteAsync(Func{StoreTransaction, Task}, CancellationToken)"/>: on SQLite a writer that does not queue there waits on the file's lock instead, a second at a time.</remarks>
public sealed class NotificationStore(CrmSyncStore store, ILinkSessionStore clock, TimeProvider time, IdSource ids) : INotificationStore
{
    // Exchange takes a subscription whose URL it cannot reach; only its first post proves the way.
    private const string NotReached = "poll: push is subscribed, but Exchange has not reached this server under the target's public URL";

    public async Task<PushToken?> FindPushTokenAsync(string tokenHash, CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<PushToken>().AsNoTracking().SingleOrDefaultAsync(token => token.TokenHash == tokenHash, cancellation);
    }

    public Task AddPushTokenAsync(PushToken token, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            transaction.Database.Add(token);
            await transaction.Database.SaveChangesAsync(cancellation);
        },
        cancellation);

    public Task ConfirmPushTokenAsync(string tokenHash, string subscriptionId, DateTime renewAt, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return store.WriteAsync(
            async transaction =>
            {
                var tokens = transaction.Database.Set<PushToken>();
                await tokens.Where(token => token.TokenHash == tokenHash)
                    .ExecuteUpdateAsync(set => set.SetProperty(token => token.SubscriptionId, subscriptionId), cancellation);
                var row = await tokens.AsNoTracking().SingleAsync(token => token.TokenHash == tokenHash, cancellation);
                var link = row.LinkId;
                await tokens.Where(token => token.LinkId == link && token.TokenHash != tokenHash && token.RetiredAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(token => token.RetiredAt, now), cancellation);
                await SetSubscriptionAsync(transaction.Database, link, row.LastHeardAt is null ? NotReached : "push", subscriptionId, renewAt, cancellation);
            },
            cancellation);
    }

    public Task HeardAsync(string tokenHash, DateTime renewAt, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return store.WriteAsync(
            async transaction =>
            {
                var db = transaction.Database;
                await db.Set<PushToken>().Where(token => token.TokenHash == tokenHash).ExecuteUpdateAsync(set => set.SetProperty(token => token.LastHeardAt, now), cancellation);
                // Null: it is to be made anew, whatever is still heard from the old one.
                await db.Set<LinkState>().Where(state => db.Set<PushToken>().Any(token => token.TokenHash == tokenHash && token.LinkId == state.LinkId))
                    .ExecuteUpdateAsync(set => set.SetProperty(state => state.RenewAt, state => state.RenewAt == null ? null : (DateTime?)renewAt).SetProperty(state => state.NotificationState, "push"),
                        cancellation);
            },
            cancellation);
    }

    public Task RetirePushTokensAsync(Guid linkId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return store.WriteAsync(
            transaction => transaction.Database.Set<PushToken>().Where(token => token.LinkId == linkId && token.RetiredAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(token => token.RetiredAt, now), cancellation),
            cancellation);
    }

    public async Task<IReadOnlyList<SubscribableLink>> FindPushLinksDueAsync(int max, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await using var db = await store.ReadAsync(cancellation);
        return await ToLinksAsync(
            Subscribable(db, NotificationMode.Push)
                .Where(link => link.State.RenewAt == null || link.State.RenewAt <= now)
                .OrderBy(link => link.State.RenewAt).Take(max),
            cancellation);
    }

    public Task SetSubscriptionAsync(Guid linkId, string state, string? subscriptionId, DateTime? renewAt, CancellationToken cancellation) =>
        store.WriteAsync(transaction => SetSubscriptionAsync(transaction.Database, linkId, state, subscriptionId, renewAt, cancellation), cancellation);

    public async Task<int> ArrangeGroupsAsync(int maxPerGroup, CancellationToken cancellation)
    {
        // Looked at without a write first: in the quiet state nothing changes, and nobody waits for the file.
        await using (var look = await store.ReadAsync(cancellation))
        {
            var members = await look.Set<ListenerMember>().AsNoTracking().Select(member => member.LinkId).ToListAsync(cancellation);
            var wantedNow = await Subscribable(look, NotificationMode.Streaming).Select(link => link.Link.Id).ToListAsync(cancellation);
            if (members.ToHashSet().SetEquals(wantedNow))
                return await look.Set<ListenerGroup>().CountAsync(cancellation);
        }
        return await store.WriteAsync<int>(async transaction => (true, await ArrangeAsync(transaction.Database, maxPerGroup, cancellation)), cancellation);
    }

    private async Task<int> ArrangeAsync(CrmSyncDbContext db, int maxPerGroup, CancellationToken cancellation)
    {
        var wanted = await Subscribable(db, NotificationMode.Streaming).Select(link => new { LinkId = link.Link.Id, link.Link.TargetId }).ToListAsync(cancellation);
        var members = await db.Set<ListenerMember>().ToListAsync(cancellation);
        var groups = await db.Set<ListenerGroup>().AsNoTracking().ToListAsync(cancellation);
        var wantedIds = wanted.ToDictionary(link => link.LinkId, link => link.TargetId);
        db.RemoveRange(members.Where(member => !wantedIds.ContainsKey(member.LinkId)));
        members.RemoveAll(member => !wantedIds.ContainsKey(member.LinkId));

        var sizes = members.GroupBy(member => member.GroupId).ToDictionary(group => group.Key, group => group.Count());
        var placed = members.Select(member => member.LinkId).ToHashSet();
        foreach (var link in wanted.Where(link => !placed.Contains(link.LinkId)))
        {
            var group = groups.FirstOrDefault(group => group.TargetId == link.TargetId && sizes.GetValueOrDefault(group.Id) < maxPerGroup);
            if (group is null)
            {
                group = new ListenerGroup { Id = ids.NewId(), TargetId = link.TargetId };
                groups.Add(group);
                db.Add(group);
            }
            sizes[group.Id] = sizes.GetValueOrDefault(group.Id) + 1;
            db.Add(new ListenerMember { LinkId = link.LinkId, GroupId = group.Id });
        }
        await db.SaveChangesAsync(cancellation);
        var empty = groups.Where(group => sizes.GetValueOrDefault(group.Id) == 0).Select(group => group.Id).ToList();
        if (empty.Count > 0)
        {
            await db.Set<ListenerGroup>().Where(group => empty.Contains(group.Id) && group.Owner == null && !db.Set<ListenerMember>().Any(member => member.GroupId == group.Id))
                .ExecuteDeleteAsync(cancellation);
        }
        return groups.Count - empty.Count;
    }

    public async Task<GroupLease?> ClaimGroupAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        var now = await NowMsAsync(cancellation);
        List<ListenerGroup> free;
        await using (var db = await store.ReadAsync(cancellation))
        {
            free = await db.Set<ListenerGroup>().AsNoTracking()
                .Where(group => group.Owner == null || group.LeaseUntilMs < now)
                .Where(group => db.Set<ListenerMember>().Any(member => member.GroupId == group.Id))
                .OrderBy(group => group.Id).Take(10).ToListAsync(cancellation);
        }
        foreach (var group in free)
        {
            // The epoch in the condition: of several nodes that saw it free, one takes it.
            var taken = await store.WriteAsync<int>(
                async transaction => (true, await transaction.Database.Set<ListenerGroup>().Where(row => row.Id == group.Id && row.Epoch == group.Epoch)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(row => row.Owner, owner).SetProperty(row => row.Epoch, group.Epoch + 1)
                            .SetProperty(row => row.LeaseUntilMs, now + (long)lease.TotalMilliseconds),
                        cancellation)),
                cancellation);
            if (taken == 1)
                return new GroupLease(group.Id, group.TargetId, owner, group.Epoch + 1);
        }
        return null;
    }

    public async Task<bool> RenewGroupAsync(GroupLease lease, TimeSpan length, string state, CancellationToken cancellation)
    {
        var now = await NowMsAsync(cancellation);
        return await store.WriteAsync<int>(
            async transaction => (true, await transaction.Database.Set<ListenerGroup>()
                .Where(row => row.Id == lease.GroupId && row.Epoch == lease.Epoch && row.Owner == lease.Owner)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(row => row.LeaseUntilMs, now + (long)length.TotalMilliseconds).SetProperty(row => row.State, state), cancellation)),
            cancellation) == 1;
    }

    public Task ReleaseGroupAsync(GroupLease lease, CancellationToken cancellation) => store.WriteAsync(
        transaction => transaction.Database.Set<ListenerGroup>().Where(row => row.Id == lease.GroupId && row.Epoch == lease.Epoch)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Owner, (string?)null).SetProperty(row => row.LeaseUntilMs, (long?)null), cancellation),
        cancellation);

    public async Task<IReadOnlyList<SubscribableLink>> LoadGroupAsync(Guid groupId, CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await ToLinksAsync(
            Subscribable(db, NotificationMode.Streaming)
                .Where(link => db.Set<ListenerMember>().Any(member => member.GroupId == groupId && member.LinkId == link.Link.Id)),
            cancellation);
    }

    public async Task<IReadOnlyList<Guid>> TakeDuePollsAsync(int max, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await using var db = await store.ReadAsync(cancellation);
        var due = await (
            from link in db.Set<SyncLink>()
            join target in db.Set<SyncTarget>() on link.TargetId equals target.Id
            join state in db.Set<LinkState>() on link.Id equals state.LinkId
            where link.IsEnabled && target.IsEnabled && state.PausedBy == null && (state.NextPollAt == null || state.NextPollAt <= now)
            orderby state.NextPollAt
            select new { link.Id, state.NextPollAt, target.PollIntervalSeconds }).AsNoTracking().Take(max).ToListAsync(cancellation);
        var taken = new List<Guid>(due.Count);
        foreach (var group in due.GroupBy(link => link.PollIntervalSeconds))
        {
            var links = group.Select(link => link.Id).ToList();
            // The job runs on one node at a time; the condition guards the moment of a takeover, where a second look does no harm.
            await store.WriteAsync(
                transaction => transaction.Database.Set<LinkState>().Where(state => links.Contains(state.LinkId) && (state.NextPollAt == null || state.NextPollAt <= now))
                    .ExecuteUpdateAsync(set => set.SetProperty(state => state.NextPollAt, now.AddSeconds(group.Key)), cancellation),
                cancellation);
            taken.AddRange(links);
        }
        return taken;
    }

    private static Task SetSubscriptionAsync(CrmSyncDbContext db, Guid linkId, string state, string? subscriptionId, DateTime? renewAt, CancellationToken cancellation)
    {
        var text = state.Length > LinkState.MaxNotificationState ? state[..LinkState.MaxNotificationState] : state;
        return db.Set<LinkState>().Where(row => row.LinkId == linkId).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.NotificationState, text).SetProperty(row => row.SubscriptionId, subscriptionId).SetProperty(row => row.RenewAt, renewAt), cancellation);
    }

    private sealed class Row
    {
        public required SyncTarget Target { get; init; }

        public required SyncLink Link { get; init; }

        public required LinkState State { get; init; }
    }

    private static async Task<IReadOnlyList<SubscribableLink>> ToLinksAsync(IQueryable<Row> rows, CancellationToken cancellation) =>
        [.. (await rows.ToListAsync(cancellation)).Select(row => new SubscribableLink(row.Target, row.Link, row.State))];

    private static IQueryable<Row> Subscribable(CrmSyncDbContext db, NotificationMode mode) =>
        from link in db.Set<SyncLink>().AsNoTracking()
        join target in db.Set<SyncTarget>().AsNoTracking() on link.TargetId equals target.Id
        join state in db.Set<LinkState>().AsNoTracking() on link.Id equals state.LinkId
        where link.IsEnabled && target.IsEnabled && state.PausedBy == null && target.Notifications == mode && target.Kind == TargetKind.Ews
        select new Row { Target = target, Link = link, State = state };

    private async Task<long> NowMsAsync(CancellationToken cancellation) =>
        (long)(DateTime.SpecifyKind(await clock.NowAsync(cancellation), DateTimeKind.Utc) - DateTime.UnixEpoch).TotalMilliseconds;
}
