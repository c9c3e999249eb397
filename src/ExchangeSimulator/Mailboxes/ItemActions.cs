using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

public enum DeleteType
{
    HardDelete,
    SoftDelete,
    MoveToDeletedItems,
}

/// <summary>
/// What can be done to items, with all that Exchange does along with it. EWS, the control API and the Outlook page all come through here.
/// Rights are the business of the one who calls.
/// </summary>
public sealed class ItemActions(Organisation organisation, EditContext context, string cause)
{
    private readonly MeetingFlow _meetings = new(organisation, cause);

    public StoredItem Create(ItemKind kind, Node element, MailFolder folder, SendTo send)
    {
        CheckFolder(kind, folder);
        var item = organisation.NewItem(kind, folder.Mailbox);
        var editor = new ItemEditor(organisation, context);
        editor.Fill(item, element);
        editor.Finish(item, isNew: true);
        // A meeting's request is marked as sent before the item is saved: one save, one ChangeKey.
        var willSend = kind == ItemKind.CalendarItem && send != SendTo.None && Attendees.Of(item).Count > 0;
        if (willSend)
            item.Values.Set("MeetingRequestWasSent", true);
        organisation.Insert(item, folder, context.Caller.Name);
        if (willSend)
            _meetings.Created(item, send);
        return item;
    }

    /// <summary>Runs a change on a scratch copy of the values, so that a refusal in the middle leaves the item as it was.</summary>
    public void Update(StoredItem item, SendTo send, Action<ItemEditor, StoredItem> change)
    {
        var (values, extended, series) = (item.Values, item.Extended, item.Series);
        var before = item.Kind == ItemKind.CalendarItem ? Attendees.Of(item) : [];
        var (start, end) = (values.Text("Start"), values.Text("End"));
        var editor = new ItemEditor(organisation, context);
        item.Values = values.Copy();
        item.Extended = [.. extended];
        StoredItem? done = null;
        try
        {
            change(editor, item);
            editor.Finish(item, isNew: false);
            if (organisation.Services.CompletedTaskSplitsOff && IsDone(item.Values) && !IsDone(values) && item.Values.Has("Recurrence"))
                done = TaskSeries.MoveOn(organisation, item);
        }
        catch
        {
            (item.Values, item.Extended, item.Series) = (values, extended, series);
            throw;
        }

        if (done != null)
            organisation.Insert(done, item.Folder, context.Caller.Name);

        var isMeeting = item.Kind == ItemKind.CalendarItem && CalendarRules.IsOrganizer(item);
        if (isMeeting)
            _meetings.Updated(item, send, before, timeChanged: start != item.Values.Text("Start") || end != item.Values.Text("End"));
        organisation.Saved(item, context.Caller.Name, onlyReadFlag: editor.Changed.Count == 1 && editor.Changed.Contains("IsRead"));
    }

    private static bool IsDone(PropertyBag values) => values.Kind == ItemKind.Task && values.Text("Status") == "Completed";

    /// <summary>Deletes the current date of a recurring task: it goes on with the next (protocol.md 7).</summary>
    public void SkipTask(StoredItem task)
    {
        TaskSeries.Skip(organisation, task);
        organisation.Saved(task, context.Caller.Name);
    }

    /// <summary>The ChangeKey plays no part here: DeleteItem ignores it (protocol.md 5 and 12 point 18).</summary>
    public void Delete(StoredItem item, DeleteType type, SendTo send)
    {
        var isMeeting = item.Kind == ItemKind.CalendarItem && item.Values.IsTrue("IsMeeting") && item.Folder.IsCalendar;
        if (item.Occurrence != null)
            SeriesRules.Delete(item.Occurrence);
        if (isMeeting && CalendarRules.IsOrganizer(item))
        {
            _meetings.Cancelled(item, send);
            if (send != SendTo.None)
                MeetingFlow.MarkCancelledByOrganizer(item);
        }
        else if (isMeeting && send != SendTo.None && !item.Values.IsTrue("IsCancelled"))
        {
            _meetings.Respond(item, "Decline", send: true, body: null);
        }

        if (item.Occurrence is { } occurrence)
        {
            // The master is updated; nothing lands in Deleted Items (protocol.md 5).
            organisation.Saved(occurrence.Master, context.Caller.Name);
            return;
        }

        switch (type)
        {
            case DeleteType.HardDelete:
                organisation.Remove(item);
                break;
            case DeleteType.SoftDelete:
                organisation.Move(item, item.Mailbox["recoverableitemsdeletions"]);
                break;
            default:
                organisation.Move(item, item.Mailbox["deleteditems"]);
                break;
        }
    }

