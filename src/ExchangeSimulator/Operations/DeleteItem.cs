using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class DeleteItem
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var type = Enum.Parse<DeleteType>(context.Request["DeleteType"]!);
        var cancellations = context.Request["SendMeetingCancellations"];
        var occurrences = context.Request["AffectedTaskOccurrences"];
        writer.Messages<Node>("DeleteItem", context.Request.Child("ItemIds")!.Children, id =>
        {
            var item = context.Item(id, FolderLevel.Editor);
            if (item.Kind == ItemKind.CalendarItem && cancellations == null)
                throw new ExchangeError("ErrorSendMeetingCancellationsRequired", "The SendMeetingCancellations attribute is required for calendar items.");
            if (item.Kind == ItemKind.Task && occurrences == null)
                throw new ExchangeError("ErrorAffectedTaskOccurrencesRequired", "The AffectedTaskOccurrences attribute is required for tasks.");
            if (item.Kind == ItemKind.Task && occurrences == "SpecifiedOccurrenceOnly" && item.Values.Has("Recurrence"))
                context.Actions.SkipTask(item);
            else
                context.Actions.Delete(item, type, MeetingFlow.Parse(cancellations));
            return () => { };
        });
    }
}
