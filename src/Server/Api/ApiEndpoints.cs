using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;

namespace CrmSync.Server.Api;

/// <summary>The REST API under /api/v1.</summary>
public static class ApiEndpoints
{
    public static void Map(WebApplication app)
    {
        var api = app.MapGroup("/api/v1").RequireAuthorization().AddEndpointFilter(RefuseCrossSiteAsync);
        api.MapGet("/me", (HttpContext http) => new { name = http.Caller().Name, actsFor = http.Caller().CrmUserId, scopes = http.Caller().Scopes.Order(StringComparer.Ordinal) })
            .WithTags("Tokens").WithSummary("Who you are and what you may do");
        ScheduleItemEndpoints.Map(api);
        TargetEndpoints.Map(api);
        LinkEndpoints.Map(api);
        OperationEndpoints.Map(api);
        ConflictEndpoints.Map(api);
        DryRunEndpoints.Map(api);
        PeopleEndpoints.Map(api);
    }

    // A browser with a console session sends its cookie along with forms of other sites; those cannot set this header (quality.md T11).
    private static async ValueTask<object?> RefuseCrossSiteAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var isCookie = http.User.Identity?.AuthenticationType == Security.ConsoleSignIn.SchemeName;
        if (isCookie && !HttpMethods.IsGet(http.Request.Method) && http.Request.Headers["X-CrmSync"].Count == 0)
            return Results.Problem(statusCode: 403, title: "Not allowed", detail: "With a console session, writing calls need the header X-CrmSync. Programs use an API token.");
        return await next(context);
    }
}
