using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>What a link's folder holds that is not synchronized, and why.</summary>
public sealed class SkippedItemService(CrmSyncStore store)
{
    /// <summary>In the order of the inventory's key, which its index has: by hash of the id.</summary>
    /// <param name="after"><see cref="Page{T}.Next"/> of the page before.</param>
    public async Task<Outcome<Page<LinkInventory>>> ListAsync(Viewer viewer, Guid linkId, string? after, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var rows = database.Inventory.AsNoTracking().Where(row => row.LinkId == linkId && row.SkipReason != null);
        // Two ids of one hash on a page border: as good as never, and then one row of a list for people is missing.
        if (long.TryParse(after, System.Globalization.CultureInfo.InvariantCulture, out var last))
            rows = rows.Where(row => row.IdHash > last);
        return PageKey.Cut(
            await rows.OrderBy(row => row.IdHash).ThenBy(row => row.ExchangeId).Take(max + 1).ToListAsync(cancellation), max, row => PageKey.Write(row.IdHash));
    }

    public async Task<int> CountAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Inventory.CountAsync(row => row.LinkId == linkId && row.SkipReason != null, cancellation);
    }
}
