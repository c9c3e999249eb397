using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>A small Entra ID: client credentials only. Client id and secret are an account's name and password.</summary>
public static class TokenEndpoint
{
    public static void Map(WebApplication app, SimulatedExchange exchange)
    {
        app.MapPost("/{tenant}/oauth2/v2.0/token", (string tenant, HttpContext context) => TokenAsync(context, exchange));
        app.MapGet("/{tenant}/v2.0/.well-known/openid-configuration", (string tenant, HttpContext context) => Configuration(context, tenant));
        app.MapGet("/{tenant}/.well-known/openid-configuration", (string tenant, HttpContext context) => Configuration(context, tenant));
        app.MapGet("/common/discovery/instance", (HttpContext context) => Results.Json(new
        {
            tenant_discovery_endpoint = $"{Base(context)}/common/v2.0/.well-known/openid-configuration",
            metadata = new[] { new { preferred_network = context.Request.Host.Value, preferred_cache = context.Request.Host.Value, aliases = new[] { context.Request.Host.Value } } },
        }));
        app.MapGet("/{tenant}/discovery/v2.0/keys", (string tenant) => Results.Json(new { keys = Array.Empty<string>() }));
    }

    private static async Task<IResult> TokenAsync(HttpContext context, SimulatedExchange exchange)
    {
        if (!context.Request.HasFormContentType)
            return Refuse("invalid_request", "AADSTS900144: The request body must be a form.", 400);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["grant_type"] != "client_credentials")
            return Refuse("unsupported_grant_type", "AADSTS70003: Only client_credentials is served.", 400);
        Account? account;
        lock (exchange.Organisation.Gate)
            account = exchange.Organisation.FindAccount(form["client_id"].ToString());
        if (account == null)
            return Refuse("unauthorized_client", "AADSTS700016: The application was not found.", 400);
        if (account.Password != form["client_secret"].ToString())
            return Refuse("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401);
        return Results.Json(new { token_type = "Bearer", expires_in = (int)TokenIssuer.Life.TotalSeconds, ext_expires_in = (int)TokenIssuer.Life.TotalSeconds, access_token = exchange.Tokens.Issue(account) });
    }

    private static IResult Configuration(HttpContext context, string tenant)
    {
        var root = $"{Base(context)}/{tenant}";
        return Results.Json(new
        {
            issuer = $"{root}/v2.0",
            authorization_endpoint = $"{root}/oauth2/v2.0/authorize",
            token_endpoint = $"{root}/oauth2/v2.0/token",
            jwks_uri = $"{root}/discovery/v2.0/keys",
            token_endpoint_auth_methods_supported = new[] { "client_secret_post" },
            response_types_supported = new[] { "token" },
            subject_types_supported = new[] { "pairwise" },
            id_token_signing_alg_values_supported = new[] { "RS256" },
        });
    }

    private static IResult Refuse(string error, string description, int status) => Results.Json(new { error, error_description = description }, statusCode: status);

    private static string Base(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";
}
