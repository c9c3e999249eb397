using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Carries out what people decide about ties: as a pair, or as a mark that the engine reads. The items themselves are written by the engine alone.</summary>
/// <remarks>A decision fences the link: a session that is at work on the folder loses its lease and comes back to what was decided.</remarks>
public sealed class TieDecisions(CrmSyncStore store, TieService ties, LinkService links, QueueSignal signal)
{
    /// <summary>The Exchange item and this CRM item are the same: they become a pair, and what differs is settled by the target's conflict policy.</summary>
    /// <param name="expectedTag"><see cref="TieView.Tag"/> that the person saw; null: whatever it is now.</param>
    public async Task<Outcome<LinkView>> AdoptAsync(Viewer viewer, Guid linkId, string id, Guid itemId, string? expectedTag, string? traceId, CancellationToken cancellation)
    {
        var looked = await ties.LookAsync(viewer, linkId, id, cancellation);
        if (looked.Problem is { } problem)
            return problem;
        var scene = looked.Value!;
        if (expectedTag is not null && expectedTag != scene.View.Tag)
            return new Problem(ProblemKind.Stale, "The item was changed in Exchange since you looked. Look at it again, then decide.");
        if (scene.View.Candidates.FirstOrDefault(candidate => candidate.ItemId == itemId) is not { } twin)
            return Problem.Of([new FieldProblem("itemId", $"{itemId} is no possible twin of this item.", $"Choose one of {string.Join(", ", scene.View.Candidates.Select(candidate => candidate.ItemId))}.")])!;
        return twin.Content is null
            ? new Problem(ProblemKind.Forbidden, "This is somebody's private item. Only its person may decide about it.")
            : await DecideAsync(viewer, scene, "tie.adopt", transaction => PairAsync(transaction, viewer, scene, itemId, traceId, cancellation), cancellation);
    }

    /// <summary>It is none of them. Where the link asks, both sides' items go to the other side as different ones; where it keeps apart, they stay where they are.</summary>
    public async Task<Outcome<LinkView>> KeepApartAsync(Viewer viewer, Guid linkId, string id, string? traceId, CancellationToken cancellation)
    {
        var looked = await ties.LookAsync(viewer, linkId, id, cancellation);
        if (looked.Problem is { } problem)
            return problem;
        var scene = looked.Value!;
        return await DecideAsync(viewer, scene, "tie.apart", transaction => MarkAsync(transaction, viewer, scene, traceId, cancellation), cancellation);
    }

    private async Task<Outcome<LinkView>> DecideAsync(Viewer viewer, TieScene scene, string action, Func<StoreTransaction, Task<Problem?>> carryOut, CancellationToken cancellation)
    {
        var refusal = await store.WriteAsync<Problem?>(
            async transaction =>
            {
                await QueueWriter.LockAsync(transaction, [scene.Link.Id], cancellation);
                await LinkQueries.FenceAsync(transaction, scene.Link.Id, cancellation);
                if (await carryOut(transaction) is { } problem)
                    return (false, problem);
                await AuditLogWriter.AppendAsync(transaction, viewer, action, $"{scene.Link.Mailbox} {scene.Link.FolderName}, tie {scene.View.Id}", null, null, cancellation);
                return (true, null);
            },
            cancellation);
        if (refusal is not null)
            return refusal;
        signal.Wake();
        return (await links.FindAsync(scene.Link.Id, cancellation))!;
    }

    private async Task<Problem?> MarkAsync(StoreTransaction transaction, Viewer viewer, TieScene scene, string? traceId, CancellationToken cancellation)
    {
        // Without a key the item is not taken for known when the folder is listed again.
        if (await Row(transaction, scene).ExecuteUpdateAsync(set => set.SetProperty(row => row.SkipReason, ToldApart).SetProperty(row => row.ChangeKey, ""), cancellation) != 1)
            return Decided;
        transaction.Database.Add(Note(scene, viewer, null, "it is none of the CRM items that look like it", traceId));
        await transaction.Database.SaveChangesAsync(cancellation);
        if (!scene.View.Waits)
            return null;
        // Its change was reported long ago and will not be again: the folder is listed anew, which reads only what is not known.
        await transaction.Database.LinkStates.Where(state => state.LinkId == scene.Link.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(state => state.Cursor, (string?)null).SetProperty(state => state.IsFullRead, false), cancellation);
        await QueueWriter.PutAsync(transaction, [LinkService.Look(scene.Link), .. await OthersAsync(transaction, scene, null, traceId, cancellation)], cancellation);
        return null;
    }

