using System.Xml;
using CrmSync.ExchangeSimulator.Calendars;
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
            var habits = context.Organisation.Habits;
            var shape = new ItemShape(request.Child("ItemShape"), context.Version, isTable: true) { TextBytes = habits.ListTextBytes };
            var folder = context.Folder(id);
            var page = new Paging(request.Child("IndexedPageItemView"), null, restriction != null && habits.RestrictedPage > 0 ? habits.RestrictedPage : Paging.MaxPage);
            List<StoredItem> part;
            int total;
            if (view != null)
            {
                var shown = View(context, folder, view, restriction != null || request.Child("SortOrder") != null);
                if (restriction != null)
                {
                    var test = ItemRestriction.Compile(restriction);
                    shown = shown.FindAll(s => test(s.Open()));
                }

                part = new Paging(new Node("m", "CalendarView").With("MaxEntriesReturned", view["MaxEntriesReturned"]), 1000).Take(shown).ConvertAll(s => s.Open());
                total = shown.Count;
            }
            else
            {
                var found = Matching(folder, request["Traversal"]!, restriction);
                if (request.Child("SortOrder") is { } order)
                    ItemOrder.Sort(found, order);
                part = page.Take(found);
                total = found.Count;
            }

            return () =>
            {
                var items = new ItemWriter(writer, shape, context.ContextZone, context.Caller);
                writer.StartM("RootFolder");
                page.WriteAttributes(writer, total, part.Count);
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

    private static List<ViewEntry> View(OperationContext context, MailFolder folder, Node view, bool hasOtherConditions)
    {
        if (hasOtherConditions && context.Organisation.Habits.ViewRefusesConditions)
            throw new ExchangeError("ErrorInvalidRestriction", "A calendar view cannot be combined with a restriction or a sort order.");
        if (!folder.IsCalendar)
            throw new ExchangeError("ErrorCalendarFolderIsInvalidForCalendarView", "The folder is not a calendar folder.");
        var zone = context.ContextZone ?? TimeZoneInfo.Utc;
        var from = ExchangeTime.Parse(view["StartDate"]!, zone);
        var to = ExchangeTime.Parse(view["EndDate"]!, zone);
        if (to < from)
            throw new ExchangeError("ErrorCalendarEndDateIsEarlierThanStartDate", "The end of the view is earlier than its start.");
        if (to - from > MaxViewRange)
            throw new ExchangeError("ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum range of two years.");
        return CalendarView.Of(folder, from, to);
    }
}
