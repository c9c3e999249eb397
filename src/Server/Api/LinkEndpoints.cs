using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace CrmSync.Server.Api;

/// <summary>A link with what the engine knows about it.</summary>
public sealed record LinkJson(
    Guid Id, long Version, Guid TargetId, string Target, Guid UserId, string User, string Mailbox, string? FolderId, string FolderName, ItemKind Kind, SyncDirection Direction,
    bool IsEnabled, bool IsHome, string DefaultZone, IReadOnlyList<ShowAs>? AcceptedShowAs, IReadOnlyList<Sensitivity>? AcceptedSensitivities, int? WindowDaysBack, int? WindowDaysAhead,
    FirstSyncPolicy FirstSync, DateOnly? StartDate, int? DeleteGuardPercent, int? DeleteGuardCount, int? ChangeGuardPercent, int? ChangeGuardCount, int? MailsPerHour, LinkStateJson State)
{
    public static LinkJson Of(LinkView view) => new(
        view.Link.Id, view.Link.Version, view.Link.TargetId, view.TargetName, view.Link.UserId, view.UserName, view.Link.Mailbox, view.Link.FolderId, view.Link.FolderName,
        view.Link.Kind, view.Link.Direction, view.Link.IsEnabled, view.Link.IsHome, view.Link.DefaultZone, view.Link.AcceptedShowAs, view.Link.AcceptedSensitivities,
        view.Link.WindowDaysBack, view.Link.WindowDaysAhead,
        view.Link.FirstSync, view.Link.StartDate, view.Link.DeleteGuardPercent, view.Link.DeleteGuardCount, view.Link.ChangeGuardPercent, view.Link.ChangeGuardCount, view.Link.MailsPerHour,
        new LinkStateJson(
            view.State.Health, view.IsPaused, view.State.PausedBy, view.State.PausedReason, view.State.LastError, view.State.LastErrorCode, view.State.LastErrorAt,
            view.State.LastInboundAt, view.State.LastOutboundAt, view.State.NotificationState, view.State.RenewAt, view.State.IsInventoryComplete, view.State.IsFullRead,
            view.RunningOn, view.Waiting, view.DeadLetters, view.HeldDeletes, view.State.Holds ?? [], view.State.Approvals ?? []));
}

/// <summary>Live state of a link.</summary>
/// <param name="Notifications">push, streaming or poll, with the reason where it differs from the target's wish.</param>
/// <param name="HeldDeletes">Deletes that the guard holds until a person approves them.</param>
/// <param name="Holds">All that guards hold, each with its reason; POST approve lets it through.</param>
/// <param name="Approvals">The last permission of each kind, used up and expired ones too.</param>
public sealed record LinkStateJson(
    LinkHealth Health, bool IsPaused, string? PausedBy, string? PausedReason, string? LastError, string? LastErrorCode, DateTime? LastErrorAt, DateTime? LastInboundAt,
    DateTime? LastOutboundAt, string Notifications, DateTime? SubscriptionRenewsAt, bool IsInventoryComplete, bool IsFullRead, string? RunningOn, int Waiting, int DeadLetters, int HeldDeletes,
    IReadOnlyList<LinkHold> Holds, IReadOnlyList<HoldApproval> Approvals);

/// <summary>A permission for what a guard holds.</summary>
/// <param name="Count">As many as you saw: refused with 412 when it has become more. Without a hold: a standing permission for so many.</param>
/// <param name="Hours">It expires after so many hours, 1 to 168; default 24.</param>
public sealed record ApprovalJson(HoldKind Kind, int? Count = null, int? Hours = null);

/// <summary>/api/v1/links.</summary>
public static class LinkEndpoints
{
    private static readonly string[] ReadOnly = ["id", "version", "mappingVersion", "createdAt", "updatedAt"];

