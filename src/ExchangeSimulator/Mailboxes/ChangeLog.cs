namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>What happened to one item of a folder, net.</summary>
public sealed class LogEntry(string itemId, StoredItem? item, byte keyPrefix, long created)
{
    public string ItemId { get; } = itemId;

    /// <summary>Null once the item has left the folder.</summary>
    public StoredItem? Item { get; set; } = item;
    public byte KeyPrefix { get; } = keyPrefix;
    public long Created { get; set; } = created;
    public long Last { get; set; } = created;

    /// <summary>The last change that was more than the read flag.</summary>
    public long LastContent { get; set; } = created;
}

/// <summary>The ordered changes of one folder. Each item stands in it once, at its newest change, so that a page tells its net change (protocol.md 4).</summary>
public sealed class ChangeLog
{
    private readonly Dictionary<string, LogEntry> _entries = new(StringComparer.Ordinal);
    private List<(long Number, LogEntry Entry)> _order = [];

    public int Count { get; private set; }

    public IEnumerable<StoredItem> Living
    {
        get
        {
            foreach (var (number, entry) in _order)
            {
                if (entry.Last == number && entry.Item is { } item)
                    yield return item;
            }
        }
    }

    public IReadOnlyCollection<LogEntry> Entries => _entries.Values;

    public void Added(StoredItem item, long number)
    {
        var entry = new LogEntry(item.Id, item, item.Kind.KeyPrefix, number);
        _entries[item.Id] = entry;
        _order.Add((number, entry));
        Count++;
    }

    public void Changed(StoredItem item, long number, bool onlyReadFlag)
    {
        var entry = _entries[item.Id];
        if (!onlyReadFlag)
            entry.LastContent = number;
        MoveToEnd(entry, number);
    }

    public void Removed(string itemId, long number)
    {
        var entry = _entries[itemId];
        entry.Item = null;
        entry.LastContent = number;
        Count--;
        MoveToEnd(entry, number);
    }

    /// <summary>Puts back an entry read from a file.</summary>
    public void Restore(LogEntry entry)
    {
        _entries[entry.ItemId] = entry;
        _order.Add((entry.Last, entry));
        if (entry.Item != null)
            Count++;
    }

    /// <summary>Entries with from &lt; number &lt; before, newest first.</summary>
    public IEnumerable<LogEntry> NewestFirst(long from, long before)
    {
        for (var i = FirstAtLeast(before) - 1; i >= 0 && _order[i].Number > from; i--)
        {
            if (_order[i].Entry.Last == _order[i].Number)
                yield return _order[i].Entry;
        }
    }

    private void MoveToEnd(LogEntry entry, long number)
    {
        entry.Last = number;
        _order.Add((number, entry));
        // Superseded places are dropped once they outweigh the living ones: the list stays linear in the number of items.
        if (_order.Count > 64 && _order.Count > 2 * _entries.Count)
            _order = _order.FindAll(o => o.Entry.Last == o.Number);
    }

    private int FirstAtLeast(long number)
    {
        int low = 0, high = _order.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_order[middle].Number < number)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
