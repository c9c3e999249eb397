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

    private ProcessRig(WebApplication simulator, string folder)
    {
        (_simulator, Folder) = (simulator, folder);
        SimulatorUrl = simulator.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Simulator = new HttpClient { BaseAddress = new Uri(SimulatorUrl) };
    }

    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");

    public string SimulatorUrl { get; }

    public HttpClient Simulator { get; }

    public string Token { get; private set; } = "";

    /// <summary>Settings of every server process of this rig.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["CRMSYNC_LeaseSeconds"] = "2", ["CRMSYNC_ListenerLeaseSeconds"] = "3", ["CRMSYNC_LogToFiles"] = "false" };

    public static async Task<ProcessRig> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("crmsync-process-").FullName;
        var simulator = SimulatorHost.Build(new SimulatorOptions
        {
            HttpPort = 0, HttpsPort = 0, CertificateFolder = Path.Combine(folder, "certificates"), Authentication = new HashSet<string> { "basic" }, Heartbeat = TimeSpan.FromSeconds(1),
        });
        await simulator.StartAsync();
        var rig = new ProcessRig(simulator, folder);
        foreach (var person in new[] { "anna", "ben", "carla" })
            await rig.Simulator.PostAsJsonAsync("/control/mailboxes", new { address = $"{person}@contoso.test", displayName = person, password = "demo" });
        await rig.Simulator.PostAsJsonAsync("/control/accounts", new { name = "sync@contoso.test", password = "demo", mayImpersonate = true });
        return rig;
    }

    public Outlook Outlook(string person) => new(Simulator, $"{person}@contoso.test");

    public async Task MakeTokenAsync(params string[] arguments)
    {
        var (code, output) = await ServerProcess.CommandAsync(Environment, ["migrate", "--data", Data, .. arguments]);
        code.ShouldBe(0, output);
        (code, output) = await ServerProcess.CommandAsync(Environment, ["token", "--data", Data, .. arguments]);
        code.ShouldBe(0, output);
        Token = output.Trim().Split('\n')[^1].Trim();
    }

    public HttpClient Api(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return http;
    }

    /// <summary>Target, people and their two-way links, through the API.</summary>
    public async Task ArrangeAsync(ServerProcess server, string notifications = "streaming", object? target = null, params string[] people)
    {
        using var api = Api(server);
        var settings = JsonSerializer.SerializeToNode(new
        {
            name = "Contoso", url = $"{SimulatorUrl}/EWS/Exchange.asmx", userName = "sync@contoso.test", secret = "demo", notifications, publicUrl = server.Url,
            pollIntervalSeconds = 1, requestTimeoutSeconds = 3,
        })!.AsObject();
        foreach (var (name, value) in target is null ? [] : JsonSerializer.SerializeToNode(target)!.AsObject())
            settings[name] = value?.DeepClone();
        var made = await SendAsync(api, HttpMethod.Post, "/api/v1/targets", settings);
        foreach (var person in people)
        {
            var user = await SendAsync(api, HttpMethod.Post, "/api/v1/people", new { name = person, displayName = person, mail = $"{person}@contoso.test", timeZone = "Europe/Berlin" });
            await SendAsync(api, HttpMethod.Post, "/api/v1/links", new { targetId = made["id"]!.ToString(), userId = user["id"]!.ToString(), mailbox = $"{person}@contoso.test", defaultZone = "W. Europe Standard Time" });
        }
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

    public async Task<IReadOnlyList<Mail>> MailsAsync() => (await Simulator.GetFromJsonAsync<List<Mail>>("/control/mails", new JsonSerializerOptions(JsonSerializerDefaults.Web)))!;

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, int seconds = 20)
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
        await _simulator.StopAsync();
        await _simulator.DisposeAsync();
        Simulator.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
