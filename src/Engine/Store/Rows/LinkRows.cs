namespace CrmSync.Engine.Store.Rows;

public enum LinkHealth
{
    Unknown = 0,
    Healthy = 1,
    Degraded = 2,
    Failing = 3,

    /// <summary>A guard waits for a person.</summary>
    Held = 4,
}

/// <summary>What the engine knows about a link's folder. Written only under the link's lease, except the due times. Table LinkState.</summary>
public sealed class LinkState
{
    public Guid LinkId { get; set; }

    /// <summary>The folder that was found for the link; null until first use.</summary>
    public string? ResolvedFolderId { get; set; }

    /// <summary>Position in the change feed; null before the first read and after a refused cursor.</summary>
    public string? Cursor { get; set; }

    /// <summary>A read from an empty cursor is under way: unseen pairs are swept only when it has finished.</summary>
    public bool IsFullRead { get; set; }

    /// <summary>Number of the current or last full read; pairs seen by it carry it (mark and sweep).</summary>
    public int SweepGeneration { get; set; }

    /// <summary>One complete listing has been taken, so twins can be sought; nothing is created in Exchange before (invariant 7).</summary>
    public bool IsInventoryComplete { get; set; }

    /// <summary>The mapping version that the pairs were last fully read with.</summary>
    public int MappingVersion { get; set; }

    public LinkHealth Health { get; set; }

    /// <summary>Plain words for a person: the thing, the cause, the cure. Null when all is well.</summary>
    public string? LastError { get; set; }

    public string? LastErrorCode { get; set; }

    public DateTime? LastErrorAt { get; set; }

    /// <summary>Sessions in a row that failed as a whole: sets the back-off; 0 after one that ended well.</summary>
    public int Failures { get; set; }

    public DateTime? LastInboundAt { get; set; }

    public DateTime? LastOutboundAt { get; set; }

    /// <summary>How notifications reach us now: push, streaming, poll; differs from the target's wish when that degraded.</summary>
    public string NotificationState { get; set; } = "poll";

    /// <summary>Longest <see cref="NotificationState"/>, in characters: it can carry a server's own words, so it is cut.</summary>
    public const int MaxNotificationState = 500;

    public string? SubscriptionId { get; set; }

    public DateTime? SubscriptionExpiresAt { get; set; }

    public DateTime? NextPollAt { get; set; }

    public DateTime? NextCheckUpAt { get; set; }

    public DateTime? RenewAt { get; set; }

    public string? PausedBy { get; set; }

    public string? PausedReason { get; set; }

    /// <summary>What guards hold; null: nothing. Replaced as a whole, never changed in place.</summary>
    public List<LinkHold>? Holds { get; set; }

    /// <summary>What people approved, used up and expired permissions too; written by them, not by sessions. Replaced as a whole.</summary>
    public List<HoldApproval>? Approvals { get; set; }

    /// <summary>Items that this run has changed in the CRM so far: the change guard counts a run, which may take several sessions.</summary>
    public int RunChanges { get; set; }

    /// <summary>What the last dry run planned for the first read, JSON (Planning.RunTally); null: there was none.</summary>
    public string? Plan { get; set; }

    /// <summary>What the first read has done so far, to be compared with <see cref="Plan"/>.</summary>
    public string? RunTally { get; set; }

    /// <summary>When the hour of the mail budget began.</summary>
    public DateTime? MailsSince { get; set; }

    /// <summary>Mails to attendees since then.</summary>
    public int MailsSent { get; set; }

    /// <summary>A row to change while the loaded one stays as it was.</summary>
    public LinkState Copy() => (LinkState)MemberwiseClone();
}

/// <summary>What is claimed: a link with something to do. Times are milliseconds since 1970 on the database's clock. Table LinkWork.</summary>
public sealed class LinkWork
{
    public Guid LinkId { get; set; }

    public Guid TargetId { get; set; }

    public string Mailbox { get; set; } = "";

    /// <summary>When the link wants to be worked on; null: nothing waits.</summary>
    public long? ReadyAtMs { get; set; }

    /// <summary>Lower runs first.</summary>
    public int Priority { get; set; }

    public bool IsPaused { get; set; }

    public string? Owner { get; set; }

    /// <summary>Raised by each claim: the fencing number (invariant 5).</summary>
    public long Epoch { get; set; }

    public long? LeaseUntilMs { get; set; }

    /// <summary>A back-off hint: not ready before this time, whatever is queued meanwhile. Null: none.</summary>
    public long? DeferredUntilMs { get; set; }

    /// <summary>End of the last session; hints wait MinLinkGapMs after it.</summary>
    public long? LastEndedAtMs { get; set; }
}

/// <summary>A push URL's secret, hashed. Saved before Subscribe, kept 48 h after it retires. Table PushToken.</summary>
public sealed class PushToken
{
    /// <summary>SHA-256 of the token, lower-case hex.</summary>
    public required string TokenHash { get; set; }

    public Guid LinkId { get; set; }

    /// <summary>Null while Subscribe is under way.</summary>
    public string? SubscriptionId { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime? LastHeardAt { get; set; }

    public DateTime? RetiredAt { get; set; }
}

/// <summary>A group of streaming subscriptions on one connection: a leased row like a link's. Table ListenerGroup.</summary>
public sealed class ListenerGroup
{
    public Guid Id { get; set; }

    public Guid TargetId { get; set; }

    public string? Owner { get; set; }

    public long Epoch { get; set; }

    public long? LeaseUntilMs { get; set; }

    public string? State { get; set; }

    public DateTime? ConnectedAt { get; set; }
}

/// <summary>A link's place in a listener group. Table ListenerMember, key LinkId.</summary>
public sealed class ListenerMember
{
    public Guid LinkId { get; set; }

    public Guid GroupId { get; set; }
}
