using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A deletion that waits: which item, since when. The subject is null for private items of others.</summary>
public sealed record HeldDelete(Guid ItemId, string? Subject, DateTime? StartUtc, DateTime FoundAt, PendingDeleteState State);

/// <summary>What guards hold, for the people who decide about it.</summary>
public sealed class HoldService(CrmSyncStore store, LinkService links)
{
    public const int DefaultHours = 24;
    private const int MaxHours = 24 * 7;

    /// <summary>Allows what a guard holds, or gives a standing permission for what may come.</summary>
    /// <param name="count">As many as the person saw; needed without a hold, and refused when it has become more.</param>
    /// <param name="hours">When the permission expires.</param>
    public async Task<Outcome<LinkView>> ApproveAsync(Viewer viewer, Guid linkId, HoldKind kind, int? count, int hours, CancellationToken cancellation)
    {
        if (hours is < 1 or > MaxHours)
            return Problem.Of([new FieldProblem("hours", $"{hours} is not between 1 and {MaxHours}.", $"Leave it out for {DefaultHours}.")])!;
        if (await links.FindAsync(linkId, cancellation) is not { } view)
            return new Problem(ProblemKind.NotFound, $"There is no link {linkId}.");
        var held = view.State.Holds?.FirstOrDefault(hold => hold.Kind == kind);
        if (held is null && count is null)
            return new Problem(ProblemKind.Conflict, $"Nothing of this kind ({kind}) is held on this link now: it was approved or has passed. For a standing permission say for how many ('count').");
        if (held is not null && count < held.Count)
            return new Problem(ProblemKind.Stale, $"You approve {count}, but {held.Count} are held now. Look again, then approve that many.");
        if (count < 0)
            return Problem.Of([new FieldProblem("count", $"{count} is negative.", "Give how many you approve.")])!;
        var approval = new HoldApproval(kind, count ?? held!.Count, store.UtcNow.AddHours(hours), viewer.Actor, store.UtcNow, held?.Since);
        return await links.OperateAsync(viewer, linkId, $"link.approve.{kind}", async (transaction, link) =>
        {
            var state = await transaction.Database.LinkStates.FirstAsync(row => row.LinkId == linkId, cancellation);
            state.Approvals = [.. (state.Approvals ?? []).Where(other => other.Kind != kind), approval];
            await transaction.Database.SaveChangesAsync(cancellation);
            // What was put off is due now.
            await transaction.Database.Queue.Where(message => message.LinkId == linkId && message.State == MessageState.Waiting && message.ErrorCode == Held)
                .ExecuteUpdateAsync(set => set.SetProperty(message => message.NotBeforeMs, 0L), cancellation);
            await QueueWriter.PutAsync(transaction, [LinkService.Look(link)], cancellation);
        }, cancellation);
    }

    /// <summary>Deletions that were found in Exchange and wait: held by the guard, or not yet proven. In the order of their items.</summary>
    public async Task<Outcome<Page<HeldDelete>>> ListDeletesAsync(Viewer viewer, Guid linkId, string? after, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var last = Guid.TryParse(after, out var id) ? id : Guid.Empty;
        var own = viewer.UserId;
        var rows = await (
            from delete in database.PendingDeletes.AsNoTracking()
            join pair in database.ItemLinks on delete.ItemLinkId equals pair.Id
            join item in database.ScheduleItems on pair.ItemId equals item.Id
            join link in database.Links on delete.LinkId equals link.Id
            where delete.LinkId == linkId && delete.ItemLinkId > last
            orderby delete.ItemLinkId
            select new
            {
                delete, item.Id, item.Subject, item.StartUtc,
                IsPrivate = link.UserId != own && database.Participations.Any(part => part.ItemId == item.Id && part.UserId == link.UserId
                    && (part.Sensitivity == Sensitivity.Private || part.Sensitivity == Sensitivity.Confidential)),
            }).Take(max + 1).ToListAsync(cancellation);
        var page = PageKey.Cut(rows, max, row => row.delete.ItemLinkId.ToString());
        return new Page<HeldDelete>(
            [.. page.Items.Select(row => new HeldDelete(row.Id, row.IsPrivate && !viewer.SeesPrivate ? null : row.Subject, row.StartUtc, row.delete.FoundAt, row.delete.State))], page.Next);
    }

    // The outbound roads write it (OutboundResults.HeldCode); the CRM does not know their room.
    private const string Held = "CrmSync.Held";
}
