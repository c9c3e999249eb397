using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A link's folder is read anew, and every pair and every item that was left out is weighed again: what decides about them has changed.</summary>
/// <remarks>A link or target that was merely disabled needs none: its messages have waited, and the feed tells what Exchange did.</remarks>
internal static class LinkReread
{
    public static bool IsNeeded(SyncLink before, SyncLink after) =>
        Opens(before.Direction, after.Direction) || Deciding(before) != Deciding(after);

    public static bool IsNeeded(SyncTarget before, SyncTarget after) =>
        Opens(before.ScheduleDirection, after.ScheduleDirection) || Opens(before.TaskDirection, after.TaskDirection) || Opens(before.ContactDirection, after.ContactDirection);

    /// <summary>In the transaction that saves the settings.</summary>
    public static async Task WeighAnewAsync(StoreTransaction transaction, IReadOnlyCollection<SyncLink> links, CancellationToken cancellation)
    {
        await ReadAnewAsync(transaction, links, cancellation);
        foreach (var ids in links.Select(link => link.Id).Chunk(SetWrite.MaxRows))
            await transaction.Database.Links.Where(link => ids.Contains(link.Id)).ExecuteUpdateAsync(set => set.SetProperty(link => link.MappingVersion, link => link.MappingVersion + 1), cancellation);
        foreach (var ids in links.Where(link => (link.Direction & SyncDirection.Inbound) != 0).Select(link => link.Id).Chunk(SetWrite.MaxRows))
            await TakeUpDeletionsAsync(transaction.Database, ids, cancellation);
    }

    // What was deleted in Exchange while nothing came in: the read finds it missing and proves it, guards and policies decide as for any deletion.
    private static Task TakeUpDeletionsAsync(CrmSyncDbContext database, Guid[] links, CancellationToken cancellation) =>
        database.ItemLinks.Where(pair => links.Contains(pair.LinkId) && pair.Tombstone == Tombstone.NotBroughtIn && database.ScheduleItems.Any(item => item.Id == pair.ItemId && !item.IsDeleted))
            .ExecuteUpdateAsync(set => set.SetProperty(pair => pair.Tombstone, Tombstone.None), cancellation);

    /// <summary>Forgets the positions and asks for a look: the folders are read by mark and sweep, what is known by its key is not read. A session that runs now loses its link: it would save its own position over ours.</summary>
    public static async Task ReadAnewAsync(StoreTransaction transaction, IReadOnlyCollection<SyncLink> links, CancellationToken cancellation)
    {
        await QueueWriter.LockAsync(transaction, links.Select(link => link.Id), cancellation);
        foreach (var ids in links.Select(link => link.Id).Chunk(SetWrite.MaxRows))
        {
            await LinkQueries.FenceAsync(transaction, ids, cancellation);
            await transaction.Database.LinkStates.Where(state => ids.Contains(state.LinkId)).ExecuteUpdateAsync(
                set => set.SetProperty(state => state.Cursor, (string?)null).SetProperty(state => state.IsFullRead, false), cancellation);
        }
        await QueueWriter.PutAsync(transaction, [.. links.Select(LinkService.Look)], cancellation);
    }

    // A direction that is closed needs no look at anything.
    private static bool Opens(SyncDirection before, SyncDirection after) => (after & ~before) != 0;

    private static (bool, int?, int?, DateOnly?, FirstSyncPolicy, string?, string?) Deciding(SyncLink link) => (
        link.IsHome, link.WindowDaysBack, link.WindowDaysAhead, link.StartDate, link.FirstSync,
        link.AcceptedShowAs is { } showAs ? string.Join(',', showAs.Order()) : null, link.AcceptedSensitivities is { } sensitivities ? string.Join(',', sensitivities.Order()) : null);
}
