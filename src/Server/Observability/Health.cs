using CrmSync.Engine.Store;
using CrmSync.Server.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrmSync.Server.Observability;

/// <summary>Ready: start-up is through and the database answers now.</summary>
public sealed class ReadyCheck(EngineState state, StoreMigrator store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!state.IsReady)
            return HealthCheckResult.Unhealthy(state.Obstacle);
        return await store.FindOutageAsync(cancellationToken) is { } outage ? HealthCheckResult.Unhealthy(outage) : HealthCheckResult.Healthy();
    }
}

public static class HealthEndpoints
{
    public static void Map(WebApplication app)
    {
        // Live: the process answers. A database that is down is no reason to kill it.
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains("ready"),
            ResponseWriter = (http, report) => http.Response.WriteAsJsonAsync(new
            {
                status = report.Status.ToString(),
                // What is wrong is for the operator on the machine; from outside only that something is.
                reason = http.Connection.RemoteIpAddress is { } address && System.Net.IPAddress.IsLoopback(address)
                    ? report.Entries.Values.Select(entry => entry.Description).FirstOrDefault(text => text is not null)
                    : null,
            }),
        }).AllowAnonymous();
    }
}
