namespace CrmSync.Convergence.Simulation;

public enum Side
{
    Crm = 0,
    Exchange = 1,
}

/// <summary>What a person did to an item. A slight edit may have set what was there already.</summary>
public enum Deed
{
    SlightEdit = 0,
    Edit = 1,
    Deletion = 2,
}

/// <summary>Who did what to which item: no acknowledged edit may be lost, no deleted item may come back (quality.md I2, I4).</summary>
public sealed class Ledger
{
    private readonly Dictionary<(string Item, string Field, Side Side), string> _last = [];
    private readonly Dictionary<(string Item, string Field, Side Side), HashSet<string?>> _over = [];
    private readonly Dictionary<string, int> _edits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(Side Side, Deed Deed)>> _deeds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _revived = new(StringComparer.Ordinal);
    private readonly HashSet<string> _oneOfTwo = new(StringComparer.Ordinal);
    private readonly HashSet<string> _meetings = new(StringComparer.Ordinal);

    /// <summary>An item keeps the first part of its subject for life.</summary>
    public static string KeyOf(string? subject) => (subject ?? "").Replace("Canceled: ", "", StringComparison.Ordinal).Split('~')[0];

    public IEnumerable<string> Items => _deeds.Keys;

    public void Created(string item, bool isMeeting)
    {
        _deeds[item] = [];
        if (isMeeting)
            _meetings.Add(item);
    }

    /// <summary>The value with which an item was born on a side: its invitation says it.</summary>
    public void Gave(string item, Side side, string field, string value) => _last[(item, field, side)] = value;

    /// <summary>A value that a person wrote over another.</summary>
    /// <param name="over">What stood there in their eyes; null: whatever the other side had said was known to them.</param>
    public void Wrote(string item, Side side, string field, string value, string? over)
    {
        Gave(item, side, field, value);
        _edits[item] = Edits(item) + 1;
        _over.TryAdd((item, field, side), []);
        _over[(item, field, side)].Add(over);
    }

    /// <summary>An acknowledged deed.</summary>
    public void Did(string item, Side side, Deed deed) => _deeds.GetValueOrDefault(item)?.Add((side, deed));

    /// <summary>An old state came back by hand: what was written since is rightly gone.</summary>
    public void Revived(string item) => _revived.Add(item);

    /// <summary>Acknowledged edits of an item's shared fields on both sides: each may tell the attendees once, a conflict once more for the winner.</summary>
    public int Edits(string item) => _edits.GetValueOrDefault(item);

    /// <summary>A person edits or deletes one of two copies, a late create of ours being the other: which of them is the item nobody can say, so neither its life nor its death is required. Its values are.</summary>
    public void DidOneOfTwo(string item) => _oneOfTwo.Add(item);

    /// <summary>A person took an old copy back beside what had been made anew: two items, and rightly so.</summary>
    public bool IsRevived(string item) => _revived.Contains(item);

    /// <summary>The final value is one side's last word, or such a word lost a recorded conflict; null: as it should be.</summary>
    /// <param name="kept">Values that conflicts of the item have kept.</param>
    public string? Objection(string item, string field, string final, ISet<string> kept)
    {
        // With a deletion go the words of whoever deleted; what survives it is the other side's, whole or in part.
        if (_revived.Contains(item) || _deeds.GetValueOrDefault(item)?.Exists(deed => deed.Deed == Deed.Deletion) == true)
            return null;
        var words = new[] { Side.Crm, Side.Exchange }.Where(side => _last.ContainsKey((item, field, side))).Select(side => (side, Value: _last[(item, field, side)])).ToList();
        if (words.Count > 0 && !words.Exists(word => word.Value == final || kept.Contains(word.Value)))
            return $"{item}: {field} ended as '{final}', but the last edits were {string.Join(" and ", words.Select(word => $"'{word.Value}' by {word.side}"))}";
        // The word that did not stay was written over by somebody who saw it, or a conflict keeps it.
        return !words.Exists(word => word.Value == final) ? null
            : words.Where(word => word.Value != final && !kept.Contains(word.Value) && !WasSeen(item, field, word.side, word.Value))
                .Select(word => $"{item}: {field} ended as '{final}'; '{word.Value}' by {word.side} was lost: nobody had seen it, no conflict keeps it").FirstOrDefault();
    }

    private bool WasSeen(string item, string field, Side by, string value) =>
        _over.GetValueOrDefault((item, field, by == Side.Crm ? Side.Exchange : Side.Crm)) is { } seen && (seen.Contains(value) || seen.Contains(null));

    /// <summary>Whether an item without attendees must live, must be gone, or may be either (edits and deletions that crossed).</summary>
    /// <param name="editBeatsDeletion">The policy of the world.</param>
    public bool? MustLive(string item, bool editBeatsDeletion = true)
    {
        if (_meetings.Contains(item) || _revived.Contains(item) || _oneOfTwo.Contains(item))
            return null;
        var deeds = _deeds[item];
        if (!editBeatsDeletion && deeds.Exists(deed => deed.Deed == Deed.Deletion) && deeds.Exists(deed => deed.Deed != Deed.Deletion))
            return null;
        // An edit that came after every deletion is kept: an edit beats a deletion.
        if (deeds.Count == 0 || deeds[^1].Deed == Deed.Edit || !deeds.Exists(deed => deed.Deed == Deed.Deletion))
            return true;
        if (deeds[^1].Deed != Deed.Deletion)
            return null;
        // Deleted, and the other side never touched it: nothing may bring it back.
        var other = deeds[^1].Side == Side.Crm ? Side.Exchange : Side.Crm;
        return deeds.Exists(deed => deed.Side == other) ? null : false;
    }
}
