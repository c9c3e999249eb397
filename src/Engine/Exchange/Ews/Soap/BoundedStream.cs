using System.Buffers;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>An answer's body: read asynchronously only, with a deadline, up to a limit, keeping its beginning for a complaint.</summary>
/// <remarks>XmlReader passes no cancellation token to its stream, so this stream brings its own.</remarks>
internal sealed class BoundedStream(Stream inner, long limitBytes, CancellationToken cancellation) : Stream
{
    private const int ExcerptBytes = 2048;
    private const int AheadBytes = 32 * 1024;
    private readonly byte[] _excerpt = new byte[ExcerptBytes];
    private int _excerptLength;
    private long _total;
    private byte[]? _ahead;
    private int _aheadFrom;
    private int _aheadTo;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _total;
        set => throw new NotSupportedException();
    }

    /// <summary>The first 2 KiB as text. May hold what a person wrote: for a protocol of faults, never for a message.</summary>
    public string Excerpt => System.Text.Encoding.UTF8.GetString(_excerpt, 0, _excerptLength);

    /// <summary>Reads up to 32 KiB ahead: the whole answer when it ends within, else null, and the stream is read from its beginning as before.</summary>
    /// <returns>Valid until this stream is disposed.</returns>
    public async ValueTask<MemoryStream?> ReadAheadAsync()
    {
        _ahead = ArrayPool<byte>.Shared.Rent(AheadBytes);
        while (_aheadTo < AheadBytes)
        {
            var read = await ReceiveAsync(_ahead.AsMemory(_aheadTo, AheadBytes - _aheadTo));
            if (read == 0)
                return new MemoryStream(_ahead, 0, _aheadTo, writable: false);
            _aheadTo += read;
        }
        return null;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken unused = default)
    {
        if (_aheadFrom == _aheadTo)
            return ReceiveAsync(buffer);
        var read = Math.Min(buffer.Length, _aheadTo - _aheadFrom);
        _ahead.AsSpan(_aheadFrom, read).CopyTo(buffer.Span);
        _aheadFrom += read;
        return new(read);
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var read = await inner.ReadAsync(buffer, cancellation);
        if (_excerptLength < ExcerptBytes)
        {
            var kept = Math.Min(read, ExcerptBytes - _excerptLength);
            buffer.Span[..kept].CopyTo(_excerpt.AsSpan(_excerptLength));
            _excerptLength += kept;
        }
        _total += read;
        return _total <= limitBytes ? read : throw new AnswerTooLargeException(limitBytes);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            if (_ahead is { } ahead)
                ArrayPool<byte>.Shared.Return(ahead);
            _ahead = null;
        }
        base.Dispose(disposing);
    }
}

/// <summary>An answer exceeded its bound; turned into a protocol failure by the channel.</summary>
internal sealed class AnswerTooLargeException(long limitBytes) : IOException($"the answer is larger than {limitBytes} bytes");
