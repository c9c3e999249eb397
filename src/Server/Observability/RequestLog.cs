using System.Diagnostics;

namespace CrmSync.Server.Observability;

/// <summary>One line a request that changes something or fails. The path of a push post holds its secret and is never written.</summary>
public sealed class RequestLog(RequestDelegate next, ILogger<RequestLog> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var startedAt = Stopwatch.GetTimestamp();
        await next(http);
        if (HttpMethods.IsGet(http.Request.Method) && http.Response.StatusCode < 500)
            return;
        var path = http.Request.Path.StartsWithSegments("/ews/push") ? "/ews/push/***" : http.Request.Path.Value;
        if (path is "/_blazor" or "/health/ready" or null)
            return;
        log.LogInformation("{Method} {Path} answered {Status} in {DurationMs} ms", http.Request.Method, path, http.Response.StatusCode,
            (long)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
    }
}
