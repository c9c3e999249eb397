using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Stored values of one item in schema order. A plain text value is a string, anything richer its element: 100,000 items must stay cheap.</summary>
public sealed class PropertyBag(ItemKind kind)
{
    private (int Index, object Value)[] _values = [];

    public ItemKind Kind { get; } = kind;

    public ReadOnlySpan<(int Index, object Value)> Values => _values;

    public object? this[string element] => Find(Kind.IndexOf(element)) is var at and >= 0 ? _values[at].Value : null;

    public string? Text(string element) => this[element] switch { string s => s, Node n => n.Text, _ => null };

    public Node? Element(string element) => this[element] as Node;

    public bool Has(string element) => this[element] != null;

    public bool IsTrue(string element) => Text(element) is "true" or "1";

    /// <summary>Puts a value; null or an empty string makes it absent, as Exchange does (protocol.md 12 point 14).</summary>
    public void Set(string element, object? value)
    {
        var index = Kind.IndexOf(element);
        if (index < 0)
            throw ExchangeError.InvalidPropertySet(element);
        var at = Find(index);
        if (value is null or "")
        {
            if (at >= 0)
                _values = [.. _values[..at], .. _values[(at + 1)..]];
            return;
        }

        if (at >= 0)
            _values[at].Value = value;
        else
            _values = [.. _values[..~at], (index, value), .. _values[~at..]];
    }

    public void Set(string element, bool value) => Set(element, value ? "true" : "false");

    /// <summary>A bag of its own with the same values in it. Elements are shared, so they must not be changed in place.</summary>
    public PropertyBag Share() => new(Kind) { _values = [.. _values] };

    public static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (string x, string y) => x == y,
        (Node x, Node y) => ReferenceEquals(x, y) || x.IsSameAs(y),
        _ => false,
    };

    public PropertyBag Copy()
    {
        var copy = new PropertyBag(Kind) { _values = [.. _values] };
        for (var i = 0; i < copy._values.Length; i++)
        {
            if (copy._values[i].Value is Node node)
                copy._values[i].Value = node.DeepCopy();
        }

        return copy;
    }

    private int Find(int index)
    {
        int low = 0, high = _values.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_values[middle].Index == index)
                return middle;
            if (_values[middle].Index < index)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }
}
