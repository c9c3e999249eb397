using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Server.Api;

/// <summary>One row of the queue.</summary>
public sealed record QueueMessageJson(
    Guid Id, MessageKind Kind, MessageState State, Guid LinkId, string Mailbox, Guid? ItemId, long Revision, int Priority, int Attempts, DateTime NotBefore, DateTime EnqueuedAt,
    string? Error, string? ErrorCode, string? TraceId, bool IsLinkPaused, string? RunningOn)
{
    public static QueueMessageJson Of(QueueEntry entry) => new(
        entry.Message.Id, entry.Message.Kind, entry.Message.State, entry.Message.LinkId, entry.Mailbox, entry.Message.ItemId == Guid.Empty ? null : entry.Message.ItemId,
        entry.Message.Revision, entry.Message.Priority, entry.Message.Attempts, At(entry.Message.NotBeforeMs), At(entry.Message.EnqueuedAtMs), entry.Message.Error,
        entry.Message.ErrorCode, entry.Message.TraceId, entry.IsPaused, entry.RunningOn);

    private static DateTime At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime;
}

/// <summary>Queue, activity and audit log: what operators look at and mend.</summary>
public static class OperationEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        MapQueue(api.MapGroup("/queue").WithTags("Queue"));
        api.MapGet("/activity", async (ActivityService service, Guid? linkId, Guid? itemId, string? action, DateTimeOffset? since, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(new LogFilter(linkId, itemId, action, null, since?.UtcDateTime), after, limit ?? 100, cancellation);
                return new PageJson<Activity>(page.Items, page.Next);
            }).Needs(Scopes.LinksRead).WithTags("Logs").WithSummary("Every decision about an item or a link, with its reason");
        var quarantine = api.MapGroup("/quarantine").WithTags("Queue");
        quarantine.MapGet("", async (HttpContext http, QuarantineService service, Guid? linkId, int? limit, CancellationToken cancellation) =>
            {
                var found = await service.ListAsync(http.Viewer(), linkId, limit ?? 100, cancellation);
                return found.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<QuarantinedItem>(found.Value!, null));
            }).Needs(Scopes.QueueRead).Produces<PageJson<QuarantinedItem>>()
            .WithSummary("Items that are left alone until somebody looks: rewritten in a loop, unreadable, or refused too often; the newest of each kind");
        quarantine.MapPost("/{id}/release", async (HttpContext http, QuarantineService service, string id, CancellationToken cancellation) =>
                await service.ReleaseAsync(http.Viewer(), id, cancellation) is { } problem ? problem.ToResult() : Results.NoContent())
            .Needs(Scopes.QueueWrite).Produces(204).ProducesProblem(404).WithSummary("Try an item in quarantine again: both sides are compared anew");
        api.MapGet("/doctor", async (HttpContext http, Doctor doctor, CancellationToken cancellation) =>
            {
                var found = await doctor.CheckAsync(http.Viewer(), cancellation);
                return found.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<Finding>(found.Value!, null));
            }).Needs(Scopes.AuditRead).Produces<PageJson<Finding>>().WithTags("Logs").WithSummary("What is not as it must be: orphans, doubles, unequal pairs, stuck leases, dead letters, each with its cure");
        api.MapPost("/runs/{id:guid}/undo", async (HttpContext http, UndoService service, Guid id, bool? overwrite, CancellationToken cancellation) =>
            {
                var undone = await service.UndoRunAsync(http.Viewer(), id, overwrite ?? false, ApiCaller.TraceId(), cancellation);
                return undone.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<UndoneItem>(undone.Value!, null));
            }).Needs(Scopes.LinksOperate).Produces<PageJson<UndoneItem>>().ProducesProblem(404).WithTags("Logs")
            .WithSummary("Take back what a run replaced in the CRM, item by item; what was changed since is left and named, unless ?overwrite=true");
        api.MapGet("/runs/{id:guid}/undo", async (HttpContext http, UndoService service, Guid id, bool? overwrite, CancellationToken cancellation) =>
            {
                var preview = await service.PreviewRunAsync(http.Viewer(), id, overwrite ?? false, cancellation);
                return preview.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<UndoneItem>(preview.Value!, null));
            }).Needs(Scopes.LinksOperate).Produces<PageJson<UndoneItem>>().ProducesProblem(404).WithTags("Logs")
            .WithSummary("What an undo of the run would do now, item by item; nothing is written");
        api.MapGet("/history", async (HttpContext http, HistoryService service, string? subject, string? person, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(http.Viewer(), new HistoryFilter(subject, person), after, limit ?? 100, cancellation);
                return new PageJson<ChangedItem>(page.Items, page.Next);
            }).Needs(Scopes.ItemsRead).WithTags("Logs").WithSummary("Items of which replaced versions are kept, found by a part of the subject and of the owner's name or address");
        api.MapGet("/audit", async (AuditLogWriter audit, long? before, int? limit, CancellationToken cancellation) =>
                new PageJson<AuditLog>(await audit.ListAsync(before, limit ?? 100, cancellation), null))
            .Needs(Scopes.AuditRead).WithTags("Logs").WithSummary("Who changed which setting, newest first");
    }

    private static void MapQueue(RouteGroupBuilder queue)
    {
        queue.MapGet("", async (QueueAdministration service, Guid? targetId, Guid? linkId, Guid? itemId, Word<MessageKind>? kind, Word<MessageState>? state, Guid? after, int? limit, CancellationToken cancellation) =>
            {
                var max = Math.Clamp(limit ?? 100, 1, 500);
                var rows = await service.ListAsync(new QueueFilter(targetId, linkId, itemId, kind?.Value, state?.Value), after, max, cancellation);
                return new PageJson<QueueMessageJson>([.. rows.Select(QueueMessageJson.Of)], rows.Count == max ? rows[^1].Message.Id.ToString() : null);
            }).Needs(Scopes.QueueRead).WithSummary("Messages, filtered and paged; state=deadLetter gives those that wait for a person");
        queue.MapGet("/counts", async (QueueAdministration service, Guid? targetId, Guid? linkId, CancellationToken cancellation) =>
                await service.CountAsync(new QueueFilter(targetId, linkId), cancellation))
            .Needs(Scopes.QueueRead).WithSummary("How many messages by kind and state");
        queue.MapPost("/{id:guid}/retry", async (QueueAdministration service, Guid id, CancellationToken cancellation) =>
                await service.RetryAsync(new QueueFilter(), id, cancellation) == 1 ? Results.NoContent() : NoMessage(id))
            .Needs(Scopes.QueueWrite).WithSummary("Make a failed or parked message due now, attempts counted from zero");
        queue.MapDelete("/{id:guid}", async (HttpContext http, QueueAdministration service, AuditLogWriter audit, Guid id, CancellationToken cancellation) =>
            {
                var found = await service.FindAsync(id, cancellation);
                if (found is null || await service.DiscardAsync(new QueueFilter(), id, cancellation) != 1)
                    return NoMessage(id);
                await audit.AppendAsync(http.Viewer(), "queue.discard", $"{found.Kind} {found.ItemId} of link {found.LinkId}", null, null, cancellation);
                return Results.NoContent();
            }).Needs(Scopes.QueueWrite).WithSummary("Discard a parked message; what it wanted is not done");
    }

    private static IResult NoMessage(Guid id) => new Problem(ProblemKind.NotFound, $"There is no message {id} that this could be done to.").ToResult();
}
