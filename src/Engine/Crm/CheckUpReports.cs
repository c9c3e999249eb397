using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>An item that a check-up found unequal, and what was done about it.</summary>
/// <param name="Subject">Null for somebody else's private item, and where no item is named.</param>
public sealed record DriftedItem(Guid? ItemId, string? Subject, string Action, string Reason, DateTime At);

/// <summary>What the last check-up of a link found.</summary>
/// <param name="StartedAt">Null: there was none yet.</param>
/// <param name="NextAt">When the next begins by itself; null: not planned yet.</param>
/// <param name="IsQueued">One is asked for and has not begun.</param>
/// <param name="Pairs">How many pairs the link has.</param>
/// <param name="Left">How many of them still wait to be compared.</param>
/// <param name="Drifted">How many were unequal and have been repaired.</param>
/// <param name="Items">The newest hundred of them.</param>
public sealed record CheckUpReport(DateTime? StartedAt, DateTime? NextAt, bool IsQueued, int Pairs, int Left, int Drifted, IReadOnlyList<DriftedItem> Items);

/// <summary>The drift report (requirement Q4), put together from the activity log and the queue.</summary>
public sealed class CheckUpReports(CrmSyncStore store)
{
    private const string Action = "CheckUp";
    private const int MaxItems = 100;

    public async Task<Outcome<CheckUpReport>> FindAsync(Viewer viewer, Guid linkId, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        await using var db = await store.ReadAsync(cancellation);
        if (await db.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == linkId, cancellation) is not { } link)
            return new Problem(ProblemKind.NotFound, $"There is no link {linkId}.");
        var next = await db.LinkStates.Where(state => state.LinkId == linkId).Select(state => state.NextCheckUpAt).FirstOrDefaultAsync(cancellation);
        var due = new DateTimeOffset(store.UtcNow).ToUnixTimeMilliseconds();
        var waiting = await db.Queue.AsNoTracking().Where(message => message.LinkId == linkId && message.Kind == MessageKind.CheckUp && message.State == MessageState.Waiting)
            .GroupBy(message => message.ItemId == Guid.Empty).Select(group => new { IsWhole = group.Key, Due = group.Count(message => message.NotBeforeMs <= due), All = group.Count() }).ToListAsync(cancellation);
        var pairs = await db.ItemLinks.CountAsync(pair => pair.LinkId == linkId && pair.Tombstone == Tombstone.None, cancellation);
        var log = db.Activities.AsNoTracking().Where(row => row.LinkId == linkId);
        // The row that begins a check-up counts nothing; the others count what had drifted.
        var begun = await log.Where(row => row.Action == Action && row.Count == 0).OrderByDescending(row => row.At).Select(row => (DateTime?)row.At).FirstOrDefaultAsync(cancellation);
        var found = begun is null ? [] : await log.Where(row => row.Action == Action && row.Count > 0 && row.At >= begun).ToListAsync(cancellation);
        var runs = found.Select(row => row.RunId).Distinct().ToArray();
        var items = runs.Length == 0 ? [] : await (
            from row in log
            where row.At >= begun && row.ItemId != null && runs.Contains(row.RunId)
            join item in db.ScheduleItems on row.ItemId equals item.Id
            orderby row.At descending
            select new
            {
                row, item.Subject,
                IsPrivate = db.Participations.Any(part => part.ItemId == item.Id && part.UserId == link.UserId && (part.Sensitivity == Sensitivity.Private || part.Sensitivity == Sensitivity.Confidential)),
            }).Take(MaxItems).ToListAsync(cancellation);
        return new CheckUpReport(
            begun, next, waiting.Any(group => group.IsWhole && group.Due > 0), pairs, waiting.FirstOrDefault(group => !group.IsWhole)?.All ?? 0, found.Sum(row => row.Count),
            [
                .. items.Select(entry => new DriftedItem(
                    entry.row.ItemId, entry.IsPrivate && !viewer.SeesPrivate && link.UserId != viewer.UserId ? null : entry.Subject, entry.row.Action, entry.row.Reason, entry.row.At)),
            ]);
    }
}
