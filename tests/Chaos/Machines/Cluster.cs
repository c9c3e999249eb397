using CrmSync.Processes.Tests;
using CrmSync.Testing;

namespace CrmSync.Chaos.Machines;

/// <summary>Three servers on one PostgreSQL, one simulated Exchange, and a proxy on every road between them.</summary>
public sealed class Cluster : IAsyncDisposable
{
    public const int Nodes = 3;
    private static readonly TimeSpan Travel = TimeSpan.FromMilliseconds(8);
    private ServerProcess _simulator = null!;
    private TcpProxy? _exchange;
    private int _ended;

    private Cluster(string folder)
    {
        Folder = folder;
        Current = this;
    }

    /// <summary>The one of this process, to be ended with it.</summary>
    public static Cluster? Current { get; private set; }

    public string Folder { get; }

    public PostgresCluster Database { get; private set; } = null!;

    /// <summary>The road from all servers to Exchange.</summary>
    public TcpProxy Exchange => _exchange!;

    public List<ServerNode> Servers { get; } = [];

    public HttpClient Simulator { get; private set; } = null!;

    public string Token { get; private set; } = "";

    /// <summary>Somebody could do the work: the database is up and a server answers.</summary>
    public bool CanWork => Database.IsUp && Servers.Exists(server => server.CanWork);

    public static string Address(string person) => $"{person}@contoso.test";

    public static async Task<Cluster> StartAsync(ChaosOptions options, IReadOnlyList<string> people)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("The chaos rig needs Linux: signals, prlimit and a PostgreSQL of its own.");
        var folder = Directory.CreateTempSubdirectory("crmsync-chaos-").FullName;
        // The database's own user has to get through.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var cluster = new Cluster(folder);
        try
        {
            cluster.Database = await PostgresCluster.StartAsync(Path.Combine(folder, "pg"));
            await cluster.StartExchangeAsync(people);
            await cluster.StartServersAsync(options);
            await cluster.ArrangeAsync(people);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
        return cluster;
    }

    public HttpClient Api(ServerNode server, int seconds = 6)
    {
        var http = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromSeconds(seconds) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        return http;
    }

    public Outlook Outlook(string person) => new(Simulator, Address(person));

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 1)
            return;
        foreach (var server in Servers)
            server.Abandon();
        foreach (var server in Servers)
            await server.EndAsync();
        foreach (var server in Servers)
            await server.Database.DisposeAsync();
        if (_exchange is not null)
            await _exchange.DisposeAsync();
        Simulator?.Dispose();
        if (_simulator is not null)
            await _simulator.DisposeAsync();
        if (Database is not null)
            await Database.DisposeAsync();
    }

    private async Task StartExchangeAsync(IReadOnlyList<string> people)
    {
        var port = ServerProcess.FreePort();
        _simulator = ServerProcess.StartProgram(
            "CrmSync.ExchangeSimulator.dll", $"http://127.0.0.1:{port}", "--empty", "--port", $"{port}", "--tls-port", "-1", "--auth", "basic", "--heartbeat-seconds", "1");
        Simulator = new HttpClient { BaseAddress = new Uri(_simulator.Url) };
        await ProcessRig.EventuallyAsync(async () => (await Simulator.GetAsync("/control/mailboxes")).IsSuccessStatusCode, "the simulator answers");
        _exchange = new TcpProxy(() => port, Travel, 1);
        foreach (var person in people)
            await ControlAsync("/control/mailboxes", new { address = Address(person), displayName = person, password = "demo" });
        await ControlAsync("/control/accounts", new { name = "sync@contoso.test", password = "demo", mayImpersonate = true });
    }

    private async Task StartServersAsync(ChaosOptions options)
    {
        // Most of the rig's processor time goes into servers that start: none lives long enough for its profile to be worth taking.
        var environment = new Dictionary<string, string> { ["CRMSYNC_LogToFiles"] = "false", ["DOTNET_TieredPGO"] = "0" };
        if (options.LeaseSeconds is { } lease)
            environment["CRMSYNC_LeaseSeconds"] = environment["CRMSYNC_ListenerLeaseSeconds"] = $"{lease}";
        for (var number = 1; number <= Nodes; number++)
        {
            var (data, port, road) = (Path.Combine(Folder, $"data-{number}"), ServerProcess.FreePort(), new TcpProxy(() => Database.Port, TimeSpan.Zero, 1 + number));
            Servers.Add(new ServerNode(number, Folder, () => ServerProcess.Start(data, port, environment, [.. Arguments(road)])) { Database = road });
        }
        await Task.WhenAll(Servers.Select(server => server.StartAsync()));
        var (code, output) = await ServerProcess.CommandAsync(environment, ["token", "--data", Path.Combine(Folder, "data-1"), .. Arguments(Servers[0].Database)]);
        Token = code == 0 ? output.Trim().Split('\n')[^1].Trim() : throw new InvalidOperationException(output);
    }

    public async Task<(int ExitCode, string Output)> DoctorAsync() =>
        await ServerProcess.CommandAsync(null, ["doctor", "--data", Path.Combine(Folder, "data-1"), .. Arguments(Servers[0].Database)]);

    private string[] Arguments(TcpProxy road) => ["--provider", "postgres", "--connection", Database.Through(road.Port), "--keys", Path.Combine(Folder, "keys")];

    // Guards are for people's mistakes, of which there are none here: they must not hold what the rig does.
    private async Task ArrangeAsync(IReadOnlyList<string> people)
    {
        using var api = Api(Servers[0], 30);
        var target = await ProcessRig.SendAsync(api, HttpMethod.Post, "/api/v1/targets", new
        {
            name = "Contoso", url = $"http://127.0.0.1:{Exchange.Port}/EWS/Exchange.asmx", userName = "sync@contoso.test", secret = "demo", notifications = "streaming",
            pollIntervalSeconds = 5, requestTimeoutSeconds = 3, deleteGuardMinimum = 100_000, deleteGuardCount = 0, changeGuardMinimum = 100_000, changeGuardCount = 0,
            allChangedMinimum = 0, rewritesPerHour = 0, mailsPerHour = 1_000_000,
        });
        foreach (var person in people)
            await ProcessRig.LinkAsync(api, target["id"]!.ToString(), person);
        await Database.ExecuteAsync(QueueCount.Arrange);
    }

    public async Task ControlAsync(string path, object body)
    {
        using var answer = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(Simulator, path, body);
        answer.EnsureSuccessStatusCode();
    }
}
