using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>
/// EWS without a network: a message handler in front of the same server. With an injected clock a run is repeatable to the last byte.
/// Basic and bearer sign-in only, since NTLM lives on a connection.
/// </summary>
public sealed class InProcessHandler(SimulatedExchange exchange) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri?.AbsolutePath.Equals("/EWS/Exchange.asmx", StringComparison.OrdinalIgnoreCase) != true)
            return new HttpResponseMessage(HttpStatusCode.NotFound) { RequestMessage = request };
        if (Who(request.Headers.Authorization) is not { } who)
        {
            var refused = new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = request };
            refused.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Basic", "realm=\"simulator\""));
            return refused;
        }

        var body = request.Content == null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var ews = new EwsRequest(body, who.Account, who.IsAppOnly)
        {
            Anchor = request.Headers.TryGetValues("X-AnchorMailbox", out var anchor) ? anchor.First() : null,
            PrefersAffinity = request.Headers.TryGetValues("X-PreferServerAffinity", out var affinity) && string.Equals(affinity.First(), "true", StringComparison.OrdinalIgnoreCase),
            AffinityCookie = Cookie(request),
        };
        var reply = await exchange.Ews.HandleAsync(ews, cancellationToken);
        if (reply.Drip > TimeSpan.Zero)
            await Task.Delay(reply.Drip, exchange.Options.Time, cancellationToken);
        if (reply.Abort)
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was cut.");
        var response = new HttpResponseMessage((HttpStatusCode)reply.Status) { RequestMessage = request, Content = Content(reply) };
        foreach (var (name, value) in reply.Headers)
            response.Headers.TryAddWithoutValidation(name, value);
        if (reply.Stream != null || reply.Body.Length > 0)
            response.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/xml; charset=utf-8");
        return response;
    }

    private static string? Cookie(HttpRequestMessage request) => !request.Headers.TryGetValues("Cookie", out var lines) ? null : lines
        .SelectMany(l => l.Split(';', StringSplitOptions.TrimEntries)).FirstOrDefault(c => c.StartsWith("X-BackEndOverrideCookie=", StringComparison.Ordinal))?["X-BackEndOverrideCookie=".Length..];

    private SignIn.Who? Who(AuthenticationHeaderValue? header)
    {
        if (header?.Scheme == "Bearer" && exchange.Tokens.Find(header.Parameter ?? "") is { } application)
            return new(application, true);
        return header?.Scheme == "Basic" && SignIn.Basic(exchange.Organisation, header.Parameter ?? "") is { } account ? new(account, false) : null;
    }

    private static HttpContent Content(EwsReply reply)
    {
        if (reply.Truncate)
            return new StreamContent(new CutStream(reply.Body[..(reply.Body.Length / 2)]));
        if (reply.Stream == null)
            return new ReadOnlyMemoryContent(reply.Body);
        var pipe = new Pipe();
        var stop = new CancellationTokenSource();
        _ = FeedAsync(reply.Stream, pipe.Writer, stop);
        return new StreamContent(new ClosingStream(pipe.Reader.AsStream(), stop));
    }

    private static async Task FeedAsync(Func<Stream, CancellationToken, Task> source, PipeWriter writer, CancellationTokenSource stop)
    {
        try
        {
            await source(writer.AsStream(), stop.Token);
            await writer.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            await writer.CompleteAsync(new IOException("The stream was dropped.", e));
        }
    }

    /// <summary>Ends the feed when the reader lets go.</summary>
    private sealed class ClosingStream(Stream inner, CancellationTokenSource stop) : PassingStream(inner)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing)
                stop.Cancel();
            base.Dispose(disposing);
        }
    }

    /// <summary>Ends in an error instead of an end.</summary>
    private sealed class CutStream(ReadOnlyMemory<byte> bytes) : PassingStream(new MemoryStream(bytes.ToArray(), writable: false))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new IOException("The connection was cut.");
        }
    }

    private abstract class PassingStream(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
