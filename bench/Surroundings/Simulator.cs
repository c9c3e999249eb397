using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Bench.Surroundings;

/// <summary>The Exchange of a run, in a process of its own: it answers all contestants the same.</summary>
public sealed class Simulator : IAsyncDisposable
{
    public const string ServiceAccount = "sync@contoso.test";
    public const string Password = "demo";

    private readonly ChildProcess _process;

    private Simulator(ChildProcess process, string ewsUrl)
    {
        (_process, EwsUrl) = (process, ewsUrl);
        Control = new HttpClient { BaseAddress = new Uri(new Uri(ewsUrl), "/control/") };
    }

    public string EwsUrl { get; }

    public HttpClient Control { get; }

    public TimeSpan Cpu => _process.Cpu;

    public long WorkingSetBytes => _process.WorkingSetBytes;

    public static string Mailbox(int number) => string.Create(CultureInfo.InvariantCulture, $"user{number}@contoso.test");

    public static async Task<Simulator> StartAsync(int mailboxes, int items, int bodyLength, int seed)
    {
        string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
        var process = ChildProcess.Start(
            "CrmSync.ExchangeSimulator.dll", null, "--port", "0", "--tls-port", "-1", "--auth", "basic", "--empty", "--notification-delay-ms", "0",
            "--mailboxes", Text(mailboxes), "--items", Text(items), "--body-length", Text(bodyLength), "--seed", Text(seed));
        var line = await process.LineAsync(text => text.StartsWith("http://", StringComparison.Ordinal));
        return new(process, line.Split(' ')[0]);
    }

    /// <summary>Answers every EWS request that much later.</summary>
    public async Task DelayAsync(int milliseconds)
    {
        if (milliseconds > 0)
            (await Control.PostAsJsonAsync("faults", new { operation = "*", kind = "delay", milliseconds })).EnsureSuccessStatusCode();
    }

    /// <summary>How many requests came since the last call, by operation.</summary>
    public async Task<Dictionary<string, int>> TakeRequestsAsync()
    {
        var counters = (await Control.GetFromJsonAsync<JsonNode>("counters"))!;
        (await Control.DeleteAsync("counters")).EnsureSuccessStatusCode();
        return counters["requests"]!.AsObject().ToDictionary(entry => entry.Key, entry => entry.Value!.GetValue<int>());
    }

    public ValueTask DisposeAsync()
    {
        Control.Dispose();
        return _process.DisposeAsync();
    }
}
