namespace CrmSync.Chaos.Load;

public enum Side
{
    Crm = 0,
    Exchange = 1,
}

public enum Deed
{
    /// <summary>A personal field, or a value that may have been there before.</summary>
    SlightEdit = 0,
    Edit = 1,
    Deletion = 2,
}

/// <summary>Every acknowledged edit, with the time in which it must have happened: no later than its answer, no earlier than its first request.</summary>
public sealed class Ledger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<(string, Side)> _busy = [];
    private long _clock;
    private int _numbers;

    /// <summary>Acknowledged edits, creations and deletions.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Of these, such whose first answer was lost, so that only a repetition or a look told what had become of them.</summary>
    public int InDoubt { get; private set; }

    /// <summary>Refused, because the other side had been faster.</summary>
    public int Refused { get; private set; }

    public IReadOnlyList<string> Items
    {
        get
        {
            lock (_gate)
                return [.. _entries.Keys];
        }
    }

    /// <summary>An item keeps the first part of its subject for life.</summary>
    public static string KeyOf(string? subject) => (subject ?? "").Replace("Canceled: ", "", StringComparison.Ordinal).Split('~')[0];

    /// <summary>A number that was never used in this run.</summary>
    public int NextNumber() => Interlocked.Increment(ref _numbers);

    /// <summary>Nobody else of this side may touch the item until the attempt has ended: then the order of a side's edits is known. Null: somebody does.</summary>
    public Attempt? Begin(string item, Side side)
    {
        lock (_gate)
            return _busy.Add((item, side)) ? new Attempt(item, side, ++_clock) : null;
    }

    /// <param name="fields">What was set; at birth all fields.</param>
    /// <param name="inDoubt">The first answer was lost.</param>
    public void Acknowledge(Attempt attempt, Deed? deed, IReadOnlyDictionary<string, string>? fields = null, bool isMeeting = false, bool inDoubt = false)
    {
        lock (_gate)
        {
            Acknowledged++;
            InDoubt += inDoubt ? 1 : 0;
            if (deed is null)
                _entries[attempt.Item] = new Entry(isMeeting, attempt.Side, []);
            var entry = _entries[attempt.Item];
            var now = ++_clock;
            if (deed is { } done)
                entry.Deeds.Add(new(attempt.Side, done, attempt.Began, now));
            foreach (var (field, value) in fields ?? new Dictionary<string, string>())
                entry.Words.Add(new(attempt.Side, field, value, attempt.Began, now));
            _busy.Remove((attempt.Item, attempt.Side));
        }
    }

    public void Refuse(Attempt attempt)
    {
        lock (_gate)
        {
            Refused++;
            _busy.Remove((attempt.Item, attempt.Side));
        }
    }

    /// <summary>Everything known about an item.</summary>
    public Entry Of(string item)
    {
        lock (_gate)
            return _entries[item];
    }

    public bool Knows(string item)
    {
        lock (_gate)
            return _entries.ContainsKey(item);
    }
}

/// <summary>An edit under way.</summary>
public sealed record Attempt(string Item, Side Side, long Began);

public sealed record DeedEntry(Side Side, Deed Deed, long Began, long Ended);

public sealed record Word(Side Side, string Field, string Value, long Began, long Ended);

/// <summary>What was done to one item.</summary>
public sealed record Entry(bool IsMeeting, Side BornIn, List<DeedEntry> Deeds)
{
    public List<Word> Words { get; } = [];

    /// <summary>A meeting that somebody deleted in the CRM.</summary>
    public bool IsCalledOff => IsMeeting && Deeds.Exists(deed => deed is { Deed: Deed.Deletion, Side: Side.Crm });

    /// <summary>Edits of fields that the attendees see.</summary>
    public int Edits => Words.Select(word => word.Began).Distinct().Count();

    /// <summary>The last edit of a field must be its final value or have lost a recorded conflict. Null: as it should be.</summary>
    /// <param name="kept">Values that conflicts of the item have kept.</param>
    public string? Objection(string item, string field, string final, ISet<string> kept)
    {
        // With a deletion go the words of whoever deleted; what survives it is the other side's, whole or in part.
        if (Deeds.Exists(deed => deed.Deed == Deed.Deletion))
            return null;
        var words = Words.Where(word => word.Field == field).ToList();
        var last = words.Where(word => !words.Exists(other => other.Began > word.Ended)).ToList();
        return words.Count == 0 || last.Exists(word => word.Value == final || kept.Contains(word.Value)) ? null
            : $"{item}: {field} ended as '{final}', but the last edit was {string.Join(" or ", last.Select(word => $"'{word.Value}' in {word.Side}"))}; all: "
                + string.Join(", ", words.Select(word => $"{word.Value} {word.Side} {word.Began}-{word.Ended}"));
    }

    /// <summary>Whether the item must live, must be gone, or may be either (edits and deletions that crossed).</summary>
    public bool? MustLive()
    {
        var deletions = Deeds.Where(deed => deed.Deed == Deed.Deletion).ToList();
        if (deletions.Count == 0)
            return true;
        if (IsMeeting)
            return null;
        // An edit that began when every deletion had ended is kept: an edit beats a deletion.
        if (Deeds.Exists(deed => deed.Deed == Deed.Edit && deletions.TrueForAll(deletion => deed.Began > deletion.Ended)))
            return true;
        // Deleted, and the other side never touched it: nothing may bring it back.
        var sides = Deeds.Select(deed => deed.Side).Distinct().ToList();
        return sides.Count == 1 && Deeds[^1].Deed == Deed.Deletion ? false : null;
    }
}
