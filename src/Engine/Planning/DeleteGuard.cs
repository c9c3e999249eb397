namespace CrmSync.Engine.Planning;

/// <summary>What the run plan says about the deletes of one run (invariant 10). Pure.</summary>
/// <param name="MayProceed">The deletes may be carried out.</param>
/// <param name="Reason">For the person who is asked otherwise.</param>
public sealed record DeleteVerdict(bool MayProceed, string Reason);

/// <summary>The mass-change guard at run level: counts the deletes of all item plans of a run against the link's size.</summary>
public static class DeleteGuard
{
    /// <param name="deletes">Deletes that this run wants.</param>
    /// <param name="pairs">Living pairs of the link, those to be deleted included.</param>
    /// <param name="percent">Share above which a person is asked.</param>
    /// <param name="minimum">That many are never held.</param>
    /// <param name="isApproved">A person allowed it, and the permission has not expired.</param>
    public static DeleteVerdict Judge(int deletes, int pairs, int percent, int minimum, bool isApproved)
    {
        if (deletes <= minimum || (long)deletes * 100 <= (long)pairs * percent)
            return new(true, "within the guard's share");
        return isApproved
            ? new(true, $"{deletes} of {pairs} items, approved by a person")
            : new(false, $"{deletes} of {pairs} items of this link would be deleted in the CRM, more than {percent} %. Nothing was deleted. Approve the deletes or read the folder anew.");
    }
}
