using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Invites the attendees of meetings that were created silently: a second, conditional write, so that nobody is invited twice (invariant 6).</summary>
/// <remarks>Any doubt is settled by reading MeetingRequestWasSent: the copy itself says whether its invitations went out.</remarks>
public sealed class InviteRoad(SessionContext session)
{
    public async Task RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        foreach (var batch in items.Chunk(session.WriteBatch()))
            await InviteAsync(batch, cancellation);
    }

    private async Task InviteAsync(OutboundItem[] items, CancellationToken cancellation)
    {
        var reads = await session.Mailbox.ReadItemsAsync([.. items.Select(item => new ItemId(item.Pair!.Identity!.ExchangeId))], cancellation);
        var commit = new SessionCommit();
        var open = new List<(OutboundItem Item, ExchangeItem Read)>();
        for (var i = 0; i < items.Length; i++)
        {
            if (reads[i].Item is not { } read)
                Unreadable(items[i], reads[i].Refusal!, commit);
            else if (read.MeetingRequestWasSent || !MailDecision.Invites(read.Content, session.Rules.Mail, session.Now))
                Settle(items[i], read, commit);
            else if (!session.MayMail(read.Content.Attendees.Count))
                commit.Retries.Add(session.WaitForBudget(items[i], read.Content.Attendees.Count));
            else
                open.Add((items[i], read));
        }
        if (commit.Retries.Count > 0)
            commit.State = session.State;
        // By the global id the attendees' copies will be known: recorded before anybody is invited (invariant 15).
        foreach (var (item, read) in open.Where(entry => entry.Item.Pair!.Identity!.GlobalObjectId is null && entry.Read.GlobalObjectId is not null))
        {
            commit.Identities.Add(session.IdentityOf(item.Link.Id, read.Id, new ChangeKey(item.Pair!.Identity!.ChangeKey), read.GlobalObjectId));
            commit.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = read.GlobalObjectId!.Value.Value, ItemId = item.Link.ItemId });
        }
        if (commit.ItemLinks.Count + commit.Retries.Count + commit.Identities.Count > 0)
            await session.SaveAsync(commit, "Invitations", cancellation);
        if (open.Count > 0)
            await SendAsync(open, cancellation);
    }

    private async Task SendAsync(List<(OutboundItem Item, ExchangeItem Read)> open, CancellationToken cancellation)
    {
        CrashPoints.Reach("outbound.invite.before-send");
        // The touched stamp is the smallest change that carries the mail; it also tells a later reader nothing new.
        var results = await session.SendAsync(open.Count, () => session.Mailbox.UpdateAsync(
            [.. open.Select(entry => new ItemUpdate(entry.Read.Id, entry.Read.Key, entry.Read.Content, ScheduleFields.None, entry.Read.Stamp))],
            InvitationMail.ToAll, cancellation));
        CrashPoints.Reach("outbound.invite.after-send");
        var commit = new SessionCommit { State = session.State };
        for (var i = 0; i < open.Count; i++)
        {
            var (item, read) = open[i];
            if (results[i].Succeeded)
                Settle(item, read with { Key = results[i].Key!.Value }, commit);
            else if (results[i].Refusal!.IsConflict)
                commit.Retries.Add(OutboundResults.Wait(item, TimeSpan.FromMilliseconds(1), "the meeting changed while its invitation was on the way"));
            else
                Unreadable(item, results[i].Refusal!, commit);
        }
        await session.SaveAsync(commit, "Invitations", cancellation);
        CrashPoints.Reach("outbound.invite.after-record");
    }

    private void Settle(OutboundItem item, ExchangeItem read, SessionCommit commit)
    {
        commit.ItemLinks.Add(session.Changed(item.Link, row => row.InviteState = InviteState.Sent));
        // An edit by a person between our write and this one is still to be read: only an untouched item's key is taken.
        var key = PairRowsMaker.KeyIfUntouched(item.Link.BaseSnapshot, read);
        commit.Identities.Add(session.IdentityOf(item.Link.Id, read.Id, key == PairRowsMaker.Unread ? new ChangeKey(item.Pair!.Identity!.ChangeKey) : key, read.GlobalObjectId));
        if (key == PairRowsMaker.Unread)
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, item.Link.ItemId, TraceId: session.TraceId));
        // An edit that came meanwhile raised the message's revision, or is still a difference from the base: its own turn sends it.
        var agreed = item.Link.BaseSnapshot is null ? null : ScheduleSnapshot.Read(item.Link.BaseSnapshot);
        var isBehind = agreed is null || (ScheduleComparison.Difference(agreed, session.ContentOf(item.Crm)) & SyncPlanner.Writable(CopyRole.Own, session.Rules.Outbound)) != 0;
        if (isBehind)
            commit.Retries.Add(OutboundResults.Wait(item, TimeSpan.FromMilliseconds(1), "an edit follows the invitation"));
        else
            commit.Done.Add(item.Done);
    }

    private void Unreadable(OutboundItem item, ItemRefusal refusal, SessionCommit commit)
    {
        if (refusal.IsGone)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
        commit.Retries.Add(session.Refused(item, refusal));
    }
}
