namespace CrmSync.Engine.Planning;

/// <summary>What a run does with how many items. Two runs that plan the same have the same digest, in whatever order and pages.</summary>
/// <param name="Digest">Sum of the hashes of all decisions: action, item and what it says.</param>
/// <param name="Counts">By the action's name.</param>
public sealed record RunTally(long Digest, IReadOnlyDictionary<string, int> Counts)
{
    public static RunTally None { get; } = new(0, new Dictionary<string, int>());

    public RunTally With(string action, long decision)
    {
        var counts = new Dictionary<string, int>(Counts);
        counts[action] = counts.GetValueOrDefault(action) + 1;
        return new RunTally(unchecked(Digest + decision), counts);
    }

    public RunTally With(RunTally other)
    {
        if (other.Counts.Count == 0)
            return this;
        var counts = new Dictionary<string, int>(Counts);
        foreach (var (action, count) in other.Counts)
            counts[action] = counts.GetValueOrDefault(action) + count;
        return new RunTally(unchecked(Digest + other.Digest), counts);
    }

    /// <summary>How a run differs from what was planned, in words; null: it does exactly that.</summary>
    public string? DifferenceTo(RunTally planned)
    {
        if (Digest == planned.Digest)
            return null;
        var parts = Counts.Keys.Union(planned.Counts.Keys).Order(StringComparer.Ordinal)
            .Where(action => Counts.GetValueOrDefault(action) != planned.Counts.GetValueOrDefault(action))
            .Select(action => $"{action}: planned {planned.Counts.GetValueOrDefault(action)}, done {Counts.GetValueOrDefault(action)}").ToList();
        return parts.Count == 0 ? "as many items as planned, but some of them were changed since" : string.Join("; ", parts);
    }
}
