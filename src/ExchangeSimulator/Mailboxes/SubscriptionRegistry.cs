namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>All living subscriptions and the way an event takes to them.</summary>
public sealed class SubscriptionRegistry(TimeProvider time, Random random)
{
    private readonly Dictionary<string, Subscription> _all = new(StringComparer.Ordinal);
    private long _number = 1000;

    /// <summary>Delivery lags behind the change by a random time of at most this.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>EWSMaxSubscriptions (protocol.md 10).</summary>
    public int LimitPerMailbox { get; set; } = 5000;

    public long LastNumber => _number;
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
        if (_all.Values.Count(s => s.Mailbox == subscription.Mailbox) >= LimitPerMailbox)
            throw new ExchangeError("ErrorExceededSubscriptionCount", "The maximum number of subscriptions for this mailbox has been reached.");
        subscription.LastUsed = time.GetUtcNow();
        subscription.Acknowledged = _number;
        _all[subscription.Id] = subscription;
        Added?.Invoke(subscription);
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
        if (_all.Count == 0)
            return;
        var visibleAt = now + (random.NextDouble() * MaxDelay);
        foreach (var subscription in _all.Values)
        {
            if (subscription.Concerns(e))
                subscription.Queue(e, visibleAt);
        }
    }

    private void Expire()
    {
        var now = time.GetUtcNow();
        Evict(s => s.Kind != SubscriptionKind.Push && s.Arrived == null && now - s.LastUsed > s.Life);
    }
}
