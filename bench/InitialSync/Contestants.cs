using CrmSync.Bench.Surroundings;
using CrmSync.Engine;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrmSync.Bench.InitialSync;

/// <summary>One program that reads the mailbox into its database.</summary>
public interface IContestant : IAsyncDisposable
{
    string Name { get; }

    BenchStore Store { get; }

    /// <summary>From the empty state to committed rows and sync state.</summary>
    Task RunAsync();
}

/// <summary>The engine as it ships: queue row, claim, sessions, release, until nothing is left.</summary>
public sealed class EngineContestant(BenchStore store) : IContestant, IConnectors
{
    private EwsConnector? _connector;

    public string Name => "engine";

    public BenchStore Store => store;

    public IExchangeConnector For(SyncTarget target) => _connector ??= new EwsConnector(new TargetConnection(target, Simulator.Password), TimeProvider.System);

    public async Task RunAsync()
    {
        var (queue, time, options) = (store.Services.GetRequiredService<ILinkQueue>(), TimeProvider.System, new SessionOptions());
        var session = new LinkSession(
            store.Services.GetRequiredService<ILinkSessionStore>(), queue, store.Services.GetRequiredService<FanOutExpansion>(), this, time, IdSource.System(time), options,
            NullLogger<LinkSession>.Instance);
        var worker = new LinkWorker(queue, session, store.Services.GetRequiredService<IWakeUp>(), time, options, NullLogger<LinkWorker>.Instance);
        await queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, store.LinkId, Guid.Empty, InboundPriority.Person)], CancellationToken.None);
        while (await queue.ClaimAsync("bench", TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease)
        {
            var outcome = await worker.WorkAsync(lease, CancellationToken.None);
            if (outcome.Failure is { } failure)
                throw new InvalidOperationException(failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connector is not null)
            await _connector.DisposeAsync();
        await store.DisposeAsync();
    }
}

/// <summary>The floor: the next page is read while this one is saved, and nothing else is done.</summary>
public sealed class FloorContestant(BenchStore store, bool isPostgres, string ewsUrl) : IContestant
{
    private readonly FloorReader _reader = new(ewsUrl, Simulator.Mailbox(1));

    public string Name => "floor";

    public BenchStore Store => store;

    public long Bytes { get; private set; }

    public async Task RunAsync()
    {
        await using FloorWriter writer = isPostgres ? await FloorPostgres.OpenAsync(store.Connection, store.LinkId) : new FloorSqlite(store.Connection, store.LinkId);
        var tables = new FloorTables(store.LinkId, store.User.Id, DateTime.UtcNow);
        Bytes = 0;
        var page = await _reader.ReadAsync(null);
        while (true)
        {
            var next = page.IsLast ? null : _reader.ReadAsync(page.SyncState);
            await writer.SaveAsync(tables, page);
            Bytes += page.Bytes;
            if (next is null)
                return;
            page = await next;
        }
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        return store.DisposeAsync();
    }
}
