using System.Globalization;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>To whom meeting mails go; the attribute of CreateItem, UpdateItem and DeleteItem.</summary>
public enum SendTo
{
    None,
    OnlyAll,
    AllAndSaveCopy,
    OnlyChanged,
    ChangedAndSaveCopy,
}

/// <summary>Another time that an attendee proposes along with the answer.</summary>
public sealed record Proposal(DateTimeOffset Start, DateTimeOffset End);

/// <summary>Carries meetings between mailboxes: invitations, updates, cancellations, responses, each counted in the ledger (protocol.md 6, 12 point 6).</summary>
public sealed class MeetingFlow(Organisation organisation, string cause)
{
    /// <summary>What belongs to the meeting, so that the organizer's update overwrites it on every attendee's copy.</summary>
    private static readonly string[] MeetingFields =
    [
        "Subject", "Body", "Importance", "UID", "Start", "End", "IsAllDayEvent", "Location", "IsResponseRequested", "RequiredAttendees",
        "OptionalAttendees", "AppointmentSequenceNumber", "Recurrence", "StartTimeZone", "EndTimeZone", "AllowNewTimeProposal", "EnhancedLocation",
    ];

    public static SendTo Parse(string? attribute) => attribute switch
    {
        "SendOnlyToAll" => SendTo.OnlyAll,
        "SendToAllAndSaveCopy" => SendTo.AllAndSaveCopy,
        "SendOnlyToChanged" => SendTo.OnlyChanged,
        "SendToChangedAndSaveCopy" => SendTo.ChangedAndSaveCopy,
        _ => SendTo.None,
    };

    public void Created(StoredItem meeting, SendTo send)
    {
        var attendees = Attendees.Of(meeting);
        if (send == SendTo.None || attendees.Count == 0)
            return;
        meeting.Values.Set("MeetingRequestWasSent", true);
        foreach (var address in attendees)
            Invite(meeting, address, "NewMeetingRequest", timeChanged: false);
        SaveCopy(meeting, send, ItemKind.MeetingRequest, attendees);
    }

    /// <summary>After an update by the organizer: who is new is invited, who is gone is told, the rest as the mode says.</summary>
    public void Updated(StoredItem meeting, SendTo send, IReadOnlyCollection<string> before, bool timeChanged)
    {
        var now = Attendees.Of(meeting);
        if (send == SendTo.None || (now.Count == 0 && before.Count == 0))
            return;
        var wasSent = meeting.Values.IsTrue("MeetingRequestWasSent");
        var added = now.Where(a => !wasSent || !Contains(before, a)).ToList();
        var removed = wasSent ? before.Where(a => !Contains(now, a)).ToList() : [];
        var toAll = send is SendTo.OnlyAll or SendTo.AllAndSaveCopy;
        if (wasSent && toAll)
            meeting.Values.Set("AppointmentSequenceNumber", (Sequence(meeting) + 1).ToString(CultureInfo.InvariantCulture));
        if (wasSent && toAll && timeChanged)
        {
            foreach (var address in now)
                Attendees.SetResponse(meeting, address, "Unknown", null);
        }

        meeting.Values.Set("MeetingRequestWasSent", now.Count > 0);
        foreach (var address in added)
            Invite(meeting, address, "NewMeetingRequest", timeChanged: false);
        foreach (var address in removed)
            CancelAt(meeting, address);
        if (toAll)
        {
            foreach (var address in now.Where(a => !Contains(added, a)))
                Invite(meeting, address, timeChanged ? "FullUpdate" : "InformationalUpdate", timeChanged);
        }

        SaveCopy(meeting, send, ItemKind.MeetingRequest, toAll ? now : added);
    }

    /// <summary>The organizer calls the meeting off.</summary>
    public void Cancelled(StoredItem meeting, SendTo send)
    {
        if (send == SendTo.None || !meeting.Values.IsTrue("MeetingRequestWasSent"))
            return;
        var attendees = Attendees.Of(meeting);
        foreach (var address in attendees)
            CancelAt(meeting, address);
        foreach (var date in meeting.Series?.Exceptions.Keys ?? [])
        {
            // People who were invited to single occurrences only.
            var occurrence = new Occurrence(meeting, date).Open();
            foreach (var address in Attendees.Of(occurrence).Where(a => !Contains(attendees, a)))
                CancelAt(occurrence, address);
        }

        SaveCopy(meeting, send, ItemKind.MeetingCancellation, attendees);
    }

