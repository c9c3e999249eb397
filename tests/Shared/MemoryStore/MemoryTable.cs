using System.Reflection;

namespace CrmSync.Tests.MemoryStore;

/// <summary>Rows by key. What goes in and what comes out is a copy: a caller that changes its row changes nothing here, as with a database.</summary>
public sealed class MemoryTable<TKey, TRow>(Func<TRow, TKey> keyOf, IComparer<TKey>? order = null)
    where TKey : notnull
    where TRow : class
{
    private static readonly Func<object, object> Clone =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!.CreateDelegate<Func<object, object>>();

    // Sorted, so that a scan has one order for one history.
    private readonly SortedDictionary<TKey, TRow> _rows = new(order);

    public int Count => _rows.Count;

    /// <summary>The stored rows themselves: to look at, not to keep or change.</summary>
    public IEnumerable<TRow> Rows => _rows.Values;

    public static TRow Copy(TRow row) => (TRow)Clone(row);

    public TRow? Peek(TKey key) => _rows.GetValueOrDefault(key);

    public TRow? Read(TKey key) => _rows.TryGetValue(key, out var row) ? Copy(row) : null;

    public List<TRow> Read(Func<TRow, bool> filter) => [.. _rows.Values.Where(filter).Select(Copy)];

    public void Put(TRow row) => _rows[keyOf(row)] = Copy(row);

    /// <summary>False: the key is taken.</summary>
    public bool Add(TRow row) => _rows.TryAdd(keyOf(row), Copy(row));

    public void Remove(TKey key) => _rows.Remove(key);

    public void RemoveWhere(Func<TRow, bool> filter)
    {
        foreach (var key in _rows.Where(row => filter(row.Value)).Select(row => row.Key).ToList())
            _rows.Remove(key);
    }

    /// <summary>Changes stored rows in place.</summary>
    public void Update(Func<TRow, bool> filter, Action<TRow> change)
    {
        foreach (var row in _rows.Values.Where(filter))
            change(row);
    }

    public void Clear() => _rows.Clear();
}
