using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>One message of a batch with what is known about its item.</summary>
/// <param name="Message">What is acknowledged when the item is done.</param>
/// <param name="Item">Null: the CRM no longer has the row.</param>
/// <param name="Pair">Null: the item has never been on this link.</param>
/// <param name="HasOtherCopies">Another link holds a living copy.</param>
public sealed record OutboundItem(QueueMessage Message, CrmItem? Item, Pair? Pair, bool HasOtherCopies)
{
    public MessageDone Done => new(Message.Id, Message.Revision);

    public CrmItem Crm => Item!;

    public ItemLink Link => Pair!.Link;
}

/// <summary>Where an outbound item goes next. Pure.</summary>
public enum OutboundRoad
{
    /// <summary>Nothing to do: acknowledge.</summary>
    Done = 0,
    Create = 1,

    /// <summary>An attempt was sent whose fate is unknown: look before anything else.</summary>
    Settle = 2,

    /// <summary>Created silently, not invited yet.</summary>
    Invite = 3,
    Update = 4,
    Delete = 5,

    /// <summary>Only our memory changes.</summary>
    Forget = 6,

    /// <summary>Our delete was sent or done, and the CRM item lives again.</summary>
    Undelete = 7,
}

public static class OutboundRoads
{
    public static (OutboundRoad Road, string Reason) Of(OutboundItem item, LinkRules rules)
    {
        if (item.Item is not { } crm)
            return (OutboundRoad.Done, "the CRM no longer has the item");
        var pair = item.Pair?.Link;
        if (pair is { IntentState: IntentState.Sent })
            return (OutboundRoad.Settle, "an attempt was sent and no answer recorded");
        if (pair is null or { Tombstone: Tombstone.None } && item.Pair?.Identity is null)
        {
            return crm.Item.IsDeleted ? (OutboundRoad.Done, "deleted before it was ever sent")
                : !rules.Outbound ? (OutboundRoad.Done, "the link does not send items to Exchange")
                : crm.Item.AuthorityLinkId is not null && pair is null ? (OutboundRoad.Done, "Exchange delivers this meeting's copies")
                : (OutboundRoad.Create, "new in the CRM");
        }
        if (pair is { Tombstone: Tombstone.DeletedInCrm } && !crm.Item.IsDeleted && rules.Outbound && SessionContext.RoleOf(crm.Item, pair.LinkId) == CopyRole.Own)
            return (OutboundRoad.Undelete, "deleted by us, and the CRM item lives again");
        if (pair!.Tombstone != Tombstone.None)
            return (OutboundRoad.Done, $"the pair is buried ({pair.Tombstone}); the item is not created again");
        if (crm.Item.IsDeleted)
            return (OutboundRoad.Delete, "deleted in the CRM");
        if (item.Pair!.Identity?.ChangeKey == PairRowsMaker.Deleting.Value)
            return (OutboundRoad.Undelete, "our delete was sent, and the CRM item lives again");
        // Its attendees would be invited to a meeting that its organizer has deleted (found by seed 188 of the worlds with switched links).
        if (item.Pair!.Identity?.ChangeKey == PairRowsMaker.InDeletedItems.Value)
            return (OutboundRoad.Done, "deleted in Exchange; a person decides whether the CRM follows");
        return pair.InviteState == InviteState.Pending ? (OutboundRoad.Invite, "created silently, not invited yet") : (OutboundRoad.Update, "changed in the CRM");
    }
}
