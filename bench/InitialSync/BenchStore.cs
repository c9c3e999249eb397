using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Targets;
using CrmSync.Bench.Surroundings;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Bench.InitialSync;

/// <summary>A database with the shipped schema and one link in it; emptied before each run.</summary>
public sealed class BenchStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly PostgresServer _postgres;
    private readonly string _name;
    private readonly bool _isPostgres;

    private BenchStore(ServiceProvider services, PostgresServer postgres, string name, string connection, bool isPostgres) =>
        (_services, _postgres, _name, Connection, _isPostgres) = (services, postgres, name, connection, isPostgres);

    public string Connection { get; }

    public IServiceProvider Services => _services;

    public SyncTarget Target { get; } = new()
    {
        Id = Guid.CreateVersion7(), Version = 1, Name = "bench", UserName = Simulator.ServiceAccount, Access = AccessType.Impersonation, Notifications = NotificationMode.Poll,
    };

    public CrmUser User { get; } = new() { Id = Guid.CreateVersion7(), Name = "user1", DisplayName = "User 1", Mail = Simulator.Mailbox(1), TimeZone = "Europe/Berlin" };

    public Guid LinkId { get; } = Guid.CreateVersion7();

    public static async Task<BenchStore> CreateAsync(string name, bool isPostgres, PostgresServer postgres)
    {
        var connection = isPostgres ? await postgres.CreateDatabaseAsync(name) : $"Data Source={Path.Combine(Directory.CreateTempSubdirectory("crmsync-bench-").FullName, name + ".db")}";
        var options = new StoreOptions { Provider = isPostgres ? StoreProvider.PostgreSql : StoreProvider.Sqlite, ConnectionString = connection, MinLinkGapMs = 0 };
        var services = new ServiceCollection().AddLogging().AddCrmSyncStore(options).BuildServiceProvider();
        await services.GetRequiredService<StoreMigrator>().StartAsync(CancellationToken.None);
        return new(services, postgres, name, connection, isPostgres);
    }

    /// <summary>Back to the empty state: one link that has never been read.</summary>
    public async Task ResetAsync(string ewsUrl)
    {
        Target.Url = ewsUrl;
        await using (var database = await DatabaseAsync())
        {
            var tables = database.Model.GetEntityTypes().Where(type => type.ClrType != typeof(Installation)).Select(type => $"\"{type.GetTableName()}\"").Distinct().ToList();
            var sql = _isPostgres ? $"TRUNCATE {string.Join(", ", tables)}" : string.Join("; ", tables.Select(table => $"DELETE FROM {table}"));
            await database.Database.ExecuteSqlRawAsync(sql);
            if (!_isPostgres)
                await database.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
            var link = new SyncLink { Id = LinkId, TargetId = Target.Id, UserId = User.Id, Mailbox = User.Mail, Version = 1, DefaultZone = "W. Europe Standard Time" };
            database.AddRange(Target, User, link, new LinkState { LinkId = LinkId }, new LinkWork { LinkId = LinkId, TargetId = Target.Id, Mailbox = link.Mailbox });
            await database.SaveChangesAsync();
        }
        if (_isPostgres)
            await _postgres.CheckpointAsync();
    }

    /// <summary>What both contestants must have written alike: rows and characters.</summary>
    public async Task<string> FingerprintAsync()
    {
        await using var database = await DatabaseAsync();
        var items = await database.ScheduleItems.GroupBy(_ => 1).Select(all => new { Rows = all.Count(), Text = all.Sum(row => row.Subject.Length + row.Body.Length + row.StartWall.Length) }).SingleAsync();
        var pairs = await database.ItemLinks.GroupBy(_ => 1).Select(all => new { Rows = all.Count(), Text = all.Sum(row => row.BaseSnapshot!.Length) }).SingleAsync();
        var names = await database.ItemIdentities.GroupBy(_ => 1).Select(all => new { Rows = all.Count(), Text = all.Sum(row => row.ExchangeId.Length + row.ChangeKey.Length + row.GlobalObjectId!.Length) }).SingleAsync();
        var people = await database.Participations.CountAsync();
        return $"{items.Rows} items {items.Text} characters, {people} participations, {pairs.Rows} pairs {pairs.Text}, {names.Rows} identities {names.Text}";
    }

    public async Task<CrmSyncDbContext> DatabaseAsync() => await _services.GetRequiredService<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_isPostgres)
        {
            await _postgres.DropDatabaseAsync(_name);
            return;
        }
        SqliteConnection.ClearAllPools();
        Directory.Delete(Path.GetDirectoryName(new SqliteConnectionStringBuilder(Connection).DataSource)!, recursive: true);
    }
}
