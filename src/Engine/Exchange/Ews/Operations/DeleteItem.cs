using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Moves items to Deleted Items, or purges them.</summary>
/// <remarks>No ChangeKey is sent: the server ignores it (Exchange 2007 seen, later believed; invariant 4).</remarks>
internal sealed class DeleteItem(IReadOnlyList<ItemId> ids, CancellationMail mail, bool purge) : WriteOperation(ids.Count)
{
    public override string Name => "DeleteItem";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("DeleteType", purge ? "HardDelete" : "MoveToDeletedItems");
        w.Attribute("SendMeetingCancellations", OnCreateOrDelete(mail == CancellationMail.ToAll));
        // Required as soon as one id is a task, ignored otherwise; ids do not tell their kind.
        w.Attribute("AffectedTaskOccurrences", "AllOccurrences");
        w.Items(ids);
    });
}
