using System.Net;
using System.Net.Sockets;

namespace CrmSync.Roads.Tests;

/// <summary>A network between two programs of this machine that can be cut, and that can fall silent without saying so.</summary>
public sealed class LoopbackProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Wire> _wires = [];
    private readonly int _target;

    public LoopbackProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Every connection that stands is reset.</summary>
    public void Cut() => Each(wire => wire.Reset());

    /// <summary>Every connection that stands stays open and carries nothing more, in either direction: half-open, without a FIN. New ones work.</summary>
    public void Freeze() => Each(wire => wire.Freeze());

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        Cut();
    }

    private void Each(Action<Wire> what)
    {
        lock (_wires)
            _wires.ForEach(what);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_stop.Token);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await far.ConnectAsync(IPAddress.Loopback, _target);
                var wire = new Wire(near, far);
                lock (_wires)
                    _wires.Add(wire);
                _ = wire.CarryAsync(near, far);
                _ = wire.CarryAsync(far, near);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private sealed class Wire(Socket near, Socket far)
    {
        private volatile bool _isFrozen;

        public void Freeze() => _isFrozen = true;

        public void Reset()
        {
            foreach (var socket in new[] { near, far })
            {
                try
                {
                    socket.LingerState = new LingerOption(true, 0);
                    socket.Dispose();
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
                {
                    // It ended by itself.
                }
            }
        }

        public async Task CarryAsync(Socket from, Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var length)
                {
                    if (!_isFrozen)
                        await to.SendAsync(buffer.AsMemory(0, length));
                }
                if (!_isFrozen)
                    to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                if (!_isFrozen)
                    Reset();
            }
        }
    }
}
