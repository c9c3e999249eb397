using System.Globalization;

namespace CrmSync.Chaos;

/// <summary>How much is to go wrong.</summary>
/// <param name="LeaseSeconds">Of links and listeners; null: the server's defaults.</param>
/// <param name="Minutes">The faults have to fit into this time.</param>
public sealed record ChaosOptions(int Kills = 6, int Pauses = 3, int Restarts = 1, int? LeaseSeconds = 3, double Minutes = 60, int Seed = 1, int People = 12)
{
    /// <summary>What a server takes when nothing is set.</summary>
    public const int DefaultLeaseSeconds = 30;

    public int EffectiveLease => LeaseSeconds ?? DefaultLeaseSeconds;

    /// <summary>Over how long the faults are spread: about one kill, pause or restart every three seconds, if they fit so into the time given.</summary>
    public TimeSpan Spread => TimeSpan.FromSeconds(Math.Min(Math.Max(12, (Kills + Pauses + Restarts) * 2.9), Math.Max(0.2, Minutes - 4) * 60));

    public static ChaosOptions Parse(string[] args)
    {
        string? Text(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        return new ChaosOptions(
            Number("--kills", 500), Number("--pauses", 200), Number("--restarts", 50), Text("--lease") == "default" ? null : Number("--lease", 3),
            Text("--minutes") is { } minutes ? double.Parse(minutes, CultureInfo.InvariantCulture) : 60, Number("--seed", Random.Shared.Next(1, 1_000_000)), Number("--people", 12));
    }
}
