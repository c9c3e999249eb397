using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Tests.MemoryStore;

/// <summary>The queue of <see cref="MemoryDatabase"/>.</summary>
public sealed class MemoryQueue(MemoryDatabase db) : ILinkQueue, IFanOut
{
    private const int MaxInlineFanOut = 16;

    public Task EnqueueAsync(IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation)
    {
        lock (db.Gate)
            Put(requests);
        return Task.CompletedTask;
    }

    public Task<LinkLease?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            var now = db.NowMs;
            var next = db.Works.Rows.Where(work => IsFree(work, now) && work.ReadyAtMs <= now).OrderBy(work => work.Priority).ThenBy(work => work.ReadyAtMs).FirstOrDefault();
            return Task.FromResult(next is null ? null : Take(next, owner, lease, now));
        }
    }

    public Task<LinkLease?> ClaimLinkAsync(Guid linkId, string owner, TimeSpan lease, CancellationToken cancellation)
    {
        lock (db.Gate)
            return Task.FromResult(db.Works.Peek(linkId) is { } work && IsFree(work, db.NowMs) ? Take(work, owner, lease, db.NowMs) : null);
    }

    public Task<bool> RenewAsync(LinkLease lease, TimeSpan length, CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            if (Held(lease) is not { } work)
                return Task.FromResult(false);
            work.LeaseUntilMs = db.NowMs + Ms(length);
            return Task.FromResult(true);
        }
    }

    public Task ReleaseAsync(LinkLease lease, TimeSpan notBefore, CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            if (Held(lease) is not { } work)
                return Task.CompletedTask;
            var now = db.NowMs;
            var waiting = db.Queue.Rows.Where(message => message.LinkId == lease.LinkId && message.State == MessageState.Waiting).ToList();
            (work.Owner, work.LeaseUntilMs, work.LastEndedAtMs) = (null, null, now);
            work.Priority = waiting.Count == 0 ? 0 : waiting.Min(message => message.Priority);
            work.ReadyAtMs = waiting.Count == 0 ? null : Math.Max(
                Math.Max(waiting.Min(message => message.Kind == MessageKind.Inbound ? Math.Max(message.NotBeforeMs, now + db.MinLinkGapMs) : message.NotBeforeMs), now + Ms(notBefore)),
                work.DeferredUntilMs ?? 0);
        }
        return Task.CompletedTask;
    }

    public Task DeferAsync(Guid targetId, string? mailbox, TimeSpan delay, CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            var until = db.NowMs + Ms(delay);
            db.Works.Update(work => work.TargetId == targetId && (mailbox is null || work.Mailbox == mailbox), work =>
            {
                work.DeferredUntilMs = Math.Max(work.DeferredUntilMs ?? 0, until);
                work.ReadyAtMs = work.ReadyAtMs is { } ready ? Math.Max(ready, until) : null;
            });
        }
        return Task.CompletedTask;
    }

    public Task<TimeSpan?> NextReadyInAsync(CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            var ready = db.Works.Rows.Where(work => !work.IsPaused && work.ReadyAtMs is not null)
                .Select(work => work.Owner is null ? work.ReadyAtMs : Math.Max(work.ReadyAtMs!.Value, (work.LeaseUntilMs ?? 0) + 1)).Min();
            return Task.FromResult<TimeSpan?>(ready is null ? null : TimeSpan.FromMilliseconds(Math.Max(0, ready.Value - db.NowMs)));
        }
    }

    public Task<CommitOutcome> ExpandAsync(LinkLease lease, QueueMessage message, CancellationToken cancellation)
    {
        lock (db.Gate)
        {
            if (Held(lease) is null)
                return Task.FromResult(CommitOutcome.LeaseLost);
            Done(message.Id, message.Revision);
            Put([.. db.OutboundPairs(message.ItemId).Where(pair => pair.LinkId != message.LinkId)
                .Select(pair => new QueueRequest(MessageKind.Outbound, pair.LinkId, message.ItemId, message.Priority, message.TraceId))]);
            return Task.FromResult(CommitOutcome.Committed);
        }
    }

    /// <summary>The lease row if the lease is the current one (invariant 5).</summary>
    internal LinkWork? Held(LinkLease lease) => db.Works.Peek(lease.LinkId) is { } work && work.Owner == lease.Owner && work.Epoch == lease.Epoch ? work : null;

    /// <summary>Whom a change of these items concerns, the origin left out.</summary>
    internal List<QueueRequest> FanOut(IEnumerable<Guid> items, Guid? origin, string? traceId)
    {
        var requests = new List<QueueRequest>();
        foreach (var item in items.Distinct())
        {
            var links = db.OutboundPairs(item).Where(pair => pair.LinkId != origin).Select(pair => pair.LinkId).ToList();
            if (links.Count <= MaxInlineFanOut)
            {
                requests.AddRange(links.Select(link => new QueueRequest(MessageKind.Outbound, link, item, TraceId: traceId)));
                continue;
            }
            var place = origin ?? links.Min();
            requests.Add(new QueueRequest(MessageKind.FanOut, place, item, TraceId: traceId));
            if (origin is null)
                requests.Add(new QueueRequest(MessageKind.Outbound, place, item, TraceId: traceId));
        }
        return requests;
    }

    /// <summary>Wakes the links, then upserts the messages; wishes for links that are gone are dropped.</summary>
    internal void Put(IReadOnlyCollection<QueueRequest> requests)
    {
        foreach (var group in requests.GroupBy(request => (request.LinkId, IsHint: request.Kind == MessageKind.Inbound)))
            Wake(group.Key.LinkId, group.Key.IsHint, group.Min(request => request.DelayMs), group.Min(request => request.Priority));
        foreach (var request in requests)
            PutMessage(request);
    }

    internal void Done(Guid id, long revision) => db.Queue.RemoveWhere(message => message.Id == id && message.Revision == revision);

    internal void Retry(Guid linkId, MessageRetry retry) => db.Queue.Update(message => message.Id == retry.MessageId && message.LinkId == linkId, message =>
    {
        var isTheOne = retry.Revision is null or 0 || message.Revision == retry.Revision;
        message.Attempts += retry.CountsAsAttempt ? 1 : 0;
        message.NotBeforeMs = isTheOne ? db.NowMs + retry.DelayMs : message.NotBeforeMs;
        message.State = retry.IsDeadLetter && isTheOne ? MessageState.DeadLetter : MessageState.Waiting;
        (message.Error, message.ErrorCode) = (retry.Error, retry.ErrorCode);
    });

    private void Wake(Guid linkId, bool isHint, long delayMs, int priority)
    {
        if (db.Links.Peek(linkId) is not { } link)
            return;
        var now = db.NowMs;
        if (db.Works.Peek(linkId) is not { } work)
        {
            db.Works.Put(new LinkWork { LinkId = linkId, TargetId = link.TargetId, Mailbox = link.Mailbox, ReadyAtMs = now + delayMs, Priority = priority });
            return;
        }
        var wish = isHint ? Math.Max(now + delayMs, (work.LastEndedAtMs ?? 0) + db.MinLinkGapMs) : now + delayMs;
        work.Priority = work.ReadyAtMs is null || priority < work.Priority ? priority : work.Priority;
        work.ReadyAtMs = Math.Max(Math.Min(work.ReadyAtMs ?? wish, wish), work.DeferredUntilMs ?? 0);
    }

    private void PutMessage(QueueRequest request)
    {
        if (db.Links.Peek(request.LinkId) is null)
            return;
        var now = db.NowMs;
        if (db.Queue.Peek((request.LinkId, request.Kind, request.ItemId)) is not { } message)
        {
            db.Queue.Put(new QueueMessage
            {
                Id = db.Ids.NewId(), Kind = request.Kind, LinkId = request.LinkId, ItemId = request.ItemId, Revision = 1, Priority = request.Priority,
                NotBeforeMs = now + request.DelayMs, EnqueuedAtMs = now, TraceId = request.TraceId,
            });
            return;
        }
        var isLook = message.Kind is MessageKind.Inbound or MessageKind.CheckUp;
        var keepsBackOff = isLook && message.Error is not null && request.Priority != QueueSql.PersonPriority;
        message.NotBeforeMs = message.State == MessageState.DeadLetter ? now + request.DelayMs
            : keepsBackOff ? message.NotBeforeMs : Math.Min(message.NotBeforeMs, now + request.DelayMs);
        message.Attempts = message.State == MessageState.DeadLetter ? 0 : message.Attempts;
        message.Revision++;
        message.Priority = Math.Min(message.Priority, request.Priority);
        message.State = MessageState.Waiting;
        message.TraceId = request.TraceId ?? message.TraceId;
    }

    private static bool IsFree(LinkWork work, long now) => !work.IsPaused && (work.Owner is null || work.LeaseUntilMs < now);

    private static LinkLease Take(LinkWork work, string owner, TimeSpan lease, long now)
    {
        (work.Owner, work.LeaseUntilMs) = (owner, now + Ms(lease));
        work.Epoch++;
        return new LinkLease(work.LinkId, owner, work.Epoch, work.Mailbox);
    }

    private static long Ms(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);
}
