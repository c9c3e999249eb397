namespace CrmSync.Convergence.Simulation;

public enum Side
{
    Crm = 0,
    Exchange = 1,
}

/// <summary>Who wrote what: no acknowledged edit may be lost (quality.md I2).</summary>
public sealed class Ledger
{
    private readonly Dictionary<(string Item, string Field, Side Side), string> _last = [];
    private readonly Dictionary<string, int> _edits = new(StringComparer.Ordinal);
    private readonly HashSet<string> _revived = new(StringComparer.Ordinal);

    /// <summary>An item keeps the first part of its subject for life.</summary>
    public static string KeyOf(string? subject) => (subject ?? "").Replace("Canceled: ", "", StringComparison.Ordinal).Split('~')[0];

    public void Wrote(string item, Side side, string field, string value)
    {
        _last[(item, field, side)] = value;
        _edits[item] = Edits(item) + 1;
    }

    /// <summary>Acknowledged edits of an item's shared fields on both sides: each may tell the attendees once, a conflict once more for the winner.</summary>
    public int Edits(string item) => _edits.GetValueOrDefault(item);

    /// <summary>An old state came back by hand: what was written since is rightly gone.</summary>
    public void Revived(string item) => _revived.Add(item);

    /// <summary>A person took an old copy back beside what had been made anew: two items, and rightly so.</summary>
    public bool IsRevived(string item) => _revived.Contains(item);

    /// <summary>The final value is one side's last word, or that word lost a recorded conflict; null: as it should be.</summary>
    /// <param name="kept">Values that conflicts of the item have kept.</param>
    public string? Objection(string item, string field, string final, ISet<string> kept)
    {
        if (_revived.Contains(item))
            return null;
        var words = new[] { Side.Crm, Side.Exchange }.Where(side => _last.ContainsKey((item, field, side))).Select(side => (side, Value: _last[(item, field, side)])).ToList();
        return words.Count == 0 || words.Any(word => word.Value == final) || words.All(word => kept.Contains(word.Value)) ? null
            : $"{item}: {field} ended as '{final}', but the last edits were {string.Join(" and ", words.Select(word => $"'{word.Value}' by {word.side}"))}";
    }
}
