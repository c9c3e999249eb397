using System.Diagnostics;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace CrmSync.Server.Observability;

/// <summary>Structured logs: readable on the console, JSON lines in files. Values with line breaks are encoded, secrets never get this far (quality.md T17).</summary>
public static class Logging
{
    public static Logger Create(ServerSettings settings, IConfiguration configuration)
    {
        var logs = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
            // Readiness is asked for every few seconds; what stands in its way is logged where it happens.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            .MinimumLevel.Override("Quartz", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Error)
            .ReadFrom.Configuration(configuration)
            // The command line says in one line why a start failed.
            .Filter.ByExcluding(log => log.MessageTemplate.Text == "Hosting failed to start")
            .Enrich.FromLogContext()
            .Enrich.With<TraceEnricher>()
            .Enrich.With<OneLineEnricher>()
            .WriteTo.Console(
                outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}",
                formatProvider: System.Globalization.CultureInfo.InvariantCulture);
        if (settings.LogToFiles)
        {
            logs.WriteTo.File(new JsonFormatter(renderMessage: true), Path.Combine(settings.LogsFolder, "crmsync-.json"), rollingInterval: RollingInterval.Day,
                retainedFileCountLimit: 14, fileSizeLimitBytes: 100 * 1024 * 1024, rollOnFileSizeLimit: true, shared: true);
        }
        return logs.CreateLogger();
    }

    private sealed class TraceEnricher : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (Activity.Current is { } activity)
                logEvent.AddPropertyIfAbsent(propertyFactory.CreateProperty("TraceId", activity.TraceId.ToHexString()));
        }
    }

    // A value from outside cannot forge a second log line.
    private sealed class OneLineEnricher : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            // The framework tells the path of each request with every line; that of a push post holds its secret (quality.md T1).
            if (logEvent.Properties.TryGetValue("RequestPath", out var path) && path is ScalarValue { Value: string where }
                && where.StartsWith("/ews/push", StringComparison.OrdinalIgnoreCase))
                logEvent.AddOrUpdateProperty(new LogEventProperty("RequestPath", new ScalarValue("/ews/push/***")));
            foreach (var (name, value) in logEvent.Properties)
            {
                if (value is ScalarValue { Value: string text } && text.AsSpan().IndexOfAny('\r', '\n') >= 0)
                    logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(text.Replace("\r", "\\r").Replace("\n", "\\n"))));
            }
        }
    }
}
