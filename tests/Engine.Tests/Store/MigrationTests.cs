using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Engine.Tests.Store;

/// <summary>Migrations that need no running database.</summary>
public sealed class MigrationTests
{
    public static TheoryData<StoreProvider, string> Providers => new()
    {
        { StoreProvider.Sqlite, "Data Source=design.db" },
        { StoreProvider.PostgreSql, "Host=localhost;Database=design" },
        { StoreProvider.SqlServer, "Server=localhost;Database=design" },
    };

    internal static CrmSyncDbContext ContextOf(StoreDialect dialect, string connectionString)
    {
        var builder = new DbContextOptionsBuilder<CrmSyncDbContext>();
        dialect.Configure(builder, connectionString);
        return new CrmSyncDbContext(builder.Options);
    }

    [Theory, MemberData(nameof(Providers))]
    public void The_migrations_make_exactly_the_model(StoreProvider provider, string connectionString)
    {
        using var database = ContextOf(StoreDialect.For(provider, TimeProvider.System), connectionString);
        database.Database.GetMigrations().ShouldNotBeEmpty();
        database.Database.HasPendingModelChanges().ShouldBeFalse("Run eng/migrate.sh add NAME.");
    }

    [Theory]
    [InlineData(StoreProvider.PostgreSql, "Host=127.0.0.1;Port=1;Database=crm;Username=crmsync;Password=hunter2;Timeout=2", "127.0.0.1:1", "Check that the server runs")]
    [InlineData(StoreProvider.Sqlite, "Data Source=/nowhere/at/all/crm.db", "/nowhere/at/all/crm.db", "Check that the folder exists")]
    public async Task A_database_that_is_away_is_named_with_its_cause_and_cure(StoreProvider provider, string connectionString, string place, string cure)
    {
        var migrator = MigratorOf(new StoreOptions { Provider = provider, ConnectionString = connectionString });

        var outage = await Should.ThrowAsync<StoreUnavailableException>(() => migrator.StartAsync(TestContext.Current.CancellationToken));

        outage.Message.ShouldContain(place);
        outage.Message.ShouldContain(cure);
        outage.ToString().ShouldNotContain("hunter2");
        (await migrator.FindOutageAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().ShouldContain(place);
    }

    [Fact]
    public void A_sql_server_that_is_away_is_named_with_its_cause_and_cure()
    {
        var dialect = StoreDialect.For(StoreProvider.SqlServer, TimeProvider.System);
        const string away = "Server=tcp:127.0.0.1,1;Database=crm;User Id=sa;Password=hunter2;Encrypt=false;Connect Timeout=2;ConnectRetryCount=0";
        using var database = ContextOf(dialect, away);

        var failure = Should.Throw<Exception>(() => database.Database.OpenConnection());

        dialect.DescribeOutage(failure, away).ShouldNotBeNull().ShouldSatisfyAllConditions(
            text => text.ShouldContain("127.0.0.1,1"), text => text.ShouldContain("Check that the server runs"), text => text.ShouldNotContain("hunter2"));
    }

    internal static StoreMigrator MigratorOf(StoreOptions options) =>
        new ServiceCollection().AddLogging().AddCrmSyncStore(options).BuildServiceProvider().GetRequiredService<StoreMigrator>();
}

/// <summary>Migrations at start, on every database that runs here.</summary>
public abstract class MigrationCompliance(TestDatabase database) : StoreCompliance(database)
{
    private async Task<StoreOptions> EmptyAsync() => await Db.CreateEmptyAsync();

    [Fact]
    public async Task Nodes_that_start_together_on_an_empty_database_agree_on_schema_and_installation()
    {
        var options = await EmptyAsync();
        var nodes = Enumerable.Range(0, 4).Select(_ => Db.ServicesFor(options)).ToList();

        await Task.WhenAll(nodes.Select(node => Task.Run(() => node.GetRequiredService<StoreMigrator>().StartAsync(Stop), Stop)));

        var ids = new HashSet<Guid>();
        foreach (var node in nodes)
            ids.Add(await Installations.InstallIdAsync(node.GetRequiredService<CrmSyncStore>(), Stop));
        ids.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Starting_again_changes_nothing()
    {
        var before = await Installations.InstallIdAsync(Db.Store, Stop);
        await Db.Get<StoreMigrator>().StartAsync(Stop);
        (await Installations.InstallIdAsync(Db.Store, Stop)).ShouldBe(before);
        (await Db.Get<StoreMigrator>().FindOutageAsync(Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task With_migrating_switched_off_an_old_database_is_refused_with_the_names_of_what_is_missing()
    {
        var options = await EmptyAsync();
        options.MigrateAtStart = false;

        var refused = await Should.ThrowAsync<StoreUnavailableException>(() => Db.ServicesFor(options).GetRequiredService<StoreMigrator>().StartAsync(Stop));

        refused.Message.ShouldContain("_Initial");
        refused.Message.ShouldContain("switched off");
    }
}

public sealed class SqliteMigrations(SqliteDatabase database) : MigrationCompliance(database), IClassFixture<SqliteDatabase>
{
    [Fact]
    public async Task A_migration_that_was_killed_blocks_no_later_start()
    {
        var options = await Db.CreateEmptyAsync();
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection(options.ConnectionString))
        {
            await connection.OpenAsync(Stop);
            await using var command = connection.CreateCommand();
            command.CommandText = """CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER PRIMARY KEY, "Timestamp" TEXT NOT NULL); INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01')""";
            await command.ExecuteNonQueryAsync(Stop);
        }

        await Db.ServicesFor(options).GetRequiredService<StoreMigrator>().StartAsync(Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }
}

public sealed class PostgreSqlMigrations(PostgreSqlDatabase database) : MigrationCompliance(database), IClassFixture<PostgreSqlDatabase>;
