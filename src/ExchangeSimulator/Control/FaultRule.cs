namespace CrmSync.ExchangeSimulator.Control;

/// <summary>One scripted fault: which requests, push posts or pieces of a stream it strikes, how often, and what it does to them.</summary>
public sealed record FaultRule
{
    public static readonly string[] RequestKinds =
    [
        "lose-reply-after-commit", "lose-request", "delay", "late", "drip", "busy-fault", "busy-503", "busy-200", "garble", "truncate", "error-code", "http-status", "unauthorized",
        "invalid-sync-state", "evict-subscriptions", "reissue-ids", "touch", "move-server", "clock",
    ];

    public static readonly string[] PushKinds =
    [
        "push-lose", "push-duplicate", "push-late", "push-reorder", "push-unknown-id", "push-status-only", "push-garble", "push-after-unsubscribe",
    ];

    public static readonly string[] HeartbeatKinds = ["stream-drop", "stream-silent"];

    public static readonly string[] StreamKinds = ["stream-drop", "stream-silent", "stream-lose", "stream-duplicate", "stream-reorder"];

    public static readonly string[] Kinds = [.. RequestKinds, .. PushKinds, .. StreamKinds];

    public int Id { get; init; }

    /// <summary>Name of an operation, or * for all. Push and stream kinds do not look at it.</summary>
    public string Operation { get; init; } = "*";
    public string? Mailbox { get; init; }
    public required string Kind { get; init; }

    /// <summary>0..1; together with Every, both must agree.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Strikes every n-th request that fits.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Strikes this many times, then is spent; 0 means for ever.</summary>
    public int Count { get; init; }

    /// <summary>Length of a delay, a drip, a back-off, a silence; for clock the shift, which may be negative.</summary>
    public int Milliseconds { get; init; } = 1000;
    public string Code { get; init; } = "ErrorInternalServerTransientError";
    public int Status { get; init; } = 503;

    /// <summary>For error-code and busy-200: every n-th message of the batch only.</summary>
    public int EveryMessage { get; init; } = 1;
    public int Seen { get; set; }
    public int Struck { get; set; }
}
