using System.Net;
using System.Net.Http.Headers;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>A request's bytes, which also tell whether all of them were handed to the connection.</summary>
internal sealed class SoapContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Xml = new("text/xml", "utf-8");

    private readonly ReadOnlyMemory<byte> _bytes;

    public SoapContent(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Headers.ContentType = Xml;
    }

    /// <summary>The server may have the whole request. False while a part is missing: such a request cannot be carried out.</summary>
    public bool WasSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasSent = false; // sent again after a sign-in: what went before was refused
        var last = _bytes.Length - 1;
        await stream.WriteAsync(_bytes[..last], cancellationToken);
        WasSent = true;
        await stream.WriteAsync(_bytes[last..], cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
