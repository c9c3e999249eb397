using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Changes the named fields of items, only on top of the ChangeKeys given (invariant 3).</summary>
/// <remarks>NeverOverwrite: with AutoResolve the server would merge by itself and drop values silently (ews/protocol.md section 3).</remarks>
internal sealed class UpdateItem(IReadOnlyList<ItemUpdate> items, InvitationMail mail) : WriteOperation(items.Count)
{
    public override string Name => "UpdateItem";

    protected override bool ReturnsIdentity => true;

    /// <summary>Whether there is anything to send: the schema forbids a change without content.</summary>
    public static bool HasContent(ItemUpdate item) => item.Stamp is not null || (item.Changed & ~ScheduleFields.ReadOnlyInExchange) != 0;

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("ConflictResolution", "NeverOverwrite");
        w.Attribute("SendMeetingInvitationsOrCancellations", mail switch
        {
            InvitationMail.ToAll => "SendToAllAndSaveCopy",
            InvitationMail.ToChanged => "SendToChangedAndSaveCopy",
            _ => "SendToNone",
        });
        w.Message("ItemChanges", () =>
        {
            foreach (var item in items)
            {
                w.Type("ItemChange", () =>
                {
                    w.Item(item.Id, item.Key);
                    w.Type("Updates", () => CalendarItemWriter.WriteChanges(w, item.Content, item.Changed, item.Stamp));
                });
            }
        });
    });
}
