namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>All living subscriptions and the way an event takes to them.</summary>
public sealed class SubscriptionRegistry(TimeProvider time, Random random)
{
    private readonly Dictionary<string, Subscription> _all = new(StringComparer.Ordinal);
    private readonly Queue<MailboxEvent> _recent = new();
    private int? _epoch;
    private long _number = 1000;

    /// <summary>Delivery lags behind the change by a random time of at most this.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>EWSMaxSubscriptions (protocol.md 10).</summary>
    public int LimitPerMailbox { get; set; } = 5000;

    /// <summary>So many events can be resumed from by a watermark.</summary>
    public Func<int> EventsKept { get; set; } = () => 10_000;

    public long LastNumber => _number;

    /// <summary>Each may keep 10,000 events waiting, but all together only about a million: thousands of forgotten subscriptions must not fill the memory.</summary>
    private int QueueLimit => Math.Clamp(1_000_000 / Math.Max(1, _all.Count), 200, 10_000);

    /// <summary>Tells the watermarks of this life of the server from those of an earlier one.</summary>
    private int Epoch => _epoch ??= (int)(time.GetUtcNow().Ticks / TimeSpan.TicksPerSecond) & 0xFFFFFF;
    public IReadOnlyCollection<Subscription> All => _all.Values;

    /// <summary>Told of each subscription that is added: push delivery starts here.</summary>
    public Action<Subscription>? Added { get; set; }

    public string NewId(Mailbox mailbox)
    {
        var bytes = new byte[40];
        random.NextBytes(bytes);
        bytes[0] = (byte)(mailbox.Address.Length + 16);
        return Convert.ToBase64String(bytes);
    }

    public void Add(Subscription subscription)
    {
        Expire();
        if (_all.Values.Where(s => s.Mailbox == subscription.Mailbox).Sum(s => s.Weight) + subscription.Weight > LimitPerMailbox)
            throw new ExchangeError("ErrorExceededSubscriptionCount", "The maximum number of subscriptions for this mailbox has been reached.");
        subscription.LastUsed = time.GetUtcNow();
        subscription.Acknowledged = _number;
        subscription.Epoch = Epoch;
        _all[subscription.Id] = subscription;
        Added?.Invoke(subscription);
    }

    /// <summary>Queues what happened after a watermark. False when it is of another life of this server or too old (protocol.md 9).</summary>
    public bool Resume(Subscription subscription, string watermark)
    {
        if (Watermarks.Decode(watermark, Epoch) is not { } number || number > _number || number < (_recent.TryPeek(out var oldest) ? oldest.Number - 1 : _number))
            return false;
        subscription.Acknowledged = number;
        foreach (var e in _recent.Where(e => e.Number > number && subscription.Concerns(e)))
            subscription.Queue(e, time.GetUtcNow(), QueueLimit);
        return true;
    }

    public Subscription? Find(string id)
    {
        Expire();
        return _all.GetValueOrDefault(id);
    }

    public void Remove(Subscription subscription)
    {
        subscription.IsEnded = true;
        _all.Remove(subscription.Id);
        subscription.Arrived?.Invoke();
    }

    /// <summary>Forgets all, as a restarted server does.</summary>
    public int Evict(Func<Subscription, bool> which)
    {
        var gone = _all.Values.Where(which).ToList();
        gone.ForEach(Remove);
        return gone.Count;
    }

    public void Publish(MailboxEvent e)
    {
        var now = time.GetUtcNow();
        e = e with { Number = ++_number, At = now };
        _recent.Enqueue(e);
        while (_recent.Count > EventsKept())
            _recent.Dequeue();
        if (_all.Count == 0)
            return;
        var visibleAt = now + (random.NextDouble() * MaxDelay);
        foreach (var subscription in _all.Values)
        {
            if (subscription.Concerns(e))
                subscription.Queue(e, visibleAt, QueueLimit);
        }
    }

    private void Expire()
    {
        var now = time.GetUtcNow();
        Evict(s => s.Kind != SubscriptionKind.Push && s.Arrived == null && now - s.LastUsed > s.Life);
    }
}

/// <summary>Opaque bookmarks of an event stream.</summary>
public static class Watermarks
{
    public static string Encode(long number, int epoch)
    {
        var bytes = new byte[13];
        bytes[0] = 1;
        bytes[1] = (byte)(epoch >> 16);
        bytes[2] = (byte)(epoch >> 8);
        bytes[3] = (byte)epoch;
        BitConverter.TryWriteBytes(bytes.AsSpan(4), number);
        bytes[12] = 1;
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Null for anything that this life of the server did not make.</summary>
    public static long? Decode(string text, int epoch)
    {
        var bytes = new byte[Math.Max(16, text.Length)];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || length != 13 || bytes[0] != 1 || bytes[12] != 1)
            return null;
        return ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) == epoch ? BitConverter.ToInt64(bytes, 4) : null;
    }
}
