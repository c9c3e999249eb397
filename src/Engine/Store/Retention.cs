using CrmSync.Engine.Access;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>Deletes rows past their time. Runs on one node at a time, from Quartz.</summary>
public sealed class Retention(CrmSyncStore store, TimeProvider time, RetentionOptions options) : IRetention
{
    private const int Batch = 5000;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await DeleteAsync(db => db.Set<Activity>().Where(row => row.At < now.AddDays(-options.ActivityDays)).OrderBy(row => row.At), cancellation);
        await DeleteAsync(db => db.Set<ItemHistory>().Where(row => row.At < now.AddDays(-options.HistoryDays)).OrderBy(row => row.At), cancellation);
        await DeleteAsync(db => db.Set<PushToken>().Where(row => row.RetiredAt < now.AddHours(-options.PushTokenHours)).OrderBy(row => row.CreatedAt), cancellation);
        await DeleteTombstonesAsync(now.AddDays(-options.TombstoneDays), cancellation);
        await DeleteAsync(db => db.Set<IdempotencyKey>().Where(row => row.CreatedAt < now.AddHours(-options.IdempotencyHours)).OrderBy(row => row.CreatedAt), cancellation);
    }

    // A pair whose copy may still be in Exchange is kept, or the next full read would bring the item back: withdrawn ones, and those that the CRM deleted
    // while the person kept the copy. So is one that waits for its link to receive, as long as its item lives. A deleted item goes with its last pair.
    private async Task DeleteTombstonesAsync(DateTime before, CancellationToken cancellation)
    {
        await DeleteAsync(db => db.ItemIdentities.Where(identity => db.ItemLinks.Any(pair =>
            pair.Id == identity.ItemLinkId && pair.UpdatedAt < before && (pair.Tombstone == Tombstone.DeletedInExchange
                || (pair.Tombstone == Tombstone.NotBroughtIn && db.ScheduleItems.Any(item => item.Id == pair.ItemId && item.IsDeleted))))).OrderBy(identity => identity.ItemLinkId), cancellation);
        await DeleteAsync(db => db.ItemLinks.Where(pair =>
            (pair.Tombstone == Tombstone.DeletedInExchange || pair.Tombstone == Tombstone.DeletedInCrm || pair.Tombstone == Tombstone.NotBroughtIn) && pair.UpdatedAt < before
            && !db.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id)).OrderBy(pair => pair.Id), cancellation);
        await DeleteAsync(db => db.MeetingIdentities.Where(meeting => db.ScheduleItems.Any(item =>
            item.Id == meeting.ItemId && item.IsDeleted && item.UpdatedAt < before && !db.ItemLinks.Any(pair => pair.ItemId == item.Id))).OrderBy(meeting => meeting.ItemId), cancellation);
        await DeleteAsync(db => db.Participations.Where(part => db.ScheduleItems.Any(item =>
            item.Id == part.ItemId && item.IsDeleted && item.UpdatedAt < before && !db.ItemLinks.Any(pair => pair.ItemId == item.Id))).OrderBy(part => part.ItemId), cancellation);
        await DeleteAsync(db => db.ScheduleItems.Where(item =>
            item.IsDeleted && item.UpdatedAt < before && !db.ItemLinks.Any(pair => pair.ItemId == item.Id)).OrderBy(item => item.Id), cancellation);
    }

    // Small transactions: a retention run must never hold up the engine.
    private async Task DeleteAsync<T>(Func<CrmSyncDbContext, IOrderedQueryable<T>> old, CancellationToken cancellation)
        where T : class
    {
        while (await store.WriteAsync<int>(async transaction => (true, await old(transaction.Database).Take(Batch).ExecuteDeleteAsync(cancellation)), cancellation) == Batch)
        {
        }
    }
}
