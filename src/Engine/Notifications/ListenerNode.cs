using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Notifications;

/// <summary>This node's share of the streaming listeners: claims groups that nobody holds, keeps each on one connection, gives way when a lease is lost.</summary>
public sealed class ListenerNode(INotificationStore store, GroupListener listener, TimeProvider time, NotificationOptions options, ILogger<ListenerNode> log)
{
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<Guid, Task> _running = [];

    public async Task RunAsync(string owner, CancellationToken cancellation)
    {
        var lease = TimeSpan.FromSeconds(options.GroupLeaseSeconds);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                foreach (var ended in _running.Where(entry => entry.Value.IsCompleted).Select(entry => entry.Key).ToList())
                    _running.Remove(ended);
                await store.ArrangeGroupsAsync(options.MaxLinksPerGroup, cancellation);
                while (await store.ClaimGroupAsync(owner, lease, cancellation) is { } claim)
                {
                    _running[claim.GroupId] = listener.RunAsync(claim, cancellation);
                    // One at a time, so that nodes that start together share the groups.
                    await Task.Delay(ClaimPause, time, cancellation);
                }
                await Task.Delay(TimeSpan.FromSeconds(Math.Max(1, options.GroupLeaseSeconds / 5.0)), time, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                log.LogError(failure, "The listeners could not be arranged: {Reason}. Tried again in a second.", failure.Message);
                await PauseAsync(cancellation);
            }
        }
        await Task.WhenAll(_running.Values);
    }

    private async Task PauseAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
