namespace CrmSync.Engine.Store;

public enum StoreProvider
{
    Sqlite = 0,
    PostgreSql = 1,
    SqlServer = 2,
}

/// <summary>Which database, and how the queue in it behaves.</summary>
public sealed class StoreOptions
{
    public StoreProvider Provider { get; set; } = StoreProvider.Sqlite;

    /// <summary>The provider's own connection string; for SQLite <c>Data Source=FILE</c>.</summary>
    public string ConnectionString { get; set; } = "Data Source=crmsync.db";

    /// <summary>Pause between the end of a session and the next one that only a hint asked for. Default 500 ms.</summary>
    public int MinLinkGapMs { get; set; } = 500;

    /// <summary>Longest sleep of an idle worker. Default: 1 s on SQL Server, which has no wake-up between processes, else 10 s.</summary>
    public int? QueuePollMs { get; set; }

    /// <summary>Brings the schema up to date at start, after a log line. Off: start fails with a clear message when migrations are pending. Default on.</summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>Reads sqlite, postgres or sqlserver.</summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static StoreProvider ParseProvider(string word) => word.ToLowerInvariant() switch
    {
        "sqlite" => StoreProvider.Sqlite,
        "postgres" or "postgresql" => StoreProvider.PostgreSql,
        "sqlserver" or "mssql" => StoreProvider.SqlServer,
        _ => throw new ArgumentException($"Database provider '{word}' is unknown. Use sqlite, postgres or sqlserver."),
    };
}
