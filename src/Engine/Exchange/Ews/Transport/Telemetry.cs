using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Counts and times of requests to Exchange: meter CrmSync.Exchange, activities of source CrmSync.</summary>
internal static class Telemetry
{
    private static readonly ActivitySource Activities = new("CrmSync");
    private static readonly Meter Meter = new("CrmSync.Exchange");
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("crmsync.exchange.requests", "{request}", "Requests to Exchange by operation and outcome.");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("crmsync.exchange.request.duration", "s", "From sending a request to the end of its answer.");

    public static Activity? Start(string operation) => Activities.StartActivity($"ews {operation}", ActivityKind.Client);

    /// <param name="outcome">ok, transport, protocol, cancelled, or the response code of a refusal.</param>
    public static void Done(Activity? activity, string operation, string outcome, TimeSpan took)
    {
        var tags = new TagList { { "operation", operation }, { "outcome", outcome } };
        Requests.Add(1, tags);
        Duration.Record(took.TotalSeconds, tags);
        activity?.SetTag("crmsync.outcome", outcome);
        if (outcome != "ok")
            activity?.SetStatus(ActivityStatusCode.Error, outcome);
    }
}
