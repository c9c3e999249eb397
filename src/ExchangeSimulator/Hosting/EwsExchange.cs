using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>One request as the transport hands it over: who signed in is settled already.</summary>
public sealed record EwsRequest(byte[] Body, Account Account, bool IsAppOnly)
{
    /// <summary>Cookie X-BackEndOverrideCookie, if the client sent it.</summary>
    public string? AffinityCookie { get; init; }
    public bool PrefersAffinity { get; init; }

    /// <summary>Header X-AnchorMailbox, if the client sent it.</summary>
    public string? Anchor { get; init; }
}

/// <summary>The answer, for the transport to send.</summary>
public sealed class EwsReply
{
    public int Status { get; init; } = 200;
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Memory behind the body that the transport gives back to the pool once all is sent; null: nothing to give back.</summary>
    public byte[]? Rented { get; init; }
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>Cut the connection instead of answering.</summary>
    public bool Abort { get; init; }

    /// <summary>Send only half, then cut the connection.</summary>
    public bool Truncate { get; init; }

    /// <summary>Send the answer in small pieces over this time.</summary>
    public TimeSpan Drip { get; init; }

    /// <summary>An answer without end: written piece by piece until the task ends.</summary>
    public Func<Stream, CancellationToken, Task>? Stream { get; init; }
}
