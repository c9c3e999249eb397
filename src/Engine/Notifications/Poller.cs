using CrmSync.Engine.Inbound;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Notifications;

/// <summary>Queues a look at every folder whose poll is due: the layer under push and streaming, and enough alone (requirement Q4).</summary>
public sealed class Poller(INotificationStore store, ILinkQueue queue)
{
    private const int Batch = 1000;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var total = 0;
        while (true)
        {
            var due = await store.TakeDuePollsAsync(Batch, cancellation);
            if (due.Count > 0)
                await queue.EnqueueAsync([.. due.Select(link => new QueueRequest(MessageKind.Inbound, link, Guid.Empty, InboundPriority.Poll))], cancellation);
            total += due.Count;
            if (due.Count < Batch)
                return total;
        }
    }
}
