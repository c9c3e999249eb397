using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;

namespace CrmSync.Server.Api;

/// <summary>A person or resource of the CRM.</summary>
public sealed record PersonJson(Guid Id, long Version, string Name, string DisplayName, string Mail, string TimeZone, Guid? TeamId, bool IsResource, bool IsActive)
{
    public static PersonJson Of(CrmUser user) =>
        new(user.Id, user.Version, user.Name, user.DisplayName, user.Mail, user.TimeZone, user.TeamId, user.IsResource, user.IsActive);
}

/// <summary>A token as listed: what it may do, never the token.</summary>
public sealed record TokenJson(Guid Id, string Name, string Prefix, Guid? CrmUserId, IReadOnlyList<string> Scopes, DateTime CreatedAt, DateTime? ExpiresAt, DateTime? LastUsedAt, DateTime? RevokedAt)
{
    public static TokenJson Of(ApiToken row) =>
        new(row.Id, row.Name, row.Prefix, row.CrmUserId, row.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries), row.CreatedAt, row.ExpiresAt, row.LastUsedAt, row.RevokedAt);
}

/// <param name="Scopes">See GET /api/v1/scopes.</param>
/// <param name="ActsFor">Id of the CRM person that it acts for; absent: a service.</param>
public sealed record NewToken(string Name, IReadOnlyList<string> Scopes, Guid? ActsFor = null, DateTime? ExpiresAt = null);

/// <summary>/api/v1/people and /api/v1/tokens.</summary>
public static class PeopleEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var people = api.MapGroup("/people").WithTags("People");
        people.MapGet("", async (PeopleService service, string? text, string? after, int? limit, CancellationToken cancellation) =>
            {
                var page = await service.ListAsync(text, after, limit ?? 100, cancellation);
                return new PageJson<PersonJson>([.. page.Items.Select(PersonJson.Of)], page.Next);
            }).Needs(Scopes.PeopleRead).WithSummary("People and resources by name");
        people.MapGet("/{nameOrId}", async (HttpContext http, PeopleService service, string nameOrId, CancellationToken cancellation) =>
                await service.FindByNameOrIdAsync(nameOrId, cancellation) is { } user ? Answer(http, user) : new Problem(ProblemKind.NotFound, $"There is no person '{nameOrId}'.").ToResult())
            .Needs(Scopes.PeopleRead).Produces<PersonJson>().WithSummary("One person, by name or id");
        people.MapPost("", async (HttpContext http, PeopleService service, PersonSettings settings, CancellationToken cancellation) =>
            {
                var made = await service.CreateAsync(http.Viewer(), settings, cancellation);
                return made.Problem is { } problem ? problem.ToResult() : Results.Created($"/api/v1/people/{made.Value!.Id}", PersonJson.Of(made.Value));
            }).Needs(Scopes.PeopleWrite).Idempotent().Produces<PersonJson>(201).WithSummary("Make a person");
        people.MapPut("/{id:guid}", async (HttpContext http, PeopleService service, Guid id, PersonSettings settings, CancellationToken cancellation) =>
            {
                if (!ETags.TryRead(http.Request, out var version))
                    return ETags.BadIfMatch();
                var saved = await service.UpdateAsync(http.Viewer(), id, version, settings, cancellation);
                return saved.Problem is { } problem ? problem.ToResult() : Answer(http, saved.Value!);
            }).Needs(Scopes.PeopleWrite).Produces<PersonJson>().WithSummary("Change a person");
        people.MapDelete("/{id:guid}", async (HttpContext http, PeopleService service, Guid id, CancellationToken cancellation) =>
                (await service.DeleteAsync(http.Viewer(), id, cancellation)).Problem is { } problem ? problem.ToResult() : Results.NoContent())
            .Needs(Scopes.PeopleWrite).WithSummary("Remove a person without links and items");
        MapTokens(api);
    }

    public static async Task<CrmUser?> FindByNameOrIdAsync(this PeopleService people, string nameOrId, CancellationToken cancellation) =>
        Guid.TryParse(nameOrId, out var id) ? await people.FindAsync(id, cancellation) : await people.FindAsync(nameOrId, cancellation);

    private static void MapTokens(RouteGroupBuilder api)
    {
        api.MapGet("/scopes", () => Scopes.All).WithTags("Tokens").WithSummary("All scopes");
        var tokens = api.MapGroup("/tokens").WithTags("Tokens");
        tokens.MapGet("", async (HttpContext http, ApiTokens service, CancellationToken cancellation) =>
                new PageJson<TokenJson>([.. (await service.ListAsync(http.Caller(), cancellation)).Select(TokenJson.Of)], null))
            .Needs(Scopes.TokensWrite).WithSummary("All tokens");
        tokens.MapPost("", async (HttpContext http, ApiTokens service, NewToken body, CancellationToken cancellation) =>
            {
                // Nobody gives away more than they have.
                if (body.Scopes.FirstOrDefault(scope => !http.Caller().May(scope)) is { } more)
                    return Results.Problem(statusCode: 403, title: "Not allowed", detail: $"You do not have the scope '{more}' yourself, so you cannot give it to a token.");
                try
                {
                    var (row, token) = await service.CreateAsync(http.Caller(), body.Name, body.Scopes, body.ActsFor, body.ExpiresAt, cancellation);
                    return Results.Created($"/api/v1/tokens/{row.Id}", new { token, details = TokenJson.Of(row) });
                }
                catch (ArgumentException problem)
                {
                    return ApiProblems.Invalid(problem.ParamName ?? "body", problem.Message.Split(" (Parameter")[0], "Correct it and send it again.");
                }
            }).Needs(Scopes.TokensWrite).WithSummary("Make a token; it is shown in this answer only");
        tokens.MapDelete("/{id:guid}", async (HttpContext http, ApiTokens service, Guid id, CancellationToken cancellation) =>
                await service.RevokeAsync(http.Caller(), id, cancellation) ? Results.NoContent() : new Problem(ProblemKind.NotFound, $"There is no living token {id}.").ToResult())
            .Needs(Scopes.TokensWrite).WithSummary("Revoke a token; it stops working at once");
    }

    private static IResult Answer(HttpContext http, CrmUser user)
    {
        http.Response.Headers.ETag = ETags.Of(user.Version);
        return Results.Ok(PersonJson.Of(user));
    }
}
