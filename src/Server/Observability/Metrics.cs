using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text;
using CrmSync.Engine.Queue;

namespace CrmSync.Server.Observability;

/// <summary>GET /metrics in Prometheus' text form, fed by the runtime's own instruments through a MeterListener.</summary>
/// <remarks>Histograms of ours that name their buckets are given with them; others as _sum and _count: enough for rates and means, bounded in memory.</remarks>
public sealed class MetricsCollector : IDisposable
{
    private static readonly string[] Meters = ["CrmSync", "Microsoft.AspNetCore.Hosting", "System.Runtime"];
    private const int MaxSeries = 5000;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Series> _series = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Any(meter => instrument.Meter.Name.StartsWith(meter, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in _series.Values.GroupBy(series => series.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var first = group.First();
            text.Append("# TYPE ").Append(first.Name).Append(' ').AppendLine(first.Type);
            foreach (var series in group.OrderBy(series => series.Labels, StringComparer.Ordinal))
                series.Write(text);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelsOf(tags);
        var key = instrument.Meter.Name + "|" + instrument.Name + "|" + labels;
        if (!_series.TryGetValue(key, out var series))
        {
            if (_series.Count >= MaxSeries)
                return;
            series = _series.GetOrAdd(key, _ => new Series(NameOf(instrument), labels, TypeOf(instrument), BoundsOf(instrument)));
        }
        series.Add(value, instrument.IsObservable || TypeOf(instrument) == "gauge" && !IsUpDown(instrument));
    }

    private static bool IsUpDown(Instrument instrument) => instrument.GetType().Name.StartsWith("UpDownCounter", StringComparison.Ordinal);

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => BoundsOf(instrument).Count > 0 ? "histogram" : "summary",
        _ => "gauge",
    };

    private static IReadOnlyList<double> BoundsOf(Instrument instrument) =>
        instrument.Meter.Name.StartsWith(Meters[0], StringComparison.Ordinal) && instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? bounds : [];

    private static string NameOf(Instrument instrument)
    {
        var name = new StringBuilder();
        foreach (var c in instrument.Name)
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        if (instrument.Unit == "s")
            name.Append("_seconds");
        else if (instrument.Unit == "By")
            name.Append("_bytes");
        return name.ToString();
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
            return "";
        var parts = new List<string>(tags.Length);
        foreach (var (key, value) in tags)
        {
            var name = new string([.. key.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            parts.Add($"{name}=\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"");
        }
        parts.Sort(StringComparer.Ordinal);
        return "{" + string.Join(',', parts) + "}";
    }

    private sealed class Series(string name, string labels, string type, IReadOnlyList<double> bounds)
    {
        private readonly long[] _atMost = new long[bounds.Count];
        private double _sum;
        private long _count;

        public string Name => name;

        public string Labels => labels;

        public string Type => type;

        public void Add(double value, bool isAbsolute)
        {
            lock (this)
            {
                _sum = isAbsolute ? value : _sum + value;
                _count++;
                for (var i = 0; i < bounds.Count; i++)
                {
                    if (value <= bounds[i])
                        _atMost[i]++;
                }
            }
        }

        public void Write(StringBuilder text)
        {
            lock (this)
            {
                if (type is not ("summary" or "histogram"))
                {
                    Line(text, name, _sum);
                    return;
                }
                for (var i = 0; i < bounds.Count; i++)
                    Bucket(text, bounds[i].ToString("R", CultureInfo.InvariantCulture), _atMost[i]);
                if (bounds.Count > 0)
                    Bucket(text, "+Inf", _count);
                Line(text, name + "_sum", _sum);
                Line(text, name + "_count", _count);
            }
        }

        private void Bucket(StringBuilder text, string bound, long count) => text.Append(name).Append("_bucket{")
            .Append(labels.Length == 0 ? "" : labels[1..^1] + ",").Append("le=\"").Append(bound).Append("\"} ").AppendLine(count.ToString(CultureInfo.InvariantCulture));

        private void Line(StringBuilder text, string metric, double value) =>
            text.Append(metric).Append(labels).Append(' ').AppendLine(value.ToString("R", CultureInfo.InvariantCulture));
    }
}

public static class MetricsEndpoint
{
    public static void Map(WebApplication app, ServerSettings settings) => app.MapGet("/metrics", async (HttpContext http, MetricsCollector metrics, StoreGauges gauges) =>
    {
        var isLocal = http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
        var isAllowed = settings.MetricsToken is { Length: > 0 } token
            ? System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes($"Bearer {token}"), Encoding.UTF8.GetBytes(http.Request.Headers.Authorization.ToString()))
            : isLocal;
        if (!isAllowed)
            return Results.NotFound();
        await RefreshAsync(gauges, http.RequestAborted);
        return Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8");
    }).AllowAnonymous().ExcludeFromDescription();

    // Without a database the other figures are wanted more than ever; its own keep their last values.
    private static async Task RefreshAsync(StoreGauges gauges, CancellationToken aborted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            await gauges.RefreshAsync(patience.Token);
        }
        catch (Exception) when (!aborted.IsCancellationRequested)
        {
            // Health and log say that it is away.
        }
    }
}
