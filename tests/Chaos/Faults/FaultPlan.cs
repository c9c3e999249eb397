namespace CrmSync.Chaos.Faults;

public enum FaultKind
{
    Kill = 0,
    Pause = 1,
    StarveOfProcessor = 2,
    StarveOfFiles = 3,
    RestartDatabase = 4,
    CrashDatabase = 5,
    DatabaseRoad = 6,
    ExchangeRoad = 7,
    ExchangeItself = 8,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="At">Not before this time since the beginning; later if its lane is still busy.</param>
/// <param name="Lasts">Ignored by kills and restarts.</param>
/// <param name="What">A proxy's mode, or a fault of the simulator.</param>
/// <param name="Where">Share of a road's connections, or which operation.</param>
public sealed record Fault(FaultKind Kind, TimeSpan At, TimeSpan Lasts = default, string What = "", string Where = "*", double Share = 1);

/// <summary>What goes wrong, in which order, all from the seed: a lane for each server, one for the database, one for Exchange. Lanes run beside one another.</summary>
public sealed class FaultPlan
{
    private static readonly ProxyMode[] Modes = [ProxyMode.Reset, ProxyMode.CutReplies, ProxyMode.Stall, ProxyMode.HalfOpen, ProxyMode.Delay, ProxyMode.Drip];
    private static readonly string[] Answers = ["lose-reply-after-commit", "lose-request", "busy-fault", "busy-503", "busy-200", "garble", "truncate", "late", "drip"];
    private static readonly string[] Operations = ["CreateItem", "UpdateItem", "DeleteItem", "GetItem", "SyncFolderItems", "*"];
    private readonly Random _random;
    private readonly ChaosOptions _options;

    public FaultPlan(ChaosOptions options)
    {
        (_options, _random) = (options, new Random(options.Seed));
        var side = Math.Max(2, (options.Kills + options.Pauses) / 15);
        for (var number = 0; number < Cluster.Nodes; number++)
            Servers.Add(Ordered([
                .. Some(Share(options.Kills, number), at => new(FaultKind.Kill, at)),
                .. Some(Share(options.Pauses, number), at => new(FaultKind.Pause, at, Seconds(options.EffectiveLease + 1, options.EffectiveLease * 2 + 2))),
                .. Some(Share(side, number), at => new(FaultKind.StarveOfProcessor, at, Seconds(1, options.EffectiveLease + 2))),
                .. Some(Share(side, number), at => new(FaultKind.StarveOfFiles, at, Seconds(1, 4))),
                .. Some(Share(2 * side, number), at => new(FaultKind.DatabaseRoad, at, Seconds(0.5, 4), $"{Modes[_random.Next(Modes.Length)]}", Share: Portion())),
            ]));
        Database = Ordered([.. Some(options.Restarts, at => new(_random.Next(2) == 0 ? FaultKind.RestartDatabase : FaultKind.CrashDatabase, at))]);
        Exchange = Ordered([
            .. Some(4 * side, at => new(FaultKind.ExchangeRoad, at, Seconds(0.5, 4), $"{Modes[_random.Next(Modes.Length)]}", Share: Portion())),
            .. Some(3 * side, at => new(FaultKind.ExchangeItself, at, Seconds(0.2, 4), Answers[_random.Next(Answers.Length)], Operations[_random.Next(Operations.Length)])),
        ]);
    }

    public List<IReadOnlyList<Fault>> Servers { get; } = [];

    public IReadOnlyList<Fault> Database { get; }

    public IReadOnlyList<Fault> Exchange { get; }

    private static int Share(int count, int number) => count / Cluster.Nodes + (number < count % Cluster.Nodes ? 1 : 0);

    private static List<Fault> Ordered(List<Fault> faults) => [.. faults.OrderBy(fault => fault.At)];

    private IEnumerable<Fault> Some(int count, Func<TimeSpan, Fault> make) => Enumerable.Range(0, count).Select(_ => make(_options.Spread * _random.NextDouble())).ToList();

    private TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + _random.NextDouble() * (most - least));

    private double Portion() => _random.Next(3) switch { 0 => 1, 1 => 0.5, _ => 0.2 };
}
