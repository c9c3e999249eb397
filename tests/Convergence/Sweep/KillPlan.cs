namespace CrmSync.Convergence.Sweep;

/// <summary>Counts the places at which a node can die, from the moment it is armed, and strikes at the chosen ones.</summary>
/// <param name="kills">Numbers of places, the first is 1; a second one is counted in the run that the first kill changed.</param>
public sealed class KillPlan(IReadOnlyCollection<int> kills)
{
    /// <summary>Before a scenario's own steps and after its end nothing dies.</summary>
    public bool IsArmed { get; set; }

    /// <summary>The places passed while armed, in their order.</summary>
    public List<string> Points { get; } = [];

    /// <summary>Where it struck, in words.</summary>
    public List<string> Struck { get; } = [];

    public bool Strikes(string point)
    {
        if (!IsArmed)
            return false;
        Points.Add(point);
        if (!kills.Contains(Points.Count))
            return false;
        Struck.Add($"{Points.Count} ({point})");
        return true;
    }
}
