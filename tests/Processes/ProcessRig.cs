using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrmSync.ExchangeSimulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Processes.Tests;

/// <summary>An Exchange that outlives every server process, a data folder, and an API token.</summary>
public sealed class ProcessRig : IAsyncDisposable
{
    private readonly WebApplication _simulator;
    private readonly List<ServerProcess> _servers = [];

    private ProcessRig(WebApplication simulator, string folder)
    {
        (_simulator, Folder) = (simulator, folder);
        var addresses = simulator.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        SimulatorUrl = addresses.First(address => address.StartsWith("http:", StringComparison.Ordinal));
        SimulatorTlsUrl = addresses.First(address => address.StartsWith("https:", StringComparison.Ordinal));
        Simulator = new HttpClient { BaseAddress = new Uri(SimulatorUrl) };
    }

    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");

    public string SimulatorUrl { get; }

    public string SimulatorTlsUrl { get; }

    /// <summary>What clients trust to reach the simulator by TLS.</summary>
    public string SimulatorCa => File.ReadAllText(Path.Combine(Folder, "certificates", "ca.pem"));

    public HttpClient Simulator { get; }

    /// <summary>The exchange itself, for what no client is told.</summary>
    public SimulatedExchange Exchange => _simulator.Services.GetRequiredService<SimulatedExchange>();

    public string Token { get; private set; } = "";

    /// <summary>Settings of every server process of this rig.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["CRMSYNC_LeaseSeconds"] = "2", ["CRMSYNC_ListenerLeaseSeconds"] = "3", ["CRMSYNC_LogToFiles"] = "false" };

    /// <summary>Where the database is; empty: SQLite in the data folder.</summary>
    public string[] Arguments { get; private set; } = [];

    public static readonly string[] People = ["anna", "ben", "carla"];

    /// <param name="people">Who has a mailbox, by the part before @contoso.test.</param>
    /// <param name="database">Connection string of a PostgreSQL database; null: SQLite.</param>
    /// <param name="change">Other settings of the simulator.</param>
    public static async Task<ProcessRig> StartAsync(IReadOnlyList<string>? people = null, string? database = null, Func<SimulatorOptions, SimulatorOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("crmsync-process-").FullName;
        var options = new SimulatorOptions
        {
            HttpPort = 0, HttpsPort = 0, CertificateFolder = Path.Combine(folder, "certificates"), Authentication = new HashSet<string> { "basic" }, Heartbeat = TimeSpan.FromSeconds(1),
        };
        var simulator = SimulatorHost.Build(change?.Invoke(options) ?? options);
        await simulator.StartAsync();
        var rig = new ProcessRig(simulator, folder);
        if (database is not null)
            rig.Arguments = ["--provider", "postgres", "--connection", database, "--keys", Path.Combine(folder, "keys")];
        foreach (var person in people ?? People)
            await rig.AddMailboxAsync(person);
        await rig.Simulator.PostAsJsonAsync("/control/accounts", new { name = "sync@contoso.test", password = "demo", mayImpersonate = true });
        return rig;
    }

    public async Task AddMailboxAsync(string person) =>
        (await Simulator.PostAsJsonAsync("/control/mailboxes", new { address = $"{person}@contoso.test", displayName = person, password = "demo" })).EnsureSuccessStatusCode();

    /// <summary>All that were started, ended ones too.</summary>
    public IReadOnlyList<ServerProcess> Servers => _servers;

    /// <summary>A server process of this rig, ended with it at the latest.</summary>
    /// <param name="node">Each node has a data folder of its own for its logs; the first one's holds the SQLite file.</param>
    public ServerProcess Start(int? port = null, string node = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var all = new Dictionary<string, string>(Environment);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            all[name] = value;
        var server = ServerProcess.Start(Data + node, port, all, Arguments);
        _servers.Add(server);
        return server;
    }

    public Outlook Outlook(string person) => new(Simulator, $"{person}@contoso.test");

