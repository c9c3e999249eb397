using CrmSync.Engine.Crm;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Engine.Tests.Store;

/// <summary>A fresh, migrated database for one test class.</summary>
public abstract class TestDatabase : IAsyncLifetime
{
    private ServiceProvider? _services;

    /// <summary>Why there is no such database here; null when there is one.</summary>
    public string? Absent { get; protected set; }

    public SteppingTime Time { get; } = new();

    public CrmSyncStore Store => Get<CrmSyncStore>();

    public virtual ILinkQueue Queue => Get<LinkQueue>();

    public virtual ILinkSessionStore Sessions => Get<ILinkSessionStore>();

    public virtual IFanOut FanOut => Get<FanOutExpansion>();

    public virtual IdSource Ids => Store.Ids;

    public T Get<T>()
        where T : notnull => _services!.GetRequiredService<T>();

    protected abstract Task<StoreOptions> CreateAsync();

    protected abstract Task DropAsync();

    /// <summary>One more database on the same server or folder, without any table; dropped with this one.</summary>
    public abstract Task<StoreOptions> CreateEmptyAsync();

    /// <summary>Lets time go by on the database's clock.</summary>
    public abstract Task PassAsync(TimeSpan time);

    public virtual async ValueTask InitializeAsync()
    {
        var options = await CreateAsync();
        if (Absent is not null)
            return;
        _services = ServicesFor(options);
        await Get<StoreMigrator>().StartAsync(CancellationToken.None);
    }

    /// <summary>Another process on the same database.</summary>
    public ServiceProvider ServicesFor(StoreOptions options) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<TimeProvider>(Time)
        .AddCrmSyncStore(options)
        .BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_services is null)
            return;
        await _services.DisposeAsync();
        await DropAsync();
    }

    /// <summary>Empties what tests claim from one another.</summary>
    public virtual async Task ClearAsync()
    {
        await using var database = await Store.ReadAsync(CancellationToken.None);
        await database.Queue.ExecuteDeleteAsync();
        await database.LinkWorks.ExecuteDeleteAsync();
        await database.Links.ExecuteDeleteAsync();
        await database.Targets.ExecuteDeleteAsync();
        await database.ItemLinks.ExecuteDeleteAsync();
    }

    public async Task<SyncTarget> AddTargetAsync(Action<SyncTarget>? change = null)
    {
        var target = new SyncTarget { Id = Ids.NewId(), Version = 1, Name = Ids.NewId().ToString() };
        change?.Invoke(target);
        await AddAsync(target);
        return target;
    }

    /// <summary>A person with a link.</summary>
    public async Task<SyncLink> AddLinkAsync(Guid targetId, Action<SyncLink>? change = null)
    {
        var user = new CrmUser { Id = Ids.NewId(), Version = 1, Name = Ids.NewId().ToString("N"), DisplayName = "Anna", Mail = "anna@contoso.test" };
        var link = new SyncLink { Id = Ids.NewId(), Version = 1, TargetId = targetId, UserId = user.Id, Mailbox = $"{user.Name}@contoso.test" };
        change?.Invoke(link);
        await AddAsync(user, link);
        return link;
    }

    public async Task<List<SyncLink>> AddLinksAsync(int count)
    {
        var target = await AddTargetAsync();
        var links = new List<SyncLink>();
        for (var index = 0; index < count; index++)
            links.Add(new SyncLink { Id = Ids.NewId(), Version = 1, TargetId = target.Id, UserId = Ids.NewId(), Mailbox = $"m{index}@contoso.test" });
        await AddAsync([.. links]);
        return links;
    }

    /// <summary>All rows of a table.</summary>
    public virtual async Task<List<TRow>> RowsAsync<TRow>()
        where TRow : class
    {
        await using var database = await Store.ReadAsync(CancellationToken.None);
        return await database.Set<TRow>().AsNoTracking().ToListAsync();
    }

    public virtual async Task PauseAsync(Guid link)
    {
        await using var database = await Store.ReadAsync(CancellationToken.None);
        await database.LinkWorks.Where(row => row.LinkId == link).ExecuteUpdateAsync(set => set.SetProperty(row => row.IsPaused, true));
    }

    public virtual async Task AddAsync(params object[] rows)
    {
        await using var database = await Store.ReadAsync(CancellationToken.None);
        database.AddRange(rows);
        await database.SaveChangesAsync();
    }
}

/// <summary>The real clock plus what a test has let go by.</summary>
public sealed class SteppingTime : TimeProvider
{
    private long _ahead;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ahead, time.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
}

public sealed class SqliteDatabase : TestDatabase
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crmsync-store-").FullName;

    protected override Task<StoreOptions> CreateAsync() =>
        Task.FromResult(new StoreOptions { Provider = StoreProvider.Sqlite, ConnectionString = $"Data Source={Path.Combine(_folder, "test.db")}" });

    public override Task<StoreOptions> CreateEmptyAsync() => Task.FromResult(
        new StoreOptions { Provider = StoreProvider.Sqlite, ConnectionString = $"Data Source={Path.Combine(_folder, $"{Guid.NewGuid():N}.db")}" });

    protected override Task DropAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    // SQLite runs in this process: its clock is the injected one.
    public override Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Task.CompletedTask;
    }
}

public sealed class PostgreSqlDatabase : TestDatabase
{
    public const string Variable = "CRMSYNC_TEST_POSTGRES";

    private readonly List<string> _names = [];

    public static string? Server => Environment.GetEnvironmentVariable(Variable);

    protected override Task<StoreOptions> CreateAsync()
    {
        if (Server is null)
        {
            Absent = $"{Variable} is not set (eng/postgres.sh start DIR prints a value)";
            if (Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
                throw new InvalidOperationException($"CRMSYNC_REQUIRE_TRUTH is set, but {Absent}.");
            return Task.FromResult(new StoreOptions());
        }
        return CreateEmptyAsync();
    }

    // The migrator makes the database itself.
    public override Task<StoreOptions> CreateEmptyAsync()
    {
        var name = $"crmsync_test_{Guid.NewGuid():N}";
        _names.Add(name);
        return Task.FromResult(new StoreOptions { Provider = StoreProvider.PostgreSql, ConnectionString = $"{Server};Database={name};Maximum Pool Size=20" });
    }

    protected override async Task DropAsync()
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        await using var connection = new Npgsql.NpgsqlConnection(Server);
        await connection.OpenAsync();
        foreach (var name in _names)
        {
            await using var command = new Npgsql.NpgsqlCommand($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)", connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    public override Task PassAsync(TimeSpan time) => Task.Delay(time);
}

/// <summary>A test class that every kind of database inherits.</summary>
public abstract class StoreCompliance(TestDatabase database) : IAsyncLifetime
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    protected TestDatabase Db { get; } = database;

    protected ILinkQueue Queue => Db.Queue;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Db.Absent is not null, Db.Absent ?? "");
        await Db.ClearAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
