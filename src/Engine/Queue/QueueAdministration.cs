using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Queue;

/// <summary>What of the queue to show. All parts are optional and combine.</summary>
public sealed record QueueFilter(Guid? TargetId = null, Guid? LinkId = null, Guid? ItemId = null, MessageKind? Kind = null, MessageState? State = null);

/// <summary>One row of the queue as people see it.</summary>
public sealed record QueueEntry(QueueMessage Message, Guid TargetId, string Mailbox, bool IsPaused, string? RunningOn);

public sealed record QueueCount(MessageKind Kind, MessageState State, int Count, DateTime? OldestAt);

/// <summary>The queue for people: look, try again, discard.</summary>
public sealed class QueueAdministration(CrmSyncStore store, QueueSignal signal)
{
    /// <summary>Rows by id (which is by age), after the given one.</summary>
    /// <param name="after">Id of the last row of the page before; null for the first page.</param>
    public async Task<IReadOnlyList<QueueEntry>> ListAsync(QueueFilter filter, Guid? after, int max, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var rows = await (
            from message in Matching(database, filter)
            join work in database.LinkWorks.AsNoTracking() on message.LinkId equals work.LinkId
            where after == null || message.Id > after
            orderby message.Id
            select new { message, work.TargetId, work.Mailbox, work.IsPaused, work.Owner }).Take(max).ToListAsync(cancellation);
        return [.. rows.Select(row => new QueueEntry(row.message, row.TargetId, row.Mailbox, row.IsPaused, row.Owner))];
    }

    public async Task<QueueMessage?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Queue.AsNoTracking().FirstOrDefaultAsync(message => message.Id == id, cancellation);
    }

    public async Task<IReadOnlyList<QueueCount>> CountAsync(QueueFilter filter, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var counts = await Matching(database, filter)
            .GroupBy(message => new { message.Kind, message.State })
            .Select(group => new { group.Key.Kind, group.Key.State, Count = group.Count(), Oldest = group.Min(message => message.EnqueuedAtMs) })
            .ToListAsync(cancellation);
        return [.. counts.OrderBy(row => row.Kind).ThenBy(row => row.State)
            .Select(row => new QueueCount(row.Kind, row.State, row.Count, DateTimeOffset.FromUnixTimeMilliseconds(row.Oldest).UtcDateTime))];
    }

    /// <summary>Makes matching rows due now and dead letters live again, attempts counted from zero; answers how many.</summary>
    public async Task<int> RetryAsync(QueueFilter filter, Guid? id, CancellationToken cancellation)
    {
        var done = 0;
        while (true)
        {
            var (found, last) = await store.WriteAsync<(int, bool)>(
                async transaction =>
                {
                    var rows = await Matching(transaction.Database, filter)
                        .Where(message => (id == null || message.Id == id) && (message.State == MessageState.DeadLetter || message.Error != null))
                        .OrderBy(message => message.LinkId).Take(SetWrite.MaxRows).ToListAsync(cancellation);
                    await QueueWriter.LockAsync(transaction, rows.Select(row => row.LinkId), cancellation);
                    var ids = rows.Select(row => row.Id).ToArray();
                    await transaction.Database.Queue.Where(message => ids.Contains(message.Id)).ExecuteUpdateAsync(
                        set => set.SetProperty(message => message.State, MessageState.Waiting).SetProperty(message => message.Attempts, 0)
                            .SetProperty(message => message.Error, (string?)null).SetProperty(message => message.ErrorCode, (string?)null),
                        cancellation);
                    await QueueWriter.PutAsync(
                        transaction, [.. rows.Select(row => new QueueRequest(row.Kind, row.LinkId, row.ItemId, row.Priority, row.TraceId))], cancellation);
                    return (true, (rows.Count, rows.Count < SetWrite.MaxRows));
                },
                cancellation);
            done += found;
            if (last)
                break;
        }
        if (done > 0)
            signal.Wake();
        return done;
    }

    /// <summary>Removes matching rows for good; answers how many. The work they asked for is not done.</summary>
    public async Task<int> DiscardAsync(QueueFilter filter, Guid? id, CancellationToken cancellation) => await store.WriteAsync(
        async transaction =>
        {
            var ids = Matching(transaction.Database, filter).Where(message => id == null || message.Id == id).Select(message => message.Id);
            return (true, await transaction.Database.Queue.Where(message => ids.Contains(message.Id)).ExecuteDeleteAsync(cancellation));
        },
        cancellation);

    private static IQueryable<QueueMessage> Matching(CrmSyncDbContext database, QueueFilter filter)
    {
        var rows = database.Queue.AsNoTracking();
        if (filter.LinkId is { } link)
            rows = rows.Where(message => message.LinkId == link);
        if (filter.ItemId is { } item)
            rows = rows.Where(message => message.ItemId == item);
        if (filter.Kind is { } kind)
            rows = rows.Where(message => message.Kind == kind);
        if (filter.State is { } state)
            rows = rows.Where(message => message.State == state);
        if (filter.TargetId is { } target)
            rows = rows.Where(message => database.Links.Any(row => row.Id == message.LinkId && row.TargetId == target));
        return rows;
    }
}
