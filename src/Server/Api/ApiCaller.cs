using CrmSync.Engine.Access;

namespace CrmSync.Server.Api;

/// <summary>Who calls, as services know it; and the scope that an endpoint asks for.</summary>
public static class ApiCaller
{
    public static Caller Caller(this HttpContext http) => Engine.Access.Caller.Of(http.User, http.Connection.RemoteIpAddress?.ToString());

    public static Viewer Viewer(this HttpContext http) => http.Caller().ToViewer();

    /// <summary>The endpoint needs this scope; without it the answer is 403 and names it.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, string scope) => endpoint
        .AddEndpointFilter(async (context, next) => context.HttpContext.Caller().May(scope)
            ? await next(context)
            : Results.Problem(statusCode: 403, title: "Not allowed", detail: $"This call needs the scope '{scope}', which '{context.HttpContext.Caller().Name}' does not have."))
        .ProducesProblem(401).ProducesProblem(403)
        .WithMetadata(new NeededScope(scope));

    public static string? TraceId() => System.Diagnostics.Activity.Current?.Id;
}

/// <summary>For the OpenAPI document.</summary>
public sealed record NeededScope(string Scope);
