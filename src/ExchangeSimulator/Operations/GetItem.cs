using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class GetItem
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        ItemWriter? items = null;
        writer.Messages(
            "GetItem",
            context.Request.Child("ItemIds")!.Children,
            id =>
            {
                items ??= new(writer, new(context.Request.Child("ItemShape"), context.Version, isTable: false), context.ContextZone, context.Caller);
                var item = context.Item(id);
                return () =>
                {
                    writer.StartM("Items");
                    items.Write(item);
                    if (id.Name == "RecurringMasterItemIdRanges")
                        OccurrenceRanges.Of(item, id).ForEach(items.Write);
                    writer.End();
                };
            },
            () => writer.M("Items", ""));
    }
}
