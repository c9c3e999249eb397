using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>What a link's settings must be, alone and among the other links.</summary>
internal static class LinkValidation
{
    /// <summary>What may change in a link's life.</summary>
    public static void CopySettings(SyncLink from, SyncLink to)
    {
        (to.FolderName, to.Direction, to.IsEnabled, to.IsHome, to.DefaultZone) = (from.FolderName, from.Direction, from.IsEnabled, from.IsHome, from.DefaultZone);
        (to.AcceptedShowAs, to.AcceptedSensitivities) = (from.AcceptedShowAs, from.AcceptedSensitivities);
        (to.WindowDaysBack, to.WindowDaysAhead) = (from.WindowDaysBack, from.WindowDaysAhead);
        (to.FirstSync, to.StartDate) = (from.FirstSync, from.StartDate);
        (to.DeleteGuardPercent, to.DeleteGuardCount) = (from.DeleteGuardPercent, from.DeleteGuardCount);
        (to.ChangeGuardPercent, to.ChangeGuardCount, to.MailsPerHour) = (from.ChangeGuardPercent, from.ChangeGuardCount, from.MailsPerHour);
        to.MappingVersion = Math.Max(to.MappingVersion, from.MappingVersion);
    }

    public static async Task<IReadOnlyList<FieldProblem>> CheckAsync(CrmSyncDbContext database, SyncLink link, CancellationToken cancellation)
    {
        var problems = new List<FieldProblem>();
        void Add(string field, string cause, string cure) => problems.Add(new FieldProblem(field, cause, cure));

        void Range(string field, int? value, int high)
        {
            if (value < 0 || value > high)
                Add(field, $"{value} is not between 0 and {high}.", "Give a number in that range, or nothing to keep the target's.");
        }

        if (!ScheduleValidation.IsAddress(link.Mailbox))
            Add("mailbox", $"'{link.Mailbox}' is no mail address.", "Give the mailbox's address, for example anna@contoso.test.");
        if (TimeZones.Find(link.DefaultZone) is null)
            Add("defaultZone", $"'{link.DefaultZone}' is no known time zone.", "Use an IANA id such as Europe/Berlin or a Windows id.");
        if (link.WindowDaysBack < 0 || link.WindowDaysAhead < 0)
            Add("window", "Days cannot be negative.", "Give a number of days, or nothing for no bound.");
        Range("deleteGuardPercent", link.DeleteGuardPercent, 100);
        Range("deleteGuardCount", link.DeleteGuardCount, 1_000_000);
        Range("changeGuardPercent", link.ChangeGuardPercent, 100);
        Range("changeGuardCount", link.ChangeGuardCount, 1_000_000);
        Range("mailsPerHour", link.MailsPerHour, 1_000_000);
        if (link.AcceptedShowAs is [] || link.AcceptedSensitivities is [])
            Add("rules", "An empty list would let no item in.", "Name what is accepted, or give nothing to accept all.");
        if (!await database.Users.AnyAsync(user => user.Id == link.UserId, cancellation))
            Add("userId", $"There is no person {link.UserId}.", "Create the person first.");
        var target = await database.Targets.AsNoTracking().FirstOrDefaultAsync(row => row.Id == link.TargetId, cancellation);
        if (target is null)
        {
            Add("targetId", $"There is no target {link.TargetId}.", "Create the target first.");
            return problems;
        }
        var widest = link.Kind switch { ItemKind.Schedule => target.ScheduleDirection, ItemKind.Task => target.TaskDirection, _ => target.ContactDirection };
        if ((link.Direction & ~widest) != 0)
            Add("direction", $"Target '{target.Name}' allows {widest} for this kind, not {link.Direction}.", "Narrow the link's direction, or widen the target's.");
        if ((link.Direction & SyncDirection.Outbound) != 0 && await OthersOf(database, link)
            .AnyAsync(other => other.TargetId == link.TargetId && other.Mailbox == link.Mailbox && other.FolderId == link.FolderId
                && (other.Direction & SyncDirection.Outbound) != 0, cancellation))
            Add("folderId", "Another link already sends items of this kind to this folder.", "Use that link, choose another folder, or make this one inbound only.");
        if (link.IsHome && await OthersOf(database, link).AnyAsync(other => other.UserId == link.UserId && other.IsHome, cancellation))
            Add("isHome", "This person's new items of this kind already go to another link.", "Switch that off first, or make this link no home.");
        return problems;
    }

    private static IQueryable<SyncLink> OthersOf(CrmSyncDbContext database, SyncLink link) =>
        database.Links.AsNoTracking().Where(other => other.Id != link.Id && other.Kind == link.Kind);
}