    public static void MarkCancelledByOrganizer(StoredItem meeting)
    {
        meeting.Values.Set("IsCancelled", true);
        meeting.Values.Set("AppointmentState", "5");
    }

    /// <summary>An attendee answers; the organizer's item learns it.</summary>
    public void Respond(StoredItem copy, string response, bool send, string? body, Proposal? proposal = null)
    {
        copy.Values.Set("MyResponseType", response);
        copy.Values.Set("AppointmentReplyTime", ExchangeTime.Format(organisation.Now));
        copy.Values.Set("LegacyFreeBusyStatus", response == "Accept" ? copy.Values.Text("IntendedFreeBusyStatus") ?? "Busy" : response == "Tentative" ? "Tentative" : "Free");
        if (!send)
            return;
        var organizer = Attendees.OrganizerOf(copy);
        var uid = copy.Values.Text("UID");
        var subject = (response switch { "Accept" => "Accepted: ", "Tentative" => "Tentative: ", _ => "Declined: " }) + copy.Subject;
        organisation.Mails.Add(copy.Mailbox.Address, organizer, "response", uid, subject, cause);
        if (organisation.FindMailbox(organizer) is not { } mailbox)
            return;
        var mail = Mail(ItemKind.MeetingResponse, copy, copy.Mailbox.Address, mailbox, subject);
        mail.Values.Set("ResponseType", response);
        mail.Values.Set("ItemClass", response switch { "Accept" => "IPM.Schedule.Meeting.Resp.Pos", "Tentative" => "IPM.Schedule.Meeting.Resp.Tent", _ => "IPM.Schedule.Meeting.Resp.Neg" });
        if (proposal != null)
        {
            mail.Values.Set("ProposedStart", ExchangeTime.Format(proposal.Start));
            mail.Values.Set("ProposedEnd", ExchangeTime.Format(proposal.End));
        }

        if (!string.IsNullOrEmpty(body))
            mail.Values.Set("Body", BodyText.Store(body, isHtml: false));
        Deliver(mail, mailbox);
        if (Find(mailbox, uid, OriginalStart(copy)) is { } meeting && CalendarRules.IsOrganizer(meeting))
        {
            Attendees.SetResponse(meeting, copy.Mailbox.Address, response, ExchangeTime.Format(organisation.Now), proposal);
            organisation.Saved(meeting, "Calendar Attendant");
        }
    }

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

    private static DateTimeOffset? OriginalStart(StoredItem item) => item.Occurrence?.OriginalStart ?? item.Time("RecurrenceId");

