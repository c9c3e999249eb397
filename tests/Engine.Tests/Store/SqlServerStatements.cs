using System.Runtime.CompilerServices;
using System.Text;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.SqlServer;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CrmSync.Engine.Tests.Store;

/// <summary>
/// Keeps the files that tests/SqlServer.Tests parses equal to what the code says; CRMSYNC_APPROVE=1 writes them anew. They lie in the repository so
/// that the parser's project needs nothing of the engine, and a change of a statement shows in review.
/// </summary>
public sealed class SqlServerStatements
{
    private static readonly SqlServerDialect Dialect = new();

    [Fact]
    public void The_parsed_statements_are_those_of_the_code() => Approve("statements.sql", Statements());

    [Fact]
    public void The_parsed_migrations_are_those_of_the_code()
    {
        using var database = MigrationTests.ContextOf(Dialect, "Server=localhost;Database=design");
        Approve("migrations.sql", database.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent));
    }

    private static string Statements()
    {
        var text = new StringBuilder();
        void Add(string name, string sql) => text.Append("-- ").Append(name).Append('\n').Append(sql).Append("\nGO\n");

        Add("claim the next link", Dialect.ClaimNext);
        Add("claim one link", Dialect.ClaimOne);
        Add("release", Dialect.Release);
        Add("wake a link", Dialect.WakeLink);
        Add("put a message", Dialect.PutMessage);
        Add("hold the lease", QueueSql.HoldLease);
        Add("lock a link", QueueSql.LockLink);
        Add("done", QueueSql.Done);
        Add("retry", QueueSql.Retry(Dialect));
        Add("renew", QueueSql.Renew(Dialect));
        Add("defer a mailbox", QueueSql.Defer(Dialect, oneMailbox: true));
        Add("defer a target", QueueSql.Defer(Dialect, oneMailbox: false));
        Add("next ready", QueueSql.NextReadyIn(Dialect));
        Add("due messages", QueueSql.Due(Dialect).Replace("{0}", "@link"));
        Add("now", $"SELECT {Dialect.NowMs}");
        Add("one audit writer", Access.AuditLogWriter.LockSql);
        using var database = MigrationTests.ContextOf(Dialect, "Server=localhost;Database=design");
        foreach (var type in database.Model.GetEntityTypes().OrderBy(type => type.GetTableName(), StringComparer.Ordinal))
        {
            var table = TableShape.Of(database.Model, type.ClrType);
            foreach (var mode in Enum.GetValues<WriteMode>())
            {
                if (mode != WriteMode.UpdatePlannedVersion || table.Columns.Any(column => column.Name == SetWrite.VersionColumn))
                    Add($"{mode} {table.Name}", SqlServerDialect.SqlOf(new SetWrite(table, mode, [])));
            }
        }
        return text.ToString();
    }

    private static void Approve(string file, string actual, [CallerFilePath] string here = "")
    {
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../SqlServer.Tests/Statements", file));
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("CRMSYNC_APPROVE") == "1")
            File.WriteAllText(path, actual);
        var approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        (approved == actual).ShouldBeTrue($"{file} is not what the code says now. Run this test with CRMSYNC_APPROVE=1, look at the difference, and commit it.");
    }
}
