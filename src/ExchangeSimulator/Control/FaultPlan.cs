namespace CrmSync.ExchangeSimulator.Control;

/// <summary>One scripted fault: which requests it strikes, how often, and what it does to them.</summary>
public sealed record FaultRule
{
    public static readonly string[] Kinds =
    [
        "lose-reply-after-commit", "lose-request", "delay", "busy-fault", "busy-503", "busy-200", "garble", "truncate", "error-code", "late", "http-status",
    ];

    public int Id { get; init; }

    /// <summary>Name of an operation, or * for all.</summary>
    public string Operation { get; init; } = "*";
    public string? Mailbox { get; init; }
    public required string Kind { get; init; }

    /// <summary>0..1; together with Every, both must agree.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Strikes every n-th request that fits.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Strikes this many times, then is spent; 0 means for ever.</summary>
    public int Count { get; init; }
    public int Milliseconds { get; init; } = 1000;
    public string Code { get; init; } = "ErrorInternalServerTransientError";
    public int Status { get; init; } = 503;

    /// <summary>For error-code and busy-200: every n-th message of the batch only.</summary>
    public int EveryMessage { get; init; } = 1;
    public int Seen { get; set; }
    public int Struck { get; set; }
}

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

    /// <summary>The first rule that strikes this request.</summary>
    public FaultRule? Strike(string operation, string? mailbox)
    {
        lock (_gate)
        {
            foreach (var rule in _rules)
            {
                if (rule.Operation != "*" && rule.Operation != operation)
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
