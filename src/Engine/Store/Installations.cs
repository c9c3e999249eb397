using CrmSync.Engine.Access;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>Who we are: the id in the stamp of everything that we create in Exchange. Made once, on first use.</summary>
public static class Installations
{
    public static async Task<Guid> InstallIdAsync(CrmSyncStore store, CancellationToken cancellation)
    {
        await using (var database = await store.ReadAsync(cancellation))
        {
            if (await database.Installations.AsNoTracking().FirstOrDefaultAsync(row => row.Id == 1, cancellation) is { } known)
                return known.InstallId;
        }
        // Two nodes may start on an empty database at once: the first row stays.
        await store.WriteAsync(
            transaction => transaction.WriteAsync([new Installation { InstallId = store.Ids.NewId() }], WriteMode.InsertIfAbsent, cancellation), cancellation);
        await using (var database = await store.ReadAsync(cancellation))
            return (await database.Installations.AsNoTracking().SingleAsync(row => row.Id == 1, cancellation)).InstallId;
    }
}
