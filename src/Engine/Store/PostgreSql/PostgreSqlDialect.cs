using System.Net.Sockets;
using CrmSync.Engine.Queue;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CrmSync.Engine.Store.PostgreSql;

/// <summary>PostgreSQL 13 or later.</summary>
public sealed class PostgreSqlDialect : StoreDialect
{
    // Any constant that no other program on this server uses: "CrmSync" in ASCII.
    private const string IdleTooLong = "25P03"; // idle_in_transaction_session_timeout
    private const long MigrationLock = 0x43726d53796e63;

    public override StoreProvider Provider => StoreProvider.PostgreSql;

    // clock_timestamp, not now(): a transaction that waited for a lock must not stamp leases with the time at which it began.
    public override string NowMs => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    public override string Least(string left, string right) => $"LEAST({left}, {right})";

    public override string Greatest(string left, string right) => $"GREATEST({left}, {right})";

    // The time is taken once in a CTE: a volatile function in the condition would keep the index from bounding the scan.
    public override string ClaimNext =>
        $"""
        WITH t AS MATERIALIZED (SELECT {NowMs} AS now),
        c AS (SELECT "LinkId" FROM "LinkWork" WHERE NOT "IsPaused" AND "ReadyAtMs" IS NOT NULL AND "ReadyAtMs" <= (SELECT now FROM t)
        AND ("Owner" IS NULL OR "LeaseUntilMs" < (SELECT now FROM t)) ORDER BY "Priority", "ReadyAtMs" LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE "LinkWork" w SET "Owner" = @owner, "Epoch" = w."Epoch" + 1, "LeaseUntilMs" = (SELECT now FROM t) + @lease
        FROM c WHERE w."LinkId" = c."LinkId" RETURNING w."LinkId", w."Epoch", w."Mailbox"
        """;

    public override string ClaimOne =>
        $"""
        UPDATE "LinkWork" w SET "Owner" = @owner, "Epoch" = w."Epoch" + 1, "LeaseUntilMs" = {NowMs} + @lease
        WHERE w."LinkId" = @link AND NOT w."IsPaused" AND (w."Owner" IS NULL OR w."LeaseUntilMs" < {NowMs}) RETURNING w."LinkId", w."Epoch", w."Mailbox"
        """;

    // Two statements in one round trip. The second takes a new snapshot after the lock: a message committed while we waited is counted (no lost wake-up).
    public override string Release =>
        $"""
        {QueueSql.HoldLease};
        UPDATE "LinkWork" AS w SET {QueueSql.FreeAssignments(this)} FROM ({QueueSql.Waiting(this)}) m
        WHERE w."LinkId" = @link AND w."Owner" = @owner AND w."Epoch" = @epoch
        """;

    public override string WakeLink => QueueSql.WakeLinkOnConflict(this);

    public override string PutMessage => QueueSql.PutMessageOnConflict(this);

    public override void Configure(DbContextOptionsBuilder builder, string connectionString) =>
        builder.UseNpgsql(Prepared(connectionString), npgsql => npgsql.MigrationsAssembly("CrmSync.Migrations.PostgreSql"));

    // The same few dozen statements over and over: parsing and planning them costs more than running them. An explicit setting wins.
    private static string Prepared(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (settings.MaxAutoPrepare == 0)
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (100, 3);
        // We leave nothing behind in a session: no settings, no temporary tables, no locks. Cleaning up costs seven statements each time.
        settings.NoResetOnClose = true;
        return settings.ConnectionString;
    }

