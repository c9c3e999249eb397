using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Planning;

/// <summary>How many mails to attendees a link may cause in an hour (invariant 11, case E23). Pure.</summary>
/// <param name="Since">When the hour began; null: no mail yet.</param>
/// <param name="Sent">Mails since then.</param>
public sealed record MailBudget(DateTime? Since, int Sent)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <summary>The budget after these mails; null when they are too many for what is left of the hour.</summary>
    /// <param name="approval">Lets more through, up to its own count, until it expires.</param>
    public MailBudget? Take(int mails, int perHour, HoldApproval? approval, DateTime now)
    {
        var current = At(now);
        var allowed = approval is not null && approval.Until > now ? perHour + approval.Count : perHour;
        return mails == 0 || current.Sent + mails <= allowed ? current with { Sent = current.Sent + mails } : null;
    }

    /// <summary>When the hour is over.</summary>
    public DateTime EndsAt(DateTime now) => (Since is { } since && since + Window > now ? since : now) + Window;

    /// <summary>The mails that a write causes at most: one per attendee.</summary>
    public static int CountOf(InvitationMail mail, ScheduleContent before, ScheduleContent after) => mail switch
    {
        InvitationMail.None => 0,
        InvitationMail.ToAll => after.Attendees.Concat(before.Attendees).DistinctBy(attendee => attendee.Who.Address, StringComparer.OrdinalIgnoreCase).Count(),
        _ => after.Attendees.Count(one => !before.Attendees.Any(one.SameInvitationAs)) + before.Attendees.Count(one => !after.Attendees.Any(one.SameInvitationAs)),
    };

    public MailBudget At(DateTime now) => Since is { } since && since + Window > now ? this : new MailBudget(now, 0);
}