    /// <summary>An API token with all scopes, from the command line. The database must have been migrated.</summary>
    public async Task MakeTokenAsync()
    {
        var (code, output) = await ServerProcess.CommandAsync(Environment, ["token", "--data", Data, .. Arguments]);
        code.ShouldBe(0, output);
        Token = output.Trim().Split('\n')[^1].Trim();
    }

    public HttpClient Api(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return http;
    }

    /// <summary>A target through the API; <paramref name="target"/> names what differs from the usual.</summary>
    public async Task<string> TargetAsync(HttpClient api, object? target = null)
    {
        var settings = JsonSerializer.SerializeToNode(new
        {
            name = "Contoso", url = $"{SimulatorUrl}/EWS/Exchange.asmx", userName = "sync@contoso.test", secret = "demo", notifications = "streaming", publicUrl = api.BaseAddress!.ToString().TrimEnd('/'),
            pollIntervalSeconds = 1, requestTimeoutSeconds = 3,
        })!.AsObject();
        foreach (var (name, value) in target is null ? [] : JsonSerializer.SerializeToNode(target)!.AsObject())
            settings[name] = value?.DeepClone();
        return (await SendAsync(api, HttpMethod.Post, "/api/v1/targets", settings))["id"]!.ToString();
    }

    /// <summary>A CRM person with a two-way link to a mailbox; answers the link's id.</summary>
    public static async Task<string> LinkAsync(HttpClient api, string targetId, string person, string? mailbox = null, object? link = null)
    {
        var user = await SendAsync(api, HttpMethod.Post, "/api/v1/people", new { name = person, displayName = person, mail = $"{person}@contoso.test", timeZone = "Europe/Berlin" });
        var settings = JsonSerializer.SerializeToNode(new
        {
            targetId, userId = user["id"]!.ToString(), mailbox = mailbox ?? $"{person}@contoso.test", defaultZone = "W. Europe Standard Time",
        })!.AsObject();
        foreach (var (name, value) in link is null ? [] : JsonSerializer.SerializeToNode(link)!.AsObject())
            settings[name] = value?.DeepClone();
        return (await SendAsync(api, HttpMethod.Post, "/api/v1/links", settings))["id"]!.ToString();
    }

    /// <summary>A target with a link for each of the people.</summary>
    public async Task<string> ArrangeAsync(ServerProcess server, object? target = null, params IReadOnlyList<string> people)
    {
        using var api = Api(server);
        var made = await TargetAsync(api, target);
        foreach (var person in people)
            await LinkAsync(api, made, person);
        return made;
    }

    public static async Task<JsonNode> SendAsync(HttpClient api, HttpMethod method, string path, object? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public static async Task<IReadOnlyList<JsonNode>> ListAsync(HttpClient api, string path) => [.. (await SendAsync(api, HttpMethod.Get, path))["items"]!.AsArray().Select(node => node!)];

    /// <summary>What the API answers, whatever it is.</summary>
    public static async Task<(int Status, string Type, string Text)> AnswerAsync(
        HttpClient api, HttpMethod method, string path, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await api.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", await response.Content.ReadAsStringAsync());
    }

    public async Task PostAsync(string path, object? body = null) => (await Simulator.PostAsJsonAsync(path, body ?? new { })).EnsureSuccessStatusCode();

    public async Task<JsonNode> CountersAsync() => JsonNode.Parse(await Simulator.GetStringAsync("/control/counters"))!;

    public async Task<IReadOnlyList<Mail>> MailsAsync() => (await Simulator.GetFromJsonAsync<List<Mail>>("/control/mails", new JsonSerializerOptions(JsonSerializerDefaults.Web)))!;

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (DateTime.UtcNow < deadline)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception passing) when (passing is HttpRequestException or TaskCanceledException)
            {
                // A server is being restarted.
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"This did not come true within {seconds} s: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await _simulator.StopAsync();
        await _simulator.DisposeAsync();
        Simulator.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
