using System.Diagnostics;
using Npgsql;

namespace CrmSync.Chaos.Machines;

/// <summary>A PostgreSQL of the rig's own, as eng/postgres.sh starts it: it is stopped and crashed while the servers work.</summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private readonly string _folder;

    private PostgresCluster(string folder) => _folder = folder;

    public int Port { get; private set; }

    public bool IsUp { get; private set; }

    /// <summary>For the rig's own looks, past every proxy.</summary>
    public string Direct { get; private set; } = "";

    public static async Task<PostgresCluster> StartAsync(string folder)
    {
        if (!Directory.Exists("/usr/lib/postgresql"))
            throw new InvalidOperationException("The chaos rig needs PostgreSQL in /usr/lib/postgresql (Debian: apt-get install postgresql). eng/test.sh installs it.");
        var cluster = new PostgresCluster(folder);
        await cluster.StartAsync();
        await cluster.ExecuteAsync("CREATE DATABASE chaos");
        cluster.Direct = cluster.Through(cluster.Port);
        return cluster;
    }

    /// <summary>The connection string for somebody who comes through this port: every wait of a client is bounded.</summary>
    public string Through(int port) => new NpgsqlConnectionStringBuilder(Direct)
    {
        Database = "chaos", Port = port, Timeout = 3, CommandTimeout = 6, CancellationTimeout = 1000, MaxPoolSize = 40,
    }.ConnectionString;

    /// <param name="crash">Its processes die without a checkpoint; else open transactions are broken off and it ends in order.</param>
    public async Task RestartAsync(bool crash)
    {
        IsUp = false;
        await ScriptAsync("stop", crash ? ["immediate"] : []);
        await StartAsync();
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var db = new NpgsqlConnection(Direct);
        await db.OpenAsync();
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var db = new NpgsqlConnection(Direct);
        await db.OpenAsync();
        await using var command = new NpgsqlCommand(sql, db);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ScriptAsync("stop", ["immediate"]);
    }

    private async Task StartAsync()
    {
        var connection = (await ScriptAsync("start", [])).Trim();
        if (Direct.Length == 0)
            (Direct, Port) = (connection, new NpgsqlConnectionStringBuilder(connection).Port);
        IsUp = true;
    }

    private async Task<string> ScriptAsync(string command, string[] more)
    {
        var start = new ProcessStartInfo(Path.Combine(Root(), "eng", "postgres.sh"), [command, _folder, .. more]) { RedirectStandardOutput = true };
        using var script = Process.Start(start)!;
        // One line: a background process may hold the pipe open.
        var line = command == "start" ? await script.StandardOutput.ReadLineAsync() : "";
        await script.WaitForExitAsync();
        return script.ExitCode == 0 ? line ?? "" : throw new InvalidOperationException($"eng/postgres.sh {command} ended with {script.ExitCode}. Its log is {_folder}/pg.log.");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CrmSync.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The chaos rig runs from a checkout: eng/postgres.sh was not found above the program.");
    }
}
