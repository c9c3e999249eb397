using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Store;

/// <summary>A link as subscriptions see it.</summary>
public sealed record SubscribableLink(SyncTarget Target, SyncLink Link, LinkState State);

/// <summary>A claim of a listener group: like a link's lease, fenced by its epoch.</summary>
public sealed record GroupLease(Guid GroupId, Guid TargetId, string Owner, long Epoch);

/// <summary>What notifications remember: push tokens, subscriptions, listener groups, due times. Touches no item (invariant 1).</summary>
public interface INotificationStore
{
    Task<PushToken?> FindPushTokenAsync(string tokenHash, CancellationToken cancellation);

    Task AddPushTokenAsync(PushToken token, CancellationToken cancellation);

    /// <summary>Subscribe answered: the token belongs to this subscription, the link's older tokens retire.</summary>
    Task ConfirmPushTokenAsync(string tokenHash, string subscriptionId, DateTime renewAt, CancellationToken cancellation);

    /// <summary>A post came in over this token: the subscription lives.</summary>
    Task HeardAsync(string tokenHash, DateTime renewAt, CancellationToken cancellation);

    Task RetirePushTokensAsync(Guid linkId, CancellationToken cancellation);

    /// <summary>Enabled, unpaused links of push targets whose subscription is absent or due for renewal.</summary>
    Task<IReadOnlyList<SubscribableLink>> FindPushLinksDueAsync(int max, CancellationToken cancellation);

    /// <summary>How notifications reach this link now; null subscription: not at all.</summary>
    Task SetSubscriptionAsync(Guid linkId, string state, string? subscriptionId, DateTime? renewAt, CancellationToken cancellation);

    /// <summary>Gives every enabled link of a streaming target a place in a group, and takes it from all others. Returns how many groups there are.</summary>
    Task<int> ArrangeGroupsAsync(int maxPerGroup, CancellationToken cancellation);

    /// <summary>Takes a group that nobody holds; null when there is none.</summary>
    Task<GroupLease?> ClaimGroupAsync(string owner, TimeSpan lease, CancellationToken cancellation);

    /// <summary>False: the group has another owner now.</summary>
    Task<bool> RenewGroupAsync(GroupLease lease, TimeSpan length, string state, CancellationToken cancellation);

    Task ReleaseGroupAsync(GroupLease lease, CancellationToken cancellation);

    Task<IReadOnlyList<SubscribableLink>> LoadGroupAsync(Guid groupId, CancellationToken cancellation);

    /// <summary>Takes links whose poll is due, sets their next due time, and returns them: each due time is taken by one node only.</summary>
    Task<IReadOnlyList<Guid>> TakeDuePollsAsync(int max, CancellationToken cancellation);
}
