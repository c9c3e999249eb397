using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A run that replaced versions of items.</summary>
public sealed record RunView(Guid RunId, string By, DateTime At, int Items);

/// <summary>What became of one item of an undo.</summary>
/// <param name="Problem">Why it was left as it is; null: it was undone.</param>
public sealed record UndoneItem(Guid ItemId, long Version, string? Problem);

/// <summary>Takes changes back (requirement O9): as a new edit of the CRM item, which travels to Exchange like any other and is guarded like any other.</summary>
public sealed class UndoService(CrmSyncStore store, QueueSignal signal)
{
    private const int MaxItems = 1000;

    /// <summary>Runs that replaced versions, newest first.</summary>
    public async Task<Outcome<IReadOnlyList<RunView>>> ListRunsAsync(Viewer viewer, Guid linkId, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var by = $"link:{linkId}";
        await using var database = await store.ReadAsync(cancellation);
        var rows = await database.History.AsNoTracking().Where(row => row.ReplacedBy == by && row.RunId != null)
            .GroupBy(row => row.RunId).Select(group => new { group.Key, At = group.Max(row => row.At), Items = group.Count() })
            .OrderByDescending(row => row.At).Take(PageKey.Bounded(max)).ToListAsync(cancellation);
        return new Outcome<IReadOnlyList<RunView>>([.. rows.Select(row => new RunView(row.Key!.Value, by, row.At, row.Items))], null);
    }

    /// <summary>Takes back the change that replaced a version. Later edits of other fields stay; a field that was changed again since is refused.</summary>
    /// <param name="version">The version to return to, as the history lists it.</param>
    /// <param name="overwrite">Also fields that were changed again since.</param>
    public async Task<Problem?> UndoAsync(Viewer viewer, Guid itemId, long version, bool overwrite, string? traceId, CancellationToken cancellation)
    {
        var problem = await store.WriteAsync<Problem?>(
            async transaction =>
            {
                var outcome = await UndoAsync(transaction, viewer, itemId, version, overwrite, traceId, cancellation);
                if (outcome is null)
                    await AuditLogWriter.AppendAsync(transaction, viewer, "item.undo", $"{itemId} version {version}", null, null, cancellation);
                return (outcome is null, outcome);
            },
            cancellation);
        if (problem is null)
            signal.Wake();
        return problem;
    }

    /// <summary>Takes back all that a run replaced in the CRM, item by item; what was changed since is left and named.</summary>
    public async Task<Outcome<IReadOnlyList<UndoneItem>>> UndoRunAsync(Viewer viewer, Guid runId, bool overwrite, string? traceId, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        List<(Guid ItemId, long Version)> replaced;
        await using (var database = await store.ReadAsync(cancellation))
        {
            replaced = [.. (await database.History.AsNoTracking().Where(row => row.RunId == runId).OrderByDescending(row => row.Version)
                .Select(row => new { row.ItemId, row.Version }).Take(MaxItems + 1).ToListAsync(cancellation)).Select(row => (row.ItemId, row.Version))];
        }
        if (replaced.Count == 0)
            return new Problem(ProblemKind.NotFound, $"Run {runId} replaced nothing that is still kept.");
        if (replaced.Count > MaxItems)
            return new Problem(ProblemKind.Conflict, $"Run {runId} replaced more than {MaxItems} versions. Undo its items in parts.");
        var done = new List<UndoneItem>(replaced.Count);
        foreach (var (itemId, version) in replaced)
            done.Add(new UndoneItem(itemId, version, (await UndoAsync(viewer, itemId, version, overwrite, traceId, cancellation))?.Text));
        return done;
    }

