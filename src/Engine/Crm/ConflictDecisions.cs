using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Whose value a person takes for a contested field.</summary>
public enum ConflictSide
{
    Crm = 0,
    Exchange = 1,

    /// <summary>Neither: a value of the person's own.</summary>
    Value = 2,
}

/// <summary>What a person decides about an open conflict.</summary>
/// <param name="Choices">Per contested field; for a deletion against an edit none is needed.</param>
/// <param name="Values">Lays the person's own values over what the CRM says now; needed with <see cref="ConflictSide.Value"/>.</param>
/// <param name="Keep">For a deletion against an edit: true keeps the edited item, false deletes it.</param>
public sealed record ConflictDecision(
    IReadOnlyDictionary<ScheduleFields, ConflictSide> Choices, Func<ScheduleContent, Outcome<(ScheduleContent Content, ScheduleFields Fields)>>? Values = null, bool? Keep = null);

/// <summary>Carries out what people decide about conflicts: as an edit of the CRM item, which then travels like any other.</summary>
/// <remarks>
/// A decision fences the link: a session that is at work on the pair loses its lease and comes back to what was decided. The base is set to what Exchange was
/// seen to say, so the ChangeKey and the merge notice whatever Exchange changed since: such an edit asks again instead of being overwritten.
/// </remarks>
public sealed class ConflictDecisions(CrmSyncStore store, ConflictService conflicts, QueueSignal signal)
{
    /// <summary>Settles an open conflict.</summary>
    /// <param name="expectedTag"><see cref="ConflictView.Tag"/> that the person saw; null: whatever it is now.</param>
    public Task<Outcome<ConflictView>> ResolveAsync(
        Viewer viewer, Guid id, string? expectedTag, ConflictDecision decision, string? traceId, CancellationToken cancellation) =>
        DecideAsync(viewer, id, "conflict.resolve", traceId, (scene, conflict) =>
        {
            if (conflict.State != ConflictState.Open)
                return Refuse(ProblemKind.Conflict, $"This conflict was settled already ({conflict.Decision}, by {conflict.DecidedBy}). Use 'restore' to bring the loser back.");
            if (expectedTag is not null && expectedTag != ConflictService.TagOf(conflict))
                return Refuse(ProblemKind.Stale, "One side changed again since you looked. Read the conflict anew, then decide.");
            if (scene.Pair is null)
                return Refuse(ProblemKind.Conflict, "The pair of this conflict is gone: the item or its link was removed. There is nothing to decide any more.");
            return conflict.Kind == ConflictKind.Edits ? ResolveEdits(scene, conflict, decision) : ResolveDeletion(scene, conflict, decision.Keep);
        }, cancellation);

    /// <summary>Brings the loser of a settled conflict back, as a new edit.</summary>
    /// <param name="fields">Which fields; null: all that were in conflict.</param>
    /// <param name="overwrite">Also where the value was changed again since.</param>
    public Task<Outcome<ConflictView>> RestoreAsync(
        Viewer viewer, Guid id, ScheduleFields? fields, bool overwrite, string? traceId, CancellationToken cancellation) =>
        DecideAsync(viewer, id, "conflict.restore", traceId, (scene, conflict) =>
        {
            if (conflict.State == ConflictState.Open)
                return Refuse(ProblemKind.Conflict, "This conflict is open: nobody has lost yet. Resolve it.");
            var (crm, exchange) = (ConflictService.ReadValues(conflict.CrmValues), ConflictService.ReadValues(conflict.ExchangeValues));
            if (conflict.Kind != ConflictKind.Edits)
                return RestoreDeletion(scene, conflict, conflict.Kind == ConflictKind.DeletedInCrm ? exchange : crm, overwrite);
            var wanted = FieldNames.Parse(conflict.Fields) & (fields ?? ScheduleFields.All) & ~ScheduleFields.ReadOnlyInExchange;
            if (wanted == 0 || crm is null || exchange is null)
                return Refuse(ProblemKind.Invalid, $"None of the fields named was in conflict. In conflict were: {conflict.Fields}.");
            var won = FieldNames.Parse(conflict.CrmWon) & wanted;
            var winner = exchange.WithFieldsOf(crm, won);
            if (scene.Row.IsDeleted)
                return Refuse(ProblemKind.Conflict, "The item was deleted since. Restore the item first.");
            if ((ScheduleComparison.Difference(scene.Content, winner) & wanted) is not ScheduleFields.None and var moved && !overwrite)
                return Refuse(ProblemKind.Conflict, $"{moved} changed again since this conflict was settled; restoring the loser would overwrite that. Look at it, then restore with 'overwrite'.");
            return new Scene.Edit(scene.Content.WithFieldsOf(crm.WithFieldsOf(exchange, won), wanted), wanted, null, $"the loser of a conflict was restored ({wanted})", conflict.Decision);
        }, cancellation);

