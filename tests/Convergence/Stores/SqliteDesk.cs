using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Convergence.Stores;

/// <summary>What people do at the console, through the services that the pages and the API use.</summary>
public interface IWorldDesk
{
    /// <summary>Settles an open conflict for one side in all its fields; null, or why not.</summary>
    Task<string?> DecideAsync(SyncConflict conflict, bool forCrm);

    /// <summary>Allows what a guard holds.</summary>
    Task<string?> ApproveAsync(Guid linkId, HoldKind kind);

    /// <summary>Takes the change back that replaced a version; what was changed again since stays.</summary>
    Task<string?> UndoAsync(Guid itemId, long version);

    /// <summary>How a link is set, and whether it is paused.</summary>
    Task<LinkView> LinkAsync(Guid linkId);

    Task ChangeLinkAsync(Guid linkId, Action<SyncLink> change);

    Task PauseAsync(Guid linkId, bool isPaused);

    /// <summary>The whole folder is read again.</summary>
    Task ResyncAsync(Guid linkId);
}

/// <summary>The real services.</summary>
public sealed class SqliteDesk(IServiceProvider services) : IWorldDesk
{
    public async Task<string?> DecideAsync(SyncConflict conflict, bool forCrm)
    {
        var side = forCrm ? ConflictSide.Crm : ConflictSide.Exchange;
        var choices = FieldNames.Parse(conflict.Fields).Each().ToDictionary(field => field, _ => side);
        // In a deletion against an edit each side stands for what it did.
        var keep = conflict.Kind == ConflictKind.DeletedInCrm ? !forCrm : forCrm;
        var outcome = await services.GetRequiredService<ConflictDecisions>()
            .ResolveAsync(Viewer.System, conflict.Id, null, new ConflictDecision(choices, Keep: keep), null, CancellationToken.None);
        return outcome.Problem?.Text;
    }

    public async Task<string?> ApproveAsync(Guid linkId, HoldKind kind) =>
        (await services.GetRequiredService<HoldService>().ApproveAsync(Viewer.System, linkId, kind, null, HoldService.DefaultHours, CancellationToken.None)).Problem?.Text;

    public async Task<string?> UndoAsync(Guid itemId, long version) =>
        (await services.GetRequiredService<UndoService>().UndoAsync(Viewer.System, itemId, version, overwrite: false, null, CancellationToken.None))?.Text;

    public async Task<LinkView> LinkAsync(Guid linkId) => (await Links.FindAsync(linkId, CancellationToken.None))!;

    public async Task ChangeLinkAsync(Guid linkId, Action<SyncLink> change)
    {
        var settings = (await LinkAsync(linkId)).Link.Copy();
        change(settings);
        Succeed(await Links.UpdateAsync(Viewer.System, linkId, null, settings, CancellationToken.None));
    }

    public async Task PauseAsync(Guid linkId, bool isPaused) =>
        Succeed(isPaused ? await Links.PauseAsync(Viewer.System, linkId, null, CancellationToken.None) : await Links.ResumeAsync(Viewer.System, linkId, CancellationToken.None));

    public async Task ResyncAsync(Guid linkId) => Succeed(await Links.ResyncAsync(Viewer.System, linkId, CancellationToken.None));

    private LinkService Links => services.GetRequiredService<LinkService>();

    private static void Succeed(Outcome<LinkView> outcome)
    {
        if (outcome.Problem is { } problem)
            throw new InvalidOperationException(problem.Text);
    }
}
