namespace CrmSync.Convergence.Sweep;

/// <summary>The canonical scenarios of the crash sweep (quality.md, L1b).</summary>
public static partial class Scenarios
{
    private static readonly Lazy<IReadOnlyList<Scenario>> Whole = new(() => [.. Creates, .. Changes, .. Deletes, .. Reads, .. Meetings, .. Guarded]);

    public static IReadOnlyList<Scenario> All => Whole.Value;

    public static Scenario Named(string name) => All.Single(scenario => scenario.Name == name);

    private static Task Nothing(Stage stage) => Task.CompletedTask;

    private static Func<Stage, Task> Do(Action<Stage> act) => stage =>
    {
        act(stage);
        return Task.CompletedTask;
    };
}
