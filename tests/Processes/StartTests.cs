using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace CrmSync.Processes.Tests;

/// <summary>A server that cannot start says why in one line, and has changed nothing.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crmsync-start-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task A_key_ring_that_does_not_open_the_database_ends_the_start_with_code_3_and_changes_nothing()
    {
        await using (var first = ServerProcess.Start(Data))
        {
            await first.ReadyAsync();
            await first.StopAsync();
            first.ExitCode.ShouldBe(0);
        }
        Directory.Move(Path.Combine(Data, "keys"), Path.Combine(_folder, "kept"));
        var before = await ContentAsync();

        await using (var wrong = ServerProcess.Start(Data))
        {
            await wrong.WaitForExitAsync();
            wrong.ExitCode.ShouldBe(3);
            wrong.Output.ShouldContain("does not open this database's secrets");
            wrong.Output.ShouldContain("--keys DIR");
            wrong.Output.ShouldNotContain("   at ");
        }
        (await ContentAsync()).ShouldBe(before);

        await using var right = ServerProcess.Start(Data, null, null, "--keys", Path.Combine(_folder, "kept"));
        await right.ReadyAsync();
    }

    [Fact]
    public async Task A_port_in_use_ends_the_start_with_its_address()
    {
        await using var first = ServerProcess.Start(Data);
        await first.ReadyAsync();
        await using var second = ServerProcess.Start(Path.Combine(_folder, "second"), new Uri(first.Url).Port);
        await second.WaitForExitAsync();
        second.ExitCode.ShouldNotBe(0);
        second.Output.ShouldContain("CrmSync cannot start");
        second.Output.ShouldContain($"127.0.0.1:{new Uri(first.Url).Port}");
        second.Output.ShouldNotContain("   at ");
        await first.ReadyAsync();
    }

    [Theory]
    [InlineData(new[] { "--provider", "oracle" }, "oracle")]
    [InlineData(new[] { "--urls", "here" }, "here")]
    [InlineData(new[] { "--nonsense" }, "nonsense")]
    [InlineData(new[] { "token", "--provider", "oracle" }, "oracle")]
    public async Task A_setting_that_makes_no_sense_is_named(string[] arguments, string word)
    {
        var (code, output) = await ServerProcess.CommandAsync(null, [.. arguments, "--data", Data]);
        code.ShouldNotBe(0);
        output.ShouldContain(word);
        output.ShouldNotContain("   at ");
        Directory.Exists(Data).ShouldBeFalse("nothing was changed");
    }

    [Fact]
    public async Task Pending_migrations_that_may_not_be_applied_end_the_start_with_code_3()
    {
        await using var server = ServerProcess.Start(Data, null, null, "--no-migrate");
        await server.WaitForExitAsync();
        server.ExitCode.ShouldBe(3);
        server.Output.ShouldContain("migrating at start is switched off");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Rows, not bytes: SQLite may tidy up its file when it is opened.
    private async Task<string> ContentAsync()
    {
        // The engine brings SQLite's native library along.
        RuntimeHelpers.RunModuleConstructor(typeof(CrmSync.Engine.Store.StoreOptions).Module.ModuleHandle);
        await using var db = new SqliteConnection($"Data Source={Path.Combine(Data, "crmsync.db")};Mode=ReadOnly;Pooling=false");
        await db.OpenAsync();
        var content = new StringBuilder();
        foreach (var table in await RowsAsync(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '__EF*' ORDER BY name"))
            content.AppendLine(table).AppendJoin('\n', await RowsAsync(db, $"SELECT * FROM \"{table}\""));
        return content.ToString();
    }

    private static async Task<List<string>> RowsAsync(SqliteConnection db, string sql)
    {
        await using var command = db.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(column))));
        return rows;
    }
}
