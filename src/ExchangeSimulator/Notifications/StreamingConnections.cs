using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Notifications;

/// <summary>The open streams, their limits and their rhythm. Used under the organisation's gate.</summary>
public sealed class StreamingConnections(FaultPlan faults)
{
    private readonly List<StreamingConnection> _open = [];

    public FaultPlan Faults { get; } = faults;
    public StreamEnvelope Envelope { get; init; } = new(ServerEdition.Default);

    /// <summary>HangingConnectionLimit per account, its own copy per impersonated mailbox (protocol.md 9, 10).</summary>
    public int Limit { get; set; } = 10;

    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Length of a minute of ConnectionTimeout; shorter in tests.</summary>
    public TimeSpan Minute { get; set; } = TimeSpan.FromMinutes(1);

    public int Count => _open.Count;

    public void Open(StreamingConnection connection)
    {
        foreach (var older in _open.Where(o => o.Subscriptions.Intersect(connection.Subscriptions).Any()).ToList())
            older.Close("ErrorNewEventStreamConnectionOpened", "A newer connection for this subscription was opened.", older.Subscriptions.Intersect(connection.Subscriptions));
        if (_open.Count(o => o.Who == connection.Who && !o.IsClosing) >= Limit)
            throw new ExchangeError("ErrorExceededConnectionCount", "You have exceeded the available concurrent connections for your account.");
        _open.Add(connection);
    }

    public void Closed(StreamingConnection connection) => _open.Remove(connection);

    /// <summary>Cuts all streams without a word, as a broken network does.</summary>
    public int DropAll()
    {
        var count = _open.Count;
        _open.ForEach(c => c.Drop());
        return count;
    }
}
