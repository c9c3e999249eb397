using CrmSync.Engine.Queue;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CrmSync.Engine.Store.PostgreSql;

/// <summary>Passes wake-ups between nodes by LISTEN and NOTIFY. What it loses while the database is away costs one poll, never a message.</summary>
public sealed class PostgreSqlWakeUp(StoreOptions options, QueueSignal signal, IdSource ids, TimeProvider time, ILogger<PostgreSqlWakeUp> log)
    : BackgroundService
{
    private const string Channel = "crmsync_queue";

    // NOTIFY takes a lock of the whole server at commit: at most 20 a second, each outside of any transaction of ours.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _node = ids.NewId().ToString("N");
    private readonly SemaphoreSlim _wanted = new(0, 1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signal.Woken += Want;
        return Task.WhenAll(KeepUpAsync(ListenAsync, stoppingToken), KeepUpAsync(NotifyAsync, stoppingToken));
    }

    private void Want()
    {
        try
        {
            if (_wanted.CurrentCount == 0)
                _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another thread asked at the same moment: one notification serves both.
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        connection.Notification += (_, notification) =>
        {
            if (notification.Payload != _node)
                signal.WakeHere();
        };
        await using (var command = new NpgsqlCommand($"LISTEN {Channel}", connection))
            await command.ExecuteNonQueryAsync(cancellation);
        // Whatever came while nobody listened.
        signal.WakeHere();
        while (true)
            await connection.WaitAsync(cancellation);
    }

    private async Task NotifyAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        while (true)
        {
            await _wanted.WaitAsync(cancellation);
            await using (var command = new NpgsqlCommand($"NOTIFY {Channel}, '{_node}'", connection))
                await command.ExecuteNonQueryAsync(cancellation);
            await Task.Delay(Pause, time, cancellation);
        }
    }

    private async Task KeepUpAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await work(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                log.LogWarning("Wake-ups between nodes are interrupted, workers poll instead: {Reason}", exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(5), time, cancellation).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        // Its own connections, kept alive: in the pool they would be counted out for good.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false, KeepAlive = 30 }.ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }
}
