using System.Globalization;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>
/// Which Exchange this server says it is, and the newest schema version that a request may ask of it. Build and version text must fit each other: clients map
/// one to the other (clients.md 1 point 4). Builds other than that of 2016 are believed.
/// </summary>
public sealed record ServerEdition(string Name, int Major, int Minor, int Build, int Revision, string Version, string Newest)
{
    /// <summary>HangingConnectionLimit: 3 until 2013, 10 later (protocol.md 9).</summary>
    public int HangingConnections { get; init; } = 10;

    /// <summary>EWSMaxConcurrency: 10 in 2010, 27 later; 2007 does not throttle (protocol.md 10).</summary>
    public int Concurrency { get; init; } = 27;

    /// <summary>exchangelib 4.9 cannot name 15.2 together with the version text that such servers send: 2016 it is unless told otherwise.</summary>
    public static readonly ServerEdition Default = new("2016", 15, 1, 2507, 6, "V2017_07_11", "V2017_07_11");

    public static readonly IReadOnlyList<ServerEdition> All =
    [
        new("2007SP1", 8, 1, 240, 6, "Exchange2007_SP1", "Exchange2007_SP1") { HangingConnections = 3, Concurrency = 10_000 },
        new("2010SP3", 14, 3, 123, 4, "Exchange2010_SP2", "Exchange2010_SP2") { HangingConnections = 3, Concurrency = 10 },
        new("2013SP1", 15, 0, 847, 32, "V2_9", "Exchange2013_SP1") { HangingConnections = 3 },
        Default,
        new("2019", 15, 2, 1118, 7, "V2017_07_11", "V2017_07_11"),
        new("SE", 15, 2, 2562, 17, "V2017_07_11", "V2017_07_11"),
    ];

    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static ServerEdition Named(string name) => All.FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no edition '{name}'. Known: {string.Join(", ", All.Select(e => e.Name))}.");

    public int NewestOrder => ServerVersion.Order(Newest);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Exchange {Name} ({Major}.{Minor}.{Build}.{Revision})");
}
