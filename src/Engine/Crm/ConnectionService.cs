using System.Runtime.CompilerServices;
using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Sessions;

namespace CrmSync.Engine.Crm;

/// <summary>Asks a target's server on behalf of a person: does the connection work, which folders are there. Nothing is changed.</summary>
public sealed class ConnectionService(TargetService targets, IConnectors connectors, ITestConnectors testConnectors)
{
    /// <summary>Tests the stored settings for one mailbox; each step comes as soon as it is known. Only stored settings: a secret goes nowhere but where it was saved for.</summary>
    public async IAsyncEnumerable<ConnectionStep> TestAsync(Viewer viewer, Guid targetId, string mailbox, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
        {
            yield return new ConnectionStep("Settings", StepState.Failed, refusal.Text, "Ask an administrator.", 0);
            yield break;
        }
        if (await targets.FindSealedAsync(targetId, cancellation) is not { } target)
        {
            yield return new ConnectionStep("Settings", StepState.Failed, "The target was removed meanwhile.", "Choose another one.", 0);
            yield break;
        }
        var (connector, fault) = Make(() => testConnectors.Make(target));
        if (connector is null)
        {
            yield return fault!;
            yield break;
        }
        await using (connector)
        {
            await foreach (var step in connector.TestAsync(mailbox.Trim(), cancellation))
                yield return step;
        }
    }

    /// <summary>The mailbox's folders as the server has them now, parents before children.</summary>
    public async Task<Outcome<IReadOnlyList<FolderInfo>>> ListFoldersAsync(Viewer viewer, Guid targetId, string mailbox, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        if (await targets.FindSealedAsync(targetId, cancellation) is not { } target)
            return new Problem(ProblemKind.NotFound, $"There is no target {targetId}.");
        try
        {
            return new Outcome<IReadOnlyList<FolderInfo>>(await connectors.For(target).Open(mailbox.Trim()).ListFoldersAsync(cancellation), null);
        }
        catch (Exception fault) when (fault is ExchangeException or SecretUnreadableException or NotSupportedException)
        {
            return new Problem(ProblemKind.Conflict, fault.Message);
        }
    }

    private static (IExchangeConnector?, ConnectionStep?) Make(Func<IExchangeConnector> make)
    {
        try
        {
            return (make(), null);
        }
        catch (Exception fault) when (fault is SecretUnreadableException or NotSupportedException or ExchangeException or ArgumentException)
        {
            return (null, new ConnectionStep("Settings", StepState.Failed, fault.Message, "Correct the settings of the target.", 0));
        }
    }
}