    private static Outcome<Scene.Edit> ResolveEdits(Scene scene, SyncConflict conflict, ConflictDecision decision)
    {
        var contested = FieldNames.Parse(conflict.Fields) & scene.Pair!.Contested;
        var missing = contested & ~decision.Choices.Keys.Aggregate(ScheduleFields.None, (all, field) => all | field);
        if (missing != 0)
            return Refuse(ProblemKind.Invalid, $"Say for each contested field whose value to take; missing: {string.Join(", ", missing.Each().Select(FieldNames.NameOf))}.");
        ScheduleFields Of(ConflictSide side) => decision.Choices.Where(choice => choice.Value == side).Aggregate(ScheduleFields.None, (all, choice) => all | choice.Key) & contested;
        var exchange = ConflictService.ReadValues(conflict.ExchangeValues)!;
        var content = scene.Content.WithFieldsOf(exchange, Of(ConflictSide.Exchange));
        if (Of(ConflictSide.Value) is not ScheduleFields.None and var own)
        {
            if (decision.Values is null)
                return Refuse(ProblemKind.Invalid, $"Give the values of {own} in 'values'.");
            var given = decision.Values(scene.Content);
            if (given.Problem is { } wrong)
                return wrong;
            if ((own & ~given.Value.Fields) is not ScheduleFields.None and var absent)
                return Refuse(ProblemKind.Invalid, $"'values' lacks {string.Join(", ", absent.Each().Select(FieldNames.NameOf))}.");
            content = content.WithFieldsOf(given.Value.Content, own);
        }
        if (Problem.Of(ScheduleValidation.Check(content, contested)) is { } invalid)
            return invalid;
        var words = string.Join("; ", decision.Choices.Where(choice => (choice.Key & contested) != 0).GroupBy(choice => choice.Value)
            .Select(group => $"{group.Key.ToString().ToLowerInvariant()}: {group.Aggregate(ScheduleFields.None, (all, choice) => all | choice.Key)}"));
        // What Exchange was seen to say is what is agreed on now; the CRM's difference from it is what goes out.
        var agreed = scene.Pair.BaseSnapshot is { } known ? ScheduleSnapshot.Read(known).WithFieldsOf(exchange, contested) : exchange;
        return new Scene.Edit(content, contested, null, $"conflict resolved ({words})", words) { CrmWon = Of(ConflictSide.Crm), Agreed = agreed, Closes = true };
    }

    private static Outcome<Scene.Edit> ResolveDeletion(Scene scene, SyncConflict conflict, bool? keep)
    {
        if (keep is null)
            return Refuse(ProblemKind.Invalid, "One side deleted the item, the other changed it: say 'keep' true to keep the edited item, or false to delete it.");
        var words = keep.Value ? SyncConflict.EditKept : SyncConflict.DeletionWins;
        if (conflict.Kind == ConflictKind.DeletedInCrm)
        {
            var exchange = ConflictService.ReadValues(conflict.ExchangeValues)!;
            return keep.Value
                ? new Scene.Edit(exchange, ScheduleFields.All, false, $"conflict resolved: {words}", words) { Agreed = exchange, Closes = true }
                : new Scene.Edit(scene.Content, ScheduleFields.None, true, $"conflict resolved: {words}", words) { Agreed = exchange, Closes = true };
        }
        return keep.Value
            ? new Scene.Edit(scene.Content, ScheduleFields.None, false, $"conflict resolved: {words}", words) { Buries = true, Closes = true }
            : new Scene.Edit(scene.Content, ScheduleFields.None, true, $"conflict resolved: {words}", words) { Buries = true, Closes = true };
    }

