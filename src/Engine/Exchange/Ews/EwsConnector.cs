using System.Collections.Concurrent;
using CrmSync.Engine.Exchange.Ews.Discovery;
using CrmSync.Engine.Exchange.Ews.Streaming;
using CrmSync.Engine.Exchange.Ews.Transport;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrmSync.Engine.Exchange.Ews;

/// <summary>One Exchange organisation over Exchange Web Services (ews/protocol.md).</summary>
public sealed class EwsConnector : IExchangeConnector
{
    // The documented advice is 10 ids to a request; 50 to 100 work for shapes like ours [believed], and the round trip is what costs.
    internal const int MaxBatch = 100;

    private readonly ConcurrentDictionary<string, Uri> _urls = new(StringComparer.OrdinalIgnoreCase);
    private readonly TargetConnection _connection;
    private readonly TimeProvider _time;
    private readonly EwsOptions _options;
    private readonly HttpMessageHandler? _handler;

    /// <param name="connection">The target's settings with the secret in the clear.</param>
    /// <param name="time">Deadlines, silence of streams, validity of certificates.</param>
    /// <param name="handler">Sends requests instead of the network; not disposed. TLS, NTLM, gzip and the check of addresses are then its business.</param>
    /// <param name="logger">Gets one line per request at Debug.</param>
    /// <param name="options">Bounds.</param>
    /// <exception cref="ArgumentException">TLS is pinned and the target's certificate is missing or not PEM, or the URL is not http(s).</exception>
    public EwsConnector(TargetConnection connection, TimeProvider time, HttpMessageHandler? handler = null, ILogger? logger = null, EwsOptions? options = null)
    {
        (_connection, _time, _options, _handler) = (connection, time, options ?? new(), handler);
        Channel = new(connection, time, handler, logger ?? NullLogger.Instance, _options);
        if (connection.Target.Url is { Length: > 0 } url)
        {
            Url = Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "https" or "http"
                ? parsed
                : throw new ArgumentException($"{url} is not an address of a web server.", nameof(connection));
        }
    }

    public ConnectorCapabilities Capabilities { get; } = new(
        MaxChangesPerPage: 512, MaxReadBatch: MaxBatch, MaxWriteBatch: MaxBatch,
        CanWriteSilently: true, ChecksKeyOnDelete: false, MaxSubscriptionsPerConnection: 200);

    internal EwsChannel Channel { get; }

    internal SyncTarget Target => _connection.Target;

    internal Uri? Url { get; }

    internal TimeProvider Time => _time;

    internal bool IsInProcess => _handler is not null;

    public IExchangeMailbox Open(string mailbox) => new EwsMailbox(this, mailbox);

    public IAsyncEnumerable<StreamSignal> ListenAsync(
        IReadOnlyList<StreamingSubscription> subscriptions, TimeSpan connectionTime, CancellationToken cancellation) =>
        new StreamListener(this, _options).ListenAsync(subscriptions, connectionTime, cancellation);

    public IAsyncEnumerable<ConnectionStep> TestAsync(string mailbox, CancellationToken cancellation) => new ConnectionTest(this, mailbox).RunAsync(cancellation);

    public ValueTask DisposeAsync()
    {
        Channel.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Where the mailbox's requests go: the target's URL, or what Autodiscover says, asked once per mailbox.</summary>
    internal async ValueTask<Uri> UrlOfAsync(string mailbox, CancellationToken cancellation)
    {
        if (Url is not null)
            return Url;
        if (_urls.TryGetValue(mailbox, out var known))
            return known;
        var autodiscover = new Autodiscover(_connection, _time, _options);
        var found = await (_handler is null ? autodiscover.FindAsync(mailbox, cancellation) : autodiscover.FindAsync(mailbox, _handler, cancellation));
        return _urls.GetOrAdd(mailbox, found.EwsUrl);
    }
}
