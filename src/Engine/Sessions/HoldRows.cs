using CrmSync.Engine.Planning;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Sessions;

/// <summary>What guards hold on the session's link, kept in its state.</summary>
public static class HoldRows
{
    public static LinkHold? HoldOf(this SessionContext session, HoldKind kind) => session.State.Holds?.FirstOrDefault(hold => hold.Kind == kind);

    public static HoldApproval? ApprovalOf(this SessionContext session, HoldKind kind) => session.State.Approvals?.FirstOrDefault(approval => approval.Kind == kind);

    /// <summary>Asks the mass guard, and keeps its answer: a hold begins, grows or ends; one that was approved lasts until its work is done. The caller saves the state.</summary>
    /// <returns>What it says, and whether the state changed.</returns>
    public static (GuardVerdict Verdict, bool IsNew) Judge(this SessionContext session, HoldKind kind, int number, int pairs, GuardLimits limits)
    {
        var verdict = MassGuard.Judge(kind, number, pairs, limits, session.HoldOf(kind), session.ApprovalOf(kind), session.UtcNow);
        return (verdict, verdict.MayProceed ? !verdict.ByApproval && session.Release(kind) : session.Hold(kind, number, pairs, verdict.Reason));
    }

    /// <summary>False: it was held like that already.</summary>
    public static bool Hold(this SessionContext session, HoldKind kind, int count, int of, string reason)
    {
        var held = session.HoldOf(kind);
        var hold = new LinkHold(kind, count, of, reason, held?.Since ?? session.UtcNow);
        if (hold == held)
            return false;
        session.State.Holds = [.. (session.State.Holds ?? []).Where(other => other.Kind != kind), hold];
        ShowHolds(session.State, session.UtcNow);
        return true;
    }

    /// <summary>False: nothing of the kind was held.</summary>
    public static bool Release(this SessionContext session, HoldKind kind)
    {
        if (session.HoldOf(kind) is null)
            return false;
        session.State.Holds = session.State.Holds!.Count == 1 ? null : [.. session.State.Holds.Where(other => other.Kind != kind)];
        ShowHolds(session.State, session.UtcNow);
        return true;
    }

    /// <summary>A link with holds says that it waits, and for what.</summary>
    public static void ShowHolds(LinkState state, DateTime now)
    {
        if (state.Holds is { Count: > 0 } holds)
        {
            if (state.LastError != holds[0].Reason)
                state.LastErrorAt = now;
            (state.Health, state.LastError, state.LastErrorCode) = (LinkHealth.Held, holds[0].Reason, $"Guard.{holds[0].Kind}");
        }
        else if (state.Health == LinkHealth.Held)
        {
            (state.Health, state.LastError, state.LastErrorCode, state.LastErrorAt) = (LinkHealth.Healthy, null, null, null);
        }
    }

    public static Activity NoteHold(this SessionContext session, string reason, int count) => new()
    {
        Id = session.Ids.NewId(), LinkId = session.LinkId, At = session.UtcNow, Action = "Hold", Reason = reason, Count = count, TraceId = session.TraceId,
    };

    /// <summary>Spends mails of the hour's budget; false when they are too many for what is left of it.</summary>
    public static bool MayMail(this SessionContext session, int mails)
    {
        var budget = new MailBudget(session.State.MailsSince, session.State.MailsSent);
        if (budget.Take(mails, session.Guards.MailsPerHour, session.ApprovalOf(HoldKind.Mails), session.UtcNow) is not { } left)
            return false;
        if (mails > 0)
            (session.State.MailsSince, session.State.MailsSent) = (left.Since, left.Sent);
        return true;
    }
}