    public StoredItem Move(StoredItem item, MailFolder to)
    {
        CheckCanTravel(item);
        CheckFolder(item.Kind, to);
        if (to.Mailbox == item.Mailbox)
        {
            organisation.Move(item, to);
            return item;
        }

        var copy = organisation.Copy(item, to, context.Caller.Name);
        organisation.Remove(item);
        return copy;
    }

    public StoredItem Copy(StoredItem item, MailFolder to)
    {
        CheckCanTravel(item);
        CheckFolder(item.Kind, to);
        return organisation.Copy(item, to, context.Caller.Name);
    }

    /// <summary>Accept, Tentative or Decline. The answered item is another one afterwards: new ChangeKey, and when declined, new place and id.</summary>
    public StoredItem Respond(StoredItem target, string response, bool send, string? body, Proposal? proposal = null)
    {
        var copy = CalendarCopy(target);
        var code = response switch { "Accept" => "Accept", "Tentative" => "Tentative", _ => "Decline" };
        if (copy.Values.IsTrue("IsCancelled"))
            throw new ExchangeError("ErrorCalendarIsCancelledFor" + code, "The meeting has been cancelled.");
        if (CalendarRules.IsOrganizer(copy))
            throw new ExchangeError("ErrorCalendarIsOrganizerFor" + code, "The organizer of a meeting cannot answer it.");
        _meetings.Respond(copy, response, send, body, proposal);
        organisation.Saved(copy, context.Caller.Name);
        if (response == "Decline")
            Discard(copy);
        if (target != copy)
            organisation.Move(target, target.Mailbox["deleteditems"]);
        return copy;
    }

    public void Cancel(StoredItem meeting, bool send)
    {
        if (!CalendarRules.IsOrganizer(meeting))
            throw new ExchangeError("ErrorCalendarIsNotOrganizer", "Only the organizer can cancel a meeting.");
        _meetings.Cancelled(meeting, send ? SendTo.AllAndSaveCopy : SendTo.None);
        MeetingFlow.MarkCancelledByOrganizer(meeting);
        if (meeting.Occurrence == null)
            organisation.Saved(meeting, context.Caller.Name);
        Discard(meeting);
    }

    /// <summary>An attendee clears a cancelled meeting away.</summary>
    public StoredItem RemoveCancelled(StoredItem target)
    {
        var copy = CalendarCopy(target);
        if (CalendarRules.IsOrganizer(copy))
            throw new ExchangeError("ErrorCalendarIsOrganizerForRemove", "The organizer of a meeting cannot remove it so.");
        Discard(copy);
        if (target != copy)
            organisation.Move(target, target.Mailbox["deleteditems"]);
        return copy;
    }

    /// <summary>Out of the calendar: an item into Deleted Items, an occurrence out of its series.</summary>
    private void Discard(StoredItem item)
    {
        if (item.Occurrence is not { } occurrence)
        {
            organisation.Move(item, item.Mailbox["deleteditems"]);
            return;
        }

        SeriesRules.Delete(occurrence);
        organisation.Saved(occurrence.Master, context.Caller.Name);
    }

    private static void CheckCanTravel(StoredItem item)
    {
        if (item.Occurrence != null)
            throw new ExchangeError("ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence of a series can be neither moved nor copied.");
    }

    private static StoredItem CalendarCopy(StoredItem target)
    {
        if (target.Kind == ItemKind.CalendarItem)
            return target;
        var original = target.Kind.IndexOf("RecurrenceId") < 0 ? null : target.Time("RecurrenceId");
        return MeetingCopies.Find(target.Mailbox, target.Kind.IndexOf("UID") < 0 ? null : target.Values.Text("UID"), original) ?? throw ExchangeError.ItemNotFound();
    }

    private static void CheckFolder(ItemKind kind, MailFolder folder)
    {
        var isBin = folder.DistinguishedName is "deleteditems" or "recoverableitemsdeletions" or "recoverableitemspurges";
        if (kind == ItemKind.CalendarItem && !folder.IsCalendar && !isBin)
            throw new ExchangeError("ErrorCannotCreateCalendarItemInNonCalendarFolder", "Cannot create a calendar item in a folder of another class.");
        if (kind == ItemKind.Contact && !folder.IsContacts && !isBin)
            throw new ExchangeError("ErrorCannotCreateContactInNonContactFolder", "Cannot create a contact in a folder of another class.");
        if (kind == ItemKind.Task && !folder.IsTasks && !isBin)
            throw new ExchangeError("ErrorCannotCreateTaskInNonTaskFolder", "Cannot create a task in a folder of another class.");
    }
}
