using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A run that replaced versions of items.</summary>
public sealed record RunView(Guid RunId, string By, DateTime At, int Items);

/// <summary>What became of one item of an undo, or would become of it.</summary>
/// <param name="Problem">Why it is left as it is; null: it is undone.</param>
/// <param name="Subject">Null for somebody else's private item.</param>
/// <param name="Fields">What goes back; None with <paramref name="Problem"/>.</param>
public sealed record UndoneItem(Guid ItemId, long Version, string? Problem, string? Subject, ScheduleFields Fields);

/// <summary>What an undo of one change would do.</summary>
/// <param name="Now">What the item says now.</param>
/// <param name="Then">What it would say.</param>
/// <param name="Fields">In what they differ.</param>
/// <param name="Revives">The item was deleted and would come back.</param>
public sealed record UndoPreview(ScheduleContent Now, ScheduleContent Then, ScheduleFields Fields, bool Revives);

/// <summary>Takes changes back (requirement O9): as a new edit of the CRM item, which travels to Exchange like any other and is guarded like any other.</summary>
public sealed class UndoService(CrmSyncStore store, QueueSignal signal)
{
    private const int MaxItems = 1000;

    /// <summary>Runs that replaced versions, newest first.</summary>
    public async Task<Outcome<IReadOnlyList<RunView>>> ListRunsAsync(Viewer viewer, Guid linkId, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var by = Actors.OfLink(linkId);
        await using var database = await store.ReadAsync(cancellation);
        var rows = await database.History.AsNoTracking().Where(row => row.ReplacedBy == by && row.RunId != null)
            .GroupBy(row => row.RunId).Select(group => new { group.Key, At = group.Max(row => row.At), Items = group.Count() })
            .OrderByDescending(row => row.At).Take(PageKey.Bounded(max)).ToListAsync(cancellation);
        return new Outcome<IReadOnlyList<RunView>>([.. rows.Select(row => new RunView(row.Key!.Value, by, row.At, row.Items))], null);
    }

    /// <summary>Takes back the change that replaced a version. Later edits of other fields stay; a field that was changed again since is refused.</summary>
    /// <param name="version">The version to return to, as the history lists it.</param>
    /// <param name="overwrite">Also fields that were changed again since.</param>
    public Task<Problem?> UndoAsync(Viewer viewer, Guid itemId, long version, bool overwrite, string? traceId, CancellationToken cancellation) =>
        UndoAsync(viewer, itemId, version, overwrite, traceId, _ => { }, cancellation);

    private async Task<Problem?> UndoAsync(Viewer viewer, Guid itemId, long version, bool overwrite, string? traceId, Action<UndoPlan> tell, CancellationToken cancellation)
    {
        var problem = await store.WriteAsync<Problem?>(
            async transaction =>
            {
                var outcome = await UndoAsync(transaction, viewer, itemId, version, overwrite, traceId, tell, cancellation);
                if (outcome is null)
                    await AuditLogWriter.AppendAsync(transaction, viewer, "item.undo", $"{itemId} version {version}", null, null, cancellation);
                return (outcome is null, outcome);
            },
            cancellation);
        if (problem is null)
            signal.Wake();
        return problem;
    }

    /// <summary>What <see cref="UndoAsync"/> would do now, or why it would not; nothing is written.</summary>
    public async Task<Outcome<UndoPreview>> PreviewAsync(Viewer viewer, Guid itemId, long version, bool overwrite, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var planned = await PlanAsync(database, viewer, itemId, version, overwrite, cancellation);
        if (planned.Problem is { } problem)
            return problem;
        var plan = planned.Value!;
        var isPrivate = plan.Was.Sensitivity is Sensitivity.Private or Sensitivity.Confidential && !viewer.SeesPrivate && viewer.UserId != plan.Whose;
        return isPrivate || ReplacedVersions.IsMasked(new ReplacedItem(plan.Row, plan.People), viewer)
            ? new Problem(ProblemKind.Forbidden, "This is somebody's private item: its values are not shown.")
            : new UndoPreview(plan.Now, plan.Now.WithFieldsOf(plan.Was, plan.Fields), plan.Fields, plan.Revives);
    }

