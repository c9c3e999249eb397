using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Crm;

/// <summary>The queue with rights and audit: who may try a parked message again or give it up.</summary>
public sealed class QueueService(QueueAdministration queue, AuditLogWriter audit)
{
    public Task<Outcome<QueueMessage>> RetryAsync(Viewer viewer, Guid id, CancellationToken cancellation) =>
        OperateAsync(viewer, id, "queue.retry", () => queue.RetryAsync(new QueueFilter(), id, cancellation), cancellation);

    /// <summary>Removes it for good: what it wanted is not done.</summary>
    public Task<Outcome<QueueMessage>> DiscardAsync(Viewer viewer, Guid id, CancellationToken cancellation) =>
        OperateAsync(viewer, id, "queue.discard", () => queue.DiscardAsync(new QueueFilter(), id, cancellation), cancellation);

    private async Task<Outcome<QueueMessage>> OperateAsync(Viewer viewer, Guid id, string action, Func<Task<int>> operate, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var message = await queue.FindAsync(id, cancellation);
        if (message is null || await operate() != 1)
            return new Problem(ProblemKind.NotFound, "The message is gone: it was done or discarded meanwhile.");
        await audit.AppendAsync(viewer, action, $"{message.Kind} {message.ItemId} of link {message.LinkId}", null, null, cancellation);
        return message;
    }
}