    public override async Task<int> WriteSetAsync(StoreTransaction transaction, SetWrite write, IReadOnlyList<object> rows, CancellationToken cancellation)
    {
        await using var command = (NpgsqlCommand)transaction.Command(SqlOf(write));
        for (var index = 0; index < write.Table.Columns.Count; index++)
        {
            var column = write.Table.Columns[index];
            // varchar(320)[] is no type name: the length belongs to the column.
            var type = column.StoreType.Split('(')[0];
            command.Parameters.Add(new NpgsqlParameter { ParameterName = $"c{index}", Value = column.ReadAll(rows), DataTypeName = type + "[]" });
        }
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    private static string SqlOf(SetWrite write)
    {
        var source = $"unnest({string.Join(", ", write.Table.Columns.Select((_, index) => $"@c{index}"))}) AS s({write.ColumnList})";
        var insert = $"INSERT INTO {write.Name} AS t ({write.ColumnList}) SELECT * FROM {source}";
        var updated = write.Updated;
        string Row(string alias) => $"({string.Join(", ", updated.Select(column => $"{alias}.{SetWrite.Quote(column.Name)}"))})";
        return write.Mode switch
        {
            WriteMode.Insert => insert,
            WriteMode.InsertIfAbsent => $"{insert} ON CONFLICT ({write.KeyList}) DO NOTHING",
            WriteMode.Upsert when updated.Count == 0 => $"{insert} ON CONFLICT ({write.KeyList}) DO NOTHING",
            WriteMode.Upsert => $"{insert} ON CONFLICT ({write.KeyList}) DO UPDATE SET {write.Assignments("excluded")} WHERE {Row("t")} IS DISTINCT FROM {Row("excluded")}",
            WriteMode.UpdatePlannedVersion =>
                $"UPDATE {write.Name} AS t SET {write.Assignments("s")} FROM {source} WHERE {write.SameKey("t", "s")} AND t.\"Version\" = s.\"Version\" - 1",
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }

    /// <summary>One round trip for many small statements.</summary>
    public override async Task<int> ExecuteEachAsync(
        StoreTransaction transaction, string sql, IReadOnlyList<string> names, IReadOnlyList<object?[]> values, CancellationToken cancellation)
    {
        if (values.Count == 1)
            return await base.ExecuteEachAsync(transaction, sql, names, values, cancellation);
        var touched = 0;
        foreach (var chunk in values.Chunk(SetWrite.MaxRows))
        {
            await using var batch = new NpgsqlBatch((NpgsqlConnection)transaction.Connection);
            foreach (var row in chunk)
            {
                var command = new NpgsqlBatchCommand(sql);
                for (var index = 0; index < names.Count; index++)
                    command.Parameters.Add(new NpgsqlParameter(names[index], row[index] ?? DBNull.Value));
                batch.BatchCommands.Add(command);
            }
            touched += await batch.ExecuteNonQueryAsync(cancellation);
        }
        return touched;
    }

    /// <remarks>
    /// The idle limit (<see cref="PostgreSqlConnection.WithIdleLimit"/>) strikes only while a transaction waits for its next statement, so that what it ended was certainly
    /// not committed.
    /// </remarks>
    public override bool IsTransient(Exception exception) => Find(exception) is
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or IdleTooLong
    };

    public override bool IsDuplicate(Exception exception) => Find(exception) is { SqlState: PostgresErrorCodes.UniqueViolation };

    public override string? DescribeOutage(Exception exception, string connectionString)
    {
        var where = new NpgsqlConnectionStringBuilder(connectionString);
        var place = $"PostgreSQL at {where.Host}:{where.Port}, database '{where.Database}', user '{where.Username}'";
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException { SqlState: "28P01" or "28000" } refused:
                    return $"{place}: the sign-in was refused ({refused.MessageText}). Check user and password in the connection string, and pg_hba.conf.";
                case PostgresException { SqlState: "3D000" }:
                    return $"{place}: the database does not exist. Create it, or let the user create databases.";
                case PostgresException { SqlState: "57P03" or "57P01" or "53300" } busy:
                    return $"{place}: the server does not take connections now ({busy.MessageText}). It is tried again.";
                case SocketException socket:
                    return $"{place}: no connection ({socket.Message}). Check that the server runs, and host and port in the connection string.";
                case TimeoutException:
                    return $"{place}: no answer in time. Check that the server is not overloaded and that no firewall drops the connection.";
            }
        }
        return exception is NpgsqlException ? $"{place}: {exception.Message}" : null;
    }

    public override async Task<IAsyncDisposable?> EnterMigrationAsync(CrmSyncDbContext database, CancellationToken cancellation)
    {
        var creator = (IRelationalDatabaseCreator)database.GetService<IDatabaseCreator>();
        if (!await creator.ExistsAsync(cancellation))
        {
            try
            {
                await creator.CreateAsync(cancellation);
            }
            catch (Exception exception) when (Find(exception) is { SqlState: PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation })
            {
                // Another node was first.
            }
        }
        // A connection of its own: the lock lives as long as it, and a node that dies frees it.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Database.GetConnectionString()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock({MigrationLock})", connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
        return connection;
    }

    private static PostgresException? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is PostgresException found)
                return found;
        }
        return null;
    }
}