    /// <summary>What <see cref="UndoRunAsync"/> would do now, item by item; nothing is written.</summary>
    public async Task<Outcome<IReadOnlyList<UndoneItem>>> PreviewRunAsync(Viewer viewer, Guid runId, bool overwrite, CancellationToken cancellation)
    {
        var replaced = await ReplacedByAsync(viewer, runId, cancellation);
        if (replaced.Problem is { } problem)
            return problem;
        await using var database = await store.ReadAsync(cancellation);
        var rehearsal = await UndoRehearsal.LoadAsync(database, runId, cancellation);
        return new Outcome<IReadOnlyList<UndoneItem>>([.. replaced.Value!.Select(row => rehearsal.Undo(viewer, row.ItemId, row.Version, overwrite))], null);
    }

    /// <summary>Takes back all that a run replaced in the CRM, item by item; what was changed since is left and named.</summary>
    public async Task<Outcome<IReadOnlyList<UndoneItem>>> UndoRunAsync(Viewer viewer, Guid runId, bool overwrite, string? traceId, CancellationToken cancellation)
    {
        var replaced = await ReplacedByAsync(viewer, runId, cancellation);
        if (replaced.Problem is { } problem)
            return problem;
        UndoRehearsal rehearsal;
        await using (var database = await store.ReadAsync(cancellation))
            rehearsal = await UndoRehearsal.LoadAsync(database, runId, cancellation);
        var done = new List<UndoneItem>(replaced.Value!.Count);
        foreach (var (itemId, version) in replaced.Value)
        {
            UndoPlan? plan = null;
            var refusal = await UndoAsync(viewer, itemId, version, overwrite, traceId, made => plan = made, cancellation);
            done.Add(new UndoneItem(itemId, version, refusal?.Text, rehearsal.SubjectOf(viewer, itemId), refusal is null ? plan!.Fields : ScheduleFields.None));
        }
        return done;
    }

    // Newest version first: an item that a run replaced twice goes back step by step.
    private async Task<Outcome<List<(Guid ItemId, long Version)>>> ReplacedByAsync(Viewer viewer, Guid runId, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        await using var database = await store.ReadAsync(cancellation);
        var rows = await database.History.AsNoTracking().Where(row => row.RunId == runId).OrderByDescending(row => row.Version).ThenBy(row => row.ItemId)
            .Select(row => new { row.ItemId, row.Version }).Take(MaxItems + 1).ToListAsync(cancellation);
        return rows.Count == 0 ? new Problem(ProblemKind.NotFound, $"Run {runId} replaced nothing that is still kept.")
            : rows.Count > MaxItems ? new Problem(ProblemKind.Conflict, $"Run {runId} replaced more than {MaxItems} versions. Undo its items in parts.")
            : rows.ConvertAll(row => (row.ItemId, row.Version));
    }

    private static async Task<Outcome<UndoPlan>> PlanAsync(CrmSyncDbContext database, Viewer viewer, Guid itemId, long version, bool overwrite, CancellationToken cancellation)
    {
        var row = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == itemId, cancellation);
        var kept = await database.History.AsNoTracking().Where(old => old.ItemId == itemId && (old.Version == version || old.Version == version + 1)).ToListAsync(cancellation);
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == itemId).ToListAsync(cancellation);
        return UndoPlan.Make(viewer, itemId, version, row, people, kept, overwrite);
    }

    private async Task<Problem?> UndoAsync(StoreTransaction transaction, Viewer viewer, Guid itemId, long version, bool overwrite, string? traceId, Action<UndoPlan> tell, CancellationToken cancellation)
    {
        var planned = await PlanAsync(transaction.Database, viewer, itemId, version, overwrite, cancellation);
        if (planned.Problem is { } problem)
            return problem;
        tell(planned.Value!);
        return await WriteAsync(transaction, viewer, planned.Value!, $"version {version} was restored", traceId, cancellation);
    }

    private async Task<Problem?> WriteAsync(StoreTransaction transaction, Viewer viewer, UndoPlan plan, string reason, string? traceId, CancellationToken cancellation)
    {
        var (row, people, content, fields, whose, revives) = (plan.Row, plan.People, plan.Was, plan.Fields, plan.Whose, plan.Revives);
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
        if (revives && revival.Count == 0 && row is { AuthorityLinkId: not null, AuthorityIsOrganizer: false })
            return new Problem(ProblemKind.Conflict, "Somebody outside of the CRM organizes this meeting, and no copy of it is left: only a new invitation can bring it back.");
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
}
