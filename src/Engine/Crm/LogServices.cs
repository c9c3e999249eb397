using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>All parts are optional and combine.</summary>
public sealed record LogFilter(Guid? LinkId = null, Guid? ItemId = null, string? Action = null, ConflictState? State = null, DateTime? SinceUtc = null);

/// <summary>Decisions with their reasons, newest first.</summary>
public sealed class ActivityService(CrmSyncStore store)
{
    public async Task<Page<Activity>> ListAsync(LogFilter filter, string? after, int max, CancellationToken cancellation)
    {
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var rows = database.Activities.AsNoTracking();
        if (filter.LinkId is { } link)
            rows = rows.Where(row => row.LinkId == link);
        if (filter.ItemId is { } item)
            rows = rows.Where(row => row.ItemId == item);
        if (filter.Action is { } action)
            rows = rows.Where(row => row.Action == action);
        if (filter.SinceUtc is { } since)
            rows = rows.Where(row => row.At >= since);
        if (PageKey.Read(after) is var (at, last))
            rows = rows.Where(row => row.At < at || (row.At == at && row.Id < last));
        return PageKey.Cut(
            await rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Take(max + 1).ToListAsync(cancellation), max, row => PageKey.Write(row.At, row.Id));
    }
}
