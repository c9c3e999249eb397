using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

public enum QuarantineKind
{
    /// <summary>A pair that is rewritten from both sides in turn, cannot be read any more, or cannot be planned.</summary>
    Pair = 0,

    /// <summary>An item of the folder that never could be read.</summary>
    Unreadable = 1,

    /// <summary>A message that Exchange refused too often: a dead letter of the queue.</summary>
    Message = 2,
}

/// <summary>Something that is left alone until a person looks at it.</summary>
/// <param name="Id">For <see cref="QuarantineService.ReleaseAsync"/>.</param>
/// <param name="Subject">Null for private items, and where it is not known.</param>
public sealed record QuarantinedItem(string Id, QuarantineKind Kind, Guid LinkId, string Mailbox, Guid? ItemId, string? Subject, DateTime Since, string Reason);

/// <summary>All that was parked, whichever way it failed, with its reason; and the way out of it.</summary>
public sealed class QuarantineService(CrmSyncStore store, LinkService links, QueueService queue)
{
    private const string Unreadable = "Unreadable";

    /// <summary>The newest of each kind, at most <paramref name="max"/> of each.</summary>
    public async Task<Outcome<IReadOnlyList<QuarantinedItem>>> ListAsync(Viewer viewer, Guid? linkId, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var pairs = await (
            from pair in database.ItemLinks.AsNoTracking()
            where pair.QuarantinedAt != null && (linkId == null || pair.LinkId == linkId)
            join item in database.ScheduleItems on pair.ItemId equals item.Id
            join link in database.Links on pair.LinkId equals link.Id
            orderby pair.QuarantinedAt descending
            select new
            {
                pair.Id, pair.LinkId, link.Mailbox, pair.ItemId, item.Subject, pair.QuarantinedAt, pair.QuarantineReason,
                IsPrivate = database.Participations.Any(part => part.ItemId == item.Id && part.UserId == link.UserId
                    && (part.Sensitivity == Sensitivity.Private || part.Sensitivity == Sensitivity.Confidential)),
            }).Take(max).ToListAsync(cancellation);
        var unreadable = await (
            from row in database.Inventory.AsNoTracking()
            where row.SkipReason == Unreadable && (linkId == null || row.LinkId == linkId)
            join link in database.Links on row.LinkId equals link.Id
            orderby row.UpdatedAt descending
            select new { row, link.Mailbox }).Take(max).ToListAsync(cancellation);
        var messages = await (
            from message in database.Queue.AsNoTracking()
            where message.State == MessageState.DeadLetter && (linkId == null || message.LinkId == linkId)
            join link in database.Links on message.LinkId equals link.Id
            orderby message.EnqueuedAtMs descending
            select new { message, link.Mailbox }).Take(max).ToListAsync(cancellation);
        return new Outcome<IReadOnlyList<QuarantinedItem>>(
            [
                .. pairs.Select(row => new QuarantinedItem(
                    $"pair-{row.Id}", QuarantineKind.Pair, row.LinkId, row.Mailbox, row.ItemId, row.IsPrivate && !viewer.SeesPrivate ? null : row.Subject, row.QuarantinedAt!.Value, row.QuarantineReason ?? "")),
                .. unreadable.Select(row => new QuarantinedItem(
                    $"unreadable-{row.row.LinkId}-{row.row.IdHash}", QuarantineKind.Unreadable, row.row.LinkId, row.Mailbox, null, row.row.Subject, row.row.UpdatedAt,
                    "Exchange could not give this item, or gave what cannot be read; the activity log says why.")),
                .. messages.Select(row => new QuarantinedItem(
                    $"message-{row.message.Id}", QuarantineKind.Message, row.message.LinkId, row.Mailbox, row.message.ItemId, null,
                    DateTimeOffset.FromUnixTimeMilliseconds(row.message.EnqueuedAtMs).UtcDateTime, row.message.Error ?? "")),
            ], null);
    }

    /// <summary>Tries it again: both sides are compared anew.</summary>
    public async Task<Problem?> ReleaseAsync(Viewer viewer, string id, CancellationToken cancellation)
    {
        var (kind, rest) = id.Split('-', 2) is [var first, var second] ? (first, second) : (id, "");
        if (kind == "message" && Guid.TryParse(rest, out var message))
            return (await queue.RetryAsync(viewer, message, cancellation)).Problem;
        if (kind == "pair" && Guid.TryParse(rest, out var pairId))
        {
            await using var database = await store.ReadAsync(cancellation);
            var pair = await database.ItemLinks.AsNoTracking().FirstOrDefaultAsync(row => row.Id == pairId && row.QuarantinedAt != null, cancellation);
            return pair is null ? NotThere(id) : await ReleaseAsync(viewer, pair, cancellation);
        }
        if (kind == "unreadable" && rest.Length > 37 && Guid.TryParse(rest[..36], out var linkId) && long.TryParse(rest[37..], out var hash))
            return await ReadAgainAsync(viewer, linkId, hash, id, cancellation);
        return NotThere(id);
    }

    private async Task<Problem?> ReleaseAsync(Viewer viewer, ItemLink pair, CancellationToken cancellation) => (await links.OperateAsync(
        viewer, pair.LinkId, "quarantine.release",
        async (transaction, _) =>
        {
            await LinkQueries.FenceAsync(transaction, pair.LinkId, cancellation);
            await transaction.Database.ItemLinks.Where(row => row.Id == pair.Id).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.QuarantinedAt, (DateTime?)null).SetProperty(row => row.QuarantineReason, (string?)null).SetProperty(row => row.Churn, (string?)null),
                cancellation);
            await QueueWriter.PutAsync(
                transaction,
                [
                    new QueueRequest(MessageKind.CheckUp, pair.LinkId, pair.ItemId, QueueSql.PersonPriority),
                    new QueueRequest(MessageKind.Outbound, pair.LinkId, pair.ItemId, QueueSql.PersonPriority),
                ],
                cancellation);
        },
        cancellation)).Problem;

    // Its row goes, so that nothing is known of it; the full read meets it as new.
    private async Task<Problem?> ReadAgainAsync(Viewer viewer, Guid linkId, long hash, string id, CancellationToken cancellation)
    {
        var removed = 0;
        var outcome = await links.OperateAsync(
            viewer, linkId, "quarantine.release",
            async (transaction, _) => removed = await transaction.Database.Inventory
                .Where(row => row.LinkId == linkId && row.IdHash == hash && row.SkipReason == Unreadable).ExecuteDeleteAsync(cancellation),
            cancellation);
        if (outcome.Problem is { } problem)
            return problem;
        return removed == 0 ? NotThere(id) : (await links.ResyncAsync(viewer, linkId, cancellation)).Problem;
    }

    private static Problem NotThere(string id) => new(ProblemKind.NotFound, $"There is nothing in quarantine under '{id}': it was released, edited or removed meanwhile.");
}
