using System.Diagnostics.Metrics;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Queue;

/// <summary>Gauges of what lies in the database: messages by state, links by health. Counted when somebody asks, at most every few seconds.</summary>
/// <remarks>Every node gives the same figures: they are the database's. Instruments cannot wait for one, so <see cref="RefreshAsync"/> goes before a scrape.</remarks>
public sealed class StoreGauges : IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly Meter _meter = new(EngineMetrics.MeterName);
    private readonly CrmSyncStore _store;
    private readonly SemaphoreSlim _turn = new(1);
    private Measurement<long>[] _queue = [];
    private Measurement<long>[] _links = [];
    private long? _readAt;

    public StoreGauges(CrmSyncStore store)
    {
        _store = store;
        _meter.CreateObservableGauge("crmsync.queue.messages", () => _queue, "{message}", "Messages in the queue by state.");
        _meter.CreateObservableGauge("crmsync.links", () => _links, "{link}", "Enabled links by health.");
    }

    /// <summary>Counts anew unless that was done just now.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_readAt is { } last && _store.Time.GetElapsedTime(last) < Freshness)
                return;
            await using var database = await _store.ReadAsync(cancellation);
            var messages = await database.Queue.GroupBy(row => row.State).Select(group => new { group.Key, Count = group.LongCount() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
            var links = await (
                from link in database.Links
                join state in database.LinkStates on link.Id equals state.LinkId
                where link.IsEnabled
                group state by state.Health into health
                select new { health.Key, Count = health.LongCount() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
            _queue = Every<MessageState>("state", messages);
            _links = Every<LinkHealth>("health", links);
            _readAt = _store.Time.GetTimestamp();
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _meter.Dispose();
        _turn.Dispose();
    }

    // A state that nobody is in is 0, not absent: else its last figure would stay.
    private static Measurement<long>[] Every<TState>(string label, IReadOnlyDictionary<TState, long> counts)
        where TState : struct, Enum =>
        [.. Enum.GetValues<TState>().Select(state => new Measurement<long>(counts.GetValueOrDefault(state), new KeyValuePair<string, object?>(label, state.ToString())))];
}
