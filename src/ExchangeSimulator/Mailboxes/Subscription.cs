namespace CrmSync.ExchangeSimulator.Mailboxes;

public enum SubscriptionKind
{
    Pull,
    Push,
    Streaming,
}

/// <summary>One subscription with the events that wait for it. It lives in memory only: a restart forgets it (protocol.md 9).</summary>
public sealed class Subscription(string id, SubscriptionKind kind, Account owner, Mailbox mailbox)
{
    private readonly List<(MailboxEvent Event, DateTimeOffset VisibleAt)> _queue = [];

    public string Id { get; } = id;
    public SubscriptionKind Kind { get; } = kind;

    /// <summary>The account that signed in, not the impersonated user: only it may use the subscription.</summary>
    public Account Owner { get; } = owner;
    public Mailbox Mailbox { get; } = mailbox;

    /// <summary>Null: all folders.</summary>
    public HashSet<MailFolder>? Folders { get; init; }
    public required HashSet<string> EventTypes { get; init; }
    public TimeSpan Life { get; init; }
    public DateTimeOffset LastUsed { get; set; }
    public Uri? Url { get; init; }
    public string? CallerData { get; init; }
    public int StatusFrequencyMinutes { get; init; }

    /// <summary>Number of the last event that the subscriber is known to have.</summary>
    public long Acknowledged { get; set; }
    public bool HasMissed { get; set; }

    /// <summary>Part of its watermarks: the life of the server that made them.</summary>
    public int Epoch { get; set; }

    /// <summary>The back end that keeps it in memory.</summary>
    public int Backend { get; init; }

    /// <summary>What it counts for against the limit of its mailbox.</summary>
    public int Weight { get; init; } = 1;
    public bool IsEnded { get; set; }

    /// <summary>Called, under the organisation's gate, when an event arrives.</summary>
    public Action? Arrived { get; set; }

    public bool Concerns(MailboxEvent e)
    {
        if (e.Parent.Mailbox != Mailbox || !EventTypes.Contains(e.Type))
            return false;
        return Folders == null || Folders.Contains(e.Folder ?? e.Parent) || (e.OldParent != null && Folders.Contains(e.OldParent));
    }

    /// <param name="limit">More waiting events than this are thrown away and reported as missed.</param>
    public void Queue(MailboxEvent e, DateTimeOffset visibleAt, int limit)
    {
        if (_queue.Count >= limit)
        {
            _queue.Clear();
            HasMissed = true;
        }

        // Never before its predecessor: events keep their order per subscription.
        if (_queue.Count > 0 && _queue[^1].VisibleAt > visibleAt)
            visibleAt = _queue[^1].VisibleAt;
        _queue.Add((e, visibleAt));
        Arrived?.Invoke();
    }

    /// <summary>Events that may be shown now, oldest first; they stay queued until they are acknowledged.</summary>
    public List<MailboxEvent> Visible(DateTimeOffset now, int limit) =>
        _queue.TakeWhile(q => q.VisibleAt <= now).Take(limit).Select(q => q.Event).ToList();

    public DateTimeOffset? NextVisibleAt => _queue.Count == 0 ? null : _queue[0].VisibleAt;

    public int Waiting => _queue.Count;

    public void Acknowledge(long number)
    {
        Acknowledged = Math.Max(Acknowledged, number);
        _queue.RemoveAll(q => q.Event.Number <= number);
    }
}
