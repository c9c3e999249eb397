using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews.Push;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Notifications;

public enum PushAnswer
{
    /// <summary>HTTP 404: the token is unknown; nothing was read.</summary>
    Unknown = 0,

    /// <summary>SubscriptionStatus OK.</summary>
    Ok = 1,

    /// <summary>SubscriptionStatus Unsubscribe: the token has retired.</summary>
    Unsubscribe = 2,

    /// <summary>HTTP 400: the body is no notification. A sender that knows the token gets a look at the folder nonetheless.</summary>
    Malformed = 3,
}

/// <summary>Answers EWS push posts. The token in the URL is the only credential that Exchange can carry; the content is never believed (invariant 1).</summary>
/// <remarks>The worst that a perfect forgery does is one needless look at one folder (quality.md T1).</remarks>
public sealed class PushReceiver(INotificationStore store, ILinkQueue queue, TimeProvider time, NotificationOptions options, ILogger<PushReceiver> log)
{
    private static readonly TimeSpan HeardEvery = TimeSpan.FromSeconds(10);

    /// <summary>A fresh token: 256 random bits for the URL, and the hash that is stored.</summary>
    public static (string Token, string Hash) NewToken()
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return (token, HashOf(token));
    }

    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    public async Task<PushAnswer> ReceiveAsync(string token, Stream body, CancellationToken cancellation)
    {
        // The hash is computed and looked up for any token, so that known and unknown ones take the same time.
        var hash = HashOf(token);
        if (await store.FindPushTokenAsync(hash, cancellation) is not { } row)
            return PushAnswer.Unknown;
        if (row.RetiredAt is { } retired)
            return retired.AddHours(options.TokenRetentionHours) < time.GetUtcNow().UtcDateTime ? PushAnswer.Unknown : PushAnswer.Unsubscribe;

        switch (await PushNotificationReader.ReadAsync(body, cancellation))
        {
            case PushPost.Arrived { Notification: var notification }:
                // The first status event can precede Subscribe's answer: an unknown subscription id is accepted as long as none is recorded.
                if (row.SubscriptionId is { } known && known != notification.SubscriptionId)
                    return PushAnswer.Unsubscribe;
                // Once in a few seconds is enough to know that the subscription lives; a burst of posts costs no burst of writes.
                if (row.LastHeardAt is not { } heard || time.GetUtcNow().UtcDateTime - heard > HeardEvery)
                    await store.HeardAsync(hash, RenewAt(), cancellation);
                if (notification.HasChanges || notification.MoreEvents)
                    await EnqueueAsync(row, cancellation);
                return PushAnswer.Ok;
            case PushPost.Complaint complaint:
                log.LogWarning("Link {LinkId}: Exchange cannot go on with the push subscription ({Code}); it is made anew", row.LinkId, complaint.Code);
                await store.HeardAsync(hash, time.GetUtcNow().UtcDateTime, cancellation);
                await EnqueueAsync(row, cancellation);
                return PushAnswer.Unsubscribe;
            case PushPost.Unreadable { Fault: PushFault.TooLarge }:
                // So much news that it does not fit: a hint like any other.
                await EnqueueAsync(row, cancellation);
                return PushAnswer.Ok;
            case PushPost.Unreadable { Fault: var fault }:
                log.LogWarning("A push post for link {LinkId} was no notification ({Fault}). The folder is looked at nonetheless.", row.LinkId, fault);
                await EnqueueAsync(row, cancellation);
                return PushAnswer.Malformed;
            default:
                return PushAnswer.Malformed;
        }
    }

    public DateTime RenewAt() => time.GetUtcNow().UtcDateTime.AddSeconds(options.PushSilenceSeconds);

    private Task EnqueueAsync(PushToken token, CancellationToken cancellation)
    {
        using var activity = Sessions.LinkSession.Tracing.StartActivity("push notification", ActivityKind.Server);
        return queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, token.LinkId, Guid.Empty, InboundPriority.Hint, activity?.Id ?? System.Diagnostics.Activity.Current?.Id)], cancellation);
    }
}