    private static Outcome<Scene.Edit> RestoreDeletion(Scene scene, SyncConflict conflict, ScheduleContent? edited, bool overwrite)
    {
        if (conflict.Decision.EndsWith(SyncConflict.DeletionWins, StringComparison.Ordinal))
        {
            return !scene.Row.IsDeleted ? Refuse(ProblemKind.Conflict, "The item is there: it was restored already.")
                : edited is null ? Refuse(ProblemKind.Conflict, "The edited values were not kept.")
                : new Scene.Edit(edited, ScheduleFields.All, false, "the edit that lost against a deletion was restored", conflict.Decision);
        }
        if (scene.Row.IsDeleted)
            return Refuse(ProblemKind.Conflict, "The item is deleted already.");
        var changed = edited is null ? ScheduleFields.None : ScheduleComparison.Difference(scene.Content, edited) & ~ScheduleFields.ReadOnlyInExchange;
        return changed != 0 && !overwrite
            ? Refuse(ProblemKind.Conflict, $"{changed} changed again since the edit was kept; deleting the item would lose that. Look at it, then restore with 'overwrite'.")
            : new Scene.Edit(scene.Content, ScheduleFields.None, true, "the deletion that lost against an edit was carried out", conflict.Decision);
    }

    private async Task<Outcome<ConflictView>> DecideAsync(
        Viewer viewer, Guid id, string action, string? traceId, Func<Scene, SyncConflict, Outcome<Scene.Edit>> decide, CancellationToken cancellation)
    {
        if (await conflicts.FindAsync(viewer, id, cancellation) is not { } view)
            return NoSuch(id);
        if (view.IsMasked)
            return Refuse<ConflictView>(ProblemKind.Forbidden, "This is somebody's private item. Only its person may decide about it.");
        var problem = await store.WriteAsync<Problem?>(
            async transaction =>
            {
                var database = transaction.Database;
                var conflict = await database.Conflicts.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (conflict is null)
                    return (false, NoSuch(id));
                var link = await database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == conflict.LinkId, cancellation);
                var row = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == conflict.ItemId, cancellation);
                if (link is null || row is null)
                    return (false, new Problem(ProblemKind.Conflict, "The item or its link was removed. There is nothing to decide any more."));
                var scene = await Scene.LoadAsync(store, transaction, viewer, conflict, link, row, cancellation);
                var decided = decide(scene, conflict);
                if (decided.Problem is { } refusal)
                    return (false, refusal);
                if (!await scene.WriteAsync(decided.Value!, traceId, cancellation))
                    return (false, new Problem(ProblemKind.Stale, "The item changed in this moment. Read the conflict anew, then decide."));
                await Scene.SettleAsync(database, conflict, decided.Value!, viewer, store.UtcNow, cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, action, $"{conflict.Id} of item {conflict.ItemId}", null, null, cancellation);
                return (true, null);
            },
            cancellation);
        if (problem is not null)
            return problem;
        signal.Wake();
        return await conflicts.FindAsync(viewer, id, cancellation) is { } now ? now : NoSuch(id);
    }

    private static Problem Refuse(ProblemKind kind, string text) => new(kind, text);

    private static Outcome<T> Refuse<T>(ProblemKind kind, string text) => new Problem(kind, text);

    private static Problem NoSuch(Guid id) => new(ProblemKind.NotFound, $"There is no conflict {id}.");
}
