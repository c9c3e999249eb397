using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Queue;

/// <summary>Puts wishes into the queue inside somebody's transaction: sessions, CRM services and the queue itself share it.</summary>
internal static class QueueWriter
{
    /// <summary>An item with more links than this is queued as one durable fan-out row.</summary>
    public const int MaxInlineFanOut = 16;

    private static readonly string[] WakeNames = ["@link", "@delay", "@hint", "@gap", "@priority"];
    private static readonly string[] PutNames = ["@id", "@kind", "@link", "@item", "@priority", "@delay", "@trace"];

    /// <summary>Wakes the links, sorted, then upserts the messages. Wishes for links that no longer exist are dropped.</summary>
    public static async Task PutAsync(StoreTransaction transaction, IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation)
    {
        if (requests.Count == 0)
            return;
        var gap = (long)transaction.Store.Options.MinLinkGapMs;
        var links = requests
            .GroupBy(request => (request.LinkId, IsHint: request.Kind == MessageKind.Inbound))
            .OrderBy(group => group.Key.LinkId).ThenBy(group => group.Key.IsHint)
            .Select(group => new object?[]
            {
                group.Key.LinkId, group.Min(request => request.DelayMs), group.Key.IsHint ? 1 : 0, gap, group.Min(request => request.Priority),
            });
        await transaction.Dialect.ExecuteEachAsync(transaction, transaction.Dialect.WakeLink, WakeNames, [.. links], cancellation);

        var messages = requests
            .OrderBy(request => request.LinkId).ThenBy(request => request.Kind).ThenBy(request => request.ItemId)
            .Select(request => new object?[]
            {
                transaction.Store.Ids.NewId(), (int)request.Kind, request.LinkId, request.ItemId, request.Priority, request.DelayMs, request.TraceId,
            });
        await transaction.Dialect.ExecuteEachAsync(transaction, transaction.Dialect.PutMessage, PutNames, [.. messages], cancellation);
    }

    /// <summary>Locks LinkWork rows in the order that everybody keeps.</summary>
    public static Task LockAsync(StoreTransaction transaction, IEnumerable<Guid> links, CancellationToken cancellation) =>
        transaction.Dialect.ExecuteEachAsync(
            transaction, QueueSql.LockLink, ["@link"], [.. links.Distinct().Order().Select(link => new object?[] { link })], cancellation);

    /// <summary>The outbound messages that tell all links of the items, except the origin.</summary>
    public static async Task<List<QueueRequest>> ResolveFanOutAsync(
        CrmSyncDbContext database, IReadOnlyCollection<Guid> items, Guid? origin, string? traceId, CancellationToken cancellation)
    {
        var requests = new List<QueueRequest>();
        foreach (var chunk in items.Distinct().Chunk(SetWrite.MaxRows))
        {
            var pairs = await OutboundPairs(database)
                .Where(pair => chunk.Contains(pair.ItemId) && pair.LinkId != origin)
                .Select(pair => new { pair.ItemId, pair.LinkId })
                .ToListAsync(cancellation);
            foreach (var item in pairs.GroupBy(pair => pair.ItemId))
            {
                if (item.Count() <= MaxInlineFanOut)
                {
                    requests.AddRange(item.Select(pair => new QueueRequest(MessageKind.Outbound, pair.LinkId, item.Key, TraceId: traceId)));
                    continue;
                }
                // The row lies on the origin, or on one of the links, which then gets its own message here: the expansion leaves that link out.
                var place = origin ?? item.Min(pair => pair.LinkId);
                requests.Add(new QueueRequest(MessageKind.FanOut, place, item.Key, TraceId: traceId));
                if (origin is null)
                    requests.Add(new QueueRequest(MessageKind.Outbound, place, item.Key, TraceId: traceId));
            }
        }
        return requests;
    }

    /// <summary>Pairs that may be written, by link and target. Those of disabled ones too: their messages wait until they are enabled.</summary>
    public static IQueryable<ItemLink> OutboundPairs(CrmSyncDbContext database) =>
        from pair in database.ItemLinks.AsNoTracking()
        join link in database.Links on pair.LinkId equals link.Id
        join target in database.Targets on link.TargetId equals target.Id
        where (link.Direction & SyncDirection.Outbound) != 0
            && ((pair.Kind == ItemKind.Schedule && (target.ScheduleDirection & SyncDirection.Outbound) != 0)
                || (pair.Kind == ItemKind.Task && (target.TaskDirection & SyncDirection.Outbound) != 0)
                || (pair.Kind == ItemKind.Contact && (target.ContactDirection & SyncDirection.Outbound) != 0))
        select pair;
}
