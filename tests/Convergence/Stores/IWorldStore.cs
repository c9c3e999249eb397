using CrmSync.Engine;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Convergence.Stores;

public enum StoreKind
{
    /// <summary>The store in memory that passes the suites of the real ones: fast.</summary>
    Memory = 0,

    /// <summary>The real store on SQLite.</summary>
    Sqlite = 1,
}

/// <summary>A world's database: the engine's borders, the CRM's own edits, and rows to check.</summary>
public interface IWorldStore : IAsyncDisposable
{
    ILinkSessionStore Sessions { get; }

    ILinkQueue Queue { get; }

    IFanOut FanOut { get; }

    Task PutAsync(object[] rows);

    /// <summary>A person makes an item in the CRM; its id.</summary>
    Task<Guid> CreateAsync(Guid owner, string ownerMail, ScheduleContent content);

    /// <summary>A person changes an item; null, or why not.</summary>
    Task<string?> PatchAsync(Guid id, ScheduleContent content, ScheduleFields fields);

    Task<string?> DeleteAsync(Guid id);

    Task<IReadOnlyList<ScheduleItem>> ItemsAsync();

    Task<IReadOnlyList<Participation>> ParticipationsAsync();

    Task<IReadOnlyList<ItemLink>> PairsAsync();

    Task<IReadOnlyList<ItemIdentity>> IdentitiesAsync();

    Task<IReadOnlyList<LinkInventory>> InventoryAsync();

    Task<IReadOnlyList<QueueMessage>> MessagesAsync();

    Task<IReadOnlyList<LinkState>> StatesAsync();

    Task<IReadOnlyList<SyncConflict>> ConflictsAsync();

    Task<IReadOnlyList<ItemHistory>> HistoryAsync();

    Task<IReadOnlyList<Activity>> ActivitiesAsync();

    /// <summary>Keeps what a dry run planned for a link's first run.</summary>
    Task SetPlanAsync(Guid linkId, string plan);

    /// <summary>The console's services; null: this database has none.</summary>
    IWorldDesk? Desk { get; }

    /// <summary>A message waits, other than those of links that are switched off, or a link is leased.</summary>
    Task<bool> IsBusyAsync();

    Task<string> DescribeQueueAsync();

    /// <summary>Why the last stale commit was refused, where the store can tell.</summary>
    string WhyStale { get; }
}

public static class WorldStores
{
    public static async Task<IWorldStore> MakeAsync(StoreKind kind, TimeProvider time, IdSource ids) =>
        kind == StoreKind.Memory ? new MemoryWorldStore(time, ids) : await SqliteWorldStore.MakeAsync(time, ids);
}
