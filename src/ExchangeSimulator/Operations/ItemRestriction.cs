using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Turns a restriction into a test on items.</summary>
public static class ItemRestriction
{
    public static Func<StoredItem, bool> Compile(Node expression)
    {
        switch (expression.Name)
        {
            case "And":
                var all = expression.Children.ConvertAll(Compile);
                return i => all.TrueForAll(t => t(i));
            case "Or":
                var any = expression.Children.ConvertAll(Compile);
                return i => any.Exists(t => t(i));
            case "Not":
                var inner = Compile(expression.Children[0]);
                return i => !inner(i);
            case "Exists":
                var exists = ItemValues.Reader(expression.Children[0]);
                return i => exists(i).Length > 0;
            case "Excludes":
                var bits = ItemValues.Reader(expression.Children[0]);
                var mask = Number(expression.Child("Bitmask")?["Value"]);
                return i => bits(i) is [var value, ..] && (Number(value) & mask) == 0;
            case "Contains":
                return Contains(expression);
            case "IsEqualTo" or "IsNotEqualTo" or "IsGreaterThan" or "IsGreaterThanOrEqualTo" or "IsLessThan" or "IsLessThanOrEqualTo":
                return Compare(expression);
            default:
                throw new ExchangeError("ErrorInvalidRestriction", $"The restriction {expression.Name} is not supported.");
        }
    }

    private static long Number(string? text)
    {
        text = text?.Trim() ?? "";
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : 0;
        return long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private static Func<StoredItem, bool> Compare(Node expression)
    {
        var left = ItemValues.Reader(expression.Children[0]);
        var operand = expression.Child("FieldURIOrConstant")!.Children[0];
        Func<StoredItem, ComparableValue?> right;
        if (operand.Name == "Constant")
        {
            var constant = new ComparableValue(operand["Value"] ?? "");
            right = _ => constant;
        }
        else
        {
            var other = ItemValues.Reader(operand);
            right = i => other(i) is [var first, ..] ? new ComparableValue(first) : null;
        }

        Func<int, bool> holds = expression.Name switch
        {
            "IsEqualTo" => c => c == 0,
            "IsNotEqualTo" => c => c != 0,
            "IsGreaterThan" => c => c > 0,
            "IsGreaterThanOrEqualTo" => c => c >= 0,
            "IsLessThan" => c => c < 0,
            _ => c => c <= 0,
        };
        var isNegative = expression.Name == "IsNotEqualTo";
        return i =>
        {
            var (a, b) = (left(i), right(i));
            if (a.Length == 0 || b is not { } wanted)
                return isNegative;
            // A list property matches when one of its values does.
            return isNegative ? Array.TrueForAll(a, x => holds(new ComparableValue(x).CompareTo(wanted))) : Array.Exists(a, x => holds(new ComparableValue(x).CompareTo(wanted)));
        };
    }

    private static Func<StoredItem, bool> Contains(Node expression)
    {
        var reader = ItemValues.Reader(expression.Children[0]);
        var wanted = expression.Child("Constant")?["Value"] ?? "";
        var mode = expression["ContainmentMode"] ?? "Substring";
        var comparison = expression["ContainmentComparison"] is null or "Exact" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return i => Array.Exists(reader(i), v => mode switch
        {
            "FullString" => v.Equals(wanted, comparison),
            "Prefixed" => v.StartsWith(wanted, comparison),
            "PrefixOnWords" => v.Split(' ').Any(w => w.StartsWith(wanted, comparison)),
            "ExactPhrase" => v.Contains(wanted, comparison),
            _ => v.Contains(wanted, comparison),
        });
    }
}

/// <summary>Reads values of items for comparing and sorting.</summary>
public static class ItemValues
{
    /// <summary>Not searchable in Exchange: stored another way there (protocol.md 6).</summary>
    private static readonly HashSet<string> NotSearchable = ["calendar:UID", "item:Body", "calendar:Recurrence", "item:MimeContent"];

    public static Func<StoredItem, string[]> Reader(Node path)
    {
        switch (path.Name)
        {
            case "ExtendedFieldURI":
                var property = ExtendedPropertyPath.Read(path);
                return i => ComputedValues.Extended(i, property) ?? [];
            case "IndexedFieldURI":
                var (uri, key) = (path["FieldURI"]!, path["FieldIndex"]);
                return i => Entry(i, uri, key);
            default:
                var field = path["FieldURI"]!;
                if (NotSearchable.Contains(field))
                    throw new ExchangeError("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.");
                return i => i.Kind.ElementOf(field) is { } element ? Values(i, element) : [];
        }
    }

    public static int Compare(string a, string b) => new ComparableValue(a).CompareTo(new ComparableValue(b));

    private static string[] Values(StoredItem item, string element)
    {
        if (element == "ItemId")
            return [item.Id];
        var value = item.Values[element] ?? ComputedValues.Of(item, element);
        return value switch
        {
            string text => [text],
            Node { Children.Count: > 0 } node when element is "Categories" or "Companies" or "Contacts" or "Children" => [.. node.Children.Select(c => c.Text)],
            Node { Children.Count: > 0 } node => [.. node.Children.Select(c => c.ChildText("EmailAddress") ?? c.Text)],
            Node node => [node.Text],
            _ => [],
        };
    }

    private static string[] Entry(StoredItem item, string uri, string? key)
    {
        if (item.Kind != ItemKind.Contact)
            return [];
        var entry = item.Values.Element(ItemShape.Collection(uri))?.Children.Find(e => e["Key"] == key);
        var text = entry == null ? null : uri.Split(':') is { Length: 3 } parts ? entry.ChildText(parts[2]) : entry.Text;
        return text == null ? [] : [text];
    }
}

/// <summary>Sorts by the fields of a SortOrder.</summary>
public static class ItemOrder
{
    public static void Sort(List<StoredItem> items, Node order)
    {
        var fields = order.Children.ConvertAll(f => (Read: ItemValues.Reader(f.Children[0]), Sign: f["Order"] == "Descending" ? -1 : 1));
        var keyed = items.ConvertAll(i => (Item: i, Keys: fields.ConvertAll(f => f.Read(i) is [var first, ..] ? new ComparableValue(first) : (ComparableValue?)null)));
        var sorted = keyed.Order(Comparer<(StoredItem Item, List<ComparableValue?> Keys)>.Create((a, b) =>
        {
            for (var i = 0; i < fields.Count; i++)
            {
                var c = a.Keys[i] is not { } x ? b.Keys[i] == null ? 0 : -1 : b.Keys[i] is not { } y ? 1 : x.CompareTo(y);
                if (c != 0)
                    return c * fields[i].Sign;
            }

            return 0;
        })).Select(k => k.Item).ToList();
        items.Clear();
        items.AddRange(sorted);
    }
}
