using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Sends changed fields, each on top of the ChangeKey we last saw; a refusal means read again and plan again, a bounded number of times (invariant 3).</summary>
public sealed class UpdateRoad(SessionContext session)
{
    private const int MaxConflicts = 3;
    private readonly Dictionary<Guid, string> _churn = [];

    public async Task RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        var open = items;
        for (var round = 0; open.Count > 0; round++)
        {
            var planned = open.Select(item => (Item: item, Plan: PlanOf(item, new ExchangeSide.AsAgreed()))).ToList();
            await AcknowledgeAsync([.. planned.Where(entry => entry.Plan.ToExchange == 0)], cancellation);
            planned = await LeaveAloneAsync(planned, cancellation);
            // Without a key nothing may be written (invariant 3): what Exchange says is read first. So it is where nothing comes in: there the key that we know says
            // nothing of what a person has written meanwhile.
            var mustLook = round == 0 && !session.Rules.Inbound;
            var refused = planned.Where(entry => entry.Plan.ToExchange != 0 && (mustLook || HasNoKey(entry.Item))).Select(entry => entry.Item).ToList();
            planned.RemoveAll(entry => refused.Contains(entry.Item));
            // One mail disposition to a request: on EWS it is an attribute of the whole request (invariant 11).
            foreach (var group in planned.Where(entry => entry.Plan.ToExchange != 0).GroupBy(entry => entry.Plan.Mail))
            {
                foreach (var batch in group.Chunk(session.WriteBatch()))
                    refused.AddRange(await SendAsync(batch, group.Key, cancellation));
            }
            open = round < MaxConflicts ? await ReadAgainAsync(refused, cancellation) : await GiveWayAsync(refused, cancellation);
        }
    }

    private static bool HasNoKey(OutboundItem item) => item.Pair!.Identity!.ChangeKey is var key && (key == PairRowsMaker.Unread.Value || key == PairRowsMaker.Deleting.Value);

    private ItemPlan PlanOf(OutboundItem item, ExchangeSide exchange) =>
        SyncPlanner.Plan(PagePlanner.FactsOf(session, item.Crm, item.Link, exchange, item.HasOtherCopies));

    private async Task AcknowledgeAsync((OutboundItem Item, ItemPlan Plan)[] items, CancellationToken cancellation)
    {
        if (items.Length == 0)
            return;
        var commit = new SessionCommit();
        foreach (var (item, _) in items)
        {
            if (item.Link.CrmVersion != item.Crm.Item.Version)
                commit.ItemLinks.Add(session.Changed(item.Link, row => row.CrmVersion = item.Crm.Item.Version));
            AskAgain(item, commit);
            commit.Done.Add(item.Done);
        }
        await session.SaveAsync(commit, "Messages with nothing to send", cancellation);
    }

    // Pairs in quarantine, pairs that two programs rewrite in turn, and mails beyond the hour's budget are not written now.
    private async Task<List<(OutboundItem Item, ItemPlan Plan)>> LeaveAloneAsync(List<(OutboundItem Item, ItemPlan Plan)> planned, CancellationToken cancellation)
    {
        var commit = new SessionCommit();
        var open = new List<(OutboundItem Item, ItemPlan Plan)>();
        foreach (var (item, plan) in planned)
        {
            if (plan.ToExchange == 0)
                continue;
            var content = LoopRows.FingerprintOf(plan.Merged!);
            var wasEdited = item.Link.QuarantinedAt is { } since && item.Crm.Item.UpdatedAt > since && !Actors.IsLink(item.Crm.Item.UpdatedBy);
            var churn = wasEdited ? null : LoopRows.ChurnOf(item.Link);
            var verdict = LoopGuard.Judge(churn, isOut: true, plan.ToExchange, content, session.UtcNow, session.Guards.RewritesPerHour);
            var mails = MailBudget.CountOf(plan.Mail, item.Link.BaseSnapshot is { } known ? ScheduleSnapshot.Read(known) : plan.Merged!, plan.Merged!);
            if (item.Link.QuarantinedAt is not null && !wasEdited)
            {
                commit.Done.Add(item.Done);
            }
            else if (verdict.Reason is { } reason)
            {
                commit.ItemLinks.Add(session.Quarantined(commit, item.Link, reason));
                commit.Done.Add(item.Done);
            }
            else if (!session.MayMail(mails))
            {
                commit.Retries.Add(session.WaitForBudget(item, mails));
                commit.State = session.State;
            }
            else
            {
                _churn[item.Link.Id] = LoopRows.Write(verdict.Next);
                open.Add((item, plan));
            }
        }
        if (commit.Done.Count + commit.Retries.Count > 0)
            await session.SaveAsync(commit, "Writes that are left alone", cancellation);
        return open;
    }

    private async Task<List<OutboundItem>> SendAsync((OutboundItem Item, ItemPlan Plan)[] batch, InvitationMail mail, CancellationToken cancellation)
    {
        await RememberAsync(batch, cancellation);
        CrashPoints.Reach("outbound.update.before-send");
        var results = await session.SendAsync(batch.Length, () => session.Mailbox.UpdateAsync(
            [.. batch.Select(entry => new ItemUpdate(
                new ItemId(entry.Item.Pair!.Identity!.ExchangeId), new ChangeKey(entry.Item.Pair.Identity.ChangeKey), ContentToSend(entry.Plan), entry.Plan.ToExchange))],
            mail, cancellation));
        CrashPoints.Reach("outbound.update.after-send");
        var commit = new SessionCommit();
        var conflicts = new List<OutboundItem>();
        for (var i = 0; i < batch.Length; i++)
        {
            var (item, plan) = batch[i];
            if (results[i].Succeeded)
                Record(item, plan, results[i], commit);
            else if (results[i].Refusal!.IsConflict)
                conflicts.Add(item);
            else
                Refuse(item, results[i].Refusal!, commit);
        }
        session.State.LastOutboundAt = session.UtcNow;
        commit.State = session.State;
        await session.SaveAsync(commit, "Updates", cancellation);
        CrashPoints.Reach("outbound.update.after-record");
        return conflicts;
    }

    // What is sent is remembered first: if the answer is lost, its values are known as ours whatever the CRM says by then, and beside what was sent before and not answered either
    // (found by seeds 56 and 198 of the worlds with undo).
    private async Task RememberAsync((OutboundItem Item, ItemPlan Plan)[] batch, CancellationToken cancellation)
    {
        var commit = new SessionCommit();
        foreach (var (item, plan) in batch.Where(entry => entry.Item.Link.BaseSnapshot is not null))
        {
            var agreed = ScheduleSnapshot.Read(item.Link.BaseSnapshot!);
            commit.ItemLinks.Add(session.Changed(item.Link, row => row.SentSnapshot = UpdatesInDoubt.Add(row.SentSnapshot, agreed.WithFieldsOf(ContentToSend(plan), plan.ToExchange))));
        }
        await session.SaveAsync(commit, "Updates before they are sent", cancellation);
    }

    private void Record(OutboundItem item, ItemPlan plan, WriteResult result, SessionCommit commit)
    {
        var agreed = item.Link.BaseSnapshot is null ? plan.Merged! : ScheduleSnapshot.Read(item.Link.BaseSnapshot);
        commit.ItemLinks.Add(session.Changed(item.Link, row =>
        {
            row.BaseSnapshot = ScheduleSnapshot.Write(agreed.WithFieldsOf(ContentToSend(plan), plan.ToExchange));
            (row.CrmVersion, row.SentSnapshot) = (item.Crm.Item.Version, null);
            (row.Churn, row.QuarantinedAt, row.QuarantineReason) = (_churn.GetValueOrDefault(row.Id), null, null);
            if (plan.Mail != InvitationMail.None)
                row.InviteState = InviteState.Sent;
        }));
        commit.Identities.Add(item.Pair!.Identity!.With(result.Key!.Value));
        AskAgain(item, commit);
        commit.Done.Add(item.Done);
        commit.Activities.Add(session.Note(PlanAction.Merge, plan.Reason, item.Link.ItemId));
    }

    // A newer edit belongs into the conflict that waits: the pair is compared anew.
    private void AskAgain(OutboundItem item, SessionCommit commit)
    {
        if (item.Link.Contested != 0 && item.Link.CrmVersion != item.Crm.Item.Version)
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, item.Link.ItemId, TraceId: session.TraceId));
    }

    private void Refuse(OutboundItem item, ItemRefusal refusal, SessionCommit commit)
    {
        // Gone is for the inbound road to prove and to plan; this message comes back after it.
        if (refusal.IsGone)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
        commit.Retries.Add(session.Refused(item, refusal));
    }

    // Somebody wrote first: what Exchange says now is merged into the CRM and into the base, then the rest is sent on top of the new key.
    private async Task<IReadOnlyList<OutboundItem>> ReadAgainAsync(List<OutboundItem> items, CancellationToken cancellation)
    {
        if (items.Count == 0)
            return [];
        var reads = await session.Mailbox.ReadItemsAsync([.. items.Select(item => new ItemId(item.Pair!.Identity!.ExchangeId))], cancellation);
        var read = reads.Where(result => result.Item is not null).Select(result => result.Item!).ToList();
        var gone = items.Zip(reads).Where(entry => entry.Second.Item is null).ToList();
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            var pairs = await session.Store.FindPairsAsync(session.LinkId, [.. read.Select(item => item.Id)], cancellation);
            var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration };
            foreach (var (item, result) in gone)
                Refuse(item, result.Refusal!, commit);
            await new PagePlanner(session).PlanAsync(read, pairs, commit, cancellation);
            // The message in hand does what the plan would queue for this link.
            commit.Enqueue.RemoveAll(request => request.Kind == MessageKind.Outbound && request.LinkId == session.LinkId);
            if (!await session.CommitAsync(commit, cancellation))
                continue;
            return await ReloadAsync([.. items.Except(gone.Select(entry => entry.First))], cancellation);
        }
        throw new StalePlanException("Refused updates");
    }

    private async Task<IReadOnlyList<OutboundItem>> ReloadAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        Guid[] ids = [.. items.Select(item => item.Link.ItemId)];
        var rows = await session.Store.LoadItemsAsync(ids, cancellation);
        var pairs = await session.Store.FindPairsByItemAsync(session.LinkId, ids, cancellation);
        return [.. items.Select(item => item with { Item = rows[item.Link.ItemId], Pair = pairs[item.Link.ItemId] })];
    }

    private async Task<IReadOnlyList<OutboundItem>> GiveWayAsync(List<OutboundItem> items, CancellationToken cancellation)
    {
        if (items.Count == 0)
            return [];
        var commit = new SessionCommit();
        commit.Retries.AddRange(items.Select(item => session.Refused(item, new ItemRefusal(
            ResponseCodes.ErrorServerBusy, $"the item changed {MaxConflicts + 1} times while it was being written; tried again later"))));
        await session.SaveAsync(commit, "Updates", cancellation);
        return [];
    }

    private ScheduleContent ContentToSend(ItemPlan plan)
    {
        var content = plan.Merged!;
        return content.Time.IsAllDay && (plan.ToExchange & ScheduleFields.Time) != 0
            ? content with { Time = TimeZones.AllDay(content.Time.StartWall.Date, content.Time.EndWall.Date, session.Facts.Link.DefaultZone) }
            : content;
    }
}
