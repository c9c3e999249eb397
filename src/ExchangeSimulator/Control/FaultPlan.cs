namespace CrmSync.ExchangeSimulator.Control;

/// <summary>The rules in force. The same seed and the same requests give the same faults.</summary>
public sealed class FaultPlan(int seed)
{
    private readonly object _gate = new();
    private readonly List<FaultRule> _rules = [];
    private Random _random = new(seed);
    private int _id;

    public IReadOnlyList<FaultRule> Rules
    {
        get
        {
            lock (_gate)
                return [.. _rules];
        }
    }

    public FaultRule Add(FaultRule rule)
    {
        if (!FaultRule.Kinds.Contains(rule.Kind))
            throw new ArgumentException($"Unknown kind '{rule.Kind}'. Known: {string.Join(", ", FaultRule.Kinds)}.");
        if (rule.Probability is not (>= 0 and <= 1) || rule.Status is < 200 or > 599 || Math.Abs((long)rule.Milliseconds) > 86_400_000 || (rule.Milliseconds < 0 && rule.Kind != "clock"))
            throw new ArgumentException("probability is 0 to 1, status 200 to 599, milliseconds 0 to 86400000; clock goes back as well.");
        lock (_gate)
        {
            rule = rule with { Id = ++_id, Every = Math.Max(1, rule.Every), EveryMessage = Math.Max(1, rule.EveryMessage), Seen = 0, Struck = 0 };
            _rules.Add(rule);
            return rule;
        }
    }

    public void Clear(int? id = null)
    {
        lock (_gate)
            _rules.RemoveAll(r => id == null || r.Id == id);
    }

    public void Reseed(int newSeed)
    {
        lock (_gate)
            _random = new Random(newSeed);
    }

    /// <summary>Replaces the plan by one drawn from a seed: none to six kinds of fault, each of a small probability.</summary>
    public IReadOnlyList<FaultRule> Swarm(int newSeed)
    {
        Clear();
        Reseed(newSeed);
        var random = new Random(newSeed);
        var kinds = FaultRule.Kinds.Except(["clock", "move-server"]).ToArray();
        random.Shuffle(kinds);
        foreach (var kind in kinds.Take(random.Next(0, 7)))
        {
            Add(new FaultRule
            {
                Kind = kind,
                // Ids that change at every third request would leave nothing to synchronize.
                Probability = kind is "reissue-ids" or "evict-subscriptions" or "invalid-sync-state" ? 0.01 : 0.02 + (0.18 * random.NextDouble()),
                Operation = kind == "invalid-sync-state" ? "SyncFolderItems" : "*",
                Milliseconds = random.Next(100, 5000),
                EveryMessage = random.Next(1, 4),
                Code = TransientCodes[random.Next(TransientCodes.Length)],
                Status = new[] { 429, 500, 502, 503, 504 }[random.Next(5)],
            });
        }

        return Rules;
    }

    /// <summary>Errors that a client may answer by trying again (protocol.md 10).</summary>
    public static readonly string[] TransientCodes =
    [
        "ErrorServerBusy", "ErrorTimeoutExpired", "ErrorInternalServerTransientError", "ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress", "ErrorMailboxFailover",
        "ErrorConnectionFailed", "ErrorNoRespondingCASInDestinationSite", "ErrorTooManyObjectsOpened",
    ];

    /// <summary>The first rule that strikes this request.</summary>
    public FaultRule? Strike(string operation, string? mailbox) => Strike(FaultRule.RequestKinds, operation, mailbox);

    /// <summary>The first rule that strikes a push post.</summary>
    public FaultRule? StrikePush(string mailbox) => Strike(FaultRule.PushKinds, null, mailbox);

    /// <summary>The first rule that strikes what a stream is about to write. A heartbeat can only be cut off or swallowed.</summary>
    public FaultRule? StrikeStream(string mailbox, bool hasEvents) => Strike(hasEvents ? FaultRule.StreamKinds : FaultRule.HeartbeatKinds, null, mailbox);

    private FaultRule? Strike(string[] kinds, string? operation, string? mailbox)
    {
        lock (_gate)
        {
            foreach (var rule in _rules)
            {
                if (!kinds.Contains(rule.Kind) || (operation != null && rule.Operation != "*" && rule.Operation != operation))
                    continue;
                if (rule.Mailbox != null && !string.Equals(rule.Mailbox, mailbox, StringComparison.OrdinalIgnoreCase))
                    continue;
                if (rule.Count > 0 && rule.Struck >= rule.Count)
                    continue;
                rule.Seen++;
                if (rule.Seen % rule.Every != 0 || (rule.Probability < 1 && _random.NextDouble() >= rule.Probability))
                    continue;
                rule.Struck++;
                return rule;
            }

            return null;
        }
    }
}
