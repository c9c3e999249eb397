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
    private readonly MeetingMail _mail = new(organisation);

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
        _mail.SaveCopy(meeting, send, ItemKind.MeetingRequest, attendees);
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

        _mail.SaveCopy(meeting, send, ItemKind.MeetingRequest, toAll ? now : added);
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

        _mail.SaveCopy(meeting, send, ItemKind.MeetingCancellation, attendees);
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
        var mail = _mail.Make(ItemKind.MeetingResponse, copy, copy.Mailbox.Address, mailbox, subject);
        mail.Values.Set("ResponseType", response);
        mail.Values.Set("ItemClass", response switch { "Accept" => "IPM.Schedule.Meeting.Resp.Pos", "Tentative" => "IPM.Schedule.Meeting.Resp.Tent", _ => "IPM.Schedule.Meeting.Resp.Neg" });
        if (proposal != null)
        {
            mail.Values.Set("ProposedStart", ExchangeTime.Format(proposal.Start));
            mail.Values.Set("ProposedEnd", ExchangeTime.Format(proposal.End));
        }

        if (!string.IsNullOrEmpty(body))
            mail.Values.Set("Body", BodyText.Store(body, isHtml: false));
        _mail.Deliver(mail, mailbox);
        if (MeetingCopies.Find(mailbox, uid, MeetingCopies.OriginalStart(copy)) is { } meeting && CalendarRules.IsOrganizer(meeting))
        {
            Attendees.SetResponse(meeting, copy.Mailbox.Address, response, ExchangeTime.Format(organisation.Now), proposal);
            organisation.Saved(meeting, "Calendar Attendant");
        }
    }

    private void Invite(StoredItem meeting, string address, string requestType, bool timeChanged)
    {
        var uid = meeting.Values.Text("UID");
        organisation.Mails.Add(meeting.Mailbox.Address, address, requestType == "NewMeetingRequest" ? "request" : "update", uid, meeting.Subject, cause);
        if (organisation.FindMailbox(address) is not { } mailbox)
            return;
        var copy = MeetingCopies.Find(mailbox, uid, MeetingCopies.OriginalStart(meeting));
        var isNew = copy == null;
        if (isNew && meeting.Series != null)
        {
            // Who knew single occurrences gets the whole series instead.
            foreach (var alone in mailbox["calendar"].Items.Where(i => i.Values.Text("UID") == uid && i.Values.Has("RecurrenceId")).ToList())
                organisation.Remove(alone);
        }

        copy ??= MeetingCopies.New(organisation, meeting, mailbox);
        MeetingCopies.Update(meeting, copy, isNew);
        if (timeChanged || isNew)
        {
            copy.Values.Set("MyResponseType", "NoResponseReceived");
            copy.Values.Set("LegacyFreeBusyStatus", "Tentative");
        }

        if (isNew)
            organisation.Insert(copy, mailbox["calendar"], "Calendar Attendant");
        else
            organisation.Saved(copy, "Calendar Attendant");
        var mail = _mail.Make(ItemKind.MeetingRequest, meeting, meeting.Mailbox.Address, mailbox, meeting.Subject);
        mail.Values.Set("MeetingRequestType", requestType);
        mail.Values.Set("AssociatedCalendarItemId", new Node("t", "AssociatedCalendarItemId").With("Id", copy.Id).With("ChangeKey", copy.ChangeKey));
        _mail.Deliver(mail, mailbox);
    }

    private void CancelAt(StoredItem meeting, string address)
    {
        var uid = meeting.Values.Text("UID");
        var subject = MeetingMail.Prefixed(meeting, meeting.Subject);
        organisation.Mails.Add(meeting.Mailbox.Address, address, "cancellation", uid, subject, cause);
        if (organisation.FindMailbox(address) is not { } mailbox)
            return;
        var copy = MeetingCopies.Find(mailbox, uid, MeetingCopies.OriginalStart(meeting));
        var isGone = copy?.Occurrence is { } occurrence && occurrence.Series.Deleted.Contains(occurrence.Date);
        if (copy != null && !isGone && !CalendarRules.IsOrganizer(copy))
        {
            copy.Values.Set("IsCancelled", true);
            copy.Values.Set("AppointmentState", "7");
            copy.Values.Set("Subject", MeetingMail.Prefixed(copy, copy.Subject));
            copy.Values.Set("LegacyFreeBusyStatus", "Free");
            organisation.Saved(copy, "Calendar Attendant");
        }

        _mail.Deliver(_mail.Make(ItemKind.MeetingCancellation, meeting, meeting.Mailbox.Address, mailbox, subject), mailbox);
    }

    private static int Sequence(StoredItem item) => int.Parse(item.Values.Text("AppointmentSequenceNumber") ?? "0", CultureInfo.InvariantCulture);

    private static bool Contains(IEnumerable<string> list, string address) => list.Contains(address, StringComparer.OrdinalIgnoreCase);
}
