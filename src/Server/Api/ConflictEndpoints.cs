using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace CrmSync.Server.Api;

/// <summary>/api/v1/conflicts: the inbox of what waits for a person, and what was decided.</summary>
public static class ConflictEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var conflicts = api.MapGroup("/conflicts").WithTags("Conflicts");
        conflicts.MapGet("", async (HttpContext http, ConflictService service, Guid? linkId, Guid? itemId, Word<ConflictState>? state, DateTimeOffset? since, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(http.Viewer(), new LogFilter(linkId, itemId, null, state?.Value, since?.UtcDateTime), after, limit ?? 100, cancellation);
                return new PageJson<ConflictJson>([.. page.Items.Select(ConflictJson.Of)], page.Next);
            }).Needs(Scopes.QueueRead).WithSummary("Conflicts, newest first; state=open gives the inbox");
        conflicts.MapGet("/{id:guid}", async (HttpContext http, ConflictService service, Guid id, CancellationToken cancellation) =>
                await service.FindAsync(http.Viewer(), id, cancellation) is { } view ? Answer(http, view) : NoConflict(id))
            .Needs(Scopes.QueueRead).Produces<ConflictJson>().ProducesProblem(404).WithSummary("One conflict: base, CRM and Exchange per field");
        conflicts.MapPost("/{id:guid}/resolve", ResolveAsync).Needs(Scopes.QueueWrite).Produces<ConflictJson>().ProducesProblem(400).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Decide an open conflict: per field crm, exchange or a value of your own; for a deletion against an edit 'keep'. If-Match refuses when a side changed again");
        conflicts.MapPost("/{id:guid}/restore", RestoreAsync).Needs(Scopes.QueueWrite).Produces<ConflictJson>().ProducesProblem(400).ProducesProblem(409)
            .WithSummary("Bring the loser of a settled conflict back as a new edit; refused when the field was changed again since, unless 'overwrite'");
    }

    private static async Task<IResult> ResolveAsync(
        HttpContext http, ConflictDecisions service, ConflictService conflicts, Guid id, ConflictResolutionJson body, IOptions<JsonOptions> json, CancellationToken cancellation)
    {
        if (await conflicts.FindAsync(http.Viewer(), id, cancellation) is not { } view)
            return NoConflict(id);
        var choices = new Dictionary<ScheduleFields, ConflictSide>();
        foreach (var (name, side) in body.Choices ?? new Dictionary<string, ConflictSide>())
        {
            if (FieldNames.Find(name) is not { } field || (field & view.Fields) == 0)
                return ApiProblems.Invalid($"choices.{name}", "This field is not contested.", $"Choose for {view.Row.Fields}.");
            choices[field] = side;
        }
        if (body.All is { } rest)
        {
            foreach (var field in view.Fields.Each().Where(field => !choices.ContainsKey(field)))
                choices[field] = rest;
        }
        Func<ScheduleContent, Outcome<(ScheduleContent Content, ScheduleFields Fields)>>? values = null;
        if (body.Values is { } own)
        {
            var (edit, has) = ScheduleItemEdits.Read(own, json.Value.SerializerOptions);
            values = current => ScheduleItemEdits.Apply(edit, has, current, current.Time.StartZone);
        }
        var tag = http.Request.Headers.IfMatch.ToString().Trim('"', ' ');
        return Answer(http, await service.ResolveAsync(
            http.Viewer(), id, tag is "" or "*" ? null : tag, new ConflictDecision(choices, values, body.Keep), ApiCaller.TraceId(), cancellation));
    }

    private static async Task<IResult> RestoreAsync(HttpContext http, ConflictDecisions service, Guid id, ConflictRestoreJson? body, CancellationToken cancellation)
    {
        ScheduleFields? fields = null;
        foreach (var name in body?.Fields ?? [])
        {
            if (FieldNames.Find(name) is not { } field)
                return ApiProblems.Invalid("fields", $"There is no field '{name}'.", $"Use one of {string.Join(", ", FieldNames.Names)}.");
            fields = (fields ?? ScheduleFields.None) | field;
        }
        return Answer(http, await service.RestoreAsync(http.Viewer(), id, fields, body?.Overwrite ?? false, ApiCaller.TraceId(), cancellation));
    }

    private static IResult Answer(HttpContext http, Outcome<ConflictView> outcome) => outcome.Problem is { } problem ? problem.ToResult() : Answer(http, outcome.Value!);

    private static IResult Answer(HttpContext http, ConflictView view)
    {
        http.Response.Headers.ETag = $"\"{view.Tag}\"";
        return Results.Ok(ConflictJson.Of(view));
    }

    private static IResult NoConflict(Guid id) => new Problem(ProblemKind.NotFound, $"There is no conflict {id}.").ToResult();
}
