using System.Collections.Concurrent;

namespace CrmSync.ExchangeSimulator.Control;

/// <summary>One answered request. No secrets: neither headers nor bodies are kept.</summary>
public sealed record LoggedRequest(long Number, DateTimeOffset At, string Operation, string Account, string? Mailbox, int Status, string Outcome, double Milliseconds, int BytesIn, int BytesOut, string? Fault);

/// <summary>The last requests and how many there were of each operation.</summary>
public sealed class RequestLog(RequestLogFile? file = null) : IDisposable
{
    private const int Kept = 2000;
    private const int MaxNames = 200;
    private readonly ConcurrentQueue<LoggedRequest> _recent = new();
    private readonly ConcurrentDictionary<string, long> _byOperation = new();
    private long _number;

    public IEnumerable<LoggedRequest> Recent => _recent;

    public IReadOnlyDictionary<string, long> ByOperation => new SortedDictionary<string, long>(_byOperation.ToDictionary(p => p.Key, p => p.Value), StringComparer.Ordinal);

    public void Add(LoggedRequest request, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> reply)
    {
        // Anybody may send any element name: only so many are told apart.
        var name = _byOperation.Count < MaxNames || _byOperation.ContainsKey(request.Operation) ? request.Operation : "(other)";
        _byOperation.AddOrUpdate(name, 1, (_, n) => n + 1);
        request = request with { Number = Interlocked.Increment(ref _number) };
        file?.Add(request, body.Span, reply.Span);
        _recent.Enqueue(request);
        while (_recent.Count > Kept)
            _recent.TryDequeue(out _);
    }

    public void Dispose() => file?.Dispose();

    public void Clear()
    {
        _byOperation.Clear();
        _recent.Clear();
    }
}
