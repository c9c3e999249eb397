using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Convergence.Stores;

/// <summary>The real store and the real CRM services on SQLite, for a share of the seeds.</summary>
public sealed class SqliteWorldStore : IWorldStore
{
    // Memory, where the system has a folder for it: what is tested here is the engine, not the disk.
    private static readonly string Scratch = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    // The schema is made once and copied for each seed.
    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);

    private readonly ServiceProvider _services;
    private readonly string _folder;

    private SqliteWorldStore(ServiceProvider services, string folder) => (_services, _folder) = (services, folder);

    public ILinkSessionStore Sessions => _services.GetRequiredService<ILinkSessionStore>();

    public ILinkQueue Queue => _services.GetRequiredService<ILinkQueue>();

    public IFanOut FanOut => _services.GetRequiredService<FanOutExpansion>();

    public string WhyStale => "";

    private ScheduleItemService Crm => _services.GetRequiredService<ScheduleItemService>();

    /// <summary>One of the CRM's services, for what only a person with the console does.</summary>
    public T Service<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Makes the schema, outside any world's one thread.</summary>
    public static Task PrepareAsync() => Task.Run(() => Template.Value);

    public static async Task<SqliteWorldStore> MakeAsync(TimeProvider time, IdSource ids)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Scratch, $"crmsync-seed-{Guid.NewGuid():N}")).FullName;
        File.Copy(await Template.Value, Path.Combine(folder, "seed.db"));
        var options = new StoreOptions { ConnectionString = $"Data Source={Path.Combine(folder, "seed.db")}" };
        var services = new ServiceCollection().AddLogging().AddSingleton(time).AddSingleton(ids)
            .AddSingleton<ISecretSealer, PlainSealer>().AddCrmSyncServices().AddCrmSyncStore(options).BuildServiceProvider();
        return new SqliteWorldStore(services, folder);
    }

    public async Task PutAsync(object[] rows)
    {
        await using var db = await DbAsync();
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }

    public async Task<Guid> CreateAsync(Guid owner, string ownerMail, ScheduleContent content)
    {
        var outcome = await Crm.CreateAsync(Viewer.System, owner, content, null, CancellationToken.None);
        return outcome.Problem is null ? outcome.Value!.Row.Id : throw new InvalidOperationException(outcome.Problem.Text);
    }

    public async Task<string?> PatchAsync(Guid id, ScheduleContent content, ScheduleFields fields) =>
        (await Crm.PatchAsync(Viewer.System, id, null, content, fields, null, null, CancellationToken.None)).Problem?.Text;

    public async Task<string?> DeleteAsync(Guid id) => (await Crm.DeleteAsync(Viewer.System, id, null, null, CancellationToken.None)).Problem?.Text;

    public Task<IReadOnlyList<ScheduleItem>> ItemsAsync() => RowsAsync<ScheduleItem>(rows => rows.OrderBy(row => row.Id));

    public Task<IReadOnlyList<Participation>> ParticipationsAsync() => RowsAsync<Participation>();

    public Task<IReadOnlyList<ItemLink>> PairsAsync() => RowsAsync<ItemLink>();

    public Task<IReadOnlyList<ItemIdentity>> IdentitiesAsync() => RowsAsync<ItemIdentity>();

    public Task<IReadOnlyList<LinkInventory>> InventoryAsync() => RowsAsync<LinkInventory>();

    public Task<IReadOnlyList<QueueMessage>> MessagesAsync() => RowsAsync<QueueMessage>();

    public Task<IReadOnlyList<LinkState>> StatesAsync() => RowsAsync<LinkState>();

    public Task<IReadOnlyList<SyncConflict>> ConflictsAsync() => RowsAsync<SyncConflict>();

    public Task<IReadOnlyList<ItemHistory>> HistoryAsync() => RowsAsync<ItemHistory>();

    public Task<IReadOnlyList<Activity>> ActivitiesAsync() => RowsAsync<Activity>();

    public IWorldDesk Desk => new SqliteDesk(_services);

    public async Task SetPlanAsync(Guid linkId, string plan)
    {
        await using var db = await DbAsync();
        await db.LinkStates.Where(state => state.LinkId == linkId).ExecuteUpdateAsync(set => set.SetProperty(state => state.Plan, plan));
    }

    public async Task<bool> IsBusyAsync()
    {
        await using var db = await DbAsync();
        return await db.Queue.AnyAsync(message => message.State == MessageState.Waiting && db.Links.Any(link => link.Id == message.LinkId && link.IsEnabled)) || await db.LinkWorks.AnyAsync(work => work.Owner != null);
    }

    public async Task<string> DescribeQueueAsync() => string.Join("; ", (await MessagesAsync()).Select(message => $"{message.Kind} {message.State} attempts {message.Attempts} {message.Error}"));

    public async ValueTask DisposeAsync()
    {
        var connection = _services.GetRequiredService<StoreOptions>().ConnectionString;
        await _services.DisposeAsync();
        using (var closed = new SqliteConnection(connection))
            SqliteConnection.ClearPool(closed);
        Directory.Delete(_folder, recursive: true);
    }

    private Task<CrmSyncDbContext> DbAsync() => _services.GetRequiredService<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync();

    private async Task<IReadOnlyList<T>> RowsAsync<T>(Func<IQueryable<T>, IQueryable<T>>? order = null)
        where T : class
    {
        await using var db = await DbAsync();
        var rows = db.Set<T>().AsNoTracking();
        return await (order is null ? rows : order(rows)).ToListAsync();
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("crmsync-template-").FullName, "template.db");
        await using var services = new ServiceCollection().AddLogging().AddCrmSyncStore(new StoreOptions { ConnectionString = $"Data Source={file}" }).BuildServiceProvider();
        await using (var db = await services.GetRequiredService<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync())
            await db.Database.EnsureCreatedAsync();
        SqliteConnection.ClearAllPools();
        return file;
    }

    private sealed class PlainSealer : ISecretSealer
    {
        public string Seal(string secret) => secret;

        public string Open(string sealedSecret) => sealedSecret;
    }
}
