namespace CrmSync.Chaos;

/// <summary>The short form of the chaos run. CRMSYNC_CHAOS_SEED repeats one.</summary>
public sealed class ShortRunTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Three_servers_that_are_killed_paused_starved_and_cut_off_lose_nothing_double_nothing_and_leave_nothing_stuck()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CRMSYNC_CHAOS_SEED"), out var given) ? given : 1;
        var story = new List<string>();

        var report = await ChaosRun.RunAsync(new ChaosOptions(Kills: 4, Pauses: 2, Restarts: 1, LeaseSeconds: 3, Minutes: 10, Seed: seed, People: 6), line =>
        {
            lock (story)
                story.Add(line);
        });

        output.WriteLine(report.Text);
        report.IsGood.ShouldBeTrue($"{report.Text}\n{string.Join('\n', story)}");
    }
}
