namespace CrmSync.Engine;

/// <summary>Where the engine's ids and random numbers come from: one seed, one history (invariant 13).</summary>
/// <remarks>Thread-safe. The seeded form is for tests and simulations; production takes <see cref="System"/>.</remarks>
public sealed class IdSource
{
    private readonly Random? _random;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    private IdSource(TimeProvider time, Random? random) => (_time, _random) = (time, random);

    public static IdSource System(TimeProvider time) => new(time, null);

#pragma warning disable RS0030 // The one place where randomness enters the engine.
    public static IdSource Seeded(TimeProvider time, int seed) => new(time, new Random(seed));

    /// <summary>A new id, version 7, so that rows made in order lie together in an index. No order is ever taken from it (invariant 8).</summary>
    public Guid NewId()
    {
        if (_random is null)
            return Guid.CreateVersion7(_time.GetUtcNow());
        Span<byte> bytes = stackalloc byte[16];
        lock (_gate)
            _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>A number in [0, 1) for jitter.</summary>
    public double NextDouble()
    {
        if (_random is null)
            return Random.Shared.NextDouble();
        lock (_gate)
            return _random.NextDouble();
    }
#pragma warning restore RS0030
}
