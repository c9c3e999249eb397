using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;

namespace CrmSync.Server.Api;

/// <summary>One CRM item that a tie's Exchange item may be, and in which fields they differ.</summary>
/// <param name="Subject">Null where it is somebody's private item.</param>
/// <param name="Differences">Null where Exchange was not asked; GET of the single tie asks it.</param>
public sealed record TieCandidateJson(Guid ItemId, string? Subject, IReadOnlyList<TieFieldJson>? Differences);

/// <summary>A field in which the two differ.</summary>
public sealed record TieFieldJson(string Field, object? Crm, object? Exchange);

/// <summary>An item of Exchange that may be one of several items of the CRM.</summary>
/// <param name="Waits">The link's firstSync is ask: it waits for a person. false: the link keeps older items apart, and a person may still pair it.</param>
public sealed record TieJson(string Id, Guid LinkId, string? Subject, DateTime? StartUtc, bool Waits, IReadOnlyList<TieCandidateJson> Candidates)
{
    public static TieJson Of(TieView view) => new(
        view.Id, view.LinkId, view.Subject, view.StartUtc, view.Waits,
        [.. view.Candidates.Select(candidate => new TieCandidateJson(candidate.ItemId, candidate.Content?.Subject, DifferencesOf(view.Exchange, candidate.Content)))]);

    private static List<TieFieldJson>? DifferencesOf(ScheduleContent? exchange, ScheduleContent? crm) => exchange is null || crm is null ? null
        : [.. ScheduleComparison.Difference(crm, exchange).Each().Select(field => new TieFieldJson(FieldNames.NameOf(field), FieldValues.Of(crm, field), FieldValues.Of(exchange, field)))];
}

/// <summary>What a person decides about a tie.</summary>
/// <param name="SameAs">The CRM item that it is; null: none of them.</param>
public sealed record TieDecisionJson(Guid? SameAs = null);

/// <summary>/api/v1/links/{id}/ties: possible twins, and what people decide about them.</summary>
public static class TieEndpoints
{
    public static void MapOfLink(RouteGroupBuilder links)
    {
        links.MapGet("/{id:guid}/ties", async (HttpContext http, TieService service, Guid id, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(http.Viewer(), id, after, limit ?? 100, cancellation);
                return page.Problem is { } problem ? problem.ToResult() : Results.Ok(new PageJson<TieJson>([.. page.Value!.Items.Select(TieJson.Of)], page.Value.Next));
            }).Needs(Scopes.LinksRead).Produces<PageJson<TieJson>>().WithSummary("Items of the folder that may be items of the CRM, and wait for a person or are kept apart");
        links.MapGet("/{id:guid}/ties/{tie}", async (HttpContext http, TieService service, Guid id, string tie, CancellationToken cancellation) =>
            {
                var found = await service.FindAsync(http.Viewer(), id, tie, cancellation);
                if (found.Problem is { } problem)
                    return problem.ToResult();
                http.Response.Headers.ETag = $"\"{found.Value!.Tag}\"";
                return Results.Ok(TieJson.Of(found.Value));
            }).Needs(Scopes.LinksRead).Produces<TieJson>().ProducesProblem(404).ProducesProblem(409).WithSummary("One of them with what Exchange says now, compared with each candidate");
        links.MapPost("/{id:guid}/ties/{tie}/decide", async (HttpContext http, TieDecisions service, Guid id, string tie, TieDecisionJson body, CancellationToken cancellation) =>
            {
                var tag = http.Request.Headers.IfMatch.ToString().Trim('"', ' ');
                var decided = body.SameAs is { } item
                    ? await service.AdoptAsync(http.Viewer(), id, tie, item, tag is "" or "*" ? null : tag, ApiCaller.TraceId(), cancellation)
                    : await service.KeepApartAsync(http.Viewer(), id, tie, ApiCaller.TraceId(), cancellation);
                return decided.Problem is { } problem ? problem.ToResult() : Results.NoContent();
            }).Needs(Scopes.LinksOperate).Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("They are the same (sameAs) or it is none of them (without); If-Match refuses when Exchange changed it since");
    }
}
