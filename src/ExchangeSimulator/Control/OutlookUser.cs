using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Control;

/// <summary>The person in front of Outlook: does to a mailbox what its owner could, through the same rules as EWS.</summary>
public sealed class OutlookUser(SimulatedExchange exchange, string address)
{
    private static readonly HashSet<string> Personal = ["ReminderIsSet", "ReminderMinutesBeforeStart", "Categories", "Sensitivity", "LegacyFreeBusyStatus"];

    private readonly Organisation _organisation = exchange.Organisation;

    private Mailbox Mailbox => _organisation.FindMailbox(address) ?? throw new ExchangeError("ErrorNonExistentMailbox", $"There is no mailbox {address}.");

    public List<ItemView> List(string folder, DateTimeOffset? from, DateTimeOffset? to, int limit)
    {
        lock (_organisation.Gate)
        {
            // A calendar within a span of time is shown as a person sees it: each occurrence for itself.
            if (from is { } first && to is { } last && Folder(folder) is { IsCalendar: true } calendar)
                return CalendarView.Of(calendar, first, last).Take(limit).Select(e => ItemView.Of(e.Open())).ToList();
            var items = Folder(folder).Items;
            if (from != null || to != null)
                items = items.Where(i => i.Kind == ItemKind.CalendarItem && i.Time("End") > (from ?? DateTimeOffset.MinValue) && i.Time("Start") < (to ?? DateTimeOffset.MaxValue));
            return items.Take(limit).Select(ItemView.Of).ToList();
        }
    }

    public ItemView Get(string id)
    {
        lock (_organisation.Gate)
            return ItemView.Of(Item(id));
    }

    public ItemView Create(ItemEdit edit)
    {
        lock (_organisation.Gate)
        {
            var kind = ItemKind.Of(edit.Kind) ?? throw new ExchangeError("ErrorInvalidArgument", $"There is no kind {edit.Kind}.");
            var folder = Folder(edit.Folder ?? (kind == ItemKind.CalendarItem ? "calendar" : kind == ItemKind.Task ? "tasks" : "contacts"));
            var element = new Node("t", kind.Element);
            element.Children.AddRange(edit.Changes(kind).Set);
            return ItemView.Of(Actions().Create(kind, element, folder, edit.SendTo(SendTo.AllAndSaveCopy)));
        }
    }

    public ItemView Update(string id, ItemEdit edit)
    {
        lock (_organisation.Gate)
        {
            var item = Item(id);
            var (set, clear) = edit.Changes(item.Kind);
            // As in Outlook, nobody is told of a change that concerns only the one who made it.
            var isPersonal = set.Select(n => n.Name).Concat(clear).All(Personal.Contains);
            Actions().Update(item, edit.SendTo(isPersonal ? SendTo.None : SendTo.AllAndSaveCopy), (editor, target) =>
            {
                set.ForEach(n => editor.Put(target, n));
                clear.ForEach(n => editor.Delete(target, n));
            });
            return ItemView.Of(item);
        }
    }

    public void Delete(string id, string? type, string? send)
    {
        lock (_organisation.Gate)
        {
            var how = Enum.TryParse<DeleteType>(type, out var parsed) ? parsed : DeleteType.MoveToDeletedItems;
            Actions().Delete(Item(id), how, send == "none" ? SendTo.None : SendTo.AllAndSaveCopy);
        }
    }

    public ItemView Respond(string id, string response, bool send)
    {
        lock (_organisation.Gate)
        {
            if (response is not ("Accept" or "Tentative" or "Decline"))
                throw new ExchangeError("ErrorInvalidArgument", "response is Accept, Tentative or Decline.");
            return ItemView.Of(Actions().Respond(Item(id), response, send, body: null));
        }
    }

    public ItemView Move(string id, string folder)
    {
        lock (_organisation.Gate)
            return ItemView.Of(Actions().Move(Item(id), Folder(folder)));
    }

    private ItemActions Actions()
    {
        var account = _organisation.Accounts.FirstOrDefault(a => a.Mailbox == Mailbox) ?? new Account(address, "");
        return new(_organisation, new EditContext(new Caller(account, Mailbox, false), ExchangeTime.FindZone(Mailbox.TimeZoneId)), "Outlook");
    }

    private StoredItem Item(string id)
    {
        if (_organisation.FindItem(id) is { } item)
            return item.Mailbox == Mailbox ? item : throw ExchangeError.ItemNotFound();
        return OccurrenceIds.Read(id) is (var masterId, var date) && _organisation.FindItem(masterId) is { Series: not null } master && master.Mailbox == Mailbox
            ? Occurrence.Of(master, date, _organisation.Habits)
            : throw ExchangeError.ItemNotFound();
    }

    private MailFolder Folder(string name) =>
        Mailbox.Distinguished(name) ?? Mailbox.Folders.Find(f => f.Id == name || f.Name == name) ?? throw ExchangeError.FolderNotFound();
}
