using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CrmSync.Processes.Tests;

/// <summary>An empty database of its own on the PostgreSQL of the test command, behind a door that can be closed.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly int _port = ServerProcess.FreePort();
    private readonly List<TcpClient> _connections = [];
    private TcpListener? _door;

    private PostgresDatabase(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        // The looks need few connections; the servers have their pool as it comes: one too small for their workers would answer calls with 503.
        Direct = new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 5 }.ConnectionString;
        _server = new IPEndPoint(IPAddress.Parse(settings.Host!), settings.Port);
        settings.Port = _port;
        settings.Timeout = 5;
        Connection = settings.ConnectionString;
    }

    /// <summary>Through the door.</summary>
    public string Connection { get; }

    /// <summary>Past it, for the test's own looks.</summary>
    public string Direct { get; }

    public static async Task<PostgresDatabase> CreateAsync()
    {
        var root = Testing.Postgres.Required();
        var name = $"process_{Guid.NewGuid():N}"[..20];
        await using var db = new NpgsqlConnection(root);
        await db.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", db);
        await create.ExecuteNonQueryAsync();
        return new PostgresDatabase(new NpgsqlConnectionStringBuilder(root) { Database = name }.ConnectionString);
    }

    public PostgresDatabase Open()
    {
        _door = new TcpListener(IPAddress.Loopback, _port);
        _door.Start();
        _ = ServeAsync(_door);
        return this;
    }

    /// <summary>As if the database had crashed: connections break, new ones are refused.</summary>
    public void Close()
    {
        if (_door is null)
            return;
        _door.Stop();
        lock (_connections)
        {
            foreach (var connection in _connections)
                connection.Client?.Close(0);
            _connections.Clear();
        }
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var db = new NpgsqlConnection(Direct);
        await db.OpenAsync();
        await using var command = new NpgsqlCommand(sql, db);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<IReadOnlyList<string>> ColumnAsync(string sql)
    {
        await using var db = new NpgsqlConnection(Direct);
        await db.OpenAsync();
        await using var command = new NpgsqlCommand(sql, db);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            values.Add(reader.GetValue(0).ToString()!);
        return values;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(TcpListener door)
    {
        try
        {
            while (true)
            {
                var outer = await door.AcceptTcpClientAsync();
                var inner = new TcpClient { NoDelay = true };
                outer.NoDelay = true;
                await inner.ConnectAsync(_server);
                lock (_connections)
                    _connections.AddRange(outer, inner);
                _ = PumpAsync(outer, inner);
                _ = PumpAsync(inner, outer);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The door is closed.
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            to.Dispose();
        }
    }
}
