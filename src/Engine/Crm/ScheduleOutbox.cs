using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Which links a change in the CRM concerns.</summary>
internal static class ScheduleOutbox
{
    /// <summary>All links that hold the item, and its owner's home link while that one does not hold it yet.</summary>
    /// <param name="onlyUser">A change of personal fields: only this person's links.</param>
    public static async Task<List<QueueRequest>> RequestsAsync(
        CrmSyncDbContext database, ScheduleItem item, Guid? onlyUser, string? traceId, CancellationToken cancellation)
    {
        var requests = item.Version == 1 ? [] : await QueueWriter.ResolveFanOutAsync(database, [item.Id], null, traceId, cancellation);
        if (onlyUser is { } user)
        {
            var own = await database.Links.Where(link => link.UserId == user).Select(link => link.Id).ToListAsync(cancellation);
            requests.RemoveAll(request => request.Kind == MessageKind.Outbound && !own.Contains(request.LinkId));
        }
        var homes = await (
            from link in database.Links.AsNoTracking()
            join target in database.Targets.AsNoTracking() on link.TargetId equals target.Id
            where link.UserId == item.OwnerId && link.Kind == ItemKind.Schedule && link.IsHome
                && (link.Direction & SyncDirection.Outbound) != 0 && (target.ScheduleDirection & SyncDirection.Outbound) != 0
                && !database.ItemLinks.Any(pair => pair.ItemId == item.Id && pair.LinkId == link.Id)
            select link.Id).ToListAsync(cancellation);
        if (item.Origin == ItemOrigin.Crm)
            requests.AddRange(homes.Select(link => new QueueRequest(MessageKind.Outbound, link, item.Id, TraceId: traceId)));
        return requests;
    }
}
