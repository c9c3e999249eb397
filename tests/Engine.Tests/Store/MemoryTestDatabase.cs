using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Tests.MemoryStore;

namespace CrmSync.Engine.Tests.Store;

/// <summary>The store in memory that the seeded runs use: it must keep what the databases keep, or the runs prove nothing.</summary>
public sealed class MemoryTestDatabase : TestDatabase
{
    private MemoryDatabase _db = null!;
    private MemoryQueue _queue = null!;
    private MemorySessionStore _sessions = null!;

    public override ILinkQueue Queue => _queue;

    public override ILinkSessionStore Sessions => _sessions;

    public override IFanOut FanOut => _queue;

    public override IdSource Ids => _db.Ids;

    public override ValueTask InitializeAsync()
    {
        _db = new MemoryDatabase(Time, IdSource.System(Time));
        _queue = new MemoryQueue(_db);
        _sessions = new MemorySessionStore(_db, _queue);
        return ValueTask.CompletedTask;
    }

    public override Task<StoreOptions> CreateEmptyAsync() => throw new NotSupportedException();

    public override Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Task.CompletedTask;
    }

    public override async Task ClearAsync() => await InitializeAsync();

    public override Task<List<TRow>> RowsAsync<TRow>() => Task.FromResult(_db.RowsOf<TRow>());

    public override Task PauseAsync(Guid link)
    {
        _db.Works.Update(work => work.LinkId == link, work => work.IsPaused = true);
        return Task.CompletedTask;
    }

    public override Task AddAsync(params object[] rows)
    {
        _db.Put(rows);
        return Task.CompletedTask;
    }

    protected override Task<StoreOptions> CreateAsync() => throw new NotSupportedException();

    protected override Task DropAsync() => Task.CompletedTask;
}
