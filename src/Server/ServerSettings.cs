using CrmSync.Engine.Store;

namespace CrmSync.Server;

/// <summary>How this server is set up: from appsettings.json, the environment (CRMSYNC_Name) and the command line, in rising order.</summary>
public sealed class ServerSettings
{
    /// <summary>sqlite, postgres or sqlserver.</summary>
    public string Provider { get; set; } = "sqlite";

    /// <summary>Null with SQLite: crmsync.db in <see cref="Data"/>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Folder for the SQLite files and logs.</summary>
    public string Data { get; set; } = "data";

    /// <summary>Folder of the key ring that seals secrets and sessions; all nodes share it. Keep it out of the database's backup.</summary>
    public string? Keys { get; set; }

    /// <summary>Where the console and API listen.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary>The address under which Exchange and people reach this server; default for push URLs of new targets.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Apply pending migrations at start, after a log line; otherwise refuse to start with them.</summary>
    public bool Migrate { get; set; } = true;

    public int Workers { get; set; } = 8;

    public int LeaseSeconds { get; set; } = 30;

    public int MinLinkGapMs { get; set; } = 500;

    /// <summary>Largest request body of the API, in bytes.</summary>
    public int MaxBodyBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>Also write structured logs to files in <see cref="Data"/>/logs.</summary>
    public bool LogToFiles { get; set; } = true;

    /// <summary>OTLP endpoint for traces; null sends none.</summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Token that /metrics asks for as bearer; null: /metrics answers on loopback only.</summary>
    public string? MetricsToken { get; set; }

    public int PushStatusFrequencyMinutes { get; set; } = 1;

    public int PushSilenceSeconds { get; set; } = 120;

    public int StreamingConnectionMinutes { get; set; } = 29;

    public int ListenerLeaseSeconds { get; set; } = 15;

    /// <summary>Before anything is touched: settings that cannot work are named.</summary>
    /// <exception cref="ArgumentException">A setting makes no sense.</exception>
    public void Check()
    {
        StoreOptions.ParseProvider(Provider);
        foreach (var url in Urls.Split(';'))
        {
            if (!Uri.TryCreate(url.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                throw new ArgumentException($"'{url}' is no address to listen at. Give for example --urls http://127.0.0.1:5080.");
        }
    }

    public string KeysFolder => Keys ?? Path.Combine(Data, "keys");

    public string LogsFolder => Path.Combine(Data, "logs");
}
