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
        await DeleteAsync(db => db.Set<IdempotencyKey>().Where(row => row.CreatedAt < now.AddHours(-options.IdempotencyHours)).OrderBy(row => row.CreatedAt), cancellation);
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
