using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace CrmSync.SqlServer.Tests;

/// <summary>No SQL Server runs here, so its own grammar judges what we would send. The files are kept equal to the code by Engine.Tests.</summary>
public sealed class StatementTests
{
    public static TheoryData<string, string> Statements
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in new[] { "statements.sql", "migrations.sql" })
            {
                foreach (var batch in Read(file).Split("\nGO\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                    data.Add($"{file}: {batch.Split('\n')[0]}", batch);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Statements))]
    public void A_statement_is_valid_for_sql_server(string name, string sql)
    {
        var errors = ErrorsIn(sql);
        errors.ShouldBeEmpty($"{name}: {string.Join("; ", errors.Select(error => $"line {error.Line}: {error.Message}"))}");
    }

    [Fact]
    public void There_are_statements_of_both_kinds()
    {
        Read("statements.sql").ShouldContain("READPAST");
        Read("migrations.sql").ShouldContain("CREATE TABLE [ScheduleItem]");
    }

    [Theory]
    [InlineData("SELECT 1 FROM t FOR UPDATE SKIP LOCKED")]
    [InlineData("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING")]
    public void The_words_of_other_databases_are_refused(string sql) => ErrorsIn(sql).ShouldNotBeEmpty();

    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Statements", file)).ReplaceLineEndings("\n") + "\n";

    private static IList<ParseError> ErrorsIn(string sql)
    {
        using var reader = new StringReader(sql);
        new TSql150Parser(initialQuotedIdentifiers: true).Parse(reader, out var errors);
        return errors;
    }
}
