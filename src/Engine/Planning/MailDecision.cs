using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>Whom a planned write mails (invariant 11). Pure.</summary>
public static class MailDecision
{
    // What an attendee wants to be told. Categories, reminders, show-as and responses are nobody else's business.
    private const ScheduleFields WorthAMail =
        ScheduleFields.Subject | ScheduleFields.Body | ScheduleFields.Time | ScheduleFields.Location | ScheduleFields.Attendees;

    public static InvitationMail OfUpdate(ScheduleContent before, ScheduleContent after, ScheduleFields changed, MailPolicy policy, Instant now)
    {
        if (policy == MailPolicy.Silent || (changed & WorthAMail) == 0 || !(before.HasAttendees || after.HasAttendees) || IsPast(before, now) && IsPast(after, now))
            return InvitationMail.None;
        return (changed & WorthAMail) == ScheduleFields.Attendees ? InvitationMail.ToChanged : InvitationMail.ToAll;
    }

    public static bool Invites(ScheduleContent content, MailPolicy policy, Instant now) =>
        policy == MailPolicy.Invite && content.HasAttendees && !IsPast(content, now);

    public static CancellationMail OfDelete(ScheduleContent content, bool wasInvited, MailPolicy policy, Instant now) =>
        policy == MailPolicy.Invite && wasInvited && content.HasAttendees && !content.IsCancelled && !IsPast(content, now)
            ? CancellationMail.ToAll
            : CancellationMail.None;

    private static bool IsPast(ScheduleContent content, Instant now) => content.Time.End <= now;
}
