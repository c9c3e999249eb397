using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using CrmSync.Engine.Queue;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CrmSync.Engine.Store.Sqlite;

/// <summary>SQLite in a file, for one process. Write-ahead log, full synchronisation: a committed intent survives a power cut (invariant 6).</summary>
public sealed class SqliteDialect(TimeProvider time) : StoreDialect
{
    // Writers of one file queue here, asynchronously; SQLite's own busy handler would block the thread. It stays the net for other processes.
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Turns = new(StringComparer.Ordinal);

    public override StoreProvider Provider => StoreProvider.Sqlite;

    // The database lives in this process, so its clock is ours: the injected one.
    public override string NowMs => NowValue!.Value.ToString(CultureInfo.InvariantCulture);

    public override long? NowValue => time.GetUtcNow().ToUnixTimeMilliseconds();

    public override string Least(string left, string right) => $"MIN({left}, {right})";

    public override string Greatest(string left, string right) => $"MAX({left}, {right})";

    public override string True => "1";

    public override string False => "0";

    // One statement is one transaction, and there is one writer: nobody claims between the search and the update.
    public override string ClaimNext
    {
        get
        {
            var now = NowMs;
            return $"""
                UPDATE "LinkWork" SET "Owner" = @owner, "Epoch" = "Epoch" + 1, "LeaseUntilMs" = {now} + @lease
                WHERE "LinkId" = (SELECT "LinkId" FROM "LinkWork" WHERE "IsPaused" = 0 AND "ReadyAtMs" IS NOT NULL AND "ReadyAtMs" <= {now}
                AND ("Owner" IS NULL OR "LeaseUntilMs" < {now}) ORDER BY "Priority", "ReadyAtMs" LIMIT 1) RETURNING "LinkId", "Epoch", "Mailbox"
                """;
        }
    }

    public override string ClaimOne =>
        $"""
        UPDATE "LinkWork" SET "Owner" = @owner, "Epoch" = "Epoch" + 1, "LeaseUntilMs" = {NowMs} + @lease
        WHERE "LinkId" = @link AND "IsPaused" = 0 AND ("Owner" IS NULL OR "LeaseUntilMs" < {NowMs}) RETURNING "LinkId", "Epoch", "Mailbox"
        """;

    public override string Release =>
        $"""
        UPDATE "LinkWork" AS w SET {QueueSql.FreeAssignments(this)} FROM ({QueueSql.Waiting(this)}) m
        WHERE w."LinkId" = @link AND w."Owner" = @owner AND w."Epoch" = @epoch
        """;

    public override string WakeLink => QueueSql.WakeLinkOnConflict(this);

    public override string PutMessage => QueueSql.PutMessageOnConflict(this);

    public override void Configure(DbContextOptionsBuilder builder, string connectionString) =>
        builder.UseSqlite(connectionString, sqlite => sqlite.MigrationsAssembly("CrmSync.Migrations.Sqlite")).AddInterceptors(BusyTimeout.Instance);

    public override async Task<int> WriteSetAsync(StoreTransaction transaction, SetWrite write, IReadOnlyList<object> rows, CancellationToken cancellation)
    {
        var columns = write.Table.Columns;
        string[] names = [.. columns.Select((_, index) => $"@c{index}")];
        return await ExecuteEachAsync(
            transaction, SqlOf(write, names), names, [.. rows.Select(row => columns.Select(column => column.Read(row)).ToArray())], cancellation);
    }

