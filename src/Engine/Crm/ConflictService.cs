using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A conflict as a viewer sees it.</summary>
/// <param name="Base">What both last agreed on; null for an adoption, and where the viewer may not see it.</param>
/// <param name="Crm">The CRM's values at the time; null where the viewer may not see them.</param>
/// <param name="Exchange">Exchange's values; null where the item is gone there, or the viewer may not see them.</param>
/// <param name="IsMasked">The item is somebody else's private one: its values are not shown.</param>
public sealed record ConflictView(
    SyncConflict Row, string Mailbox, string Person, ScheduleContent? Base, ScheduleContent? Crm, ScheduleContent? Exchange, bool IsMasked)
{
    public ScheduleFields Fields => FieldNames.Parse(Row.Fields);

    public string? Subject => Crm?.Subject ?? Exchange?.Subject;

    /// <summary>Changes with each edit of the open conflict: who decides on an older sight of it is told.</summary>
    public string Tag => ConflictService.TagOf(Row);
}

/// <summary>The conflict inbox and its past, newest first. Operators see all conflicts, other people those of their own links.</summary>
public sealed class ConflictService(CrmSyncStore store)
{
    public async Task<Page<ConflictView>> ListAsync(Viewer viewer, LogFilter filter, string? after, int max, CancellationToken cancellation)
    {
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var rows = Visible(database, viewer);
        if (filter.LinkId is { } link)
            rows = rows.Where(row => row.LinkId == link);
        if (filter.ItemId is { } item)
            rows = rows.Where(row => row.ItemId == item);
        if (filter.State is { } state)
            rows = rows.Where(row => row.State == state);
        if (filter.SinceUtc is { } since)
            rows = rows.Where(row => row.At >= since);
        if (PageKey.Read(after) is var (at, last))
            rows = rows.Where(row => row.At < at || (row.At == at && row.Id < last));
        var page = PageKey.Cut(
            await rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Take(max + 1).ToListAsync(cancellation), max, row => PageKey.Write(row.At, row.Id));
        return new Page<ConflictView>(await ViewsAsync(database, viewer, page.Items, cancellation), page.Next);
    }

    public async Task<ConflictView?> FindAsync(Viewer viewer, Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var row = await Visible(database, viewer).FirstOrDefaultAsync(conflict => conflict.Id == id, cancellation);
        return row is null ? null : (await ViewsAsync(database, viewer, [row], cancellation))[0];
    }

    public async Task<int> CountOpenAsync(Viewer viewer, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await Visible(database, viewer).CountAsync(row => row.State == ConflictState.Open, cancellation);
    }

    internal static string TagOf(SyncConflict row) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{row.State}\n{row.Fields}\n{row.CrmValues}\n{row.ExchangeValues}")).AsSpan(0, 8));

    internal static ScheduleContent? ReadValues(string? json) => json is null or "" or NoValues ? null : ScheduleSnapshot.Read(json);

    private const string NoValues = "{}";

    private static IQueryable<SyncConflict> Visible(CrmSyncDbContext database, Viewer viewer)
    {
        var rows = database.Conflicts.AsNoTracking();
        if (ConfigurationAccess.RefuseOperation(viewer) is null)
            return rows;
        var own = viewer.UserId;
        return rows.Where(row => database.Links.Any(link => link.Id == row.LinkId && link.UserId == own));
    }

    private static async Task<IReadOnlyList<ConflictView>> ViewsAsync(CrmSyncDbContext database, Viewer viewer, IReadOnlyList<SyncConflict> rows, CancellationToken cancellation)
    {
        var ids = rows.Select(row => row.LinkId).Distinct().ToArray();
        var links = await (
            from link in database.Links.AsNoTracking()
            where ids.Contains(link.Id)
            join user in database.Users on link.UserId equals user.Id
            select new { link.Id, link.Mailbox, link.UserId, user.DisplayName }).ToDictionaryAsync(link => link.Id, cancellation);
        return
        [
            .. rows.Select(row =>
            {
                var link = links.GetValueOrDefault(row.LinkId);
                var (agreed, crm, exchange) = (ReadValues(row.BaseValues), ReadValues(row.CrmValues), ReadValues(row.ExchangeValues));
                var isPrivate = new[] { agreed, crm, exchange }.Any(content => content?.Sensitivity is Sensitivity.Private or Sensitivity.Confidential);
                var isMasked = isPrivate && !viewer.SeesPrivate && (link is null || viewer.UserId != link.UserId);
                return isMasked
                    ? new ConflictView(row, link?.Mailbox ?? "", link?.DisplayName ?? "", null, null, null, true)
                    : new ConflictView(row, link?.Mailbox ?? "", link?.DisplayName ?? "", agreed, crm, exchange, false);
            }),
        ];
    }
}
