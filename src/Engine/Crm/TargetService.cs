using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A target without its secret.</summary>
/// <param name="Troubles">What stops links of it, the widest first; empty: none fails.</param>
public sealed record TargetView(SyncTarget Target, bool HasSecret, int Links, IReadOnlyList<TargetTrouble> Troubles);

/// <summary>One reason for which links of a target fail: one alert, however many they are (case E32).</summary>
/// <param name="Code">Of the failure, as in LinkState.LastErrorCode.</param>
/// <param name="Links">That fail for it now.</param>
/// <param name="Text">What one of them says: the thing, the cause, the cure.</param>
/// <param name="At">When the last of them failed. Each tries again by itself.</param>
public sealed record TargetTrouble(string Code, int Links, string Text, DateTime? At);

/// <summary>Configuration of Exchange organisations. The secret goes in and never comes out.</summary>
public sealed class TargetService(CrmSyncStore store, ISecretSealer sealer, QueueSignal signal, QueueAdministration queue)
{
    /// <summary>By name; there are few.</summary>
    public async Task<IReadOnlyList<TargetView>> ListAsync(CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var rows = await database.Targets.AsNoTracking().OrderBy(target => target.Name)
            .Select(target => new { target, Links = database.Links.Count(link => link.TargetId == target.Id) }).ToListAsync(cancellation);
        var troubles = await TroublesAsync(database, null, cancellation);
        return [.. rows.Select(row => ViewOf(row.target, row.Links, troubles[row.target.Id]))];
    }

