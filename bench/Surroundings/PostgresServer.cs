using Npgsql;

namespace CrmSync.Bench.Surroundings;

/// <summary>The PostgreSQL that is measured with: given, or one of our own that ends with us.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string? _own;

    private PostgresServer(string connection, string? own) => (Connection, _own) = (connection, own);

    public string Connection { get; }

    public static Task<PostgresServer> FindAsync(string? wished)
    {
        if ((wished ?? Environment.GetEnvironmentVariable("CRMSYNC_TEST_POSTGRES")) is { Length: > 0 } known)
            return Task.FromResult(new PostgresServer(known, null));
        var folder = Directory.CreateTempSubdirectory("crmsync-bench-").FullName;
        return Task.FromResult(new PostgresServer(Machine.Output("bash", Path.Combine(Machine.Root, "eng/postgres.sh"), "start", folder).Trim(), folder));
    }

    /// <summary>An empty database of its own; answers its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await DropDatabaseAsync(name);
        await ExecuteAsync($"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(Connection) { Database = name }.ConnectionString;
    }

    public async Task DropDatabaseAsync(string name)
    {
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    }

    /// <summary>Writes all dirty pages out, so that no run pays for the one before it.</summary>
    public Task CheckpointAsync() => ExecuteAsync("CHECKPOINT");

    public ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_own is not null)
        {
            Machine.Output("bash", Path.Combine(Machine.Root, "eng/postgres.sh"), "stop", _own);
            Directory.Delete(_own, recursive: true);
        }
        return default;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var database = new NpgsqlConnection(Connection);
        await database.OpenAsync();
        await using var command = new NpgsqlCommand(sql, database) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync();
    }
}
