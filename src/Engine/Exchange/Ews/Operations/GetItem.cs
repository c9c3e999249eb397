using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Items with all mapped properties, or only their identities, in the order of the ids.</summary>
internal sealed class GetItem(IReadOnlyList<ItemId> ids, bool idsOnly) : BatchOperation<ItemRead>(ids.Count)
{
    private ExchangeItem? _item;
    private ChangeKey? _key;

    public override string Name => "GetItem";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        if (idsOnly)
            MappedProperties.WriteIdShape(w);
        else
            MappedProperties.WriteShape(w);
        w.Items(ids);
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "Items")
            return;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            var (_, key, item) = await CalendarItemReader.ReadAsync(reader);
            (_key, _item) = (key, item);
        }
    }

    protected override ItemRead ToResult(ResponseStatus status)
    {
        var asked = ids[Position];
        var (item, key) = (_item, _key);
        (_item, _key) = (null, null);
        if (status.IsError)
            return new(asked, null, null, status.ToRefusal());
        if (key is null)
            return new(asked, null, null, new(ResponseCodes.ErrorItemNotFound, "The server answered without an item."));
        return idsOnly || item is not null
            ? new(asked, idsOnly ? null : item, key, null)
            : new(asked, null, key, new(ResponseCodes.NotACalendarItem, "The item is not a calendar item, or has no start and end."));
    }
}
