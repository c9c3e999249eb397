using System.Text;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>The MimeContent property of calendar items, in both directions.</summary>
public sealed class MimeContent
{
    /// <summary>What the document speaks for: on an update these are cleared before its own are put.</summary>
    private static readonly string[] Covered =
    [
        "Subject", "Location", "Body", "Sensitivity", "Importance", "Categories", "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence", "ReminderMinutesBeforeStart",
    ];

    private readonly MimeEvent _main;
    private readonly List<MimeEvent> _changed;

    private MimeContent(List<MimeEvent> events)
    {
        _main = events.Find(e => e.RecurrenceId == null) ?? events[0];
        _changed = events.FindAll(e => e.RecurrenceId != null && e != _main);
    }

    /// <summary>Properties of the event itself; the request's own beside the MimeContent come after and win.</summary>
    public IEnumerable<Node> Properties => _main.Element.Children;

    /// <exception cref="ExchangeError">ErrorMimeContentInvalidBase64String, ErrorMimeContentInvalid, ErrorMimeContentConversionFailed.</exception>
    public static MimeContent Read(string base64, Mailbox mailbox, TimeZoneInfo? contextZone)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64.Trim(), bytes, out var length))
            throw new ExchangeError("ErrorMimeContentInvalidBase64String", "Mime content is not a valid base64 string.");
        return new(EventReader.Read(Encoding.UTF8.GetString(bytes, 0, length).TrimStart('\uFEFF'), mailbox, contextZone));
    }

    public void Clear(StoredItem item)
    {
        foreach (var element in Covered)
            item.Values.Set(element, null);
    }

    /// <summary>Who the item belongs to, before its meeting state is settled.</summary>
    public void PutRole(StoredItem item, Organisation organisation)
    {
        if (_main.RecurrenceId is { } original)
            item.Values.Set("RecurrenceId", ExchangeTime.Format(original.In(_main.Zone)));
        if (_main.Organizer is not { } organizer || string.Equals(organizer, item.Mailbox.Address, StringComparison.OrdinalIgnoreCase))
            return;
        item.Values.Set("Organizer", Node.Types("Organizer", "", Attendees.Mailbox(organisation, organizer, null)));
        item.Values.Set("AppointmentState", _main.IsCancelled ? "7" : "3");
        item.Values.Set("IsMeeting", true);
        item.Values.Set("IsCancelled", _main.IsCancelled);
        item.Values.Set("MeetingRequestWasSent", true);
        item.Values.Set("MyResponseType", _main.Response ?? "NoResponseReceived");
    }

    /// <summary>Deletes and changes single occurrences, once the series stands.</summary>
    public void PutOccurrences(StoredItem master, ItemEditor editor, Action<StoredItem> finish)
    {
        if (master.Series == null)
            return;
        foreach (var date in _main.Excluded.Select(t => DateOf(t, master.Series)).Where(d => master.Series.Recurrence.Holds(d)).Distinct().ToList())
            SeriesRules.Delete(new Occurrence(master, date));
        foreach (var change in _changed)
        {
            var date = DateOf(change.RecurrenceId!.Value, master.Series);
            if (!master.Series.Recurrence.Holds(date) || master.Series.Deleted.Contains(date))
                continue;
            var occurrence = new Occurrence(master, date).Open();
            occurrence.Values = occurrence.Values.Copy();
            foreach (var property in change.Element.Children.Where(p => p.Name is not ("UID" or "Recurrence" or "StartTimeZone" or "EndTimeZone")))
                editor.Put(occurrence, property);
            finish(occurrence);
            occurrence.Occurrence!.Commit(occurrence);
        }
    }

    private static DateOnly DateOf(CalendarTime time, Series series) =>
        time.IsDate || (!time.IsUtc && time.ZoneId == null) ? DateOnly.FromDateTime(time.Wall) : series.DateOf(time.In(ExchangeTime.FindZone(time.ZoneId) ?? series.Zone));
}
