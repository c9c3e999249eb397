using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text;

namespace CrmSync.Server.Observability;

/// <summary>GET /metrics in Prometheus' text form, fed by the runtime's own instruments through a MeterListener.</summary>
/// <remarks>Histograms are given as _sum and _count: enough for rates and means, bounded in memory.</remarks>
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
            series = _series.GetOrAdd(key, _ => new Series(NameOf(instrument), labels, TypeOf(instrument)));
        }
        series.Add(value, instrument.IsObservable || TypeOf(instrument) == "gauge" && !IsUpDown(instrument));
    }

    private static bool IsUpDown(Instrument instrument) => instrument.GetType().Name.StartsWith("UpDownCounter", StringComparison.Ordinal);

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "summary",
        _ => "gauge",
    };

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

    private sealed class Series(string name, string labels, string type)
    {
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
            }
        }

        public void Write(StringBuilder text)
        {
            lock (this)
            {
                if (type != "summary")
                {
                    Line(text, name, _sum);
                    return;
                }
                Line(text, name + "_sum", _sum);
                Line(text, name + "_count", _count);
            }
        }

        private void Line(StringBuilder text, string metric, double value) =>
            text.Append(metric).Append(labels).Append(' ').AppendLine(value.ToString("R", CultureInfo.InvariantCulture));
    }
}

public static class MetricsEndpoint
{
    public static void Map(WebApplication app, ServerSettings settings) => app.MapGet("/metrics", (HttpContext http, MetricsCollector metrics) =>
    {
        var isLocal = http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
        var isAllowed = settings.MetricsToken is { Length: > 0 } token
            ? System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes($"Bearer {token}"), Encoding.UTF8.GetBytes(http.Request.Headers.Authorization.ToString()))
            : isLocal;
        return isAllowed ? Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8") : Results.NotFound();
    }).AllowAnonymous().ExcludeFromDescription();
}
