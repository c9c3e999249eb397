namespace CrmSync.Engine.Notifications;

public sealed class NotificationOptions
{
    /// <summary>Minutes that Exchange retries an unreachable push endpoint, and the longest silence of a living push subscription (ews/protocol.md section 9). 1 to 1440.</summary>
    public int PushStatusFrequencyMinutes { get; set; } = 1;

    /// <summary>After that long without a word from Exchange a push subscription counts as lost and is made anew: two status frequencies.</summary>
    public int PushSilenceSeconds { get; set; } = 120;

    /// <summary>Minutes that one streaming connection is held: 1 to 30.</summary>
    public int StreamingConnectionMinutes { get; set; } = 29;

    /// <summary>Links that share one streaming connection; the protocol's bound is 200.</summary>
    public int MaxLinksPerGroup { get; set; } = 200;

    /// <summary>A listener group is ours that long without renewal.</summary>
    public int GroupLeaseSeconds { get; set; } = 15;

    /// <summary>Wait after a failed connection, doubled up to a minute.</summary>
    public int ReconnectMs { get; set; } = 500;

    /// <summary>Retired tokens are still answered (Unsubscribe) that long.</summary>
    public int TokenRetentionHours { get; set; } = 48;
}
