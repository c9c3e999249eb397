using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Access;

public enum IdempotencyState
{
    /// <summary>The caller is the first: do it, then complete or abandon the key.</summary>
    First = 0,

    /// <summary>Done before: give the stored answer again.</summary>
    Replay = 1,

    /// <summary>The same request is being worked on now.</summary>
    Running = 2,

    /// <summary>The key was used for another request.</summary>
    Mismatch = 3,
}

/// <summary>Calls with an Idempotency-Key happen once: the key is taken before the work and holds its answer for 24 h.</summary>
public sealed class IdempotencyService(CrmSyncStore store)
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    // A process that died in the middle: after this the key may be taken again. What a create with a key makes has its id from the key, so it is made once even then.
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(10);

    /// <summary>Takes the key. A row with Status 0 is a call that has not ended.</summary>
    public async Task<(IdempotencyState State, IdempotencyKey? Answer)> BeginAsync(string actor, string key, string requestHash, CancellationToken cancellation)
    {
        var now = store.UtcNow;
        return await store.WriteAsync<(IdempotencyState, IdempotencyKey?)>(
            async transaction =>
            {
                await transaction.Database.IdempotencyKeys
                    .Where(row => row.Actor == actor && row.Key == key && (row.CreatedAt < now - Kept || (row.Status == 0 && row.CreatedAt < now - LongestRun)))
                    .ExecuteDeleteAsync(cancellation);
                var fresh = new IdempotencyKey { Actor = actor, Key = key, RequestHash = requestHash, CreatedAt = now };
                if (await transaction.WriteAsync([fresh], WriteMode.InsertIfAbsent, cancellation) == 1)
                    return (true, (IdempotencyState.First, null));
                var known = await transaction.Database.IdempotencyKeys.AsNoTracking().SingleAsync(row => row.Actor == actor && row.Key == key, cancellation);
                return (true, known.RequestHash != requestHash ? (IdempotencyState.Mismatch, known)
                    : known.Status == 0 ? (IdempotencyState.Running, known)
                    : (IdempotencyState.Replay, known));
            },
            cancellation);
    }

    public Task CompleteAsync(string actor, string key, int status, string? body, string? location, string? etag, CancellationToken cancellation) => store.WriteAsync(
        transaction => transaction.Database.IdempotencyKeys.Where(row => row.Actor == actor && row.Key == key).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Status, status).SetProperty(row => row.Body, body).SetProperty(row => row.Location, location).SetProperty(row => row.ETag, etag),
            cancellation),
        cancellation);

    /// <summary>The call failed by our fault: the key is free for another try.</summary>
    public Task AbandonAsync(string actor, string key, CancellationToken cancellation) => store.WriteAsync(
        transaction => transaction.Database.IdempotencyKeys.Where(row => row.Actor == actor && row.Key == key && row.Status == 0).ExecuteDeleteAsync(cancellation),
        cancellation);

    /// <summary>Removes what is older than <see cref="Kept"/>; answers how many.</summary>
    public Task<int> PurgeAsync(CancellationToken cancellation)
    {
        var oldest = store.UtcNow - Kept;
        return store.WriteAsync(
            async transaction => (true, await transaction.Database.IdempotencyKeys.Where(row => row.CreatedAt < oldest).ExecuteDeleteAsync(cancellation)), cancellation);
    }
}
