using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>The mails that meetings travel by: made, delivered, kept in Sent Items.</summary>
public sealed class MeetingMail(Organisation organisation)
{
    public StoredItem Make(ItemKind kind, StoredItem meeting, string from, Mailbox to, string subject)
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
        if (MeetingCopies.OriginalStart(meeting) is { } original)
            mail.Values.Set("RecurrenceId", ExchangeTime.Format(original));
        if (kind == ItemKind.MeetingRequest)
        {
            foreach (var field in new[] { "Start", "End", "IsAllDayEvent", "Location", "RequiredAttendees", "OptionalAttendees", "Organizer", "StartTimeZone", "EndTimeZone", "Recurrence" })
                mail.Values.Set(field, meeting.Values[field]);
            mail.Values.Set("IsMeeting", true);
        }

        return mail;
    }

    public void Deliver(StoredItem mail, Mailbox mailbox)
    {
        mail.Values.Set("DateTimeReceived", ExchangeTime.Format(organisation.Now));
        organisation.Insert(mail, mailbox["inbox"], "Transport");
        organisation.NewMail(mail);
    }

    public void SaveCopy(StoredItem meeting, SendTo send, ItemKind kind, IReadOnlyCollection<string> to)
    {
        if (send is not (SendTo.AllAndSaveCopy or SendTo.ChangedAndSaveCopy) || to.Count == 0)
            return;
        var sent = Make(kind, meeting, meeting.Mailbox.Address, meeting.Mailbox, kind == ItemKind.MeetingCancellation ? Prefixed(meeting, meeting.Subject) : meeting.Subject);
        sent.Values.Set("ToRecipients", Node.Types("ToRecipients", "", [.. to.Select(a => Attendees.Mailbox(organisation, a, null))]));
        sent.Values.Set("IsRead", true);
        organisation.Insert(sent, meeting.Mailbox["sentitems"], meeting.Mailbox.DisplayName);
    }

    /// <summary>Localised in the real server; English here.</summary>
    public static string Prefixed(StoredItem item, string subject)
    {
        var prefix = item.Mailbox.Habits.CancelledPrefix;
        return subject.StartsWith(prefix, StringComparison.Ordinal) ? subject : prefix + subject;
    }
}
