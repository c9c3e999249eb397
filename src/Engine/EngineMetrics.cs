using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CrmSync.Engine;

/// <summary>What the engine counts and times: meter CrmSync.Engine (docs/operating.md, Metrics).</summary>
/// <remarks>Requests to Exchange are counted by the connector, meter CrmSync.Exchange. What lies in the database is counted there: <see cref="Queue.StoreGauges"/>.</remarks>
internal static class EngineMetrics
{
    public const string MeterName = "CrmSync.Engine";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Sessions = Meter.CreateCounter<long>("crmsync.sessions", "{session}", "Link sessions by outcome.");
    private static readonly Histogram<double> SessionDuration = Meter.CreateHistogram("crmsync.session.duration", "s", "From claim to the end of a session.", advice: Seconds);
    private static readonly Counter<long> Items = Meter.CreateCounter<long>("crmsync.items", "{item}", "What was done with items, by action.");
    private static readonly Histogram<double> NoticeToCommit = Meter.CreateHistogram("crmsync.notice.latency", "s", "From the queue row of a notification to the commit of what it announced.", advice: Seconds);
    private static readonly Counter<long> BackOffs = Meter.CreateCounter<long>("crmsync.backoffs", "{back-off}", "Waits after a failure, by who asked for them.");
    private static readonly UpDownCounter<long> Listeners = Meter.CreateUpDownCounter<long>("crmsync.listeners", "{connection}", "Streaming connections that this node holds open.");

    /// <param name="outcome">done, failed, stale or lease_lost.</param>
    public static void SessionEnded(string outcome, TimeSpan took)
    {
        var tags = new TagList { { "outcome", outcome } };
        Sessions.Add(1, tags);
        SessionDuration.Record(took.TotalSeconds, tags);
    }

    /// <param name="action">A PlanAction's name, or FullRead, Hold.</param>
    public static void ItemsSaved(string action, int count) => Items.Add(count, new KeyValuePair<string, object?>("action", action));

    public static void NoticeCommitted(TimeSpan took) => NoticeToCommit.Record(Math.Max(0, took.TotalSeconds));

    /// <param name="byServer">The server asked for the wait; else it is ours.</param>
    public static void BackedOff(bool byServer) => BackOffs.Add(1, new KeyValuePair<string, object?>("asked_by", byServer ? "server" : "engine"));

    public static void ListenerUp() => Listeners.Add(1);

    public static void ListenerDown() => Listeners.Add(-1);
}