    public static void Map(RouteGroupBuilder api)
    {
        var links = api.MapGroup("/links").WithTags("Links");
        links.MapGet("", async (LinkService service, Guid? targetId, Guid? userId, Word<LinkHealth>? health, bool? isPaused, string? text, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(new LinkFilter(targetId, userId, health?.Value, isPaused, null, text), after, limit ?? 100, cancellation);
                return new PageJson<LinkJson>([.. page.Items.Select(LinkJson.Of)], page.Next);
            }).Needs(Scopes.LinksRead).WithSummary("Links with their live state, filtered and paged");
        links.MapGet("/{id:guid}", async (HttpContext http, LinkService service, Guid id, CancellationToken cancellation) =>
                await service.FindAsync(id, cancellation) is { } view ? Answer(http, view) : NoLink(id))
            .Needs(Scopes.LinksRead).Produces<LinkJson>().WithSummary("One link");
        links.MapPost("", async (HttpContext http, LinkService service, TimeProvider time, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation) =>
            {
                // From today on, unless the caller says otherwise; null takes all dates.
                var start = new SyncLink { Mailbox = "", StartDate = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime) };
                var link = MergePatch.Apply(start, body, json.Value.SerializerOptions, ReadOnly);
                var made = await service.CreateAsync(http.Viewer(), link, cancellation);
                if (made.Problem is { } problem)
                    return problem.ToResult();
                http.Response.Headers.ETag = ETags.Of(made.Value!.Link.Version);
                return Results.Created($"/api/v1/links/{made.Value.Link.Id}", LinkJson.Of(made.Value));
            }).Needs(Scopes.LinksWrite).Idempotent().Accepts<LinkJson>("application/json").Produces<LinkJson>(201).WithSummary("Make a link; its first read begins at once if it is enabled. Without startDate only items that end today or later take part; null takes all");
        links.MapPatch("/{id:guid}", async (HttpContext http, LinkService service, Guid id, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation) =>
            {
                if (!ETags.TryRead(http.Request, out var version))
                    return ETags.BadIfMatch();
                if (await service.FindAsync(id, cancellation) is not { } current)
                    return NoLink(id);
                var link = MergePatch.Apply(current.Link, body, json.Value.SerializerOptions, [.. ReadOnly, "targetId", "userId", "mailbox", "folderId", "kind"]);
                return Answer(http, await service.UpdateAsync(http.Viewer(), id, version ?? current.Link.Version, link, cancellation));
            }).Needs(Scopes.LinksWrite).Accepts<LinkJson>("application/json").Produces<LinkJson>().WithSummary("Change the settings that are sent");
        links.MapDelete("/{id:guid}", async (HttpContext http, LinkService service, Guid id, CancellationToken cancellation) =>
                (await service.RemoveAsync(http.Viewer(), id, cancellation)).Problem is { } problem ? problem.ToResult() : Results.NoContent())
            .Needs(Scopes.LinksWrite).WithSummary("Remove a link with its memory; items stay on both sides");

