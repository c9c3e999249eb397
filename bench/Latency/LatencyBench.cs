using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.Latency;

public sealed record LatencyOptions(int Changes, int PerSecond, int Links, string Mode, int Seed);

public sealed class LatencyBench(LatencyOptions options, PostgresServer postgres)
{
    public Task<bool> RunAsync(CancellationToken stop) => throw new NotImplementedException($"{options}{postgres}{stop}");
}
