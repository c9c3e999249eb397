namespace CrmSync.Engine.Exchange.Ews;

/// <summary>What an administrator never needs and a test sometimes does.</summary>
public sealed record EwsOptions
{
    /// <summary>Largest answer that is read, in bytes after decompression. Default 64 MiB.</summary>
    public long MaxAnswerBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Largest single envelope of a streaming connection, in bytes. Default 4 MiB.</summary>
    public int MaxEnvelopeBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>A streaming connection that is silent for longer counts as dead. Default 100 s: twice the server's heartbeat and a little.</summary>
    public TimeSpan StreamingSilence { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Hosts outside the mailbox's domain to which Autodiscover may lead. Default none.</summary>
    public IReadOnlyList<string> AutodiscoverHosts { get; init; } = [];

    /// <summary>Where request ids come from. Default: the system's.</summary>
    public IdSource? Ids { get; init; }
}
