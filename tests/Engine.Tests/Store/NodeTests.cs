using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.PostgreSql;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CrmSync.Engine.Tests.Store;

/// <summary>Wake-ups between two processes on one PostgreSQL.</summary>
public sealed class PostgreSqlNodes(PostgreSqlDatabase database) : StoreCompliance(database), IClassFixture<PostgreSqlDatabase>
{
    [Fact]
    public async Task What_one_node_queues_wakes_the_workers_of_the_other()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await using var node = Db.ServicesFor(Db.Store.Options);
        await using var other = Db.ServicesFor(Db.Store.Options);
        var hosted = new[] { node, other }.SelectMany(services => services.GetServices<IHostedService>()).ToList();
        foreach (var service in hosted)
            await service.StartAsync(Stop);
        var signal = other.GetRequiredService<QueueSignal>();
        // The listener wakes its node once when it begins to listen.
        await signal.WaitAsync(0, TimeSpan.FromSeconds(10), Stop);
        var seen = signal.Current;
        seen.ShouldBeGreaterThan(0);

        await node.GetRequiredService<ILinkQueue>().EnqueueAsync([new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty)], Stop);
        await signal.WaitAsync(seen, TimeSpan.FromSeconds(10), Stop);

        signal.Current.ShouldBeGreaterThan(seen);
        foreach (var service in hosted)
            await service.StopAsync(Stop);
    }
}

/// <summary>PostgreSQL breaks off what it was asked to do.</summary>
public sealed class PostgreSqlBreaksOff(PostgreSqlDatabase database) : StoreCompliance(database), IClassFixture<PostgreSqlDatabase>
{
    [Fact]
    public async Task A_write_whose_transaction_the_database_ended_meanwhile_is_done_again_from_its_beginning()
    {
        var limited = new StoreOptions { Provider = StoreProvider.PostgreSql, ConnectionString = PostgreSqlConnection.WithIdleLimit(Db.Store.Options.ConnectionString, 1) };
        await using var node = Db.ServicesFor(limited);
        var target = await Db.AddTargetAsync();
        var tries = 0;

        await node.GetRequiredService<CrmSyncStore>().WriteAsync(
            async transaction =>
            {
                await RenameAsync("first statement");
                if (++tries == 1)
                    await Task.Delay(TimeSpan.FromSeconds(2), Stop);
                await RenameAsync($"try {tries}");

                Task RenameAsync(string name) => transaction.Database.Targets.Where(row => row.Id == target.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, name), Stop);
            },
            Stop);

        tries.ShouldBe(2);
        (await Db.RowsAsync<SyncTarget>()).ShouldHaveSingleItem().Name.ShouldBe("try 2");
    }

    [Fact]
    public async Task A_token_signs_in_although_its_last_use_cannot_be_noted()
    {
        var tokens = new ApiTokens(new AccessStore(Db.Store), Db.Time, Db.Ids);
        var (_, token) = await tokens.CreateAsync(Caller.System, "monitor", [Scopes.ItemsRead], null, null, Stop);
        await using (var database = await Db.Store.ReadAsync(Stop))
        {
            await database.Database.ExecuteSqlRawAsync(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room''; END';
                CREATE TRIGGER refuse BEFORE UPDATE ON "ApiToken" FOR EACH ROW EXECUTE FUNCTION refuse();
                """,
                Stop);
        }

        (await tokens.AuthenticateAsync(token, "token", Stop)).ShouldNotBeNull().Identity!.Name.ShouldBe("monitor");
        (await Db.RowsAsync<ApiToken>()).ShouldHaveSingleItem().LastUsedAt.ShouldBeNull();
    }
}

/// <summary>What is SQLite's own.</summary>
public sealed class SqliteBusy(SqliteDatabase database) : StoreCompliance(database), IClassFixture<SqliteDatabase>
{
    [Fact]
    public async Task A_write_waits_while_another_process_holds_the_file()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await using var foreign = new Microsoft.Data.Sqlite.SqliteConnection(Db.Store.Options.ConnectionString);
        await foreign.OpenAsync(Stop);
        var held = foreign.BeginTransaction(deferred: false);

        var write = Task.Run(() => Queue.EnqueueAsync([new QueueRequest(MessageKind.Outbound, link.Id, Guid.NewGuid())], Stop), Stop);
        await Task.Delay(300, Stop);
        write.IsCompleted.ShouldBeFalse();
        await held.CommitAsync(Stop);
        await write.WaitAsync(TimeSpan.FromSeconds(10), Stop);

        (await Queue.ClaimAsync("w", Lease, Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Processes_that_migrate_one_file_take_turns_however_many_begin_at_once()
    {
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            await using var database = await Db.Store.ReadAsync(Stop);
            await using var turn = await Db.Store.Dialect.EnterMigrationAsync(database, Stop);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }, Stop)));

        most.ShouldBe(1);
    }

    [Fact]
    public async Task Many_writers_of_one_file_get_their_turns_without_an_error()
    {
        var links = await Db.AddLinksAsync(8);
        await Task.WhenAll(links.Select(link => Task.Run(async () =>
        {
            for (var count = 0; count < 25; count++)
                await Queue.EnqueueAsync([new QueueRequest(MessageKind.Outbound, link.Id, Guid.NewGuid())], Stop);
        }, Stop)));

        foreach (var link in links)
            (await Db.Sessions.LoadDueMessagesAsync(link.Id, 100, Stop)).Count.ShouldBe(25);
    }
}
