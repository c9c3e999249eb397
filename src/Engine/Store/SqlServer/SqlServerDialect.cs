using System.Text.Json;
using CrmSync.Engine.Queue;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.SqlServer;

/// <summary>SQL Server 2017 or later, Azure SQL. Kept small: no server of it runs in the tests, its statements are only parsed there.</summary>
public sealed class SqlServerDialect : StoreDialect
{
    public override StoreProvider Provider => StoreProvider.SqlServer;

    public override string NowMs => "DATEDIFF_BIG(millisecond, '19700101', SYSUTCDATETIME())";

    // LEAST and GREATEST exist since SQL Server 2022 only, and an aggregate may not contain the subquery that would replace them.
    public override string Least(string left, string right) => $"IIF({left} < {right}, {left}, {right})";

    public override string Greatest(string left, string right) => $"IIF({left} > {right}, {left}, {right})";

    public override string True => "1";

    public override string False => "0";

    private string IsFree => $"\"IsPaused\" = 0 AND (\"Owner\" IS NULL OR \"LeaseUntilMs\" < {NowMs})";

    private static string Claimed => "OUTPUT inserted.\"LinkId\", inserted.\"Epoch\", inserted.\"Mailbox\"";

    // The condition stands twice: a server that does not honour the hints would otherwise hand out a link twice.
    public override string ClaimNext =>
        $"""
        WITH c AS (SELECT TOP (1) * FROM "LinkWork" WITH (UPDLOCK, READPAST, ROWLOCK) WHERE "ReadyAtMs" IS NOT NULL AND "ReadyAtMs" <= {NowMs} AND {IsFree} ORDER BY "Priority", "ReadyAtMs")
        UPDATE c SET "Owner" = @owner, "Epoch" = "Epoch" + 1, "LeaseUntilMs" = {NowMs} + @lease {Claimed} WHERE {IsFree}
        """;

    public override string ClaimOne =>
        $"""UPDATE "LinkWork" SET "Owner" = @owner, "Epoch" = "Epoch" + 1, "LeaseUntilMs" = {NowMs} + @lease {Claimed} WHERE "LinkId" = @link AND {IsFree}""";

    public override string Release =>
        $"""
        {QueueSql.HoldLease};
        UPDATE w SET {QueueSql.FreeAssignments(this)} FROM "LinkWork" w CROSS JOIN ({QueueSql.Waiting(this)}) m
        WHERE w."LinkId" = @link AND w."Owner" = @owner AND w."Epoch" = @epoch
        """;

    public override string WakeLink =>
        $"""
        INSERT INTO "LinkWork" ("LinkId", "TargetId", "Mailbox", "Priority", "IsPaused", "Epoch")
        SELECT l."Id", l."TargetId", l."Mailbox", @priority, 0, 0 FROM "SyncLink" l
        WHERE l."Id" = @link AND NOT EXISTS (SELECT 1 FROM "LinkWork" w WITH (UPDLOCK, HOLDLOCK) WHERE w."LinkId" = @link);
        UPDATE w SET "ReadyAtMs" = {QueueSql.ReadyAfterWish(this, "x.\"At\"")}, "Priority" = {QueueSql.PriorityAfterWish}
        FROM "LinkWork" w CROSS APPLY (SELECT {QueueSql.Wish(this)} AS "At") x WHERE w."LinkId" = @link
        """;

    public override string PutMessage =>
        $"""
        UPDATE q SET "Revision" = q."Revision" + 1, "Priority" = {Least("q.\"Priority\"", "@priority")}, "NotBeforeMs" = {QueueSql.NotBeforeAfterWish(this)},
        "Attempts" = CASE WHEN q."State" = 1 THEN 0 ELSE q."Attempts" END, "State" = 0, "TraceId" = COALESCE(@trace, q."TraceId")
        FROM "ExchangeSyncQueue" q WITH (UPDLOCK, HOLDLOCK) WHERE q."LinkId" = @link AND q."Kind" = @kind AND q."ItemId" = @item;
        IF @@ROWCOUNT = 0 INSERT INTO "ExchangeSyncQueue" ("Id", "Kind", "LinkId", "ItemId", "Revision", "Priority", "State", "Attempts", "NotBeforeMs", "EnqueuedAtMs", "TraceId")
        SELECT @id, @kind, @link, @item, 1, @priority, 0, 0, {NowMs} + @delay, {NowMs}, @trace FROM "SyncLink" l WHERE l."Id" = @link
        """;

    public override void Configure(DbContextOptionsBuilder builder, string connectionString) =>
        builder.UseSqlServer(connectionString, server => server.MigrationsAssembly("CrmSync.Migrations.SqlServer"));

