using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A dry run with its result, once there is one.</summary>
public sealed record DryRunView(DryRun Row, DryRunResult? Result);

/// <summary>Dry runs of links, enabled or not: started, watched from any node, cancelled. Only their own rows are written, and the plan that the first run is compared with.</summary>
public sealed class DryRunService(CrmSyncStore store, DryRunner runner)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Registers a dry run; the caller lets <see cref="RunAsync"/> do it, and need not wait.</summary>
    public async Task<Outcome<DryRunView>> StartAsync(Viewer viewer, Guid linkId, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var row = new DryRun { Id = store.Ids.NewId(), LinkId = linkId, By = viewer.Actor, StartedAt = store.UtcNow, UpdatedAt = store.UtcNow };
        return await store.WriteAsync<Outcome<DryRunView>>(
            async transaction =>
            {
                var database = transaction.Database;
                if (!await database.Links.AnyAsync(link => link.Id == linkId, cancellation))
                    return (false, new Problem(ProblemKind.NotFound, $"There is no link {linkId}."));
                var alive = store.UtcNow - Silence;
                if (await database.DryRuns.AsNoTracking().FirstOrDefaultAsync(run => run.LinkId == linkId && run.State == DryRunState.Running && run.UpdatedAt > alive, cancellation) is { } other)
                    return (false, new Problem(ProblemKind.Conflict, $"A dry run of this link is under way ({other.Id}, by {other.By}). Wait for it, or cancel it."));
                database.Add(row);
                await database.SaveChangesAsync(cancellation);
                return (true, new DryRunView(row, null));
            },
            cancellation);
    }

    /// <summary>Does a registered dry run to its end. Never throws for what Exchange says: that is the run's error.</summary>
    public async Task RunAsync(Guid id, CancellationToken stop)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (state, error, result) = (DryRunState.Done, (string?)null, (DryRunResult?)null);
        Guid linkId = default;
        try
        {
            var facts = await LoadAsync(id, cancel.Token);
            linkId = facts.Link.Id;
            result = await runner.RunAsync(facts, new Progress(this, id, cancel).TellAsync, cancel.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            (state, error) = (DryRunState.Cancelled, stop.IsCancellationRequested ? "The server stopped. Start the dry run again." : "Cancelled.");
        }
        catch (Exception failure) when (failure is ExchangeException or SecretUnreadableException or NotSupportedException or StalePlanException or InvalidDataException)
        {
            (state, error) = (DryRunState.Failed, $"{failure.Message} Nothing was written. Mend the cause (the connection test helps), then start it again.");
        }
        catch (Exception failure)
        {
            (state, error) = (DryRunState.Failed, $"A fault in CrmSync ({failure.GetType().Name}: {failure.Message}). Nothing was written.");
        }
        await FinishAsync(id, linkId, state, error, result);
    }

    public async Task<DryRunView?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.DryRuns.AsNoTracking().FirstOrDefaultAsync(run => run.Id == id, cancellation) is { } row ? ViewOf(row) : null;
    }

    /// <summary>The link's newest dry run.</summary>
    public async Task<DryRunView?> FindLastAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.DryRuns.AsNoTracking().Where(run => run.LinkId == linkId).OrderByDescending(run => run.StartedAt).FirstOrDefaultAsync(cancellation) is { } row ? ViewOf(row) : null;
    }

    public async Task<Outcome<DryRunView>> CancelAsync(Viewer viewer, Guid id, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var found = await store.WriteAsync<int>(
            async transaction => (true, await transaction.Database.DryRuns.Where(run => run.Id == id && run.State == DryRunState.Running)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.IsCancelling, true), cancellation)),
            cancellation);
        return await FindAsync(id, cancellation) is not { } view ? new Problem(ProblemKind.NotFound, $"There is no dry run {id}.")
            : found == 0 ? new Problem(ProblemKind.Conflict, $"The dry run has ended already ({view.Row.State}).")
            : view;
    }

    // A node that died cannot say so: a run without a sign of life has failed.
    private DryRunView ViewOf(DryRun row)
    {
        if (row.State == DryRunState.Running && row.UpdatedAt < store.UtcNow - Silence)
            (row.State, row.Error) = (DryRunState.Failed, "The server that ran it has ended. Start it again.");
        return new DryRunView(row, row.Result is null ? null : JsonSerializer.Deserialize(row.Result, CrmJson.Stored.DryRunResult));
    }

    // A link that is switched off has a plan too: that is what a dry run is for.
    private async Task<LinkFacts> LoadAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var facts = await (
            from run in database.DryRuns.AsNoTracking()
            where run.Id == id
            join link in database.Links.AsNoTracking() on run.LinkId equals link.Id
            join target in database.Targets.AsNoTracking() on link.TargetId equals target.Id
            join user in database.Users.AsNoTracking() on link.UserId equals user.Id
            select new { target, link, user }).FirstOrDefaultAsync(cancellation) ?? throw new InvalidDataException("The link was removed meanwhile.");
        var state = await database.LinkStates.AsNoTracking().FirstOrDefaultAsync(row => row.LinkId == facts.link.Id, cancellation) ?? new LinkState { LinkId = facts.link.Id };
        return new LinkFacts(facts.target, facts.link, state, facts.user, await Installations.InstallIdAsync(store, cancellation));
    }

    private Task FinishAsync(Guid id, Guid linkId, DryRunState state, string? error, DryRunResult? result) => store.WriteAsync(
        async transaction =>
        {
            var database = transaction.Database;
            var json = result is null ? null : JsonSerializer.Serialize(result, CrmJson.Stored.DryRunResult);
            await database.DryRuns.Where(run => run.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(run => run.State, state).SetProperty(run => run.Error, error).SetProperty(run => run.Result, json).SetProperty(run => run.UpdatedAt, store.UtcNow),
                CancellationToken.None);
            if (result is null)
                return;
            var plan = TallyRows.Write(result.Tally);
            await database.LinkStates.Where(row => row.LinkId == linkId && !row.IsInventoryComplete)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Plan, plan), CancellationToken.None);
        },
        CancellationToken.None);

    /// <summary>Writes how far it is, at most once a second, and learns whether somebody asked for its end.</summary>
    private sealed class Progress(DryRunService service, Guid id, CancellationTokenSource cancel)
    {
        private DateTime _toldAt;

        public async Task TellAsync(int read)
        {
            cancel.Token.ThrowIfCancellationRequested();
            var now = service.Now;
            if (now - _toldAt < Beat)
                return;
            _toldAt = now;
            if (!await service.TellAsync(id, read, now))
                await cancel.CancelAsync();
            cancel.Token.ThrowIfCancellationRequested();
        }
    }

    private DateTime Now => store.UtcNow;

    private async Task<bool> TellAsync(Guid id, int read, DateTime now) => await store.WriteAsync<int>(
        async transaction => (true, await transaction.Database.DryRuns.Where(run => run.Id == id && !run.IsCancelling)
            .ExecuteUpdateAsync(set => set.SetProperty(run => run.Read, read).SetProperty(run => run.UpdatedAt, now), CancellationToken.None)),
        CancellationToken.None) == 1;
}
