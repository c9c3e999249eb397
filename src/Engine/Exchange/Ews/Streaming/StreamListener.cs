using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;

namespace CrmSync.Engine.Exchange.Ews.Streaming;

/// <summary>One hanging GetStreamingEvents connection, read envelope by envelope (ews/protocol.md section 9).</summary>
internal sealed class StreamListener(EwsConnector connector, EwsOptions options)
{
    /// <summary>Yields signals until the connection ends: by Closed, by Lost (nothing more would come for the good ones either), or by a failure.</summary>
    public async IAsyncEnumerable<StreamSignal> ListenAsync(
        IReadOnlyList<StreamingSubscription> subscriptions, TimeSpan connectionTime, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(subscriptions.Count, nameof(subscriptions));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subscriptions.Count, connector.Capabilities.MaxSubscriptionsPerConnection, nameof(subscriptions));
        var ids = subscriptions.Select(subscription => subscription.SubscriptionId).ToList();
        var minutes = Math.Clamp((int)connectionTime.TotalMinutes, 1, 30);
        var group = subscriptions[0].Group;
        var context = connector.Channel.Context(await connector.UrlOfAsync(group.AnchorMailbox, cancellation), group.AnchorMailbox);

        var request = new GetStreamingEvents(ids, minutes);
        using var response = await connector.Channel.OpenStreamAsync(request, context, new(group.AnchorMailbox, group.AffinityCookie), cancellation);
        await connector.Channel.ThrowOnStatusAsync(response, request, context, cancellation);
        using var silence = new Silence(options.StreamingSilence, connector.Time, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var envelopes = new EnvelopeSplitter(body, options.MaxEnvelopeBytes);

        var isConnected = false;
        while (true)
        {
            var envelope = await ReadAsync(envelopes, new GetStreamingEvents(ids, minutes), context, silence, cancellation);
            ThrowIfRefused(envelope, context);
            if (!isConnected && envelope.Errors.Count == 0)
            {
                isConnected = true;
                yield return new StreamSignal.Connected();
            }
            foreach (var id in envelope.Changed)
                yield return new StreamSignal.Hint(id);
            if (envelope.Errors is [var error, ..])
            {
                yield return new StreamSignal.Lost(envelope.Refused.Count > 0 ? envelope.Refused : ids, error.Code);
                yield break;
            }
            if (envelope.IsClosed)
            {
                yield return new StreamSignal.Closed();
                yield break;
            }
            if (envelope.Changed.Count == 0)
                yield return new StreamSignal.Heartbeat();
        }
    }

    private static async ValueTask<StreamingEnvelope> ReadAsync(
        EnvelopeSplitter envelopes, GetStreamingEvents operation, RequestContext context, Silence silence, CancellationToken cancellation)
    {
        try
        {
            silence.Restart();
            if (await envelopes.NextAsync(silence.Token) is not { } bytes)
                throw new ExchangeTransportException($"The stream of events for {context.Mailbox} ended without the server's farewell.");
            using var reader = new SoapReader(AsStream(bytes));
            var fault = await SoapEnvelope.ReadAsync(reader, operation, _ => { });
            return fault is null ? operation.Finish(context) : throw Explain.Refused(fault.Code, fault.Text, fault.BackOff, context, isWrite: false);
        }
        catch (OperationCanceledException) when (silence.HasPassed && !cancellation.IsCancellationRequested)
        {
            throw new ExchangeTransportException($"The stream of events for {context.Mailbox} fell silent. A proxy that collects answers "
                + "before it passes them on does this; notifications by push or polling work there.");
        }
        catch (XmlException fault)
        {
            throw Explain.Malformed(fault, context, inDoubt: false, excerpt: "");
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw Explain.Broken(fault, context, inDoubt: false);
        }
    }

    // Anything but a complaint about subscriptions refuses the connection: too many of them, or a newer one has taken over.
    private static void ThrowIfRefused(StreamingEnvelope envelope, RequestContext context)
    {
        foreach (var error in envelope.Errors)
        {
            if (!ResponseCodes.IsSubscriptionGone(error.Code))
                throw Explain.Refused(error.Code, error.Text, error.BackOff, context, isWrite: false);
        }
    }

    private static MemoryStream AsStream(ReadOnlyMemory<byte> bytes)
    {
        MemoryMarshal.TryGetArray(bytes, out var segment);
        return new(segment.Array!, segment.Offset, segment.Count, writable: false);
    }
}

/// <summary>A time limit that starts anew with each sign of life.</summary>
internal sealed class Silence : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _both;

    public Silence(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        _limit = limit;
        _clock = new(Timeout.InfiniteTimeSpan, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, cancellation);
    }

    public CancellationToken Token => _both.Token;

    public bool HasPassed => _clock.IsCancellationRequested;

    public void Restart() => _clock.CancelAfter(_limit);

    public void Dispose()
    {
        _both.Dispose();
        _clock.Dispose();
    }
}
