using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace CrmSync.Server.Api;

/// <summary>/api/v1/schedule-items.</summary>
public static class ScheduleItemEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var items = api.MapGroup("/schedule-items").WithTags("Schedule items");
        items.MapGet("", ListAsync).Needs(Scopes.ItemsRead).WithSummary("Items by start, of one person and one period, a page at a time").Produces<PageJson<ScheduleItemJson>>();
        items.MapGet("/{id:guid}", GetAsync).Needs(Scopes.ItemsRead).WithSummary("One item").Produces<ScheduleItemJson>().ProducesProblem(404);
        items.MapPost("", CreateAsync).Needs(Scopes.ItemsWrite).Idempotent().WithSummary("Make an item; it is sent to the owner's home folder in Exchange")
            .Accepts<ScheduleItemEdit>("application/json").Produces<ScheduleItemJson>(201).ProducesProblem(400);
        items.MapPatch("/{id:guid}", PatchAsync).Needs(Scopes.ItemsWrite).Idempotent().WithSummary("Change the fields that are sent; If-Match guards against lost updates")
            .Accepts<ScheduleItemEdit>("application/json", "application/merge-patch+json").Produces<ScheduleItemJson>().ProducesProblem(400).ProducesProblem(409).ProducesProblem(412);
        items.MapDelete("/{id:guid}", DeleteAsync).Needs(Scopes.ItemsWrite).WithSummary("Delete an item; its copies in Exchange follow").Produces(204).ProducesProblem(409).ProducesProblem(412);
        items.MapPost("/{id:guid}/undo", async (HttpContext http, UndoService service, Guid id, long version, bool? overwrite, CancellationToken cancellation) =>
                await service.UndoAsync(http.Viewer(), id, version, overwrite ?? false, ApiCaller.TraceId(), cancellation) is { } problem ? problem.ToResult()
                    : Answer(http, await http.RequestServices.GetRequiredService<ScheduleItemService>().GetAsync(http.Viewer(), id, null, cancellation)))
            .Needs(Scopes.ItemsWrite).Produces<ScheduleItemJson>().ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Take back the change that replaced ?version=; later edits of other fields stay, fields changed again since are refused unless ?overwrite=true");
        items.MapGet("/{id:guid}/undo", async (HttpContext http, UndoService service, Guid id, long version, bool? overwrite, CancellationToken cancellation) =>
            {
                var preview = await service.PreviewAsync(http.Viewer(), id, version, overwrite ?? false, cancellation);
                return preview.Problem is { } problem ? problem.ToResult() : Results.Ok(UndoPreviewJson.Of(preview.Value!));
            })
            .Needs(Scopes.ItemsRead).Produces<UndoPreviewJson>().ProducesProblem(404).ProducesProblem(409)
            .WithSummary("What an undo of the change that replaced ?version= would do: each field with what it says now and what it would say; nothing is written");
        items.MapGet("/{id:guid}/history", HistoryAsync).Needs(Scopes.ItemsRead).WithSummary("Replaced versions, newest first");
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, ScheduleItemService service, PeopleService people, string? user, DateTimeOffset? from, DateTimeOffset? to, string? after, int? limit, bool? deleted,
        CancellationToken cancellation)
    {
        Guid? userId = null;
        if (user is not null)
        {
            if (await people.FindByNameOrIdAsync(user, cancellation) is not { } person)
                return ApiProblems.Invalid("user", $"There is no CRM person '{user}'.", "Give a name or id of GET /api/v1/people.");
            userId = person.Id;
        }
        if (limit is < 1 or > 500)
            return ApiProblems.Invalid("limit", $"{limit} is not between 1 and 500.", "Leave it out for 100.");
        var page = await service.ListAsync(
            http.Viewer(), new ScheduleQuery(userId, from?.UtcDateTime, to?.UtcDateTime, after, limit ?? 100, deleted ?? false), cancellation);
        return Results.Ok(new PageJson<ScheduleItemJson>([.. page.Items.Select(ScheduleItemJson.Of)], page.Next));
    }

    private static async Task<IResult> GetAsync(HttpContext http, ScheduleItemService service, Guid id, Guid? userId, CancellationToken cancellation) =>
        Answer(http, await service.GetAsync(http.Viewer(), id, userId, cancellation));

    private static async Task<IResult> CreateAsync(
        HttpContext http, ScheduleItemService service, PeopleService people, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation)
    {
        var (edit, has) = ScheduleItemEdits.Read(body, json.Value.SerializerOptions);
        var who = edit.Owner ?? http.Caller().CrmUserId?.ToString();
        if (who is null)
            return ApiProblems.Invalid("owner", "It is missing, and this token acts for no person.", "Give the name or id of the CRM person whose item it is.");
        if (await people.FindByNameOrIdAsync(who, cancellation) is not { } owner)
            return ApiProblems.Invalid("owner", $"There is no CRM person '{who}'.", "Give a name or id of GET /api/v1/people.");
        var applied = ScheduleItemEdits.Apply(edit, has, null, owner.TimeZone);
        if (applied.Problem is { } problem)
            return problem.ToResult();
        var made = await service.CreateAsync(http.Viewer(), owner.Id, applied.Value.Content, ApiCaller.TraceId(), cancellation, Idempotency.IdOf(http));
        if (made.Problem is { } refusal)
            return refusal.ToResult();
        http.Response.Headers.ETag = ETags.Of(made.Value!.Row.Version);
        return Results.Created($"/api/v1/schedule-items/{made.Value.Row.Id}", ScheduleItemJson.Of(made.Value));
    }

    private static async Task<IResult> PatchAsync(
        HttpContext http, ScheduleItemService service, Guid id, Guid? userId, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation)
    {
        if (!ETags.TryRead(http.Request, out var version))
            return ETags.BadIfMatch();
        var (edit, has) = ScheduleItemEdits.Read(body, json.Value.SerializerOptions);
        if (has.Contains("owner"))
            return ApiProblems.Invalid("owner", "It cannot be changed.", "Leave it out; make a new item for another person.");
        var current = await service.GetAsync(http.Viewer(), id, userId, cancellation);
        if (current.Problem is { } absent)
            return absent.ToResult();
        var applied = ScheduleItemEdits.Apply(edit, has, current.Value!.Content, current.Value.Row.StartZone);
        return applied.Problem is { } problem
            ? problem.ToResult()
            : Answer(http, await service.PatchAsync(http.Viewer(), id, version, applied.Value.Content, applied.Value.Fields, userId, ApiCaller.TraceId(), cancellation));
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, ScheduleItemService service, Guid id, CancellationToken cancellation)
    {
        if (!ETags.TryRead(http.Request, out var version))
            return ETags.BadIfMatch();
        var gone = await service.DeleteAsync(http.Viewer(), id, version, ApiCaller.TraceId(), cancellation);
        return gone.Problem is { } problem ? problem.ToResult() : Results.NoContent();
    }

    private static async Task<IResult> HistoryAsync(HttpContext http, ScheduleItemService service, Guid id, long? before, int? limit, CancellationToken cancellation)
    {
        var history = await service.HistoryAsync(http.Viewer(), id, before, limit ?? 100, cancellation);
        return history.Problem is { } problem ? problem.ToResult() : Results.Ok(history.Value!.Select(row => new
        {
            row.Version, row.At, row.ReplacedBy, row.Side, row.RunId, row.Reason, snapshot = JsonSerializer.Deserialize<JsonElement>(row.Snapshot),
        }));
    }

    private static IResult Answer(HttpContext http, Outcome<ScheduleItemView> outcome)
    {
        if (outcome.Problem is { } problem)
            return problem.ToResult();
        http.Response.Headers.ETag = ETags.Of(outcome.Value!.Row.Version);
        return Results.Ok(ScheduleItemJson.Of(outcome.Value));
    }
}

/// <summary>A page of a list; hand <paramref name="Next"/> back as <c>after</c> to go on, null: the end.</summary>
public sealed record PageJson<T>(IReadOnlyList<T> Items, string? Next);
