using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Notifications;

/// <summary>Keeps a living push subscription for every link of a push target: makes it, and makes it anew when nothing was heard for too long.</summary>
public sealed class PushKeeper(
    INotificationStore store, ILinkQueue queue, IConnectors connectors, TimeProvider time, NotificationOptions options, ILogger<PushKeeper> log)
{
    private const int Batch = 100;

    /// <summary>One round over what is due. A link that cannot be subscribed is polled meanwhile, and says so.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var link in await store.FindPushLinksDueAsync(Batch, cancellation))
            await RenewAsync(link, cancellation);
    }

    private async Task RenewAsync(SubscribableLink link, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (link.Target.PublicUrl is not { Length: > 0 } publicUrl || !Uri.TryCreate(publicUrl, UriKind.Absolute, out var root))
        {
            await store.SetSubscriptionAsync(link.Link.Id, "poll: the target has no public URL for push", null, now.AddMinutes(5), cancellation);
            return;
        }
        try
        {
            var mailbox = connectors.For(link.Target).Open(link.Link.Mailbox);
            var folder = link.State.ResolvedFolderId ?? link.Link.FolderId ?? (await mailbox.FindDefaultFolderAsync(link.Link.Kind, cancellation)).Id.Value;
            var (token, hash) = PushReceiver.NewToken();
            // The token is known before Subscribe is sent: Exchange's first post may come before its answer.
            await store.AddPushTokenAsync(new PushToken { TokenHash = hash, LinkId = link.Link.Id, CreatedAt = now }, cancellation);
            CrashPoints.Reach("push.subscribe.before-send");
            var subscription = await mailbox.SubscribePushAsync(
                new FolderId(folder), new Uri(root, $"{root.AbsolutePath.TrimEnd('/')}/ews/push/{token}"), options.PushStatusFrequencyMinutes, cancellation);
            await store.ConfirmPushTokenAsync(hash, subscription.SubscriptionId, now.AddSeconds(options.PushSilenceSeconds), cancellation);
            // What happened while nobody listened is found by a look.
            await queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, link.Link.Id, Guid.Empty, InboundPriority.Poll)], cancellation);
            log.LogInformation("Link {LinkId} {Mailbox}: push subscription made", link.Link.Id, link.Link.Mailbox);
        }
        catch (ExchangeException failure)
        {
            log.LogWarning("Link {LinkId} {Mailbox}: no push subscription, polling meanwhile: {Reason}", link.Link.Id, link.Link.Mailbox, failure.Message);
            var wait = failure.BackOff ?? TimeSpan.FromSeconds(30);
            await store.SetSubscriptionAsync(link.Link.Id, $"poll: push subscription failed: {failure.Message}", null, now + wait, cancellation);
        }
    }
}
