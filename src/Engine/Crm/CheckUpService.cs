using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Asks for the slow comparison of all pairs of a link: when it is due, or when a person wants it. What drifted is in the activity log under CheckUp.</summary>
public sealed class CheckUpService(CrmSyncStore store, LinkService links, QueueSignal signal)
{
    private const int LinksAtOnce = 200;
    private const int BehindOthers = 9;

    public Task<Outcome<LinkView>> StartAsync(Viewer viewer, Guid linkId, CancellationToken cancellation) => links.OperateAsync(
        viewer, linkId, "link.check-up", (transaction, link) => QueueWriter.PutAsync(transaction, [Whole(link.Id, QueueSql.PersonPriority)], cancellation), cancellation);

    /// <summary>Queues the links whose check-up is due; answers how many. A link that has none yet is due after its target's interval.</summary>
    public async Task<int> QueueDueAsync(CancellationToken cancellation)
    {
        var now = store.UtcNow;
        var queued = await store.WriteAsync<int>(
            async transaction =>
            {
                var database = transaction.Database;
                var due = await (
                    from state in database.LinkStates
                    where state.NextCheckUpAt == null || state.NextCheckUpAt <= now
                    join link in database.Links on state.LinkId equals link.Id
                    join target in database.Targets on link.TargetId equals target.Id
                    where link.IsEnabled && target.IsEnabled && state.IsInventoryComplete
                    orderby state.NextCheckUpAt
                    select new { state, target.CheckUpIntervalMinutes }).Take(LinksAtOnce).ToListAsync(cancellation);
                var requests = due.Where(row => row.state.NextCheckUpAt is not null).Select(row => Whole(row.state.LinkId, BehindOthers)).ToList();
                await QueueWriter.LockAsync(transaction, due.Select(row => row.state.LinkId), cancellation);
                foreach (var row in due)
                {
                    var next = now.AddMinutes(row.CheckUpIntervalMinutes);
                    await database.LinkStates.Where(state => state.LinkId == row.state.LinkId).ExecuteUpdateAsync(set => set.SetProperty(state => state.NextCheckUpAt, (DateTime?)next), cancellation);
                }
                await QueueWriter.PutAsync(transaction, requests, cancellation);
                return (true, requests.Count);
            },
            cancellation);
        if (queued > 0)
            signal.Wake();
        return queued;
    }

    private static QueueRequest Whole(Guid linkId, int priority) => new(MessageKind.CheckUp, linkId, Guid.Empty, priority);
}