    private static string SqlOf(SetWrite write, IReadOnlyList<string> names)
    {
        var insert = $"INSERT INTO {write.Name} ({write.ColumnList}) VALUES ({string.Join(", ", names)})";
        var updated = write.Updated;
        var columns = write.Table.Columns.ToList();
        string Value(TableColumn column) => names[columns.IndexOf(column)];
        return write.Mode switch
        {
            WriteMode.Insert => insert,
            WriteMode.InsertIfAbsent => $"{insert} ON CONFLICT ({write.KeyList}) DO NOTHING",
            WriteMode.Upsert when updated.Count == 0 => $"{insert} ON CONFLICT ({write.KeyList}) DO NOTHING",
            WriteMode.Upsert => $"{insert} ON CONFLICT ({write.KeyList}) DO UPDATE SET {write.Assignments("excluded")} WHERE "
                + string.Join(" OR ", updated.Select(column => $"{SetWrite.Quote(column.Name)} IS NOT excluded.{SetWrite.Quote(column.Name)}")),
            WriteMode.UpdatePlannedVersion =>
                $"UPDATE {write.Name} SET {string.Join(", ", updated.Select(column => $"{SetWrite.Quote(column.Name)} = {Value(column)}"))} WHERE "
                + string.Join(" AND ", write.Table.Keys.Select(key => $"{SetWrite.Quote(key.Name)} = {Value(key)}"))
                + $" AND \"Version\" = {Value(columns.Single(column => column.Name == SetWrite.VersionColumn))} - 1",
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }

    public override bool IsTransient(Exception exception) => CodeOf(exception) is 5 or 6; // SQLITE_BUSY, SQLITE_LOCKED

    public override bool IsDuplicate(Exception exception) => CodeOf(exception) is 19; // SQLITE_CONSTRAINT

    public override string? DescribeOutage(Exception exception, string connectionString)
    {
        var file = Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);
        // The lock file of a migration fails before the database does, for the same reasons.
        return (CodeOf(exception) ?? (exception is DirectoryNotFoundException or UnauthorizedAccessException ? 14 : exception is IOException ? 10 : null)) switch
        {
            14 => $"SQLite file {file}: it cannot be opened. Check that the folder exists and that this account may write there.",
            8 => $"SQLite file {file}: it is read-only for this account. Give it write access to the file and its folder.",
            10 or 13 => $"SQLite file {file}: the disk failed or is full ({exception.Message}). Free space, then start again.",
            11 or 26 => $"SQLite file {file}: it is not a database or is damaged. Restore it from a backup.",
            5 or 6 => $"SQLite file {file}: another process holds it. Only one server may use a SQLite file; use PostgreSQL for several nodes.",
            { } code => $"SQLite file {file}: {exception.Message} (code {code})",
            null => null,
        };
    }

    public override async ValueTask<IDisposable?> EnterWriteAsync(DbConnection connection, CancellationToken cancellation)
    {
        var turn = Turns.GetOrAdd(Path.GetFullPath(connection.DataSource), _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellation);
        return new Turn(turn);
    }

    /// <summary>EF marks a running migration by a row that a killed process leaves behind, and waits for it for ever: a locked file needs no clearing.</summary>
    public override async Task<IAsyncDisposable?> EnterMigrationAsync(CrmSyncDbContext database, CancellationToken cancellation)
    {
        var file = new SqliteConnectionStringBuilder(database.Database.GetConnectionString()).DataSource;
        FileStream? guard = null;
        while (guard is null)
        {
            try
            {
                // It stays when it is let go: a lock on a file that its holder deletes can be had twice, by one who opened it just before and one who makes it anew.
                guard = new FileStream(file + ".migrating", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1);
            }
            catch (IOException held) when (held.HResult is EWouldBlock or EWouldBlockOnMac or SharingViolation)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellation);
            }
        }
        if (File.Exists(file))
        {
            await using var connection = new SqliteConnection(database.Database.GetConnectionString());
            await connection.OpenAsync(cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE IF EXISTS \"__EFMigrationsLock\"";
            await command.ExecuteNonQueryAsync(cancellation);
        }
        return guard;
    }

    // How .NET reports a file that another process has locked, on Linux, macOS and Windows.
    private const int EWouldBlock = 11;
    private const int EWouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private static int? CodeOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SqliteException found)
                return found.SqliteErrorCode;
        }
        return null;
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }

    private sealed class BusyTimeout : DbConnectionInterceptor
    {
        public static readonly BusyTimeout Instance = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout = 10000";
            command.ExecuteNonQuery();
        }

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData);
            return Task.CompletedTask;
        }
    }
}
