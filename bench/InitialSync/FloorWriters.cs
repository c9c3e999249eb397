using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CrmSync.Bench.InitialSync;

/// <summary>The least that saving a page can cost: one set-based upsert per table and the cursor, in one transaction.</summary>
public abstract class FloorWriter(Guid linkId) : IAsyncDisposable
{
    protected Guid LinkId => linkId;

    public abstract Task SaveAsync(FloorTables tables, FloorPage page);

    public abstract ValueTask DisposeAsync();

    protected static string Upsert(FloorTable table, string source) =>
        $"INSERT INTO \"{table.Name}\" ({Names(table)}) {source} ON CONFLICT ({table.Keys}) DO UPDATE SET " +
        string.Join(", ", table.Columns.Skip(1).Select(column => $"\"{column.Name}\" = excluded.\"{column.Name}\""));

    protected static string Names(FloorTable table) => string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));
}

public sealed class FloorPostgres : FloorWriter
{
    private readonly NpgsqlConnection _connection;

    private FloorPostgres(NpgsqlConnection connection, Guid linkId) : base(linkId) => _connection = connection;

    public static async Task<FloorPostgres> OpenAsync(string connection, Guid linkId)
    {
        var open = new NpgsqlConnection(connection + ";Max Auto Prepare=20;Auto Prepare Min Usages=2");
        await open.OpenAsync();
        return new(open, linkId);
    }

    public override async Task SaveAsync(FloorTables tables, FloorPage page)
    {
        await using var transaction = await _connection.BeginTransactionAsync();
        foreach (var table in tables.All)
        {
            var source = $"SELECT * FROM unnest({string.Join(", ", table.Columns.Select((_, index) => $"@c{index}"))})";
            await using var command = new NpgsqlCommand(Upsert(table, source), _connection, transaction);
            for (var i = 0; i < table.Columns.Count; i++)
                command.Parameters.Add(new NpgsqlParameter { ParameterName = $"c{i}", Value = table.Columns[i].Gather(page.Items), DataTypeName = table.Columns[i].Type + "[]" });
            await command.ExecuteNonQueryAsync();
        }
        await using var cursor = new NpgsqlCommand("UPDATE \"LinkState\" SET \"Cursor\" = $1 WHERE \"LinkId\" = $2", _connection, transaction) { Parameters = { new() { Value = page.SyncState }, new() { Value = LinkId } } };
        await cursor.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public override ValueTask DisposeAsync() => _connection.DisposeAsync();
}

public sealed class FloorSqlite : FloorWriter
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public FloorSqlite(string connection, Guid linkId) : base(linkId)
    {
        _connection = new SqliteConnection(connection);
        _connection.Open();
        using var mode = _connection.CreateCommand();
        mode.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
        mode.ExecuteNonQuery();
    }

    public override Task SaveAsync(FloorTables tables, FloorPage page)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var table in tables.All)
        {
            var command = Prepared(table);
            command.Transaction = transaction;
            foreach (var item in page.Items)
            {
                for (var i = 0; i < table.Columns.Count; i++)
                    command.Parameters[i].Value = table.Columns[i].One(item) ?? DBNull.Value;
                command.ExecuteNonQuery();
            }
        }
        using var cursor = _connection.CreateCommand();
        cursor.Transaction = transaction;
        cursor.CommandText = "UPDATE \"LinkState\" SET \"Cursor\" = @state WHERE \"LinkId\" = @link";
        cursor.Parameters.AddWithValue("@state", page.SyncState);
        cursor.Parameters.AddWithValue("@link", LinkId);
        cursor.ExecuteNonQuery();
        transaction.Commit();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var command in _prepared.Values)
            await command.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private SqliteCommand Prepared(FloorTable table)
    {
        if (_prepared.TryGetValue(table.Name, out var known))
            return known;
        var command = _connection.CreateCommand();
        command.CommandText = Upsert(table, $"VALUES ({string.Join(", ", table.Columns.Select((_, index) => $"@c{index}"))})");
        for (var i = 0; i < table.Columns.Count; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"@c{i}" });
        return _prepared[table.Name] = command;
    }
}
