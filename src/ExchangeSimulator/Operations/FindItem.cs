using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Lists items: paged with restriction and order, or a calendar view (protocol.md 5).</summary>
public static class FindItem
{
    private static readonly TimeSpan MaxViewRange = TimeSpan.FromDays(2 * 366);

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var request = context.Request;
        var view = request.Child("CalendarView");
        var restriction = request.Child("Restriction")?.Children.FirstOrDefault();
        writer.Messages("FindItem", request.Child("ParentFolderIds")!.Children, id =>
        {
            var shape = new ItemShape(request.Child("ItemShape"), context.Version, isTable: true);
            var folder = context.Folder(id);
            var page = new Paging(request.Child("IndexedPageItemView"), null);
            List<StoredItem> found, part;
            if (view != null)
            {
                found = View(folder, view, restriction != null || request.Child("SortOrder") != null);
                part = new Paging(new Node("m", "CalendarView").With("MaxEntriesReturned", view["MaxEntriesReturned"]), 1000).Take(found);
            }
            else
            {
                found = Matching(folder, request["Traversal"]!, restriction);
                if (request.Child("SortOrder") is { } order)
                    ItemOrder.Sort(found, order);
                part = page.Take(found);
            }

            return () =>
            {
                var items = new ItemWriter(writer, shape, context.ContextZone, context.Caller);
                writer.StartM("RootFolder");
                page.WriteAttributes(writer, found.Count, part.Count);
                writer.StartT("Items");
                part.ForEach(items.Write);
                writer.End();
                writer.End();
            };
        });
    }

    private static List<StoredItem> Matching(MailFolder folder, string traversal, Node? restriction)
    {
        if (traversal == "SoftDeleted")
            folder = folder.Mailbox["recoverableitemsdeletions"];
        var items = folder.Items.Where(i => i.IsAssociated == (traversal == "Associated"));
        if (restriction != null)
        {
            var test = ItemRestriction.Compile(restriction);
            items = items.Where(test);
        }

        return items.ToList();
    }

    /// <summary>What overlaps the window, ordered by start. Series are not expanded yet: their masters are left out.</summary>
    private static List<StoredItem> View(MailFolder folder, Node view, bool hasOtherConditions)
    {
        if (hasOtherConditions)
            throw new ExchangeError("ErrorInvalidRestriction", "A calendar view cannot be combined with a restriction or a sort order.");
        if (!folder.IsCalendar)
            throw new ExchangeError("ErrorCalendarFolderIsInvalidForCalendarView", "The folder is not a calendar folder.");
        var from = ExchangeTime.Parse(view["StartDate"]!);
        var to = ExchangeTime.Parse(view["EndDate"]!);
        if (to < from)
            throw new ExchangeError("ErrorCalendarEndDateIsEarlierThanStartDate", "The end of the view is earlier than its start.");
        if (to - from > MaxViewRange)
            throw new ExchangeError("ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum range of two years.");
        return folder.Items
            .Where(i => i.Kind == ItemKind.CalendarItem && !i.Values.Has("Recurrence"))
            .Select(i => (Item: i, Start: i.Time("Start")!.Value, End: i.Time("End")!.Value))
            .Where(i => i.End > from && i.Start < to)
            .OrderBy(i => i.Start).Select(i => i.Item).ToList();
    }
}
