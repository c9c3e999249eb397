using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Access;

namespace CrmSync.Server.Api;

/// <summary>Idempotency-Key: a call that carries one happens once; a repetition gets the first answer again, for 24 hours.</summary>
public static class Idempotency
{
    private const int MaxKeyLength = 200;

    public static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter(FilterAsync).WithMetadata(new TakesIdempotencyKey());

    /// <summary>The id that a thing made under this call's key has: a server that dies before it could keep its answer makes no second one. Null without a key.</summary>
    public static Guid? IdOf(HttpContext http) => http.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key
        ? new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{http.Caller().Name}\n{http.Request.Path}\n{key}")).AsSpan(0, 16))
        : null;

    private static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0)
            return await next(context);
        if (key.Length > MaxKeyLength || key.Any(c => c is < '!' or > '~'))
            return ApiProblems.Invalid("Idempotency-Key", "It must be 1 to 200 visible ASCII characters.", "Use a fresh UUID for each call, and the same one when you repeat it.");
        var service = http.RequestServices.GetRequiredService<IdempotencyService>();
        var actor = http.Caller().Name;
        var hash = HashOf(http, context);
        var (state, answer) = await service.BeginAsync(actor, key, hash, http.RequestAborted);
        switch (state)
        {
            case IdempotencyState.Replay:
                return Replay(http, answer!);
            case IdempotencyState.Running:
                http.Response.Headers.RetryAfter = "1";
                return Results.Problem(statusCode: 409, title: "Still running", detail: "A call with this Idempotency-Key is being worked on. Repeat it in a second.");
            case IdempotencyState.Mismatch:
                return Results.Problem(statusCode: 422, title: "Key used for another call", detail: "This Idempotency-Key belongs to a call with another path or body. Use a fresh key.");
        }
        try
        {
            var result = await next(context);
            await KeepAsync(service, actor, key, http, result);
            return result;
        }
        catch
        {
            await service.AbandonAsync(actor, key, CancellationToken.None);
            throw;
        }
    }

    private static async Task KeepAsync(IdempotencyService service, string actor, string key, HttpContext http, object? result)
    {
        var status = (result as IStatusCodeHttpResult)?.StatusCode ?? 200;
        if (status >= 500)
        {
            await service.AbandonAsync(actor, key, CancellationToken.None);
            return;
        }
        var options = http.RequestServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        var value = (result as IValueHttpResult)?.Value;
        var location = result?.GetType().GetProperty("Location")?.GetValue(result) as string;
        await service.CompleteAsync(
            actor, key, status, value is null ? null : System.Text.Json.JsonSerializer.Serialize(value, value.GetType(), options), location, http.Response.Headers.ETag.ToString(), CancellationToken.None);
    }

    private static IResult Replay(HttpContext http, IdempotencyKey answer)
    {
        http.Response.Headers["Idempotent-Replayed"] = "true";
        if (!string.IsNullOrEmpty(answer.ETag))
            http.Response.Headers.ETag = answer.ETag;
        if (answer.Location is not null)
            http.Response.Headers.Location = answer.Location;
        return answer.Body is null
            ? Results.StatusCode(answer.Status)
            : Results.Text(answer.Body, answer.Status >= 400 ? "application/problem+json" : "application/json", Encoding.UTF8, answer.Status);
    }

    private static string HashOf(HttpContext http, EndpointFilterInvocationContext context)
    {
        var options = http.RequestServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        var bodies = context.Arguments.Where(argument => argument is System.Text.Json.JsonElement or Engine.Crm.PersonSettings or NewToken)
            .Select(argument => System.Text.Json.JsonSerializer.Serialize(argument, argument!.GetType(), options));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n{string.Join('\n', bodies)}")));
    }
}

/// <summary>For the OpenAPI document.</summary>
public sealed record TakesIdempotencyKey;
