using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Creates calendar items in a folder, stamped. The mail disposition is one for the whole request (ews/protocol.md section 5).</summary>
internal sealed class CreateItem(FolderId folder, IReadOnlyList<ItemCreate> items, InvitationMail mail) : WriteOperation(items.Count)
{
    public override string Name => "CreateItem";

    protected override bool ReturnsIdentity => true;

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("SendMeetingInvitations", OnCreateOrDelete(mail != InvitationMail.None));
        w.Message("SavedItemFolderId", () => w.Folder(FolderRef.Of(folder)));
        w.Message("Items", () =>
        {
            foreach (var item in items)
                CalendarItemWriter.WriteNew(w, item.Content, item.Stamp);
        });
    });
}
