using System.Net;
using System.Net.Http.Headers;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Sends operations of one target and turns whatever comes back into a result or one of the three failures.</summary>
internal sealed class EwsChannel : IDisposable
{
    private readonly SyncTarget _target;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EwsOptions _options;
    private readonly IdSource _ids;
    private readonly HttpMessageInvoker _http;
    private readonly RequestGate _gate;
    private readonly SignIn _signIn;

    public EwsChannel(TargetConnection connection, TimeProvider time, HttpMessageHandler? handler, ILogger logger, EwsOptions options)
    {
        _target = connection.Target;
        (_time, _logger, _options) = (time, logger, options);
        _ids = options.Ids ?? IdSource.System(time);
        var own = handler ?? HandlerFactory.Create(_target, connection.Secret, new CertificateCheck(_target.Tls, _target.TrustedCertificatePem, time));
        _http = new(own, disposeHandler: handler is null);
        _signIn = new(connection, () => own);
        _gate = new(_target.MaxConnections, _target.MaxRequestsPerMailbox);
        Version = new(_target.ServerVersion);
    }

    public SchemaVersion Version { get; }

    /// <summary>The server's build, from the last answer that named it.</summary>
    public ServerBuild? Build { get; private set; }

    public RequestContext Context(Uri url, string mailbox) => new(url, mailbox, _target.UserName, _signIn.Scheme, _target.Access, Version);

    /// <summary>Sends one operation and reads its whole answer, within the gate and the target's time limit.</summary>
    public async Task<TResult> SendAsync<TResult>(EwsOperation<TResult> operation, RequestContext context, Affinity? affinity, CancellationToken cancellation)
    {
        using var slot = await _gate.EnterAsync(context.Mailbox, cancellation);
        using var activity = Telemetry.Start(operation.Name);
        var started = _time.GetTimestamp();
        var outcome = "cancelled";
        try
        {
            var result = await ExchangeAsync(operation, context, affinity, cancellation);
            outcome = "ok";
            return result;
        }
        catch (ExchangeException fault)
        {
            outcome = fault switch
            {
                ExchangeResponseException response => response.Code,
                ExchangeProtocolException => "protocol",
                _ => "transport",
            };
            throw;
        }
        finally
        {
            var took = _time.GetElapsedTime(started);
            Telemetry.Done(activity, operation.Name, outcome, took);
            _logger.LogDebug("EWS {Operation} to {Target}: {Outcome} in {Milliseconds} "
                + "ms", operation.Name, _target.Name, outcome, (long)took.TotalMilliseconds);
        }
    }