    public override async Task<int> WriteSetAsync(StoreTransaction transaction, SetWrite write, IReadOnlyList<object> rows, CancellationToken cancellation)
    {
        await using var command = transaction.Command(SqlOf(write));
        command.Add(("@rows", JsonOf(write.Table, rows)));
        // The count comes as a result: rows touched by several statements would be summed up.
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellation), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The statement of a set-based write; parameter rows is a JSON array of arrays.</summary>
    internal static string SqlOf(SetWrite write)
    {
        var columns = write.Table.Columns;
        var fields = string.Join(", ", columns.Select((column, index) => $"{SetWrite.Quote(column.Name)} {column.StoreType} '$[{index}]'"));
        var source = $"OPENJSON(@rows) WITH ({fields}) AS s";
        // OPENJSON's texts carry the database's collation; external ids, the only columns of one byte per character, have their own (ProviderMapping).
        string Value(TableColumn column) =>
            $"s.{SetWrite.Quote(column.Name)}{(column.StoreType.StartsWith("varchar", StringComparison.Ordinal) ? " COLLATE Latin1_General_100_BIN2" : "")}";
        var sameKey = string.Join(" AND ", write.Table.Keys.Select(key => $"t.{SetWrite.Quote(key.Name)} = {Value(key)}"));
        var updated = write.Updated;
        string Row(Func<TableColumn, string> value) => string.Join(", ", updated.Select(value));
        var update = $"UPDATE t SET {write.Assignments("s")} FROM {write.Name} t JOIN {source} ON {sameKey}";
        var insert = $"INSERT INTO {write.Name} ({write.ColumnList}) SELECT {string.Join(", ", columns.Select(column => $"s.{SetWrite.Quote(column.Name)}"))} FROM {source}";
        var absent = $"WHERE NOT EXISTS (SELECT 1 FROM {write.Name} t WITH (UPDLOCK, HOLDLOCK) WHERE {sameKey})";
        return write.Mode switch
        {
            WriteMode.Insert => $"{insert}; SELECT @@ROWCOUNT",
            WriteMode.InsertIfAbsent => $"{insert} {absent}; SELECT @@ROWCOUNT",
            WriteMode.Upsert when updated.Count == 0 => $"{insert} {absent}; SELECT @@ROWCOUNT",
            WriteMode.Upsert =>
                $"DECLARE @n int; {update} WHERE EXISTS (SELECT {Row(column => $"t.{SetWrite.Quote(column.Name)}")} EXCEPT SELECT {Row(Value)}); "
                + $"SET @n = @@ROWCOUNT; {insert} {absent}; SELECT @n + @@ROWCOUNT",
            WriteMode.UpdatePlannedVersion => $"{update} AND t.\"Version\" = s.\"Version\" - 1; SELECT @@ROWCOUNT",
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }

    internal static string JsonOf(TableShape table, IReadOnlyList<object> rows)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartArray();
                foreach (var column in table.Columns)
                    Write(json, column.Read(row));
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case Guid id: json.WriteStringValue(id); break;
            case DateTime at: json.WriteStringValue(at.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture)); break;
            default: throw new NotSupportedException($"No JSON form for {value.GetType().Name}.");
        }
    }

    public override bool IsTransient(Exception exception) => Find(exception) is { Number: 1205 or 3960 or 41302 or 41305 };

    public override bool IsDuplicate(Exception exception) => Find(exception) is { Number: 2601 or 2627 };

    public override string? DescribeOutage(Exception exception, string connectionString)
    {
        if (Find(exception) is not { } error)
            return null;
        var where = new SqlConnectionStringBuilder(connectionString);
        var place = $"SQL Server at {where.DataSource}, database '{where.InitialCatalog}'";
        return error.Number switch
        {
            18456 => $"{place}: the sign-in of '{where.UserID}' was refused. Check user and password in the connection string.",
            4060 => $"{place}: the database cannot be opened. Create it, or give the account access.",
            -2 => $"{place}: no answer in time. Check that the server is not overloaded and that no firewall drops the connection.",
            _ => $"{place}: {error.Message} Check that the server runs, and host and port in the connection string.",
        };
    }

    // EF takes an application lock (sp_getapplock) around its migrations here.
    public override Task<IAsyncDisposable?> EnterMigrationAsync(CrmSyncDbContext database, CancellationToken cancellation) =>
        Task.FromResult<IAsyncDisposable?>(null);

    private static SqlException? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SqlException found)
                return found;
        }
        return null;
    }
}
