using System.Buffers.Text;
using System.Text;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Reads and removes what belongs to links.</summary>
internal static class LinkQueries
{
    public static IQueryable<SyncLink> Matching(CrmSyncDbContext database, LinkFilter filter)
    {
        var links = database.Links.AsNoTracking();
        if (filter.TargetId is { } target)
            links = links.Where(link => link.TargetId == target);
        if (filter.UserId is { } user)
            links = links.Where(link => link.UserId == user);
        if (filter.IsEnabled is { } isEnabled)
            links = links.Where(link => link.IsEnabled == isEnabled);
        if (filter.Health is { } health)
            links = links.Where(link => database.LinkStates.Any(state => state.LinkId == link.Id && state.Health == health));
        if (filter.IsPaused is { } isPaused)
            links = links.Where(link => database.LinkWorks.Any(work => work.LinkId == link.Id && work.IsPaused == isPaused));
        if (!string.IsNullOrWhiteSpace(filter.Text))
        {
            var part = filter.Text.Trim().ToLowerInvariant();
            links = links.Where(link => link.Mailbox.Contains(part) || link.FolderName.ToLower().Contains(part)
                || database.Users.Any(person => person.Id == link.UserId && (person.Name.Contains(part) || person.DisplayName.ToLower().Contains(part))));
        }
        return links;
    }

    /// <summary>Three reads however many links.</summary>
    public static async Task<IReadOnlyList<LinkView>> ViewsAsync(CrmSyncDbContext database, IReadOnlyList<SyncLink> links, CancellationToken cancellation)
    {
        var ids = links.Select(link => link.Id).ToArray();
        var facts = await (
            from link in database.Links.AsNoTracking()
            where ids.Contains(link.Id)
            join target in database.Targets on link.TargetId equals target.Id into targets
            from target in targets.DefaultIfEmpty()
            join user in database.Users on link.UserId equals user.Id into users
            from user in users.DefaultIfEmpty()
            join work in database.LinkWorks on link.Id equals work.LinkId into works
            from work in works.DefaultIfEmpty()
            join state in database.LinkStates.AsNoTracking() on link.Id equals state.LinkId into states
            from state in states.DefaultIfEmpty()
            select new { link.Id, Target = target.Name, user.Name, user.DisplayName, IsPaused = (bool?)work.IsPaused, work.Owner, State = state })
            .ToDictionaryAsync(row => row.Id, cancellation);
        var counts = (await database.Queue.AsNoTracking().Where(message => ids.Contains(message.LinkId))
            .GroupBy(message => new { message.LinkId, message.State })
            .Select(group => new { group.Key.LinkId, group.Key.State, Count = group.Count() }).ToListAsync(cancellation))
            .ToDictionary(row => (row.LinkId, row.State), row => row.Count);
        var held = await database.PendingDeletes.AsNoTracking().Where(row => ids.Contains(row.LinkId) && row.State == PendingDeleteState.Held)
            .GroupBy(row => row.LinkId).Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        return
        [
            .. links.Where(link => facts.ContainsKey(link.Id)).Select(link =>
            {
                var row = facts[link.Id];
                return new LinkView(
                    link, row.State ?? new LinkState { LinkId = link.Id }, row.Target ?? "", row.Name ?? "", row.DisplayName ?? "", row.IsPaused ?? false, row.Owner,
                    counts.GetValueOrDefault((link.Id, MessageState.Waiting)), counts.GetValueOrDefault((link.Id, MessageState.DeadLetter)), held.GetValueOrDefault(link.Id));
            }),
        ];
    }

    /// <summary>Takes the link away from whoever works on it: that session's next commit finds its lease lost.</summary>
    public static Task FenceAsync(StoreTransaction transaction, Guid id, CancellationToken cancellation) => FenceAsync(transaction, [id], cancellation);

    /// <param name="ids">Their LinkWork rows are locked already, or it is one.</param>
    public static Task FenceAsync(StoreTransaction transaction, IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        transaction.Database.LinkWorks.Where(work => ids.Contains(work.LinkId)).ExecuteUpdateAsync(
            set => set.SetProperty(work => work.Epoch, work => work.Epoch + 1).SetProperty(work => work.Owner, (string?)null)
                .SetProperty(work => work.LeaseUntilMs, (long?)null),
            cancellation);

    public static async Task RemoveAsync(CrmSyncDbContext database, Guid id, DateTime now, CancellationToken cancellation)
    {
        await database.LinkWorks.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.Queue.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.Links.Where(row => row.Id == id).ExecuteDeleteAsync(cancellation);
        await database.LinkStates.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.ItemIdentities.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.PendingDeletes.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.ItemLinks.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.Inventory.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        await database.Conflicts.Where(row => row.LinkId == id && row.State == ConflictState.Open).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, ConflictState.Settled).SetProperty(row => row.Decision, "the link was removed; both sides keep their own")
                .SetProperty(row => row.DecidedBy, SyncConflict.ByEngine).SetProperty(row => row.DecidedAt, (DateTime?)now),
            cancellation);
        await database.ListenerMembers.Where(row => row.LinkId == id).ExecuteDeleteAsync(cancellation);
        // Exchange may go on calling the address for a while: a retired token is answered with Unsubscribe.
        await database.PushTokens.Where(row => row.LinkId == id && row.RetiredAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.RetiredAt, (DateTime?)now), cancellation);
        await database.ScheduleItems.Where(row => row.AuthorityLinkId == id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.AuthorityLinkId, (Guid?)null).SetProperty(row => row.AuthorityIsOrganizer, false), cancellation);
    }

    public static string KeyOf(SyncLink link) => Base64Url.EncodeToString([.. link.Id.ToByteArray(), .. Encoding.UTF8.GetBytes(link.Mailbox)]);

    public static (string Mailbox, Guid Id)? ReadKey(string? text)
    {
        if (string.IsNullOrEmpty(text) || !Base64Url.IsValid(text))
            return null;
        var bytes = Base64Url.DecodeFromChars(text);
        return bytes.Length < 16 ? null : (Encoding.UTF8.GetString(bytes, 16, bytes.Length - 16), new Guid(bytes.AsSpan(0, 16)));
    }
}
