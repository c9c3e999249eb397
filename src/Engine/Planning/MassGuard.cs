using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Planning;

/// <summary>When so many of a link's items are concerned at once that a person is asked.</summary>
/// <param name="Percent">More than this share of the link's items.</param>
/// <param name="Minimum">So many are never held for their share.</param>
/// <param name="Count">More than this many are held whatever their share; 0: no such bound.</param>
/// <param name="AllMinimum">Nine in ten of the link's items and at least so many at once look like an accident; 0: not looked for.</param>
public sealed record GuardLimits(int Percent, int Minimum, int Count, int AllMinimum = 0);

/// <summary>The guards of a link, resolved from target and link.</summary>
public sealed record LinkGuards(GuardLimits Deletes, GuardLimits Changes, int MailsPerHour, int RewritesPerHour)
{
    public static LinkGuards Of(SyncTarget target, SyncLink link) => new(
        new(link.DeleteGuardPercent ?? target.DeleteGuardPercent, target.DeleteGuardMinimum, link.DeleteGuardCount ?? target.DeleteGuardCount),
        new(link.ChangeGuardPercent ?? target.ChangeGuardPercent, target.ChangeGuardMinimum, link.ChangeGuardCount ?? target.ChangeGuardCount, target.AllChangedMinimum),
        link.MailsPerHour ?? target.MailsPerHour, target.RewritesPerHour);
}

/// <summary>What the run plan says about a number of deletes or changes (invariant 10). Pure.</summary>
/// <param name="MayProceed">They may be carried out.</param>
/// <param name="Reason">For the activity log, or for the person who is asked.</param>
/// <param name="ByApproval">They may only because a person approved them.</param>
public sealed record GuardVerdict(bool MayProceed, string Reason, bool ByApproval = false);

/// <summary>The mass-change guard at run level: counts what all item plans of a run want against the link's size. Pure.</summary>
public static class MassGuard
{
    private const int AllPercent = 90;

    /// <param name="number">How many items the run concerns.</param>
    /// <param name="pairs">Living pairs of the link.</param>
    /// <param name="held">What is held already of this kind; null: nothing.</param>
    /// <param name="approval">A person's permission of this kind, valid or not; null: none.</param>
    public static GuardVerdict Judge(HoldKind kind, int number, int pairs, GuardLimits limits, LinkHold? held, HoldApproval? approval, DateTime now)
    {
        if (Excess(kind, number, pairs, limits) is not { } excess)
            return new(true, "within the guard's share");
        if (approval is null || (approval.HoldSince is { } since && since != held?.Since))
            return new(false, $"{excess} Nothing was done. Approve it, or mend the cause and read the folder anew.");
        if (approval.Until <= now)
            return new(false, $"{excess} {approval.By} approved {approval.Count} until {approval.Until:yyyy-MM-dd HH:mm} UTC, which has passed. Approve it anew.");
        return number > approval.Count
            ? new(false, $"{excess} {approval.By} approved {approval.Count}; it has become more. Look at it, and approve it anew.")
            : new(true, $"{number} of {pairs} items, approved by {approval.By}", ByApproval: true);
    }

    private static string? Excess(HoldKind kind, int number, int pairs, GuardLimits limits)
    {
        var what = $"{number} of {pairs} items of this link {Verb(kind)}";
        if (limits.Count > 0 && number > limits.Count)
            return $"{what}, more than {limits.Count} at once.";
        if (number > limits.Minimum && (long)number * 100 > (long)pairs * limits.Percent)
            return $"{what}, more than {limits.Percent} %.";
        // People edit some items; a server or a mapping that goes wrong edits all.
        return limits.AllMinimum > 0 && number >= limits.AllMinimum && (long)number * 100 >= (long)pairs * AllPercent
            ? $"{what}: all or nearly all at once, which looks like an accident of a server or a mapping."
            : null;
    }

    private static string Verb(HoldKind kind) => kind switch
    {
        HoldKind.DeletesInCrm => "would be deleted in the CRM",
        HoldKind.ChangesInCrm => "would be changed in the CRM",
        HoldKind.DeletesInExchange => "would be deleted in Exchange",
        _ => "would be changed in Exchange",
    };
}
