using System.Text;
using System.Xml.Linq;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>Reads a stream of concatenated envelopes by the literal end tag, as clients do.</summary>
public sealed class StreamReading(HttpResponseMessage response) : IDisposable
{
    private readonly Stream _stream = response.Content.ReadAsStream();
    private readonly StringBuilder _text = new();

    /// <summary>The next envelope, or null at the end of the stream.</summary>
    public async Task<XDocument?> Next(TimeSpan? timeout = null)
    {
        using var stop = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(10));
        var chunk = new byte[4096];
        while (true)
        {
            var text = _text.ToString();
            var end = text.IndexOf("</Envelope>", StringComparison.Ordinal);
            if (end >= 0)
            {
                _text.Remove(0, end + 11);
                var envelope = text[..(end + 11)];
                envelope.ShouldStartWith("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\">");
                Truth.Problems(envelope).ShouldBeEmpty(envelope);
                return XDocument.Parse(envelope);
            }

            var read = await _stream.ReadAsync(chunk, stop.Token);
            if (read == 0)
                return null;
            _text.Append(Encoding.UTF8.GetString(chunk, 0, read));
        }
    }

    public void Dispose() => response.Dispose();
}
