using CrmSync.Engine.Planning;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Gives an item that is alive again its copies in Exchange back.</summary>
internal static class CopyRevival
{
    /// <summary>Which links are to work on it: those whose copy lives look at it, the one that holds its own copy makes it anew.</summary>
    /// <remarks>Looked up before anything is written, so that the caller can lock the links in the common order.</remarks>
    public static async Task<List<QueueRequest>> RequestsAsync(CrmSyncDbContext database, ScheduleItem item, string? traceId, CancellationToken cancellation)
    {
        var buried = await database.ItemLinks.AsNoTracking().Where(pair => pair.ItemId == item.Id && pair.Tombstone != Tombstone.None).ToListAsync(cancellation);
        var known = await database.ItemIdentities.AsNoTracking().Where(identity => database.ItemLinks.Any(pair => pair.ItemId == item.Id && pair.Id == identity.ItemLinkId))
            .Select(identity => identity.ItemLinkId).ToListAsync(cancellation);
        return
        [
            .. buried.Where(pair => pair.Tombstone == Tombstone.DeletedInCrm && known.Contains(pair.Id))
                .Select(pair => new QueueRequest(MessageKind.CheckUp, pair.LinkId, item.Id, TraceId: traceId)),
            .. buried.Where(pair => IsMadeAnew(pair, item) && !(pair.Tombstone == Tombstone.DeletedInCrm && known.Contains(pair.Id)))
                .Select(pair => new QueueRequest(MessageKind.Outbound, pair.LinkId, item.Id, TraceId: traceId)),
        ];
    }

    /// <summary>Starts the buried pairs over that are to be made anew. The links must be locked and fenced.</summary>
    public static async Task ReviveAsync(CrmSyncDbContext database, ScheduleItem item, IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation)
    {
        var links = requests.Where(request => request.Kind == MessageKind.Outbound).Select(request => request.LinkId).ToArray();
        var pairs = await database.ItemLinks.AsNoTracking()
            .Where(pair => pair.ItemId == item.Id && links.Contains(pair.LinkId) && pair.Tombstone != Tombstone.None).Select(pair => pair.Id).ToListAsync(cancellation);
        await database.ItemIdentities.Where(identity => pairs.Contains(identity.ItemLinkId)).ExecuteDeleteAsync(cancellation);
        await database.ItemLinks.Where(pair => pairs.Contains(pair.Id)).ExecuteUpdateAsync(
            set => set.SetProperty(pair => pair.Tombstone, Tombstone.None).SetProperty(pair => pair.IntentState, IntentState.None).SetProperty(pair => pair.IntentId, (Guid?)null)
                .SetProperty(pair => pair.ConfirmedAttempt, (int?)null).SetProperty(pair => pair.BaseSnapshot, (string?)null).SetProperty(pair => pair.SentSnapshot, (string?)null).SetProperty(pair => pair.InviteState, InviteState.None),
            cancellation);
    }

    // An attendee's copy is its organizer's to send; only an item's own copy is ours to make.
    private static bool IsMadeAnew(ItemLink pair, ScheduleItem item) =>
        pair.Tombstone is Tombstone.DeletedInCrm or Tombstone.DeletedInExchange or Tombstone.NotBroughtIn
        && SessionContext.RoleOf(item, pair.LinkId) == CopyRole.Own;
}
