using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Who sees and writes which schedule items (design.md section 7).</summary>
internal static class ScheduleAccess
{
    public static Problem Forbidden => new(ProblemKind.Forbidden, "This item belongs to somebody else. Ask its owner, or sign in as a person who may write it.");

    public static bool MayWrite(Viewer viewer, Guid ownerId) => viewer.ActsForEveryone || viewer.UserId == ownerId;

    public static bool IsPrivate(Participation part) => part.Sensitivity is Sensitivity.Private or Sensitivity.Confidential;

    /// <summary>Participations through which the viewer sees items: one's own, and those of others that are not private and whose person is in one's team.</summary>
    /// <param name="of">Only through this person; null: through anybody.</param>
    public static IQueryable<Participation> Visible(CrmSyncDbContext database, Viewer viewer, Guid? of)
    {
        var own = viewer.UserId;
        var seesPrivate = viewer.SeesPrivate;
        var parts = database.Participations.AsNoTracking().Where(part =>
            part.UserId == own || seesPrivate || (part.Sensitivity != Sensitivity.Private && part.Sensitivity != Sensitivity.Confidential));
        if (!viewer.ActsForEveryone)
        {
            parts = parts.Where(part => part.UserId == own || database.Users.Any(other => other.Id == part.UserId && other.TeamId != null
                && database.Users.Any(me => me.Id == own && me.TeamId == other.TeamId)));
        }
        return of is { } person ? parts.Where(part => part.UserId == person) : parts;
    }

    public static async Task<bool> MaySeeAsync(
        CrmSyncDbContext database, Viewer viewer, ScheduleItem row, IReadOnlyList<Participation> people, CancellationToken cancellation)
    {
        if (people.Any(part => part.UserId == viewer.UserId) || row.OwnerId == viewer.UserId)
            return true;
        // Everybody's copy was taken away (filtered or made private): only a trusted service still sees what is left.
        if (people.Count == 0)
            return viewer.ActsForEveryone;
        return await Visible(database, viewer, null).AnyAsync(part => part.ItemId == row.Id, cancellation);
    }

    /// <summary>Whose personal fields are shown: the one asked for, the viewer's own, the owner's, or the first that is not private.</summary>
    public static Guid WhoseView(Viewer viewer, ScheduleItem row, IReadOnlyList<Participation> people, Guid? asked)
    {
        bool Shown(Guid? user) => user is not null && people.Any(part => part.UserId == user && (user == viewer.UserId || viewer.SeesPrivate || !IsPrivate(part)));
        return Shown(asked) ? asked!.Value
            : Shown(viewer.UserId) ? viewer.UserId!.Value
            : Shown(row.OwnerId) ? row.OwnerId
            : people.FirstOrDefault(part => !IsPrivate(part))?.UserId ?? row.OwnerId;
    }

    /// <summary>Why this change may not be made; null when it may.</summary>
    public static Problem? Refuse(Viewer viewer, ScheduleItem row, IReadOnlyList<Participation> people, ScheduleFields fields, Guid whose)
    {
        if ((fields & ScheduleFields.Shared) != 0)
        {
            if (!MayWrite(viewer, row.OwnerId))
                return Forbidden;
            if (row.AuthorityLinkId is not null && !row.AuthorityIsOrganizer)
            {
                return new Problem(
                    ProblemKind.Conflict,
                    $"{row.OrganizerName ?? row.OrganizerAddress ?? "Somebody outside of the CRM"} organizes this meeting, so its time, subject and attendees are changed there and it is cancelled there. "
                    + "Here only showAs, sensitivity, categories and reminder can be changed.");
            }
        }
        if ((fields & ScheduleFields.Personal) != 0 && !MayWrite(viewer, whose))
            return Forbidden;
        return (fields & ScheduleFields.Personal) != 0 && whose != row.OwnerId && people.All(part => part.UserId != whose)
            ? new Problem(ProblemKind.Conflict, "This person takes no part in the item, so there are no personal fields to change.")
            : null;
    }
}
