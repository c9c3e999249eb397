using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Notifications;

/// <summary>One open stream: envelopes one after the other until the time is up (protocol.md 9, clients.md 1 point 6).</summary>
public sealed class StreamingConnection(Organisation organisation, StreamingConnections all, IReadOnlyList<Subscription> subscriptions, string who, TimeSpan length)
{
    private const int MaxEventsPerEnvelope = 200;

    private TaskCompletionSource _signal = NewSignal();
    private bool _dropped;
    private DateTimeOffset _silentUntil;
    private ExchangeError? _closing;
    private List<string> _closingIds = [];
    private List<(Subscription Subscription, List<MailboxEvent> Events)> _unacknowledged = [];

    public IReadOnlyList<Subscription> Subscriptions { get; } = subscriptions;
    public string Who { get; } = who;
    public bool IsClosing => _closing != null || _dropped;

    public void Close(string code, string message, IEnumerable<Subscription> which)
    {
        _closing = new(code, message);
        _closingIds = which.Select(s => s.Id).ToList();
        _signal.TrySetResult();
    }

    public void Drop()
    {
        _dropped = true;
        _signal.TrySetResult();
    }

    public async Task RunAsync(Stream stream, CancellationToken cancellation)
    {
        var time = organisation.Time;
        var end = time.GetUtcNow() + length;
        try
        {
            await Send(stream, all.Envelope.Status("OK"), cancellation);
            var nextHeartbeat = time.GetUtcNow() + all.Heartbeat;
            while (true)
            {
                var (envelope, isLast, wake) = Next(end, nextHeartbeat);
                if (_dropped)
                    throw new IOException("The stream was dropped.");
                if (envelope != null)
                {
                    await Send(stream, envelope, cancellation);
                    lock (organisation.Gate)
                        _unacknowledged.ForEach(r => r.Subscription.Acknowledge(r.Events[^1].Number));
                    _unacknowledged = [];
                    nextHeartbeat = time.GetUtcNow() + all.Heartbeat;
                }

                if (isLast)
                    return;
                if (envelope == null)
                    await Wait(wake, cancellation);
            }
        }
        finally
        {
            lock (organisation.Gate)
            {
                all.Closed(this);
                foreach (var subscription in Subscriptions)
                {
                    subscription.LastUsed = organisation.Now;
                    if (subscription.Arrived == Signal)
                        subscription.Arrived = null;
                }
            }
        }
    }

    /// <summary>Takes over the subscriptions; called under the gate before the answer starts.</summary>
    public void Attach()
    {
        foreach (var subscription in Subscriptions)
            subscription.Arrived = Signal;
    }

    private void Signal() => _signal.TrySetResult();

    private (byte[]? Envelope, bool IsLast, DateTimeOffset Wake) Next(DateTimeOffset end, DateTimeOffset nextHeartbeat)
    {
        lock (organisation.Gate)
        {
            if (_signal.Task.IsCompleted)
                _signal = NewSignal();
            var now = organisation.Now;
            if (_closing != null)
                return (all.Envelope.Error(_closing, _closingIds), true, now);
            var gone = Subscriptions.Where(s => s.IsEnded).Select(s => s.Id).ToList();
            if (gone.Count > 0)
                return (all.Envelope.Error(new("ErrorSubscriptionNotFound", "The specified subscription was not found."), gone), true, now);
            var missed = Subscriptions.FirstOrDefault(s => s.HasMissed);
            if (missed != null)
            {
                organisation.Subscriptions.Remove(missed);
                return (all.Envelope.Error(new("ErrorMissedNotificationEvents", "Notification events were missed."), [missed.Id]), true, now);
            }

            if (now < _silentUntil && now < end)
                return (null, false, _silentUntil < end ? _silentUntil : end);
            var ready = Subscriptions.Select(s => (Subscription: s, Events: s.Visible(now, MaxEventsPerEnvelope))).Where(r => r.Events.Count > 0).ToList();
            var rule = ready.Count > 0 || now >= nextHeartbeat ? all.Faults.StrikeStream(Subscriptions[0].Mailbox.Address, ready.Count > 0) : null;
            if (rule != null && Spoil(rule, ready, now))
                return (null, false, now);
            if (ready.Count > 0)
            {
                // They count as delivered only once they are written.
                _unacknowledged = rule?.Kind == "stream-duplicate" ? [] : [.. ready.Select(r => (r.Subscription, r.Events.OrderBy(e => e.Number).ToList()))];
                return (all.Envelope.Events(ready), false, now);
            }

            if (now >= end)
                return (all.Envelope.Status("Closed"), true, now);
            if (now >= nextHeartbeat)
                return (all.Envelope.Status("OK"), false, now);
            var wake = Subscriptions.Select(s => s.NextVisibleAt).Append(end).Append(nextHeartbeat).Min()!.Value;
            return (null, false, wake);
        }
    }

    /// <summary>What the fault plan does to the next envelope. True when nothing is to be written now.</summary>
    private bool Spoil(FaultRule rule, List<(Subscription Subscription, List<MailboxEvent> Events)> ready, DateTimeOffset now)
    {
        switch (rule.Kind)
        {
            case "stream-drop":
                _dropped = true;
                return true;
            case "stream-silent":
                _silentUntil = now + TimeSpan.FromMilliseconds(rule.Milliseconds);
                return true;
            case "stream-lose":
                ready.ForEach(r => r.Subscription.Acknowledge(r.Events[^1].Number));
                ready.Clear();
                return false;
            case "stream-reorder":
                ready.ForEach(r => r.Events.Reverse());
                return false;
            default:
                return false;
        }
    }

    private async Task Wait(DateTimeOffset until, CancellationToken cancellation)
    {
        var span = until - organisation.Time.GetUtcNow();
        if (span <= TimeSpan.Zero)
            return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(_signal.Task, Task.Delay(span + TimeSpan.FromMilliseconds(1), organisation.Time, stop.Token));
        await stop.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static async Task Send(Stream stream, byte[] envelope, CancellationToken cancellation)
    {
        await stream.WriteAsync(envelope, cancellation);
        await stream.FlushAsync(cancellation);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
