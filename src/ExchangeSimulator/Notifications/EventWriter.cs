using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Notifications;

/// <summary>Writes the inside of a Notification. Watermarks belong to push and pull only; ChangeKeys are stubs (protocol.md 9).</summary>
public static class EventWriter
{
    public static void Body(ResponseWriter writer, Subscription subscription, IReadOnlyList<MailboxEvent> events, bool withWatermarks, long known, string? id = null)
    {
        writer.T("SubscriptionId", id ?? subscription.Id);
        if (withWatermarks)
        {
            writer.T("PreviousWatermark", Watermarks.Encode(known, subscription.Epoch));
            writer.T("MoreEvents", subscription.Waiting > events.Count && events.Count > 0 ? "true" : "false");
        }

        if (events.Count == 0)
        {
            writer.StartT("StatusEvent");
            if (withWatermarks)
                writer.T("Watermark", Watermarks.Encode(known, subscription.Epoch));
            writer.End();
        }

        foreach (var e in events)
            Event(writer, e, withWatermarks, subscription.Epoch);
    }

    private static void Event(ResponseWriter writer, MailboxEvent e, bool withWatermark, int epoch)
    {
        writer.StartT(e.Type);
        if (withWatermark)
            writer.T("Watermark", Watermarks.Encode(e.Number, epoch));
        writer.T("TimeStamp", ExchangeTime.Format(e.At));
        Object(writer, "", e.Folder?.Id, e.ItemId, e.KeyPrefix);
        writer.IdElement("ParentFolderId", e.Parent.Id, Identifiers.ChangeKeyStub(1));
        if (e.OldParent != null)
        {
            Object(writer, "Old", (e.OldFolder ?? e.Folder)?.Id, e.OldItemId, e.KeyPrefix);
            writer.IdElement("OldParentFolderId", e.OldParent.Id, Identifiers.ChangeKeyStub(1));
        }

        if (e is { Type: "ModifiedEvent", Folder: not null })
            writer.T("UnreadCount", "0");
        writer.End();
    }

    private static void Object(ResponseWriter writer, string prefix, string? folderId, string? itemId, byte keyPrefix)
    {
        if (folderId != null)
            writer.IdElement(prefix + "FolderId", folderId, Identifiers.ChangeKeyStub(1));
        else
            writer.IdElement(prefix + "ItemId", itemId!, Identifiers.ChangeKeyStub(keyPrefix));
    }
}