    private async Task<Problem?> UndoAsync(StoreTransaction transaction, Viewer viewer, Guid itemId, long version, bool overwrite, string? traceId, CancellationToken cancellation)
    {
        var database = transaction.Database;
        var row = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == itemId, cancellation);
        var kept = await database.History.AsNoTracking().Where(old => old.ItemId == itemId && (old.Version == version || old.Version == version + 1)).ToListAsync(cancellation);
        if (row is null || kept.FirstOrDefault(old => old.Version == version) is not { } replaced)
            return new Problem(ProblemKind.NotFound, $"Version {version} of item {itemId} is not kept. Its history lists those that are.");
        if (!ScheduleAccess.MayWrite(viewer, row.OwnerId) && ConfigurationAccess.RefuseOperation(viewer) is not null)
            return ScheduleAccess.Forbidden;
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == itemId).ToListAsync(cancellation);
        if (row.Version != version + 1 && kept.All(old => old.Version != version + 1) && !overwrite)
            return new Problem(ProblemKind.Conflict, $"What replaced version {version} is not kept, so nobody can tell what was changed since. Look at the item, then undo with 'overwrite'.");
        var before = Read(replaced);
        var after = kept.FirstOrDefault(old => old.Version == version + 1) is { } next ? Read(next) : new ReplacedItem(row, people);
        var whose = before.Participations.FirstOrDefault()?.UserId ?? row.OwnerId;
        var (was, became, now) = (ContentOf(before, whose), ContentOf(after, whose), ContentOf(new ReplacedItem(row, people), whose));
        var fields = ScheduleComparison.Difference(was, became);
        var revives = !before.Item.IsDeleted && row.IsDeleted;
        var moved = revives ? ScheduleFields.None : ScheduleComparison.Difference(became, now) & fields;
        if (moved != 0 && !overwrite)
            return new Problem(ProblemKind.Conflict, $"{moved} was changed again since version {version} (by {row.UpdatedBy}). Undoing would overwrite that: look at the item, then undo with 'overwrite'.");
        if (row.IsDeleted && !revives)
            return new Problem(ProblemKind.Conflict, "The item was deleted since. Undo the deletion first.");
        if (before.Item.IsDeleted && !row.IsDeleted)
            return new Problem(ProblemKind.Conflict, "Before that change the item was deleted. Delete it, if that is what you want.");
        if (row.AuthorityLinkId is not null && !row.AuthorityIsOrganizer && (fields & ScheduleFields.Shared & ~ScheduleFields.ReadOnlyInExchange) != 0)
            return new Problem(ProblemKind.Conflict, "Somebody outside of the CRM organizes this meeting: its fields are changed there.");
        return await WriteAsync(transaction, viewer, row, people, was, revives ? ScheduleFields.All : fields, whose, revives, $"version {version} was restored", traceId, cancellation);
    }

    private async Task<Problem?> WriteAsync(
        StoreTransaction transaction, Viewer viewer, ScheduleItem row, List<Participation> people, ScheduleContent content, ScheduleFields fields, Guid whose, bool revives,
        string reason, string? traceId, CancellationToken cancellation)
    {
        var history = new ItemHistory
        {
            Id = store.Ids.NewId(), ItemId = row.Id, Version = row.Version, At = store.UtcNow, ReplacedBy = viewer.Actor, Reason = reason, Snapshot = ScheduleRows.WriteReplaced(row, people),
        };
        var changed = row.Copy();
        ScheduleRows.Apply(content, fields & ScheduleFields.Shared, changed);
        (changed.Version, changed.UpdatedAt, changed.UpdatedBy, changed.IsDeleted) = (row.Version + 1, store.UtcNow, viewer.Actor, !revives && row.IsDeleted);
        Participation[] upserts = [];
        if ((fields & ScheduleFields.Personal) != 0)
        {
            var personal = people.FirstOrDefault(part => part.UserId == whose) ?? new Participation { ItemId = row.Id, UserId = whose };
            ScheduleRows.ApplyPersonal(content, fields & ScheduleFields.Personal, personal);
            upserts = [personal];
        }
        var revival = revives ? await CopyRevival.RequestsAsync(transaction.Database, changed, traceId, cancellation) : [];
        List<QueueRequest> requests = [.. await ScheduleOutbox.RequestsAsync(transaction.Database, changed, null, traceId, cancellation), .. revival];
        await QueueWriter.LockAsync(transaction, requests.Select(request => request.LinkId), cancellation);
        foreach (var link in revival.Select(request => request.LinkId).Distinct())
            await LinkQueries.FenceAsync(transaction, link, cancellation);
        if (!await ItemWriter.WriteAsync(transaction, [new ItemWrite(changed, row.Version, upserts, [], history)], cancellation))
            return new Problem(ProblemKind.Stale, "The item changed in this moment. Look at it, then undo again.");
        if (revives)
            await CopyRevival.ReviveAsync(transaction.Database, changed, revival, cancellation);
        await QueueWriter.PutAsync(transaction, requests, cancellation);
        return null;
    }

    private static ReplacedItem Read(ItemHistory row) => JsonSerializer.Deserialize(row.Snapshot, CrmJson.Stored.ReplacedItem)!;

    private static ScheduleContent ContentOf(ReplacedItem item, Guid whose) => ScheduleRows.ToContent(item.Item, item.Participations.FirstOrDefault(part => part.UserId == whose));
}
