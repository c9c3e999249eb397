using System.Globalization;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>An indexed page view. Its attributes are always answered, also for nothing found: clients loop without them (clients.md 1 point 5).</summary>
public sealed class Paging
{
    public const int MaxPage = 1000;
    private readonly int _offset;
    private readonly int _limit;
    private readonly bool _fromEnd;

    public Paging(Node? view, int? defaultLimit, int most = MaxPage)
    {
        _offset = view?["Offset"] is { } offset ? int.Parse(offset, CultureInfo.InvariantCulture) : 0;
        _limit = Math.Min(view?["MaxEntriesReturned"] is { } max ? int.Parse(max, CultureInfo.InvariantCulture) : defaultLimit ?? most, most);
        _fromEnd = view?["BasePoint"] == "End";
    }

    public List<T> Take<T>(List<T> all)
    {
        var start = Math.Clamp(_fromEnd ? all.Count - _offset - _limit : _offset, 0, all.Count);
        return all.GetRange(start, Math.Min(_limit, all.Count - start));
    }

    public void WriteAttributes(ResponseWriter writer, int total, int taken)
    {
        var next = Math.Min(_offset, total) + taken;
        writer.Xml.WriteAttributeString("IndexedPagingOffset", next.ToString(CultureInfo.InvariantCulture));
        writer.Xml.WriteAttributeString("TotalItemsInView", total.ToString(CultureInfo.InvariantCulture));
        writer.Xml.WriteAttributeString("IncludesLastItemInRange", next >= total ? "true" : "false");
    }
}
