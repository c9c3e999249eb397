using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Outbound;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>An item of ours that arrived late beside the one that lives.</summary>
/// <param name="Item">As it was read.</param>
/// <param name="Link">The pair of the one that lives.</param>
/// <param name="Mail">Whom its removal tells.</param>
public readonly record struct Stray(ExchangeItem Item, ItemLink Link, CancellationMail Mail);

/// <summary>Takes our late creates out of a folder, without taking along what a person did with them in that moment.</summary>
public sealed class LateCreates(SessionContext session)
{
    private readonly DeletedCopies _deleted = new(session);

    /// <returns>False: the page is to be planned again, because others saved before, or because a person was at work on one of them.</returns>
    public async Task<bool> RemoveAsync(PagePlan plan, CancellationToken cancellation)
    {
        var rows = plan.StrayRows;
        if (rows.Takeovers.Count + rows.Meetings.Count + rows.Conflicts.Count > 0 && !await session.CommitAsync(rows, cancellation))
            return false;
        foreach (var strays in plan.Strays.Where(stray => !CanLookAfter(stray)).GroupBy(stray => stray.Mail, stray => stray.Item.Id))
            await DeleteAsync([.. strays], strays.Key, purge: true, cancellation);

        // A delete cannot be made to depend on what the item says: DeleteItem ignores the ChangeKey (seen on Exchange 2007, believed of later ones). So the item goes to Deleted Items first, is looked at there, and only
        // then disappears; a person's edit on the way brings it back (found by seed 924).
        var looked = plan.Strays.Where(CanLookAfter).ToList();
        if (looked.Count == 0)
            return true;
        var deleted = await DeleteAsync([.. looked.Select(stray => stray.Item.Id)], CancellationMail.None, purge: false, cancellation);
        var (purge, back) = (new List<ItemId>(), new List<ItemId>());
        var kept = new SessionCommit();
        for (var i = 0; i < looked.Count; i++)
        {
            var stray = looked[i];
            if (!deleted[i].Succeeded || await _deleted.LookAsync(null, stray.Item.GlobalObjectId, cancellation) is not { } copy)
                continue;
            var edited = ScheduleComparison.Difference(stray.Item.Content, copy.Content) & DeletedCopies.ByPeople;
            (copy.MeetingRequestWasSent ? back : purge).Add(copy.Id);
            if (edited != 0 && !copy.MeetingRequestWasSent)
                kept.Conflicts.Add(session.SettledConflict(
                    stray.Link.ItemId, new ItemPlan(PlanAction.RemoveStray, "a person edited a late create of ours", CrmWon: edited), edited, null, stray.Item.Content, copy.Content));
        }
        if (kept.Conflicts.Count > 0)
            await session.SaveAsync(kept, "Edits of a late create", cancellation);
        if (purge.Count > 0)
            await DeleteAsync(purge, CancellationMail.None, purge: true, cancellation);
        if (back.Count == 0)
            return true;
        // Its attendees have a request in their hands: it goes the way of those that were read as invited.
        foreach (var batch in back.Chunk(session.WriteBatch()))
            ThrowIfBusy(await session.Mailbox.MoveAsync(batch, session.Folder, cancellation));
        return false;
    }

    // One that invited is taken back with its mails at once: what lies in Deleted Items mails nobody any more.
    private static bool CanLookAfter(Stray stray) => !stray.Item.MeetingRequestWasSent && stray.Item.GlobalObjectId is not null;

    private async Task<IReadOnlyList<WriteResult>> DeleteAsync(IReadOnlyList<ItemId> ids, CancellationMail mail, bool purge, CancellationToken cancellation)
    {
        var results = new List<WriteResult>(ids.Count);
        foreach (var batch in ids.Chunk(session.WriteBatch()))
        {
            results.AddRange(await session.Mailbox.DeleteAsync(batch, mail, purge, cancellation));
            ThrowIfBusy(results);
        }
        return results;
    }

    // The page tells of them once: while they stay, it is not saved (found by seed 1753).
    private void ThrowIfBusy(IReadOnlyList<WriteResult> results)
    {
        if (results.FirstOrDefault(result => result.Refusal is { IsTransient: true })?.Refusal is { } busy)
            throw new ExchangeResponseException(busy.Code, $"{session.Mailbox.Address}: a late create of ours could not be removed just now: {busy.Text}") { BackOff = busy.BackOff };
    }
}
