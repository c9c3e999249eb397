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
    LinkStateJson State)
{
    public static LinkJson Of(LinkView view) => new(
        view.Link.Id, view.Link.Version, view.Link.TargetId, view.TargetName, view.Link.UserId, view.UserName, view.Link.Mailbox, view.Link.FolderId, view.Link.FolderName,
        view.Link.Kind, view.Link.Direction, view.Link.IsEnabled, view.Link.IsHome, view.Link.DefaultZone, view.Link.AcceptedShowAs, view.Link.AcceptedSensitivities,
        view.Link.WindowDaysBack, view.Link.WindowDaysAhead,
        new LinkStateJson(
            view.State.Health, view.IsPaused, view.State.PausedBy, view.State.PausedReason, view.State.LastError, view.State.LastErrorCode, view.State.LastErrorAt,
            view.State.LastInboundAt, view.State.LastOutboundAt, view.State.NotificationState, view.State.RenewAt, view.State.IsInventoryComplete, view.State.IsFullRead,
            view.RunningOn, view.Waiting, view.DeadLetters, view.HeldDeletes));
}

/// <summary>Live state of a link.</summary>
/// <param name="Notifications">push, streaming or poll, with the reason where it differs from the target's wish.</param>
/// <param name="HeldDeletes">Deletes that the guard holds until a person approves them.</param>
public sealed record LinkStateJson(
    LinkHealth Health, bool IsPaused, string? PausedBy, string? PausedReason, string? LastError, string? LastErrorCode, DateTime? LastErrorAt, DateTime? LastInboundAt,
    DateTime? LastOutboundAt, string Notifications, DateTime? SubscriptionRenewsAt, bool IsInventoryComplete, bool IsFullRead, string? RunningOn, int Waiting, int DeadLetters, int HeldDeletes);

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
        links.MapPost("", async (HttpContext http, LinkService service, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation) =>
            {
                var link = MergePatch.Apply(new SyncLink { Mailbox = "" }, body, json.Value.SerializerOptions, ReadOnly);
                var made = await service.CreateAsync(http.Viewer(), link, cancellation);
                if (made.Problem is { } problem)
                    return problem.ToResult();
                http.Response.Headers.ETag = ETags.Of(made.Value!.Link.Version);
                return Results.Created($"/api/v1/links/{made.Value.Link.Id}", LinkJson.Of(made.Value));
            }).Needs(Scopes.LinksWrite).Idempotent().Accepts<LinkJson>("application/json").Produces<LinkJson>(201).WithSummary("Make a link; its first read begins at once");
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
        Operation(links, "approve-deletes", "Allow the deletes that the guard holds, for one day", (service, viewer, id, _, cancellation) => service.ApproveDeletesAsync(viewer, id, cancellation));
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
