using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>What the writing operations share: one result per item, carrying the identity that the server returns.</summary>
internal abstract class WriteOperation(int expected) : BatchOperation<WriteResult>(expected)
{
    private ItemId? _id;
    private ChangeKey? _key;

    public override bool IsWrite => true;

    /// <summary>Success without an identity is no answer: what was written could never be found again.</summary>
    protected virtual bool ReturnsIdentity => false;

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "Items")
            return;
        var list = reader.Depth;
        while (await reader.NextChildAsync(list))
        {
            var item = reader.Depth;
            while (await reader.NextChildAsync(item))
            {
                if (reader.Name != "ItemId")
                    continue;
                _id = new(reader.Required("Id"));
                _key = reader.Attribute("ChangeKey") is { Length: > 0 } key ? new ChangeKey(key) : null;
            }
        }
    }

    protected override WriteResult ToResult(ResponseStatus status)
    {
        var (id, key) = (_id, _key);
        (_id, _key) = (null, null);
        if (status.IsError)
            return new(null, null, status.ToRefusal());
        return ReturnsIdentity && (id is null || key is null) ? throw new XmlException($"{Name}Response without the item's identity") : new(id, key, null);
    }

    protected static string OnCreateOrDelete(bool toAll) => toAll ? "SendToAllAndSaveCopy" : "SendToNone";
}
