using System.Diagnostics;
using System.Globalization;
using CrmSync.Convergence.Simulation;

namespace CrmSync.Convergence;

/// <summary>The short form of the seeded runs. CRMSYNC_SEEDS says how many, CRMSYNC_SEED is the first.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_seed_ends_with_both_sides_equal_nothing_lost_nothing_doubled_and_nobody_mailed_twice()
    {
        static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
        var batch = new SeedBatch(Number("CRMSYNC_SEED") ?? 1, Number("CRMSYNC_SEEDS") ?? (Number("CRMSYNC_SEED") is null ? 300 : 1), Threads: Environment.ProcessorCount);
        var watch = Stopwatch.StartNew();

        var report = await batch.RunAsync();

        output.WriteLine(report.Text(watch.Elapsed, batch.Threads));
        if (report.Failures.Count > 0)
        {
            Assert.Fail($"{report.Failures.Count} of {report.Seeds} seeds failed: {string.Join(", ", report.Failures.Select(failure => failure.Spec.Seed))}. "
                + $"Repeat one with: dotnet run -c Release --project tests/Convergence -- --seed N\n{Shrinker.Shrink(report.Failures[0]).Story}");
        }
    }
}
