using System.Net;
using System.Net.Sockets;

namespace CrmSync.Chaos.Machines;

/// <summary>What a proxy does to the connections that a fault concerns.</summary>
public enum ProxyMode
{
    Pass = 0,

    /// <summary>Living connections end with RST, new ones too.</summary>
    Reset = 1,

    /// <summary>Requests arrive; the first byte of an answer is replaced by RST.</summary>
    CutReplies = 2,

    /// <summary>Nothing moves while the fault lasts, then everything arrives late.</summary>
    Stall = 3,

    /// <summary>Nothing moves any more, and neither end learns of it: no FIN, no RST.</summary>
    HalfOpen = 4,

    /// <summary>Each piece takes some hundred milliseconds longer.</summary>
    Delay = 5,

    /// <summary>A few bytes at a time.</summary>
    Drip = 6,
}

/// <summary>A door of TCP between two processes, which can be made to misbehave.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>After this long the keepalive of the machine behind finds a half-open connection dead and lets go of it.</summary>
    private static readonly TimeSpan FoundDead = TimeSpan.FromSeconds(20);

    private readonly TcpListener _door = new(IPAddress.Loopback, 0);
    private readonly Func<int> _behind;
    private readonly TimeSpan _travel;
    private readonly Random _chance;
    private readonly HashSet<ProxiedConnection> _connections = [];
    private volatile ProxyFault _fault = new(ProxyMode.Pass, 0);

    /// <param name="behind">The port behind the door.</param>
    /// <param name="travel">What each piece takes on its way in good times.</param>
    public TcpProxy(Func<int> behind, TimeSpan travel, int seed)
    {
        (_behind, _travel, _chance) = (behind, travel, new Random(seed));
        _door.Start();
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)_door.LocalEndpoint).Port;

    public bool IsBroken => _fault.Mode != ProxyMode.Pass;

    /// <summary>Misbehaves towards so large a share of the connections, living and new.</summary>
    public void Break(ProxyMode mode, double share)
    {
        _fault = new ProxyFault(mode, share);
        lock (_connections)
        {
            foreach (var connection in _connections.Where(_ => Concerned(share)).ToList())
                connection.Suffer(mode);
        }
    }

    public void Heal()
    {
        _fault = new ProxyFault(ProxyMode.Pass, 0);
        lock (_connections)
        {
            foreach (var connection in _connections)
                connection.Recover(FoundDead);
        }
    }

    public ValueTask DisposeAsync()
    {
        _door.Stop();
        lock (_connections)
        {
            foreach (var connection in _connections.ToList())
                connection.Suffer(ProxyMode.Reset);
        }
        return ValueTask.CompletedTask;
    }

    private bool Concerned(double share)
    {
        lock (_chance)
            return _chance.NextDouble() < share;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            Socket outer;
            try
            {
                outer = await _door.AcceptSocketAsync();
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            _ = CarryAsync(outer);
        }
    }

    private async Task CarryAsync(Socket outer)
    {
        var connection = new ProxiedConnection(outer, _travel);
        lock (_connections)
        {
            _connections.Add(connection);
            if (_fault is { Mode: not ProxyMode.Pass } fault && Concerned(fault.Share))
                connection.Suffer(fault.Mode);
        }
        await connection.CarryAsync(_behind());
        lock (_connections)
            _connections.Remove(connection);
    }

    private sealed record ProxyFault(ProxyMode Mode, double Share);
}
