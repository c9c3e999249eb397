using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace CrmSync.Server.Api;

/// <summary>problem+json for everything that goes wrong: what, why, what to do, and the trace id to ask about.</summary>
public static class ApiProblems
{
    public static void Configure(ProblemDetailsOptions options) => options.CustomizeProblemDetails = context =>
        context.ProblemDetails.Extensions["traceId"] = System.Diagnostics.Activity.Current?.TraceId.ToHexString() ?? context.HttpContext.TraceIdentifier;

    /// <summary>A service's refusal as an HTTP answer.</summary>
    public static IResult ToResult(this Problem problem) => Results.Problem(
        statusCode: problem.Kind switch
        {
            ProblemKind.NotFound => StatusCodes.Status404NotFound,
            ProblemKind.Forbidden => StatusCodes.Status403Forbidden,
            ProblemKind.Stale => StatusCodes.Status412PreconditionFailed,
            ProblemKind.Conflict => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        },
        title: problem.Kind switch
        {
            ProblemKind.NotFound => "Not found",
            ProblemKind.Forbidden => "Not allowed",
            ProblemKind.Stale => "Changed meanwhile",
            ProblemKind.Conflict => "Not possible as things are",
            _ => "The request is wrong",
        },
        detail: problem.Text,
        extensions: problem.Fields.Count == 0 ? null : new Dictionary<string, object?>
        {
            ["errors"] = problem.Fields.Select(field => new { field = field.Field, cause = field.Cause, cure = field.Cure }).ToList(),
        });

    public static IResult Invalid(string field, string cause, string cure) => new Problem(ProblemKind.Invalid, $"{field}: {cause}", [new FieldProblem(field, cause, cure)]).ToResult();

    /// <summary>Statuses without a body get one, on API paths.</summary>
    public static async Task WriteStatusAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        if (!http.Request.Path.StartsWithSegments("/api"))
            return;
        await Results.Problem(statusCode: http.Response.StatusCode, detail: http.Response.StatusCode switch
        {
            404 => $"There is no {http.Request.Method} {http.Request.Path}. The API is described at /openapi/v1.json.",
            405 => $"{http.Request.Path} does not take {http.Request.Method}.",
            415 => "Send the body as application/json.",
            _ => null,
        }).ExecuteAsync(http);
    }
}

/// <summary>Faults on API calls: the cause in words where it is known, never a stack.</summary>
public sealed class ApiExceptionHandler(ILogger<ApiExceptionHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        if (!http.Request.Path.StartsWithSegments("/api"))
        {
            if (exception is not BadHttpRequestException unreadable)
                return false;
            http.Response.StatusCode = unreadable.StatusCode;
            return true;
        }
        var result = exception switch
        {
            AccessDeniedException denied => Results.Problem(statusCode: 403, title: "Not allowed", detail: denied.Message),
            BadHttpRequestException bad => Results.Problem(statusCode: bad.StatusCode, title: "The request is wrong", detail: Reason(bad)),
            System.Text.Json.JsonException json => Results.Problem(statusCode: 400, title: "The request is wrong", detail: Reason(json)),
            StoreUnavailableException away => Results.Problem(statusCode: 503, title: "The database is away", detail: away.Message),
            System.Data.Common.DbException or Microsoft.EntityFrameworkCore.DbUpdateException or InvalidOperationException { InnerException: System.Data.Common.DbException } =>
                Results.Problem(statusCode: 503, title: "The database is away", detail: "The database could not be used just now. Nothing was changed; send the request again."),
            _ => null,
        };
        if (result is null)
            log.LogError(exception, "{Method} {Path} failed", http.Request.Method, http.Request.Path.Value);
        result ??= Results.Problem(statusCode: 500, title: "A fault in CrmSync", detail: "Nothing was changed. The server's log has the details under this trace id.");
        if (result is Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult { StatusCode: 503 })
        {
            // The caller is told to send it again; which outage it was, only the log can say.
            log.LogWarning("{Method} {Path}: the database is away: {Cause}", http.Request.Method, http.Request.Path.Value, Causes(exception));
            http.Response.Headers.RetryAfter = "5";
        }
        await result.ExecuteAsync(http);
        return true;
    }

    private static string Causes(Exception exception)
    {
        var causes = new List<string>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            causes.Add($"{cause.GetType().Name}: {cause.Message}");
        return string.Join(" <- ", causes);
    }

    private static string Reason(BadHttpRequestException bad) => bad.InnerException is System.Text.Json.JsonException json
        ? Reason(json)
        : bad.Message;

    private const string DoesNotFit = "The JSON value could not be converted to ";

    // The reader's own words name types of ours; whoever calls knows fields and values.
    private static string Reason(System.Text.Json.JsonException json)
    {
        var (field, text) = ((json.Path ?? "$").TrimStart('$', '.'), json.Message.Split(" Path:")[0]);
        if (!text.StartsWith(DoesNotFit, StringComparison.Ordinal))
            return json.Path is null ? text : $"The JSON cannot be read at {json.Path}: {text}";
        var words = typeof(Engine.Targets.SyncTarget).Assembly.GetType(text[DoesNotFit.Length..].TrimEnd('.')) is { IsEnum: true } known
            ? $"Use one of {string.Join(", ", Enum.GetNames(known).Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName))}."
            : "What it takes is in /openapi/v1.json.";
        return $"{(field.Length == 0 ? "The body" : field)}: The value does not fit. {words}";
    }
}
