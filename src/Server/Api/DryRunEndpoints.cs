using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Server.Api;

/// <summary>A dry run: what a link's next run would do. It writes nothing on either side.</summary>
/// <param name="Read">Items of the folder looked at so far.</param>
/// <param name="Counts">By side and action, for example crm.create, exchange.delete; mails is all mails to attendees.</param>
/// <param name="Skipped">Items that would not enter, by reason.</param>
/// <param name="IsCut">There is more than the entries list; the counts are complete.</param>
public sealed record DryRunJson(
    Guid Id, Guid LinkId, DryRunState State, string By, DateTime StartedAt, DateTime UpdatedAt, int Read, string? Error, IReadOnlyDictionary<string, int>? Counts,
    IReadOnlyDictionary<string, int>? Skipped, IReadOnlyList<DryRunEntry>? Entries, bool IsCut, string? Digest)
{
    public static DryRunJson Of(DryRunView view) => new(
        view.Row.Id, view.Row.LinkId, view.Row.State, view.Row.By, view.Row.StartedAt, view.Row.UpdatedAt, view.Row.Read, view.Row.Error,
        view.Result?.Counts, view.Result?.Skipped, view.Result?.Entries, view.Result?.IsCut ?? false, view.Result?.Tally.Digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture));
}

/// <summary>/api/v1/dry-runs and /api/v1/links/{id}/dry-run.</summary>
public static class DryRunEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var runs = api.MapGroup("/dry-runs").WithTags("Dry runs");
        runs.MapGet("/{id:guid}", async (DryRunService service, Guid id, CancellationToken cancellation) =>
                await service.FindAsync(id, cancellation) is { } view ? Results.Ok(DryRunJson.Of(view)) : NoRun(id))
            .Needs(Scopes.LinksRead).Produces<DryRunJson>().ProducesProblem(404).WithSummary("A dry run: how far it is, and its plan when it is done");
        runs.MapDelete("/{id:guid}", async (HttpContext http, DryRunService service, Guid id, CancellationToken cancellation) =>
                await service.CancelAsync(http.Viewer(), id, cancellation) is { Problem: { } problem } ? problem.ToResult() : Results.Accepted($"/api/v1/dry-runs/{id}"))
            .Needs(Scopes.LinksOperate).Produces(202).ProducesProblem(404).ProducesProblem(409).WithSummary("Cancel a dry run; it ends within a second or two");
    }

    public static void MapOfLink(RouteGroupBuilder links)
    {
        links.MapPost("/{id:guid}/dry-run", async (HttpContext http, DryRunService service, IHostApplicationLifetime host, Guid id, CancellationToken cancellation) =>
            {
                var started = await service.StartAsync(http.Viewer(), id, cancellation);
                if (started.Problem is { } problem)
                    return problem.ToResult();
                // It outlives this call, and ends with the server.
                _ = service.RunAsync(started.Value!.Row.Id, host.ApplicationStopping);
                return Results.Accepted($"/api/v1/dry-runs/{started.Value.Row.Id}", DryRunJson.Of(started.Value));
            }).Needs(Scopes.LinksOperate).Produces<DryRunJson>(202).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Plan the link's next run without doing it, enabled or not: follow the Location until state is done");
        links.MapGet("/{id:guid}/dry-run", async (DryRunService service, Guid id, CancellationToken cancellation) =>
                await service.FindLastAsync(id, cancellation) is { } view ? Results.Ok(DryRunJson.Of(view)) : new Problem(ProblemKind.NotFound, $"Link {id} has had no dry run.").ToResult())
            .Needs(Scopes.LinksRead).Produces<DryRunJson>().ProducesProblem(404).WithSummary("The link's newest dry run");
    }

    private static IResult NoRun(Guid id) => new Problem(ProblemKind.NotFound, $"There is no dry run {id}.").ToResult();
}