    private void Invite(StoredItem meeting, string address, string requestType, bool timeChanged)
    {
        var uid = meeting.Values.Text("UID");
        organisation.Mails.Add(meeting.Mailbox.Address, address, requestType == "NewMeetingRequest" ? "request" : "update", uid, meeting.Subject, cause);
        if (organisation.FindMailbox(address) is not { } mailbox)
            return;
        var copy = Find(mailbox, uid, OriginalStart(meeting));
        var isNew = copy == null;
        if (isNew && meeting.Series != null)
        {
            // Who knew single occurrences gets the whole series instead.
            foreach (var alone in mailbox["calendar"].Items.Where(i => i.Values.Text("UID") == uid && i.Values.Has("RecurrenceId")).ToList())
                organisation.Remove(alone);
        }

        copy ??= NewCopy(meeting, mailbox);
        foreach (var field in MeetingFields)
            copy.Values.Set(field, meeting.Values[field] is Node node ? WithoutResponses(node) : meeting.Values[field]);
        CopySeries(meeting, copy, isNew);
        copy.Values.Set("IntendedFreeBusyStatus", meeting.Values.Text("LegacyFreeBusyStatus"));
        if (timeChanged || isNew)
        {
            copy.Values.Set("MyResponseType", "NoResponseReceived");
            copy.Values.Set("LegacyFreeBusyStatus", "Tentative");
        }

        if (isNew)
            organisation.Insert(copy, mailbox["calendar"], "Calendar Attendant");
        else
            organisation.Saved(copy, "Calendar Attendant");
        var mail = Mail(ItemKind.MeetingRequest, meeting, meeting.Mailbox.Address, mailbox, meeting.Subject);
        mail.Values.Set("MeetingRequestType", requestType);
        mail.Values.Set("AssociatedCalendarItemId", new Node("t", "AssociatedCalendarItemId").With("Id", copy.Id).With("ChangeKey", copy.ChangeKey));
        Deliver(mail, mailbox);
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

    private StoredItem NewCopy(StoredItem meeting, Mailbox mailbox)
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

    private void CancelAt(StoredItem meeting, string address)
    {
        var uid = meeting.Values.Text("UID");
        var subject = Prefixed(meeting, meeting.Subject);
        organisation.Mails.Add(meeting.Mailbox.Address, address, "cancellation", uid, subject, cause);
        if (organisation.FindMailbox(address) is not { } mailbox)
            return;
        var copy = Find(mailbox, uid, OriginalStart(meeting));
        var isGone = copy?.Occurrence is { } occurrence && occurrence.Series.Deleted.Contains(occurrence.Date);
        if (copy != null && !isGone && !CalendarRules.IsOrganizer(copy))
        {
            copy.Values.Set("IsCancelled", true);
            copy.Values.Set("AppointmentState", "7");
            copy.Values.Set("Subject", Prefixed(copy, copy.Subject));
            copy.Values.Set("LegacyFreeBusyStatus", "Free");
            organisation.Saved(copy, "Calendar Attendant");
        }

        Deliver(Mail(ItemKind.MeetingCancellation, meeting, meeting.Mailbox.Address, mailbox, subject), mailbox);
    }

    private StoredItem Mail(ItemKind kind, StoredItem meeting, string from, Mailbox to, string subject)
    {
        var mail = organisation.NewItem(kind, to);
        mail.Values.Set("ItemClass", kind.ItemClass);
        mail.Values.Set("Subject", subject);
        mail.Values.Set("Sensitivity", "Normal");
        mail.Values.Set("Importance", "Normal");
        mail.Values.Set("Body", meeting.Values["Body"]);
        mail.Values.Set("From", Node.Types("From", "", Attendees.Mailbox(organisation, from, null)));
        mail.Values.Set("Sender", Node.Types("Sender", "", Attendees.Mailbox(organisation, from, null)));
        mail.Values.Set("ToRecipients", Node.Types("ToRecipients", "", Attendees.Mailbox(organisation, to.Address, null)));
        mail.Values.Set("IsRead", false);
        mail.Values.Set("UID", meeting.Values.Text("UID"));
        mail.Values.Set("HasBeenProcessed", true);
        if (OriginalStart(meeting) is { } original)
            mail.Values.Set("RecurrenceId", ExchangeTime.Format(original));
        if (kind == ItemKind.MeetingRequest)
        {
            foreach (var field in new[] { "Start", "End", "IsAllDayEvent", "Location", "RequiredAttendees", "OptionalAttendees", "Organizer", "StartTimeZone", "EndTimeZone", "Recurrence" })
                mail.Values.Set(field, meeting.Values[field]);
            mail.Values.Set("IsMeeting", true);
        }

        return mail;
    }

    private void Deliver(StoredItem mail, Mailbox mailbox)
    {
        mail.Values.Set("DateTimeReceived", ExchangeTime.Format(organisation.Now));
        organisation.Insert(mail, mailbox["inbox"], "Transport");
        organisation.NewMail(mail);
    }

    private void SaveCopy(StoredItem meeting, SendTo send, ItemKind kind, IReadOnlyCollection<string> to)
    {
        if (send is not (SendTo.AllAndSaveCopy or SendTo.ChangedAndSaveCopy) || to.Count == 0)
            return;
        var sent = Mail(kind, meeting, meeting.Mailbox.Address, meeting.Mailbox, kind == ItemKind.MeetingCancellation ? Prefixed(meeting, meeting.Subject) : meeting.Subject);
        sent.Values.Set("ToRecipients", Node.Types("ToRecipients", "", [.. to.Select(a => Attendees.Mailbox(organisation, a, null))]));
        sent.Values.Set("IsRead", true);
        organisation.Insert(sent, meeting.Mailbox["sentitems"], meeting.Mailbox.DisplayName);
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

    /// <summary>Localised in the real server; English here.</summary>
    private static string Prefixed(StoredItem item, string subject)
    {
        var prefix = item.Mailbox.Habits.CancelledPrefix;
        return subject.StartsWith(prefix, StringComparison.Ordinal) ? subject : prefix + subject;
    }

    private static int Sequence(StoredItem item) => int.Parse(item.Values.Text("AppointmentSequenceNumber") ?? "0", CultureInfo.InvariantCulture);

    private static bool Contains(IEnumerable<string> list, string address) => list.Contains(address, StringComparer.OrdinalIgnoreCase);
}
