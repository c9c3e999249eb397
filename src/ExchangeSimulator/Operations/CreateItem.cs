using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Creates items, or answers meetings by response objects (protocol.md 5, 6).</summary>
public static class CreateItem
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages(
            "CreateItem",
            context.Request.Child("Items")!.Children,
            element =>
            {
                var created = element.Name switch
                {
                    "AcceptItem" => Respond(context, element, "Accept"),
                    "TentativelyAcceptItem" => Respond(context, element, "Tentative"),
                    "DeclineItem" => Respond(context, element, "Decline"),
                    "CancelCalendarItem" => Cancel(context, element),
                    "RemoveItem" => context.Actions.RemoveCancelled(context.Item(element.Child("ReferenceItemId")!, FolderLevel.Editor)),
                    _ => Create(context, element),
                };
                return () =>
                {
                    writer.StartM("Items");
                    if (created != null)
                    {
                        writer.StartT(created.Kind.Element);
                        writer.IdElement("ItemId", created.Id, created.ChangeKey);
                        writer.End();
                    }

                    writer.End();
                };
            },
            () => writer.M("Items", ""));

    private static StoredItem? Create(OperationContext context, Node element)
    {
        var kind = ItemKind.Of(element.Name)
            ?? throw new ExchangeError("ErrorInvalidItemForOperationCreateItem", $"Items of type {element.Name} cannot be created.");
        var send = context.Request["SendMeetingInvitations"];
        if (kind == ItemKind.CalendarItem && send == null)
            throw new ExchangeError("ErrorSendMeetingInvitationsRequired", "The SendMeetingInvitations attribute is required for calendar items.");
        if (kind.IsMail && context.Request["MessageDisposition"] == null)
            throw new ExchangeError("ErrorMessageDispositionRequired", "The MessageDisposition attribute is required for messages.");
        if (kind != ItemKind.Message && kind.IsMail)
            throw new ExchangeError("ErrorInvalidItemForOperationCreateItem", $"Items of type {element.Name} cannot be created.");
        var folder = context.Target(context.Request.Child("SavedItemFolderId"), DefaultFolder(kind));
        if (kind == ItemKind.Message && context.Request["MessageDisposition"] != "SaveOnly")
            return SendMessage.Run(context, element, folder, context.Request["MessageDisposition"] == "SendAndSaveCopy");
        return context.Actions.Create(kind, element, folder, MeetingFlow.Parse(send));
    }

    private static string DefaultFolder(ItemKind kind) =>
        kind == ItemKind.CalendarItem ? "calendar" : kind == ItemKind.Task ? "tasks" : kind.IsMail ? "drafts" : "contacts";

    private static StoredItem Respond(OperationContext context, Node element, string response)
    {
        var disposition = Disposition(context);
        var target = context.Item(element.Child("ReferenceItemId")!, FolderLevel.Editor);
        return context.Actions.Respond(target, response, send: disposition != "SaveOnly", element.ChildText("Body"), Proposed(context, element));
    }

    private static Proposal? Proposed(OperationContext context, Node element)
    {
        if (element.ChildText("ProposedStart") is not { } start || element.ChildText("ProposedEnd") is not { } end)
            return null;
        var zone = context.ContextZone ?? TimeZoneInfo.Utc;
        return new(ExchangeTime.Parse(start, zone), ExchangeTime.Parse(end, zone));
    }

    private static StoredItem Cancel(OperationContext context, Node element)
    {
        var disposition = Disposition(context);
        var meeting = context.Item(element.Child("ReferenceItemId")!, FolderLevel.Editor);
        context.Actions.Cancel(meeting, send: disposition != "SaveOnly");
        return meeting;
    }

    private static string Disposition(OperationContext context) => context.Request["MessageDisposition"]
        ?? throw new ExchangeError("ErrorMessageDispositionRequired", "The MessageDisposition attribute is required for response objects.");
}
