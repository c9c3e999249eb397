using System.Diagnostics;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Notifications;

/// <summary>Holds one group's streaming connection: subscribes its links, turns hints into queue rows, and queues a look at every folder after any gap.</summary>
public sealed class GroupListener(
    INotificationStore store, ILinkQueue queue, IConnectors connectors, TimeProvider time, NotificationOptions options, ILogger<GroupListener> log)
{
    private const string Streaming = "streaming";
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled or until the lease is lost; never throws.</summary>
    public async Task RunAsync(GroupLease lease, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keeper = KeepLeaseAsync(lease, stop);
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var connectedAt = time.GetTimestamp();
            try
            {
                await ListenAsync(lease, stop.Token);
                failures = 0;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                failures = time.GetElapsedTime(connectedAt) > LongestWait ? 1 : failures + 1;
                log.LogWarning("Listener group {GroupId} lost its connection, {Failures} in a row: {Reason}", lease.GroupId, failures, failure.Message);
                await SayPollingAsync(lease, failure, stop.Token);
                await WaitAsync(failures, failure as ExchangeException, stop.Token);
            }
        }
        await stop.CancelAsync();
        await keeper;
        if (cancellation.IsCancellationRequested)
            await ReleaseAsync(lease);
    }

    // One set of subscriptions, as many connections as it lives through.
    private async Task ListenAsync(GroupLease lease, CancellationToken cancellation)
    {
        var links = await store.LoadGroupAsync(lease.GroupId, cancellation);
        if (links.Count == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(options.GroupLeaseSeconds / 3.0), time, cancellation);
            return;
        }
        var connector = connectors.For(links[0].Target);
        var subscribed = await SubscribeAsync(connector, links, cancellation);
        if (subscribed.Count == 0)
            throw new ExchangeTransportException("none of the group's folders could be subscribed");
        // Who comes, goes or changes is noticed while the connection stands: it may stand for half an hour.
        using var change = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watch = WatchAsync(lease, FingerprintOf(links), change);
        try
        {
            var isGap = true;
            while (!change.IsCancellationRequested)
            {
                var (endedWell, lost) = await HoldAsync(connector, subscribed, isGap, change.Token);
                isGap = !endedWell;
                foreach (var id in lost)
                    subscribed.Remove(id);
                if (lost.Count > 0)
                    break;
            }
        }
        catch (OperationCanceledException) when (change.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // The group has changed: subscribed anew by the caller's next turn, with a look at every folder.
        }
        finally
        {
            await change.CancelAsync();
            await watch;
        }
        await UnsubscribeAsync(connector, subscribed, cancellation);
    }

    private async Task WatchAsync(GroupLease lease, string fingerprint, CancellationTokenSource change)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(2, options.GroupLeaseSeconds / 3.0)), time, change.Token);
                if (FingerprintOf(await store.LoadGroupAsync(lease.GroupId, change.Token)) == fingerprint)
                    continue;
                await change.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The connection ended first.
        }
        catch (Exception failure)
        {
            // Without its database this node hears nothing of changes; the connection is opened anew when it does again.
            log.LogWarning("Listener group {GroupId} could not be looked at: {Reason}", lease.GroupId, failure.Message);
            await change.CancelAsync();
        }
    }

    private async Task<Dictionary<string, (StreamingSubscription Subscription, Guid LinkId)>> SubscribeAsync(
        IExchangeConnector connector, IReadOnlyList<SubscribableLink> links, CancellationToken cancellation)
    {
        var subscribed = new Dictionary<string, (StreamingSubscription, Guid)>(StringComparer.Ordinal);
        SubscriptionGroup? group = null;
        foreach (var link in links.OrderBy(link => link.Link.Mailbox, StringComparer.Ordinal))
        {
            try
            {
                var mailbox = connector.Open(link.Link.Mailbox);
                var folder = link.State.ResolvedFolderId ?? link.Link.FolderId ?? (await mailbox.FindDefaultFolderAsync(link.Link.Kind, cancellation)).Id.Value;
                var subscription = await mailbox.SubscribeStreamingAsync(new FolderId(folder), group, cancellation);
                group ??= subscription.Group;
                subscribed[subscription.SubscriptionId] = (subscription, link.Link.Id);
            }
            catch (ExchangeException failure) when (failure is not ExchangeTransportException { CanPass: true })
            {
                // One mailbox that refuses keeps nobody else from being listened to: it is polled (invariant 14).
                await store.SetSubscriptionAsync(link.Link.Id, $"poll: streaming subscription failed: {failure.Message}", null, null, cancellation);
            }
        }
        return subscribed;
    }

    // Returns whether the connection ended as agreed, and which subscriptions are gone.
    private async Task<(bool EndedWell, IReadOnlyList<string> Lost)> HoldAsync(
        IExchangeConnector connector, Dictionary<string, (StreamingSubscription Subscription, Guid LinkId)> subscribed, bool isGap, CancellationToken cancellation)
    {
        var connectionTime = TimeSpan.FromMinutes(options.StreamingConnectionMinutes);
        var isUp = false;
        try
        {
            await foreach (var signal in connector.ListenAsync([.. subscribed.Values.Select(entry => entry.Subscription)], connectionTime, cancellation))
            {
                if (signal is StreamSignal.Connected && !isUp)
                {
                    EngineMetrics.ListenerUp();
                    isUp = true;
                    // Not before: a subscription to which nobody listens brings nothing.
                    foreach (var (subscription, linkId) in subscribed.Values)
                        await store.SetSubscriptionAsync(linkId, Streaming, subscription.SubscriptionId, null, cancellation);
                }
                switch (signal)
                {
                    case StreamSignal.Connected when isGap:
                        await EnqueueAsync(subscribed.Values.Select(entry => entry.LinkId), InboundPriority.Poll, "listener connected", cancellation);
                        break;
                    case StreamSignal.Hint hint when subscribed.TryGetValue(hint.SubscriptionId, out var entry):
                        await EnqueueAsync([entry.LinkId], InboundPriority.Hint, "streaming notification", cancellation);
                        break;
                    case StreamSignal.Lost lost:
                        return (false, lost.SubscriptionIds);
                    case StreamSignal.Closed:
                        return (true, []);
                }
            }
            return (false, []);
        }
        finally
        {
            if (isUp)
                EngineMetrics.ListenerDown();
        }
    }

    private async Task EnqueueAsync(IEnumerable<Guid> links, int priority, string cause, CancellationToken cancellation)
    {
        using var activity = LinkSession.Tracing.StartActivity(cause, ActivityKind.Consumer);
        await queue.EnqueueAsync([.. links.Select(link => new QueueRequest(MessageKind.Inbound, link, Guid.Empty, priority, activity?.Id))], cancellation);
    }

    private static async Task UnsubscribeAsync(
        IExchangeConnector connector, Dictionary<string, (StreamingSubscription Subscription, Guid LinkId)> subscribed, CancellationToken cancellation)
    {
        foreach (var (subscription, _) in subscribed.Values)
        {
            try
            {
                await connector.Open(subscription.Mailbox).UnsubscribeAsync(subscription.SubscriptionId, subscription.Group, cancellation);
            }
            catch (ExchangeException)
            {
                // It ends by itself within 30 minutes.
            }
        }
    }

    private static string FingerprintOf(IReadOnlyList<SubscribableLink> links) =>
        string.Join(';', links.Select(link => $"{link.Link.Id}:{link.Link.Version}:{link.Target.Version}").Order(StringComparer.Ordinal));

    private async Task KeepLeaseAsync(GroupLease lease, CancellationTokenSource stop)
    {
        var length = TimeSpan.FromSeconds(options.GroupLeaseSeconds);
        var renewedAt = time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(length / 3, time, stop.Token);
                if (!await store.RenewGroupAsync(lease, length, "listening", stop.Token))
                {
                    log.LogInformation("Listener group {GroupId} went to another node", lease.GroupId);
                    await stop.CancelAsync();
                    return;
                }
                renewedAt = time.GetTimestamp();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception failure)
            {
                log.LogWarning("Listener group {GroupId} could not be renewed: {Reason}", lease.GroupId, failure.Message);
                if (time.GetElapsedTime(renewedAt) > length)
                    await stop.CancelAsync();
            }
        }
    }

    // Until somebody listens again, the links live by polling and say so (case E35).
    private async Task SayPollingAsync(GroupLease lease, Exception failure, CancellationToken cancellation)
    {
        try
        {
            foreach (var link in await store.LoadGroupAsync(lease.GroupId, cancellation))
            {
                if (link.State.NotificationState is null or Streaming)
                    await store.SetSubscriptionAsync(link.Link.Id, $"poll: the streaming connection is lost: {failure.Message}", null, null, cancellation);
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            log.LogWarning("Listener group {GroupId} could not say that it is not listening: {Reason}", lease.GroupId, fault.Message);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task WaitAsync(int failures, ExchangeException? failure, CancellationToken cancellation)
    {
        var own = TimeSpan.FromMilliseconds(Math.Min(options.ReconnectMs * Math.Pow(2, Math.Min(failures - 1, 16)), LongestWait.TotalMilliseconds));
        try
        {
            await Task.Delay(failure?.BackOff is { } asked && asked > own ? asked : own, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task ReleaseAsync(GroupLease lease)
    {
        try
        {
            await store.ReleaseGroupAsync(lease, CancellationToken.None);
        }
        catch (Exception failure)
        {
            log.LogWarning("Listener group {GroupId} could not be given back; its lease runs out by itself: {Reason}", lease.GroupId, failure.Message);
        }
    }
}