    /// <summary>Opens an answer that does not end by itself. The caller disposes it; only the wait for its beginning has a time limit.</summary>
    public async Task<HttpResponseMessage> OpenStreamAsync<TResult>(
        EwsOperation<TResult> operation, RequestContext context, Affinity affinity, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_target.RequestTimeoutSeconds, _time, cancellation);
        using var writer = new RequestWriter(context);
        using var content = new SoapContent(writer.Envelope(operation.Write));
        try
        {
            return await PostAsync(content, context, affinity, deadline.Token, isStream: true);
        }
        catch (Exception fault) when (fault is not ExchangeException)
        {
            throw Translate(fault, context, deadline, cancellation, inDoubt: false, excerpt: "") ?? fault;
        }
    }

    /// <summary>Checks a status and, where it may carry a fault, reads it. Returns when an answer to the operation may follow.</summary>
    public async ValueTask ThrowOnStatusAsync<TResult>(
        HttpResponseMessage response, EwsOperation<TResult> operation, RequestContext context, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.OK)
            return;
        // A SOAP fault is an answer; any other body of an error status is a web page.
        if (response.StatusCode == HttpStatusCode.InternalServerError && IsXml(response))
        {
            await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(cancellation), _options.MaxAnswerBytes, cancellation);
            SoapFault? fault = null;
            try
            {
                using var reader = await SoapReader.OpenAsync(body); // opening reads already, and may find no XML
                fault = await SoapEnvelope.ReadAsync(reader, operation, build => Build = build);
            }
            catch (XmlException)
            {
                // Not a fault after all: the status says enough.
            }
            if (fault is not null)
                throw Explain.Refused(fault.Code, fault.Text, fault.BackOff, context, operation.IsWrite);
        }
        throw Explain.Status(response, context, operation.IsWrite, RetryAfter(response));
    }

    /// <summary>The clock of the time limits.</summary>
    public TimeProvider Time => _time;

    public void Dispose() => _http.Dispose();

    private async Task<TResult> ExchangeAsync<TResult>(EwsOperation<TResult> operation, RequestContext context, Affinity? affinity, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_target.RequestTimeoutSeconds, _time, cancellation);
        using var writer = new RequestWriter(context);
        using var content = new SoapContent(writer.Envelope(operation.Write));
        BoundedStream? body = null;
        try
        {
            using var response = await PostAsync(content, context, affinity, deadline.Token);
            await ThrowOnStatusAsync(response, operation, context, deadline.Token);
            affinity?.Learn(response);
            body = new BoundedStream(await response.Content.ReadAsStreamAsync(deadline.Token), _options.MaxAnswerBytes, deadline.Token);
            await using (body)
            {
                using var reader = await SoapReader.OpenAsync(body);
                var fault = await SoapEnvelope.ReadAsync(reader, operation, build => Build = build);
                return fault is null
                    ? operation.Finish(context)
                    : throw Explain.Refused(fault.Code, fault.Text, fault.BackOff, context, operation.IsWrite);
            }
        }
        catch (Exception fault) when (fault is not ExchangeException)
        {
            throw Translate(fault, context, deadline, cancellation, operation.IsWrite && content.WasSent, body?.Excerpt ?? "") ?? fault;
        }
    }

    private async Task<HttpResponseMessage> PostAsync(
        SoapContent content, RequestContext context, Affinity? affinity, CancellationToken cancellation, bool isStream = false)
    {
        var response = await PostOnceAsync(content, context, affinity, isStream, renew: false, cancellation);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !_signIn.CanRenew)
            return response;
        // A refused token was revoked or its key changed: one new token, one more try. Nothing was carried out.
        response.Dispose();
        return await PostOnceAsync(content, context, affinity, isStream, renew: true, cancellation);
    }

    private async Task<HttpResponseMessage> PostOnceAsync(
        SoapContent content, RequestContext context, Affinity? affinity, bool isStream, bool renew, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, context.Url) { Content = content };
        var headers = request.Headers;
        headers.Authorization = await _signIn.HeaderAsync(context.Url.Host, renew, cancellation);
        headers.UserAgent.Add(Product);
        headers.Accept.Add(Xml);
        headers.Add("client-request-id", _ids.NewId().ToString("D"));
        headers.Add("return-client-request-id", "true");
        if (isStream)
            headers.AcceptEncoding.Add(Identity); // a compressor keeps short envelopes back until its block is full
        // Without it a request by impersonation is often sent to the wrong back end first (ews/protocol.md section 2).
        headers.Add("X-AnchorMailbox", affinity?.AnchorMailbox ?? context.Mailbox);
        affinity?.Apply(headers);
        return await _http.SendAsync(request, cancellation);
    }

    private static readonly ProductInfoHeaderValue Product = new("CrmSync", typeof(EwsChannel).Assembly.GetName().Version?.ToString(3));
    private static readonly MediaTypeWithQualityHeaderValue Xml = new("text/xml");
    private static readonly StringWithQualityHeaderValue Identity = new("identity");

    private ExchangeException? Translate(
        Exception fault, RequestContext context, Deadline deadline, CancellationToken cancellation, bool inDoubt, string excerpt) => fault switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        _ when deadline.HasPassed => Explain.TooLate(context, _target.RequestTimeoutSeconds, inDoubt),
        XmlException or AnswerTooLargeException or InvalidDataException => Explain.Malformed(fault, context, inDoubt, excerpt),
        HttpRequestException or IOException or OperationCanceledException or System.Net.Sockets.SocketException => Explain.Broken(fault, context, inDoubt),
        _ => null,
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private static bool IsXml(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is "text/xml" or "application/xml" or "application/soap+xml";
}

/// <summary>A caller's cancellation and a time limit on the injected clock, as one token.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _both;

    public Deadline(int seconds, TimeProvider time, CancellationToken cancellation)
    {
        _clock = new(TimeSpan.FromSeconds(Math.Max(1, seconds)), time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, cancellation);
    }

    public CancellationToken Token => _both.Token;

    public bool HasPassed => _clock.IsCancellationRequested;

    public void Dispose()
    {
        _both.Dispose();
        _clock.Dispose();
    }
}
