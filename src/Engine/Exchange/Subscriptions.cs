namespace CrmSync.Engine.Exchange;

/// <summary>A push subscription as the server confirmed it.</summary>
public sealed record PushSubscription(string SubscriptionId, string? Watermark);

/// <summary>What must be equal for subscriptions to share one connection: the anchor mailbox and the affinity cookie (ews/protocol.md section 9).</summary>
public sealed record SubscriptionGroup(string AnchorMailbox, string? AffinityCookie);

/// <summary>A streaming subscription; lives in the memory of one Exchange server.</summary>
public sealed record StreamingSubscription(string SubscriptionId, string Mailbox, SubscriptionGroup Group);

/// <summary>What a streaming connection tells.</summary>
public abstract record StreamSignal
{
    /// <summary>The server answered: events flow from now on.</summary>
    public sealed record Connected : StreamSignal;

    /// <summary>Something changed in the subscription's folder; never what (invariant 1).</summary>
    public sealed record Hint(string SubscriptionId) : StreamSignal;

    /// <summary>The connection is alive.</summary>
    public sealed record Heartbeat : StreamSignal;

    /// <summary>These subscriptions are gone; subscribe anew and catch up by a delta. The connection ends with it: nothing more would come for the good ones.</summary>
    public sealed record Lost(IReadOnlyList<string> SubscriptionIds, string Code) : StreamSignal;

    /// <summary>The server ended the connection as agreed; open the next at once.</summary>
    public sealed record Closed : StreamSignal;
}

/// <summary>A push post as read from the wire.</summary>
/// <param name="HasChanges">False for a mere status event.</param>
public sealed record PushNotification(string SubscriptionId, string? PreviousWatermark, string? Watermark, bool HasChanges, bool MoreEvents);

public enum StepState
{
    Passed = 0,
    Warning = 1,
    Failed = 2,
    Skipped = 3,
}

/// <summary>One step of a connection test.</summary>
/// <param name="Name">DNS, TLS, Authentication, Version, Mailbox, Folder, Subscription.</param>
/// <param name="Detail">What was found, in plain words, naming the thing.</param>
/// <param name="Cure">What to do about it; null when it passed.</param>
/// <param name="DurationMs">How long it took.</param>
public sealed record ConnectionStep(string Name, StepState State, string Detail, string? Cure, long DurationMs);
