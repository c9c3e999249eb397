using System.Text.Json;
using CrmSync.ExchangeSimulator.Hosting;

namespace CrmSync.ExchangeSimulator.Control;

/// <summary>Faults by configuration: what --faults names. Either rules, or a seed from which they are drawn.</summary>
public sealed record FaultFile
{
    /// <summary>Seed of the dice; with <see cref="Swarm"/> the rules too are drawn from it.</summary>
    public int? Seed { get; init; }
    public bool Swarm { get; init; }
    public IReadOnlyList<FaultRule> Rules { get; init; } = [];
    public ThrottlePolicy? Throttle { get; init; }
    public int ClockShiftMilliseconds { get; init; }

    /// <exception cref="JsonException">The file is not what it should be.</exception>
    /// <exception cref="ArgumentException">A rule is of an unknown kind.</exception>
    public static void Load(SimulatedExchange exchange, string path)
    {
        var file = JsonSerializer.Deserialize<FaultFile>(File.ReadAllText(path), JsonSerializerOptions.Web) ?? throw new JsonException($"{path} holds no faults.");
        if (file.Swarm)
            exchange.Faults.Swarm(file.Seed ?? 1);
        else if (file.Seed is { } seed)
            exchange.Faults.Reseed(seed);
        foreach (var rule in file.Rules)
            exchange.Faults.Add(rule);
        exchange.Throttle.Policy = file.Throttle ?? exchange.Throttle.Policy;
        exchange.Clock.Shift = TimeSpan.FromMilliseconds(file.ClockShiftMilliseconds);
    }
}