        Operation(links, "sync-now", "Look at the folder now, also during back-off", (service, viewer, id, _, cancellation) => service.SyncNowAsync(viewer, id, cancellation));
        Operation(links, "pause", "Stop working on the link; give ?reason=", (service, viewer, id, reason, cancellation) => service.PauseAsync(viewer, id, reason, cancellation));
        Operation(links, "resume", "Go on", (service, viewer, id, _, cancellation) => service.ResumeAsync(viewer, id, cancellation));
        Operation(links, "full-resync", "Read the whole folder anew and compare; nothing is doubled or deleted that is there", (service, viewer, id, _, cancellation) => service.ResyncAsync(viewer, id, cancellation));
        links.MapPost("/{id:guid}/approve", async (HttpContext http, HoldService service, Guid id, ApprovalJson body, CancellationToken cancellation) =>
                Answer(http, await service.ApproveAsync(http.Viewer(), id, body.Kind, body.Count, body.Hours ?? HoldService.DefaultHours, cancellation)))
            .Needs(Scopes.LinksOperate).Produces<LinkJson>().ProducesProblem(409).ProducesProblem(412).WithSummary("Allow what a guard holds, until the permission expires");
        links.MapPost("/{id:guid}/approve-deletes", async (HttpContext http, HoldService service, Guid id, CancellationToken cancellation) =>
                Answer(http, await service.ApproveAsync(http.Viewer(), id, HoldKind.DeletesInCrm, null, HoldService.DefaultHours, cancellation)))
            .Needs(Scopes.LinksOperate).Produces<LinkJson>().ProducesProblem(409).WithSummary("Allow the held deletes in the CRM, for one day; short for approve with kind deletesInCrm");
        links.MapGet("/{id:guid}/held-deletes", async (HttpContext http, HoldService service, Guid id, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListDeletesAsync(http.Viewer(), id, after, limit ?? 100, cancellation);
                return page.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<HeldDelete>(page.Value!.Items, page.Value.Next));
            })
            .Needs(Scopes.LinksRead).Produces<PageJson<HeldDelete>>().WithSummary("Deletions found in Exchange that wait: held by the guard, or not proven yet");
        DryRunEndpoints.MapOfLink(links);
        TieEndpoints.MapOfLink(links);
        links.MapPost("/{id:guid}/check-up", async (HttpContext http, CheckUpService service, Guid id, CancellationToken cancellation) =>
                Answer(http, await service.StartAsync(http.Viewer(), id, cancellation)))
            .Needs(Scopes.LinksOperate).Produces<LinkJson>().WithSummary("Compare all pairs of the link and repair what drifted; GET /activity?action=CheckUp is the report");
        links.MapGet("/{id:guid}/check-up", async (HttpContext http, CheckUpReports service, Guid id, CancellationToken cancellation) =>
            {
                var report = await service.FindAsync(http.Viewer(), id, cancellation);
                return report.Problem is { } problem ? problem.ToResult() : Results.Ok(report.Value);
            }).Needs(Scopes.LinksRead).Produces<CheckUpReport>().ProducesProblem(404).WithSummary("The last check-up of the link: how far it is, what was unequal and what was done about it");
        links.MapGet("/{id:guid}/runs", async (HttpContext http, UndoService service, Guid id, int? limit, CancellationToken cancellation) =>
            {
                var runs = await service.ListRunsAsync(http.Viewer(), id, limit ?? 50, cancellation);
                return runs.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<RunView>(runs.Value!, null));
            }).Needs(Scopes.LinksRead).Produces<PageJson<RunView>>().WithSummary("Runs of the link that replaced versions of items, newest first");
        links.MapPost("/{id:guid}/re-offer", async (HttpContext http, TombstoneService service, Guid id, Guid itemId, CancellationToken cancellation) =>
                Answer(http, await service.ReofferAsync(http.Viewer(), id, itemId, ApiCaller.TraceId(), cancellation)))
            .Needs(Scopes.LinksOperate).Produces<LinkJson>().ProducesProblem(409).WithSummary("Send an item again whose copy was deleted in Exchange; attendees are invited anew");
    }

    private static void Operation(
        RouteGroupBuilder links, string name, string summary, Func<LinkService, Viewer, Guid, string?, CancellationToken, Task<Outcome<LinkView>>> operate) =>
        links.MapPost($"/{{id:guid}}/{name}", async (HttpContext http, LinkService service, Guid id, string? reason, CancellationToken cancellation) =>
                Answer(http, await operate(service, http.Viewer(), id, reason, cancellation)))
            .Needs(Scopes.LinksOperate).Produces<LinkJson>().WithSummary(summary);

    private static IResult Answer(HttpContext http, Outcome<LinkView> outcome) => outcome.Problem is { } problem ? problem.ToResult() : Answer(http, outcome.Value!);

    private static IResult Answer(HttpContext http, LinkView view)
    {
        http.Response.Headers.ETag = ETags.Of(view.Link.Version);
        return Results.Ok(LinkJson.Of(view));
    }

    private static IResult NoLink(Guid id) => new Problem(ProblemKind.NotFound, $"There is no link {id}.").ToResult();
}
