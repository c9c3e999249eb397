using System.Xml;

namespace CrmSync.Engine.Exchange.Ews.Streaming;

/// <summary>Cuts an endless answer into its SOAP envelopes.</summary>
/// <remarks>
/// The server writes one envelope after the other into one body, each perhaps with an XML declaration of its own. A chunk on the wire is not an
/// envelope: only the end tag tells (ews/protocol.md section 9). The bytes are UTF-8; inside text the tag's angle bracket would be escaped.
/// </remarks>
internal sealed class EnvelopeSplitter(Stream stream, int maxEnvelopeBytes)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private int _scanned;

    /// <summary>The next envelope, valid until the next call; null when the answer ended between two envelopes.</summary>
    /// <exception cref="XmlException">An envelope exceeds the limit.</exception>
    /// <exception cref="EndOfStreamException">The answer ended inside an envelope.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var length = FindEnd(_buffer.AsSpan(_start, _end - _start), ref _scanned);
            if (length > 0)
            {
                var envelope = TrimStart(_buffer.AsMemory(_start, length));
                _start += length;
                _scanned = 0;
                return envelope;
            }
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
                return TrimStart(_buffer.AsMemory(_start, _end - _start)).IsEmpty ? null : throw new EndOfStreamException();
            _end += read;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end < _buffer.Length)
            return;
        if (_buffer.Length >= maxEnvelopeBytes)
            throw new XmlException($"an envelope is larger than {maxEnvelopeBytes} bytes.");
        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, maxEnvelopeBytes));
    }

    // Length up to and with </Envelope> or </anything:Envelope>; 0 when it is not there yet. Scanning goes on where it stopped, less a tag's length.
    private static int FindEnd(ReadOnlySpan<byte> bytes, ref int scanned)
    {
        const int longestTag = 64;
        var from = Math.Max(0, scanned - longestTag);
        while (bytes[from..].IndexOf("Envelope"u8) is var found and >= 0)
        {
            var name = from + found;
            var close = name + "Envelope".Length;
            while (close < bytes.Length && bytes[close] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                close++;
            if (close >= bytes.Length)
                break;
            if (bytes[close] == '>' && IsEndTag(bytes[..name]))
                return close + 1;
            from = name + 1;
        }
        scanned = bytes.Length;
        return 0;
    }

    private static bool IsEndTag(ReadOnlySpan<byte> before)
    {
        var i = before.Length - 1;
        if (i >= 0 && before[i] == ':')
        {
            i--;
            while (i >= 0 && (char.IsAsciiLetterOrDigit((char)before[i]) || before[i] is (byte)'-' or (byte)'_' or (byte)'.'))
                i--;
        }
        return i >= 1 && before[i] == '/' && before[i - 1] == '<';
    }

    private static ReadOnlyMemory<byte> TrimStart(ReadOnlyMemory<byte> bytes)
    {
        var i = 0;
        var span = bytes.Span;
        // A declaration must be the first thing in its document, and some servers put line ends or a byte order mark before it.
        while (i < span.Length && span[i] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xEF or 0xBB or 0xBF)
            i++;
        return bytes[i..];
    }
}
