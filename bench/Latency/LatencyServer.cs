using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CrmSync.Bench.Surroundings;
using Npgsql;

namespace CrmSync.Bench.Latency;

/// <summary>The shipped server as a process, with one target and a link for each mailbox.</summary>
public sealed class LatencyServer : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly string _folder;
    private readonly NpgsqlDataSource _database;

    private LatencyServer(ChildProcess process, string folder, string connection) => (_process, _folder, _database) = (process, folder, NpgsqlDataSource.Create(connection));

    public TimeSpan Cpu => _process.Cpu;

    public long ResidentBytes => _process.WorkingSetBytes;

    public static async Task<LatencyServer> StartAsync(string connection, Simulator simulator, LatencyOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("crmsync-bench-").FullName;
        string[] settings = ["--data", folder, "--provider", "postgres", "--connection", connection];
        await ChildProcess.CommandAsync("CrmSync.Server.dll", ["migrate", .. settings]);
        var token = (await ChildProcess.CommandAsync("CrmSync.Server.dll", ["token", .. settings])).Trim().Split('\n')[^1].Trim();
        var url = $"http://127.0.0.1:{FreePort()}";
        var process = ChildProcess.Start("CrmSync.Server.dll", null, [.. settings, "--urls", url]);
        process.Discard();
        var server = new LatencyServer(process, folder, connection);
        using var api = new HttpClient { BaseAddress = new Uri(url) };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await server.WaitUntilReadyAsync(api);
        await ArrangeAsync(api, url, simulator, options);
        return server;
    }

    /// <summary>Waits until every link listens, every item is there and nothing waits; answers the CRM items by Exchange id.</summary>
    public async Task<IReadOnlyDictionary<string, Guid>> WaitUntilQuietAsync(int links, int items, CancellationToken stop)
    {
        for (var tries = 0; tries < 1200; tries++)
        {
            var listening = await CountAsync("SELECT count(*) FROM \"LinkState\" WHERE \"NotificationState\" IN ('push', 'streaming') AND \"IsInventoryComplete\"", stop);
            var waiting = await CountAsync("SELECT count(*) FROM \"ExchangeSyncQueue\"", stop);
            if (listening == links && waiting == 0 && await CountAsync("SELECT count(*) FROM \"ItemIdentity\"", stop) == items)
                return await ItemsAsync(stop);
            await Task.Delay(100, stop);
        }
        throw new TimeoutException("The server did not come to rest with all links listening.");
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task ArrangeAsync(HttpClient api, string url, Simulator simulator, LatencyOptions options)
    {
        var target = await PostAsync(api, "targets", new
        {
            name = "bench", url = simulator.EwsUrl, userName = Simulator.ServiceAccount, secret = Simulator.Password, notifications = options.Mode, publicUrl = url, pollIntervalSeconds = 3600,
        });
        for (var number = 1; number <= options.Links; number++)
        {
            var mailbox = Simulator.Mailbox(number);
            var name = string.Create(CultureInfo.InvariantCulture, $"user{number}");
            var user = await PostAsync(api, "people", new { name, displayName = name, mail = mailbox, timeZone = "Europe/Berlin" });
            await PostAsync(api, "links", new { targetId = target["id"]!.ToString(), userId = user["id"]!.ToString(), mailbox, defaultZone = "W. Europe Standard Time" });
        }
    }

    private static async Task<JsonNode> PostAsync(HttpClient api, string what, object body)
    {
        using var answer = await api.PostAsJsonAsync($"/api/v1/{what}", body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{what}: {(int)answer.StatusCode} {text}");
    }

    private async Task WaitUntilReadyAsync(HttpClient api)
    {
        for (var tries = 0; tries < 600 && !_process.HasExited; tries++)
        {
            try
            {
                if ((await api.GetAsync("/health/ready")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        throw new TimeoutException("The server did not become ready.");
    }

    private async Task<IReadOnlyDictionary<string, Guid>> ItemsAsync(CancellationToken stop)
    {
        var items = new Dictionary<string, Guid>(StringComparer.Ordinal);
        await using var command = _database.CreateCommand("SELECT i.\"ExchangeId\", l.\"ItemId\" FROM \"ItemIdentity\" i JOIN \"ItemLink\" l ON l.\"Id\" = i.\"ItemLinkId\"");
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
            items[reader.GetString(0)] = reader.GetGuid(1);
        return items;
    }

    private async Task<long> CountAsync(string sql, CancellationToken stop)
    {
        await using var command = _database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
