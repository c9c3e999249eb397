using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>What our deletes left in Deleted Items: found by stamp or global object id, compared, moved back.</summary>
public sealed class DeletedCopies(SessionContext session)
{
    private const int MaxLooks = 4;

    /// <summary>Fields by which a person's edit of a deleted copy is told; show-as turns to free when a meeting is cancelled.</summary>
    public const ScheduleFields ByPeople = ScheduleFields.All & ~ScheduleFields.ReadOnlyInExchange & ~ScheduleFields.ShowAs;

    // The delete is done, so a server that stumbles is asked again at once. One that asks for a pause gets it: the identity's mark lets a later session look.
    public async Task<ExchangeItem?> LookAsync(Guid? intent, GlobalObjectId? globalId, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await session.Mailbox.FindDeletedAsync(intent, session.Facts.InstallId, globalId, cancellation);
            }
            catch (ExchangeException stumble) when (stumble is { IsTransient: true, BackOff: null } && tries < MaxLooks)
            {
            }
        }
    }

    /// <summary>The deleted copy of a paired item, by whatever names it; null: it does not lie there.</summary>
    public async Task<ExchangeItem?> OfAsync(OutboundItem item, CancellationToken cancellation)
    {
        var globalId = item.Pair!.Identity?.GlobalObjectId is { } id ? new GlobalObjectId(id) : (GlobalObjectId?)null;
        var intent = item.Link.ConfirmedAttempt is null ? null : item.Link.IntentId;
        return intent is null && globalId is null ? null : await LookAsync(intent, globalId, cancellation);
    }

    /// <summary>What the copy said before it was deleted: cancelling marks the copy itself, its subject gains a prefix, which is no person's edit.</summary>
    public static ScheduleContent WithoutCancelMark(ExchangeItem deleted) =>
        deleted.Content.IsCancelled && deleted.Content.Subject.IndexOf(": ", StringComparison.Ordinal) is >= 0 and var at
            ? deleted.Content with { Subject = deleted.Content.Subject[(at + 2)..] }
            : deleted.Content;

    /// <summary>Moves a copy back and carries out what is planned for it there.</summary>
    public async Task RestoreAsync(ExchangeItem edited, OutboundItem item, SessionCommit commit, CancellationToken cancellation)
    {
        var moved = (await session.Mailbox.MoveAsync([edited.Id], session.Folder, cancellation))[0];
        if (!moved.Succeeded)
        {
            commit.Retries.Add(session.Refused(item, moved.Refusal!));
            return;
        }
        var restored = edited with { Id = moved.Id!.Value, Key = moved.Key ?? edited.Key };
        var facts = PagePlanner.FactsOf(session, item.Crm, item.Link, new ExchangeSide.Present(restored), item.HasOtherCopies);
        new PageChanges(session, commit).Carry(restored, item.Pair!, item.Crm, SyncPlanner.Plan(facts), facts);
        // Under its new id no feed has told of it: were it deleted before the next read, none ever would.
        foreach (var pair in commit.ItemLinks.Where(pair => pair.Id == item.Link.Id))
            (pair.SeenGeneration, pair.SentAt) = (ItemLink.NeverSeen, null);
        commit.Done.Add(item.Done);
    }
}
