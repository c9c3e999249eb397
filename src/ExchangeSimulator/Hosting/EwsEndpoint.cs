using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http.Features;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>EWS over HTTP: /EWS/Exchange.asmx, the case of the path ignored.</summary>
public sealed class EwsEndpoint(SimulatedExchange exchange, SignIn signIn)
{
    private const string ContentType = "text/xml; charset=utf-8";
    private const int WorthCompressing = 1400;

    public async Task HandleAsync(HttpContext context)
    {
        Trace(context);
        if (signIn.Check(context) is not { } who)
            return;
        if (await ReadBodyAsync(context) is not { } body)
        {
            context.Response.StatusCode = 413;
            return;
        }

        // The work is not tied to the client's connection: a request that has arrived is carried out even if the client has gone.
        var request = new EwsRequest(body, who.Account, who.IsAppOnly)
        {
            AffinityCookie = context.Request.Cookies["X-BackEndOverrideCookie"],
            Anchor = context.Request.Headers["X-AnchorMailbox"].FirstOrDefault(),
            PrefersAffinity = string.Equals(context.Request.Headers["X-PreferServerAffinity"], "true", StringComparison.OrdinalIgnoreCase),
        };
        var reply = await exchange.Ews.HandleAsync(request, context.RequestAborted);
        if (reply.Abort)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = reply.Status;
        if (reply.Status == 401)
            signIn.Challenge(context);
        foreach (var (name, value) in reply.Headers)
            context.Response.Headers.Append(name, value);
        if (reply.Stream != null)
            await StreamAsync(context, reply.Stream);
        else if (reply.Body.Length > 0)
            await SendAsync(context, reply);
        // Only here: where sending failed somebody may still read from it.
        if (reply.Rented != null)
            ArrayPool<byte>.Shared.Return(reply.Rented);
    }

    private async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        var limit = exchange.Options.MaxRequestBytes;
        if (context.Request.ContentLength > limit)
            return null;
        Stream source = context.Request.Body;
        if (context.Request.Headers.ContentEncoding == "gzip")
            source = new GZipStream(source, CompressionMode.Decompress);
        var buffer = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 4096, 1 << 20));
        var chunk = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await source.ReadAsync(chunk, context.RequestAborted)) > 0)
            {
                if (buffer.Length + read > limit)
                    return null;
                buffer.Write(chunk, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return [];
        }

        return buffer.ToArray();
    }

    private async Task SendAsync(HttpContext context, EwsReply reply)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        if (reply.Truncate)
        {
            response.ContentLength = reply.Body.Length;
            await response.Body.WriteAsync(reply.Body[..(reply.Body.Length / 2)], context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }

        if (reply.Drip > TimeSpan.Zero)
        {
            await DripAsync(context, reply);
            return;
        }

        if (reply.Body.Length > WorthCompressing && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await gzip.WriteAsync(reply.Body, context.RequestAborted);
            return;
        }

        response.ContentLength = reply.Body.Length;
        await response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    private async Task DripAsync(HttpContext context, EwsReply reply)
    {
        const int pieces = 20;
        context.Response.ContentLength = reply.Body.Length;
        var step = Math.Max(1, reply.Body.Length / pieces);
        for (var at = 0; at < reply.Body.Length; at += step)
        {
            await context.Response.Body.WriteAsync(reply.Body.Slice(at, Math.Min(step, reply.Body.Length - at)), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(reply.Drip / pieces, exchange.Options.Time, context.RequestAborted);
        }
    }

    private static async Task StreamAsync(HttpContext context, Func<Stream, CancellationToken, Task> stream)
    {
        context.Response.ContentType = ContentType;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await stream(context.Response.Body, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    private static void Trace(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["X-FEServer"] = headers["X-BEServer"] = "SIMULATOR";
        headers["request-id"] = context.TraceIdentifier;
        if (context.Request.Headers.TryGetValue("client-request-id", out var id) && context.Request.Headers["return-client-request-id"] == "true")
            headers["client-request-id"] = id;
    }
}
