using Npgsql;

namespace CrmSync.Bench.Latency;

/// <summary>A connection of its own that looks about each millisecond whether the awaited rows are there.</summary>
public sealed class RowWatch : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, string> _awaited = [];
    private readonly Dictionary<string, DateTimeOffset> _written = [];
    private readonly Dictionary<string, DateTimeOffset> _seen = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    public RowWatch(string connection) => _looking = Task.Factory.StartNew(() => Look(connection), TaskCreationOptions.LongRunning);

    public void Expect(Guid item, string subject)
    {
        lock (_gate)
            _awaited[item] = subject;
    }

    public void Written(Guid item, string subject, DateTimeOffset at)
    {
        lock (_gate)
            _written[subject] = at;
    }

    public void Forget()
    {
        lock (_gate)
        {
            _awaited.Clear();
            _written.Clear();
            _seen.Clear();
        }
    }

    public async Task DrainAsync(TimeSpan longest, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; waited < longest; waited += TimeSpan.FromMilliseconds(50))
        {
            lock (_gate)
            {
                if (_awaited.Count == 0)
                    return;
            }
            await Task.Delay(50, stop);
        }
    }

    /// <summary>Milliseconds from write to sight, sorted.</summary>
    public IReadOnlyList<double> Latencies()
    {
        lock (_gate)
            return [.. _seen.Where(entry => _written.ContainsKey(entry.Key)).Select(entry => (entry.Value - _written[entry.Key]).TotalMilliseconds).Order()];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        _stop.Dispose();
    }

    private void Look(string connection)
    {
        using var database = new NpgsqlConnection(connection + ";Pooling=false");
        database.Open();
        using var command = new NpgsqlCommand("SELECT \"Id\", \"Subject\" FROM \"ScheduleItem\" WHERE \"Id\" = ANY($1)", database) { Parameters = { new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid } } };
        command.Parameters[0].Value = Array.Empty<Guid>();
        command.Prepare();
        while (!_stop.IsCancellationRequested)
        {
            Guid[] wanted;
            lock (_gate)
                wanted = [.. _awaited.Keys];
            if (wanted.Length > 0)
            {
                command.Parameters[0].Value = wanted;
                using var reader = command.ExecuteReader();
                var now = DateTimeOffset.UtcNow;
                while (reader.Read())
                    Found(reader.GetGuid(0), reader.GetString(1), now);
            }
            Thread.Sleep(1);
        }
    }

    private void Found(Guid item, string subject, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_awaited.TryGetValue(item, out var awaited) || awaited != subject)
                return;
            _awaited.Remove(item);
            _seen[subject] = now;
        }
    }
}