    private async Task<Problem?> PairAsync(StoreTransaction transaction, Viewer viewer, TieScene scene, Guid itemId, string? traceId, CancellationToken cancellation)
    {
        var (database, link, exchange) = (transaction.Database, scene.Link, scene.Exchange);
        var isFree = await database.ScheduleItems.AnyAsync(item => item.Id == itemId && !item.IsDeleted && !database.ItemLinks.Any(pair => pair.LinkId == link.Id && pair.ItemId == itemId), cancellation);
        var meeting = exchange is { IsMeeting: true, GlobalObjectId: { } global } ? global.Value : null;
        if (meeting is not null && await database.MeetingIdentities.AnyAsync(row => row.TargetId == link.TargetId && row.GlobalObjectId == meeting && row.ItemId != itemId, cancellation))
            return new Problem(ProblemKind.Conflict, "This is a copy of a meeting that the CRM knows as another item already. Keep them apart.");
        if (!isFree || await Row(transaction, scene).ExecuteDeleteAsync(cancellation) != 1)
            return Decided;
        var pair = new ItemLink
        {
            Id = store.Ids.NewId(), LinkId = link.Id, ItemId = itemId, Kind = link.Kind, IsHome = link.IsHome, MappingVersion = link.MappingVersion, SeenGeneration = scene.Row.SeenGeneration,
            UpdatedAt = store.UtcNow,
        };
        // Without a key and a base the check-up reads it, and every difference is a conflict that the policy settles.
        database.AddRange(pair, new ItemIdentity
        {
            ItemLinkId = pair.Id, LinkId = link.Id, ExchangeId = scene.Row.ExchangeId, IdHash = scene.Row.IdHash, GlobalObjectId = exchange.GlobalObjectId?.Value,
            GlobalIdHash = exchange.GlobalObjectId is { } id ? MatchKeys.HashOf(id.Value) : null,
        });
        database.Add(Note(scene, viewer, itemId, "they are the same item", traceId));
        await database.SaveChangesAsync(cancellation);
        await database.ScheduleItems.Where(item => item.Id == itemId && item.AuthorityLinkId == null).ExecuteUpdateAsync(
            set => set.SetProperty(item => item.AuthorityLinkId, link.Id).SetProperty(item => item.AuthorityIsOrganizer, exchange.IsOrganizer || !exchange.IsMeeting), cancellation);
        await QueueWriter.PutAsync(transaction, [new QueueRequest(MessageKind.CheckUp, link.Id, itemId, QueueSql.PersonPriority, traceId), .. await OthersAsync(transaction, scene, itemId, traceId, cancellation)], cancellation);
        return null;
    }

    // They wait no longer: they are items of their own, unless another tie holds them.
    private static async Task<IReadOnlyList<QueueRequest>> OthersAsync(StoreTransaction transaction, TieScene scene, Guid? chosen, string? traceId, CancellationToken cancellation)
    {
        if (!scene.View.Waits || !scene.Link.IsHome)
            return [];
        Guid[] others = [.. scene.View.Candidates.Select(candidate => candidate.ItemId).Where(item => item != chosen)];
        // Only what the link's person made: a colleague's meeting is the colleague's to send.
        var own = await transaction.Database.ScheduleItems.Where(item => others.Contains(item.Id) && item.OwnerId == scene.Link.UserId && item.Origin == ItemOrigin.Crm && item.AuthorityLinkId == null)
            .Select(item => item.Id).ToListAsync(cancellation);
        return own.ConvertAll(item => new QueueRequest(MessageKind.Outbound, scene.Link.Id, item, TraceId: traceId));
    }

    private static IQueryable<LinkInventory> Row(StoreTransaction transaction, TieScene scene) => transaction.Database.Inventory.Where(row =>
        row.LinkId == scene.Link.Id && row.IdHash == scene.Row.IdHash && row.ExchangeId == scene.Row.ExchangeId && row.SkipReason == scene.Row.SkipReason);

    private Activity Note(TieScene scene, Viewer viewer, Guid? itemId, string what, string? traceId) => new()
    {
        Id = store.Ids.NewId(), LinkId = scene.Link.Id, ItemId = itemId, At = store.UtcNow, Action = itemId is null ? "KeepApart" : "Adopt", TraceId = traceId,
        Reason = $"{viewer.Actor} decided: {what}",
    };

    private const string ToldApart = "ToldApart";

    private static Problem Decided => new(ProblemKind.Stale, "Somebody decided this tie, or one of its items changed, in this moment. Look at the list again.");
}
