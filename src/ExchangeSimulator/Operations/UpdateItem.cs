using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Changes items under one of three conflict modes, one property per change (protocol.md 3, 5).</summary>
public static class UpdateItem
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var mode = context.Request["ConflictResolution"]!;
        var send = context.Request["SendMeetingInvitationsOrCancellations"];
        writer.Messages(
            "UpdateItem",
            context.Request.Child("ItemChanges")!.Children,
            change =>
            {
                var (item, losses) = Apply(context, change, mode, send);
                return () =>
                {
                    writer.StartM("Items");
                    writer.StartT(item.Kind.Element);
                    writer.IdElement("ItemId", item.Id, item.ChangeKey);
                    writer.End();
                    writer.End();
                    writer.StartM("ConflictResults");
                    writer.T("Count", losses.ToString(CultureInfo.InvariantCulture));
                    writer.End();
                };
            },
            () => writer.M("Items", ""));
    }

    private static (StoredItem Item, int Losses) Apply(OperationContext context, Node change, string mode, string? send)
    {
        var id = change.Children[0];
        var item = context.Item(id, FolderLevel.Editor);
        if (item.Kind == ItemKind.CalendarItem && send == null)
            throw new ExchangeError("ErrorSendMeetingInvitationsOrCancellationsRequired", "The SendMeetingInvitationsOrCancellations attribute is required for calendar items.");
        if (item.Kind.IsMail && context.Request["MessageDisposition"] == null)
            throw new ExchangeError("ErrorMessageDispositionRequired", "The MessageDisposition attribute is required for messages.");
        var isStale = CheckChangeKey(item, id["ChangeKey"], mode, context.Organisation.Habits);
        var losses = 0;
        context.Actions.Update(item, MeetingFlow.Parse(send), (editor, target) =>
        {
            foreach (var update in change.Child("Updates")!.Children)
            {
                if (isStale && KeepsOld(target, update))
                    losses++;
                else
                    PropertyChange.Apply(editor, target, update);
            }
        });
        return (item, losses);
    }

    /// <summary>True when the key is out of date but the mode goes on.</summary>
    private static bool CheckChangeKey(StoredItem item, string? key, string mode, ExchangeHabits habits)
    {
        if (string.IsNullOrEmpty(key))
        {
            if (mode == "AlwaysOverwrite" && !habits.AlwaysOverwriteNeedsChangeKey)
                return false;
            throw new ExchangeError("ErrorChangeKeyRequiredForWriteOperations", "A ChangeKey is required for this operation.");
        }

        if (key == item.ChangeKey)
            return false;
        var bytes = new byte[key.Length];
        if (!Convert.TryFromBase64String(key, bytes, out _))
            throw new ExchangeError("ErrorInvalidChangeKey", "The change key is invalid.");
        return mode != "NeverOverwrite" ? mode == "AutoResolve" : throw ExchangeError.Conflict();
    }

    /// <summary>In a merge the stricter Sensitivity stays (protocol.md 3).</summary>
    private static bool KeepsOld(StoredItem item, Node update)
    {
        if (update.Name != "SetItemField" || update.Children[0]["FieldURI"] != "item:Sensitivity")
            return false;
        string[] order = ["Normal", "Personal", "Private", "Confidential"];
        var wanted = update.Children.Count > 1 ? update.Children[1].ChildText("Sensitivity") : null;
        return Array.IndexOf(order, wanted) < Array.IndexOf(order, item.Values.Text("Sensitivity"));
    }
}
