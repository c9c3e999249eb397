using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Remembered deletions: what was deleted in Exchange is not sent again by itself (case E21). A person may offer it again.</summary>
public sealed class TombstoneService(CrmSyncStore store, LinkService links)
{
    /// <summary>Sends an item of the CRM again whose copy was deleted in Exchange. Attendees are invited anew, as the target's mail policy says.</summary>
    public async Task<Outcome<LinkView>> ReofferAsync(Viewer viewer, Guid linkId, Guid itemId, string? traceId, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        await using (var database = await store.ReadAsync(cancellation))
        {
            var item = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(row => row.Id == itemId, cancellation);
            var pair = await database.ItemLinks.AsNoTracking().FirstOrDefaultAsync(row => row.LinkId == linkId && row.ItemId == itemId, cancellation);
            if (item is null || pair is null)
                return new Problem(ProblemKind.NotFound, $"Link {linkId} knows no item {itemId}.");
            if (item.IsDeleted)
                return new Problem(ProblemKind.Conflict, "The item is deleted in the CRM as well. Restore it there first; its copy follows.");
            if (pair.Tombstone == Tombstone.None)
                return new Problem(ProblemKind.Conflict, "The item's copy lives: there is nothing to offer again.");
            if (pair.Tombstone == Tombstone.Withdrawn)
                return new Problem(ProblemKind.Conflict, "The link's rules withdrew this item; its copy lives in Exchange. Change the rules to have it back.");
            if (item.AuthorityLinkId is not null && !(item.AuthorityLinkId == linkId && item.AuthorityIsOrganizer))
                return new Problem(ProblemKind.Conflict, "Somebody else organizes this meeting: only the organizer can send it again.");
        }
        return await links.OperateAsync(
            viewer, linkId, "item.re-offer",
            async (transaction, _) =>
            {
                await LinkQueries.FenceAsync(transaction, linkId, cancellation);
                var request = new QueueRequest(MessageKind.Outbound, linkId, itemId, QueueSql.PersonPriority, traceId);
                var item = await transaction.Database.ScheduleItems.AsNoTracking().FirstAsync(row => row.Id == itemId, cancellation);
                await CopyRevival.ReviveAsync(transaction.Database, item, [request], cancellation);
                await QueueWriter.PutAsync(transaction, [request], cancellation);
            },
            cancellation);
    }
}
