using System.Net;
using System.Net.Sockets;

namespace CrmSync.Chaos.Machines;

/// <summary>One connection through a <see cref="TcpProxy"/>, from its opening to its end in both directions.</summary>
public sealed class ProxiedConnection(Socket outer, TimeSpan travel)
{
    private readonly Socket _inner = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile ProxyMode _mode = ProxyMode.Pass;
    private volatile TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task CarryAsync(int port)
    {
        outer.NoDelay = true;
        try
        {
            await _inner.ConnectAsync(IPAddress.Loopback, port);
            await Task.WhenAll(PumpAsync(outer, _inner, isReply: false), PumpAsync(_inner, outer, isReply: true));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // Nobody behind the door, or one end is gone: both ends learn it below.
        }
        Cut();
    }

    public void Suffer(ProxyMode mode)
    {
        // Half-open is for good: no later fault brings the connection back.
        if (_mode != ProxyMode.HalfOpen)
            Turn(mode);
        if (mode == ProxyMode.Reset)
            Cut();
    }

    public void Recover(TimeSpan foundDead)
    {
        if (_mode != ProxyMode.HalfOpen)
            Turn(ProxyMode.Pass);
        else
            _ = Task.Delay(foundDead).ContinueWith(_ => Cut(), TaskScheduler.Default);
    }

    private void Turn(ProxyMode mode)
    {
        _mode = mode;
        Interlocked.Exchange(ref _change, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private async Task PumpAsync(Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer);
                await StandAsync();
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }
                if (isReply && _mode == ProxyMode.CutReplies)
                {
                    Cut();
                    return;
                }
                await SendAsync(to, buffer.AsMemory(0, count));
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // A partition hides the end of a connection too.
            await StandAsync();
            Cut();
        }
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        if (travel > TimeSpan.Zero)
            await Task.Delay(travel);
        if (_mode == ProxyMode.Delay)
            await Task.Delay(300);
        while (_mode == ProxyMode.Drip && bytes.Length > 16)
        {
            await to.SendAsync(bytes[..16]);
            bytes = bytes[16..];
            await Task.Delay(20);
        }
        await StandAsync();
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes)..];
    }

    // Stays here while nothing may move.
    private async Task StandAsync()
    {
        while (_mode is ProxyMode.Stall or ProxyMode.HalfOpen)
        {
            var change = _change.Task;
            if (_mode is ProxyMode.Stall or ProxyMode.HalfOpen)
                await change;
        }
    }

    // Closing with a linger of 0 sends RST.
    private void Cut()
    {
        foreach (var socket in new[] { outer, _inner })
        {
            try
            {
                socket.Close(0);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Closed already.
            }
        }
        _mode = ProxyMode.Reset;
        _change.TrySetResult();
    }
}
