using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>A server on loopback that writes exactly the bytes that a test gives it, and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Func<Stream, Task>> _answers = new();
    private readonly X509Certificate2? _certificate;

    public ScriptedServer(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _ = AcceptAsync();
    }

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    public int Connections;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url(string host = "localhost") => $"{(_certificate is null ? "http" : "https")}://{host}:{Port}/EWS/Exchange.asmx";

    /// <summary>Answers the next request with a whole response.</summary>
    public ScriptedServer Answer(int status, string body, params string[] headers) => Answer(status, Encoding.UTF8.GetBytes(body), headers);

    public ScriptedServer Answer(int status, byte[] body, params string[] headers) => Then(async stream =>
    {
        var type = headers.Any(h => h.StartsWith("Content-Type", StringComparison.OrdinalIgnoreCase)) ? "" : "Content-Type: text/xml; charset=utf-8\r\n";
        var head = $"HTTP/1.1 {status} X\r\n{type}Content-Length: {body.Length}\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body);
    });

    /// <summary>Answers the next request with raw bytes, piece by piece as written by the test; the connection closes afterwards if it throws.</summary>
    public ScriptedServer Then(Func<Stream, Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref Connections);
        using var _ = client;
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(_certificate, false, SslProtocols.None, false);
                stream = tls;
            }
            while (await ReceivedRequest.ReadAsync(stream, _stop.Token) is { } request)
            {
                Requests.Enqueue(request);
                if (!_answers.TryDequeue(out var answer))
                    return;
                await answer(stream);
                await stream.FlushAsync();
            }
        }
        catch (Exception)
        {
            // A test that ends a connection early is what some tests are about.
        }
    }
}

internal sealed record ReceivedRequest(string Line, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public static async Task<ReceivedRequest?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, cancellation) == 0)
                return null;
            head.Append((char)one[0]);
        }
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body, cancellation);
        return new(lines[0], headers, Encoding.UTF8.GetString(body));
    }
}
