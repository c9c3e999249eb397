using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace CrmSync.Server.Observability;

/// <summary>Traces from notification to write, sent by OTLP where an endpoint is given; without one the ids still travel through queue and logs.</summary>
public static class Tracing
{
    public static void Start(ServerSettings settings, IHostApplicationLifetime lifetime)
    {
        if (settings.OtlpEndpoint is not { Length: > 0 } endpoint)
        {
            System.Diagnostics.ActivitySource.AddActivityListener(new System.Diagnostics.ActivityListener
            {
                ShouldListenTo = source => source.Name == "CrmSync",
                Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllData,
            });
            return;
        }
        var provider = Sdk.CreateTracerProviderBuilder()
            .AddSource("CrmSync", "Microsoft.AspNetCore", "System.Net.Http")
            .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (new Uri(endpoint), OtlpExportProtocol.HttpProtobuf))
            .Build();
        lifetime.ApplicationStopped.Register(() => provider.Dispose());
    }
}