    public async Task<TargetView?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Targets.AsNoTracking().FirstOrDefaultAsync(target => target.Id == id, cancellation) is { } row
            ? ViewOf(row, await database.Links.CountAsync(link => link.TargetId == id, cancellation), (await TroublesAsync(database, id, cancellation))[id])
            : null;
    }

    // One read however many links.
    private static async Task<ILookup<Guid, TargetTrouble>> TroublesAsync(CrmSyncDbContext database, Guid? target, CancellationToken cancellation)
    {
        var rows = await (
            from state in database.LinkStates.AsNoTracking()
            where state.Health == LinkHealth.Failing
            join link in database.Links.AsNoTracking() on state.LinkId equals link.Id
            where target == null || link.TargetId == target
            group state by new { link.TargetId, state.LastErrorCode } into same
            select new { same.Key.TargetId, same.Key.LastErrorCode, Links = same.Count(), Text = same.Max(state => state.LastError), At = same.Max(state => state.LastErrorAt) })
            .ToListAsync(cancellation);
        return rows.OrderByDescending(row => row.Links).ThenBy(row => row.LastErrorCode, StringComparer.Ordinal)
            .ToLookup(row => row.TargetId, row => new TargetTrouble(row.LastErrorCode ?? "", row.Links, row.Text ?? "", row.At));
    }

    /// <summary>The target as the engine uses it, its secret sealed. Never handed to a page or an answer.</summary>
    public async Task<SyncTarget?> FindSealedAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Targets.AsNoTracking().FirstOrDefaultAsync(target => target.Id == id, cancellation);
    }

    /// <param name="settings">Id, Version, times and SealedSecret of it are ignored.</param>
    /// <param name="secret">Password or client secret; null leaves the target without one.</param>
    public Task<Outcome<TargetView>> CreateAsync(Viewer viewer, SyncTarget settings, string? secret, CancellationToken cancellation) =>
        SaveAsync(viewer, null, null, settings, secret, cancellation);

    /// <param name="secret">Null keeps the one that is stored.</param>
    public async Task<Outcome<TargetView>> UpdateAsync(
        Viewer viewer, Guid id, long? expectedVersion, SyncTarget settings, string? secret, CancellationToken cancellation)
    {
        var saved = await SaveAsync(viewer, id, expectedVersion, settings, secret, cancellation);
        // What failed may have been mended just now: it is tried at once, however long it had been put off.
        if (saved.IsDone)
            await queue.RetryAsync(new QueueFilter(TargetId: id, State: MessageState.Waiting), null, cancellation);
        return saved;
    }

    /// <summary>Removes a target that has no links.</summary>
    public async Task<Outcome<TargetView>> DeleteAsync(Viewer viewer, Guid id, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        return await store.WriteAsync<Outcome<TargetView>>(
            async transaction =>
            {
                var database = transaction.Database;
                if (await database.Targets.FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } target)
                    return (false, new Problem(ProblemKind.NotFound, $"There is no target {id}."));
                if (await database.Links.CountAsync(link => link.TargetId == id, cancellation) is > 0 and var links)
                    return (false, new Problem(ProblemKind.Conflict, $"Target '{target.Name}' has {links} links. Remove them first, or disable the target."));
                database.Targets.Remove(target);
                await database.SaveChangesAsync(cancellation);
                await database.MeetingIdentities.Where(row => row.TargetId == id).ExecuteDeleteAsync(cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, "target.delete", target.Name, JsonOf(target), null, cancellation);
                return (true, ViewOf(target, 0, []));
            },
            cancellation);
    }

    private async Task<Outcome<TargetView>> SaveAsync(
        Viewer viewer, Guid? id, long? expectedVersion, SyncTarget settings, string? secret, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        if (Problem.Of(TargetValidation.Check(settings)) is { } invalid)
            return invalid;
        var outcome = await store.WriteAsync<Outcome<TargetView>>(
            async transaction =>
            {
                var database = transaction.Database;
                var known = id is null ? null : await database.Targets.FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (id is not null && known is null)
                    return (false, new Problem(ProblemKind.NotFound, $"There is no target {id}."));
                if (known is not null && expectedVersion is { } expected && expected != known.Version)
                    return (false, ConfigurationAccess.Stale("Target", known.Name, expected, known.Version));
                var name = settings.Name.Trim();
                if (await database.Targets.AnyAsync(row => row.Id != id && row.Name == name, cancellation))
                    return (false, Problem.Of([new FieldProblem("name", $"Another target is called '{name}'.", "Choose another name.")])!);

                var (before, old) = known is null ? (null, null) : (JsonOf(known), known.Copy());
                var row = known ?? new SyncTarget { Id = store.Ids.NewId(), Name = name, CreatedAt = store.UtcNow };
                if (known is null)
                    database.Add(row);
                var (sealedSecret, version, createdAt, rowId) = (row.SealedSecret, row.Version, row.CreatedAt, row.Id);
                var values = database.Entry(row).CurrentValues;
                foreach (var property in values.Properties.Where(property => !property.IsPrimaryKey()))
                    values[property] = property.GetGetter().GetClrValue(settings);
                (row.Name, row.SealedSecret, row.Version) = (name, secret is null ? sealedSecret : sealer.Seal(secret), version + 1);
                (row.CreatedAt, row.UpdatedAt) = (createdAt, store.UtcNow);
                await database.SaveChangesAsync(cancellation);
                var links = await database.Links.AsNoTracking().Where(link => link.TargetId == rowId).ToListAsync(cancellation);
                if (old is not null && LinkReread.IsNeeded(old, row))
                    await LinkReread.WeighAnewAsync(transaction, links, cancellation);
                else if (old is { IsEnabled: false } && row.IsEnabled)
                    await QueueWriter.PutAsync(transaction, [.. links.Select(LinkService.Look)], cancellation);
                // Subscriptions were made with the old settings: another URL, account or kind.
                await database.LinkStates.Where(state => database.Links.Any(link => link.Id == state.LinkId && link.TargetId == rowId))
                    .ExecuteUpdateAsync(set => set.SetProperty(state => state.RenewAt, (DateTime?)null), cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, known is null ? "target.create" : "target.update", name, before, JsonOf(row), cancellation);
                return (true, ViewOf(row, links.Count, (await TroublesAsync(database, rowId, cancellation))[rowId]));
            },
            cancellation);
        if (outcome.IsDone)
            signal.Wake();
        return outcome;
    }

    private static TargetView ViewOf(SyncTarget row, int links, IEnumerable<TargetTrouble> troubles) => new(WithoutSecret(row), row.SealedSecret is not null, links, [.. troubles]);

    // A secret is not even shown sealed.
    private static string JsonOf(SyncTarget row) => JsonSerializer.Serialize(WithoutSecret(row), CrmJson.Stored.SyncTarget);

    private static SyncTarget WithoutSecret(SyncTarget row)
    {
        var copy = row.Copy();
        copy.SealedSecret = null;
        return copy;
    }
}
