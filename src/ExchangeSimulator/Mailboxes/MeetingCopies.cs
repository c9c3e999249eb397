using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>What people who were invited have of a meeting in their own calendars: found, made, and brought up to date (protocol.md 6).</summary>
public static class MeetingCopies
{
    /// <summary>What belongs to the meeting, so that the organizer's update overwrites it on every attendee's copy.</summary>
    private static readonly string[] MeetingFields =
    [
        "Subject", "Body", "Importance", "UID", "Start", "End", "IsAllDayEvent", "Location", "IsResponseRequested", "RequiredAttendees",
        "OptionalAttendees", "AppointmentSequenceNumber", "Recurrence", "StartTimeZone", "EndTimeZone", "AllowNewTimeProposal", "EnhancedLocation",
    ];

    /// <summary>A person's copy of a meeting; of one occurrence when its original start is given, be it within a series or alone.</summary>
    public static StoredItem? Find(Mailbox mailbox, string? uid, DateTimeOffset? originalStart)
    {
        if (uid == null)
            return null;
        var copies = mailbox["calendar"].Items.Where(i => i.Values.Text("UID") == uid).ToList();
        if (originalStart is not { } start)
            return copies.Find(c => !c.Values.Has("RecurrenceId"));
        if (copies.Find(c => c.Time("RecurrenceId") == start) is { } alone)
            return alone;
        if (copies.Find(c => c.Series != null) is not { } master)
            return null;
        var date = master.Series!.DateOf(start);
        return master.Series.Exceptions.ContainsKey(date) || master.Series.Recurrence.Holds(date) ? new Occurrence(master, date).Open() : null;
    }

    public static DateTimeOffset? OriginalStart(StoredItem item) => item.Occurrence?.OriginalStart ?? item.Time("RecurrenceId");

    /// <summary>Overwrites what belongs to the meeting.</summary>
    public static void Update(StoredItem meeting, StoredItem copy, bool isNew)
    {
        foreach (var field in MeetingFields)
            copy.Values.Set(field, meeting.Values[field] is Node node ? WithoutResponses(node) : meeting.Values[field]);
        CopySeries(meeting, copy, isNew);
        copy.Values.Set("IntendedFreeBusyStatus", meeting.Values.Text("LegacyFreeBusyStatus"));
    }

    /// <summary>A new copy gets the exceptions and deletions too; an old one keeps its own as far as the pattern is the same.</summary>
    private static void CopySeries(StoredItem meeting, StoredItem copy, bool isNew)
    {
        if (isNew && meeting.Occurrence is { } occurrence)
            copy.Values.Set("RecurrenceId", ExchangeTime.Format(occurrence.OriginalStart));
        if (copy.Occurrence != null)
            return;
        if (meeting.Series is not { } series)
        {
            copy.Series = null;
            return;
        }

        if (isNew)
        {
            copy.Series = series;
            foreach (var (date, exception) in series.Exceptions)
            {
                var values = exception.Values.Where(v => MeetingFields.Contains(v.Element)).Select(v => v with { Value = v.Value is Node node ? WithoutResponses(node) : v.Value }).ToList();
                copy.Series = copy.Series.With(date, new SeriesException(values, [], []));
            }
        }

        SeriesRules.Settle(copy, series.Zone, null, copy.Mailbox.Habits);
    }

    public static StoredItem New(Organisation organisation, StoredItem meeting, Mailbox mailbox)
    {
        var copy = organisation.NewItem(ItemKind.CalendarItem, mailbox);
        var values = copy.Values;
        values.Set("ItemClass", "IPM.Appointment");
        values.Set("Sensitivity", meeting.Values.Text("Sensitivity"));
        values.Set("ReminderIsSet", meeting.Values.Text("ReminderIsSet"));
        values.Set("ReminderMinutesBeforeStart", meeting.Values.Text("ReminderMinutesBeforeStart"));
        values.Set("Organizer", Node.Types("Organizer", "", Attendees.Mailbox(organisation, meeting.Mailbox.Address, null)));
        values.Set("AppointmentState", "3");
        values.Set("IsMeeting", true);
        values.Set("IsCancelled", false);
        values.Set("MeetingRequestWasSent", true);
        if (copy.Mailbox.Habits.CopiesCarryNamedProperties)
            copy.Extended = meeting.Extended.FindAll(e => !e.Path.IsTag);
        return copy;
    }

    private static Node WithoutResponses(Node node)
    {
        if (!Attendees.Lists.Contains(node.Name))
            return node;
        var copy = node.DeepCopy();
        foreach (var attendee in copy.Children)
        {
            attendee.Children.RemoveAll(c => c.Name == "LastResponseTime");
            if (attendee.Child("ResponseType") is { } type)
                type.Text = "Unknown";
        }

        return copy;
    }
}
