using System.Diagnostics;

namespace CrmSync.Convergence.Sweep;

/// <summary>The short form of the crash sweep: a few scenarios in full. <c>--sweep</c> runs them all.</summary>
public sealed class SweepTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("created-in-crm")]
    [InlineData("meeting-created-in-crm")]
    [InlineData("create-answer-lost")]
    [InlineData("invitation-answer-lost")]
    [InlineData("created-and-deleted-at-once")]
    public async Task A_server_killed_at_any_place_of_the_scenario_loses_doubles_and_mails_nothing(string name)
    {
        var watch = Stopwatch.StartNew();
        var batch = new SweepBatch([Scenarios.Named(name)], Environment.ProcessorCount);

        await batch.RunAsync(0, 1, output.WriteLine);

        batch.Kills.ShouldBeGreaterThan(50, "a sweep without places to die at proves nothing");
        output.WriteLine($"{batch.Kills} kills in {watch.Elapsed.TotalSeconds:0.0} s");
        batch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public void Scenarios_have_names_of_their_own() => Scenarios.All.Select(scenario => scenario.Name).ShouldBeUnique();
}
