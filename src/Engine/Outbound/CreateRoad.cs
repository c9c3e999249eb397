using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>Creates items in Exchange exactly once: twin sought, intent committed, sent silently with its stamp, recorded, invited afterwards (invariant 6).</summary>
public sealed class CreateRoad(SessionContext session)
{
    public async Task RunAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        if (!session.State.IsInventoryComplete)
        {
            await AskForInventoryAsync(items, cancellation);
            return;
        }
        var fresh = await AdoptTwinsAsync(items, cancellation);
        foreach (var batch in fresh.Chunk(session.WriteBatch()))
            await CreateAsync(batch, cancellation);
    }

    // Nothing is created before the folder is known: the item may be there already (invariant 7).
    private async Task AskForInventoryAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        var commit = new SessionCommit();
        commit.Retries.AddRange(items.Select(item => OutboundResults.Wait(item, TimeSpan.FromSeconds(1), "the folder is read first")));
        commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, TraceId: session.TraceId));
        await session.SaveAsync(commit, "Creates", cancellation);
    }

    private async Task<IReadOnlyList<OutboundItem>> AdoptTwinsAsync(IReadOnlyList<OutboundItem> items, CancellationToken cancellation)
    {
        var candidates = items.Where(item => item.Pair is null).ToDictionary(item => item, HashOf);
        if (candidates.Count == 0)
            return items;
        var inventory = await session.Store.FindInventoryByMatchAsync(session.LinkId, [.. candidates.Values.Distinct()], cancellation);
        var taken = new HashSet<string>();
        var fresh = items.ToList();
        var commit = new SessionCommit();
        foreach (var (item, hash) in candidates)
        {
            if (inventory[hash].Any(row => row.SkipReason == nameof(SkipReason.Tie)))
            {
                // The decision, or the end of the tie, queues it again.
                fresh.Remove(item);
                commit.Done.Add(item.Done);
                continue;
            }
            if (inventory[hash].FirstOrDefault(row => row.SkipReason is not (nameof(SkipReason.Recurring) or nameof(SkipReason.KeptApart) or nameof(SkipReason.ToldApart)) && !taken.Contains(row.ExchangeId)) is not { } twin)
                continue;
            var read = (await session.Mailbox.ReadItemsAsync([new ItemId(twin.ExchangeId)], cancellation))[0];
            if (read.Item is not { } exchange || !IsTwin(item, exchange))
                continue;
            taken.Add(twin.ExchangeId);
            fresh.Remove(item);
            Adopt(item, exchange, commit);
        }
        if (commit.Done.Count > 0)
            await session.SaveAsync(commit, "Adopted twins", cancellation);
        return fresh;
    }

    private void Adopt(OutboundItem item, ExchangeItem exchange, SessionCommit commit)
    {
        var pair = session.NewPair(item.Crm.Item.Id, null, 0);
        commit.ItemLinks.Add(pair);
        commit.Identities.Add(session.IdentityOf(pair.Id, exchange.Id, PairRowsMaker.Unread, exchange.GlobalObjectId));
        commit.Authorities.Add(new AuthorityChange(item.Crm.Item.Id, session.LinkId, exchange.IsOrganizer || !exchange.IsMeeting));
        commit.RemovedInventory.Add(exchange.Id.Value);
        // Without a base every difference is a conflict, which the policy settles when the pair is read.
        commit.Done.Add(item.Done);
        commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, item.Crm.Item.Id, TraceId: session.TraceId));
        commit.Activities.Add(session.Note(PlanAction.Adopt, "Exchange has an item with the same subject, start and end", item.Crm.Item.Id));
    }

    private async Task CreateAsync(OutboundItem[] items, CancellationToken cancellation)
    {
        var pairs = await CommitIntentsAsync(items, cancellation);
        CrashPoints.Reach("outbound.create.before-send");
        IReadOnlyList<WriteResult> results;
        try
        {
            results = await session.SendAsync(items.Length, () => session.Mailbox.CreateAsync(
                session.Folder,
                [.. items.Select((item, i) => new ItemCreate(new Stamp(session.Facts.InstallId, pairs[i].IntentId!.Value, pairs[i].Attempt), ContentToSend(item)))],
                InvitationMail.None, cancellation));
        }
        catch (ExchangeException failure) when (!failure.MayHaveExecuted)
        {
            await TakeBackAsync(items, pairs, cancellation);
            throw;
        }
        CrashPoints.Reach("outbound.create.after-send");
        var globalIds = await ReadMeetingsAsync(items, results, cancellation);
        CrashPoints.Reach("outbound.create.before-record");
        await RecordAsync(items, pairs, results, globalIds, cancellation);
        CrashPoints.Reach("outbound.create.after-record");

        var invited = items
            .Select((item, i) => (Item: item, Pair: Recorded(pairs[i], items[i], results[i]), Read: globalIds.GetValueOrDefault(i), Result: results[i]))
            .Where(entry => entry.Result.Succeeded && entry.Pair.InviteState == InviteState.Pending && entry.Read is not null)
            .Select(entry => entry.Item with
            {
                Pair = new Pair(entry.Pair, session.IdentityOf(entry.Pair.Id, entry.Read!.Id, entry.Read.Key, entry.Read.GlobalObjectId)),
            })
            .ToList();
        if (invited.Count > 0)
            await new InviteRoad(session).RunAsync(invited, cancellation);
    }

    // Intent and attempt in one commit: whatever is sent afterwards, we know that it may exist and under which stamp.
    private async Task<List<ItemLink>> CommitIntentsAsync(OutboundItem[] items, CancellationToken cancellation)
    {
        var now = await session.Store.NowAsync(cancellation);
        var commit = new SessionCommit();
        foreach (var item in items)
        {
            var content = session.ContentOf(item.Crm);
            commit.ItemLinks.Add(session.Changed(item.Pair?.Link ?? session.NewPair(item.Crm.Item.Id, null, 0), row =>
            {
                row.IsHome = true;
                row.IntentId ??= session.Ids.NewId();
                row.Attempt++;
                row.IntentState = IntentState.Sent;
                row.SentAt = now;
                row.BaseSnapshot = ScheduleSnapshot.Write(ContentToSend(item));
                row.InviteState = MailDecision.Invites(content, session.Rules.Mail, session.Now) ? InviteState.Pending : InviteState.None;
            }));
        }
        await session.SaveAsync(commit, "Intents", cancellation);
        return commit.ItemLinks;
    }

    // The request never reached Exchange: no doubt to wait out.
    private async Task TakeBackAsync(OutboundItem[] items, List<ItemLink> pairs, CancellationToken cancellation)
    {
        var commit = new SessionCommit();
        for (var i = 0; i < items.Length; i++)
            commit.ItemLinks.Add(session.Changed(pairs[i], row => row.IntentState = IntentState.Intended));
        await session.SaveAsync(commit, "Intents", cancellation);
    }

    // The global id by which attendees' copies will be known: it must be recorded before anybody is invited (invariant 15).
    private async Task<Dictionary<int, ExchangeItem>> ReadMeetingsAsync(OutboundItem[] items, IReadOnlyList<WriteResult> results, CancellationToken cancellation)
    {
        int[] meetings = [.. Enumerable.Range(0, items.Length).Where(i => results[i].Succeeded && session.ContentOf(items[i].Crm).HasAttendees)];
        if (meetings.Length == 0)
            return [];
        var reads = await session.Mailbox.ReadItemsAsync([.. meetings.Select(i => results[i].Id!.Value)], cancellation);
        return meetings.Zip(reads).Where(entry => entry.Second.Item is not null).ToDictionary(entry => entry.First, entry => entry.Second.Item!);
    }

    private async Task RecordAsync(
        OutboundItem[] items, List<ItemLink> pairs, IReadOnlyList<WriteResult> results, Dictionary<int, ExchangeItem> reads, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            var current = attempt == 0
                ? items.ToDictionary(item => item.Crm.Item.Id, item => item.Crm)
                : await session.Store.LoadItemsAsync([.. items.Select(item => item.Crm.Item.Id)], cancellation);
            GlobalObjectId[] meetings = [.. reads.Values.Where(read => read.GlobalObjectId is not null).Select(read => read.GlobalObjectId!.Value)];
            var known = meetings.Length == 0 ? new Dictionary<GlobalObjectId, Guid>() : await session.Store.FindMeetingsAsync(session.Facts.Target.Id, meetings, cancellation);
            var commit = new SessionCommit();
            for (var i = 0; i < items.Length; i++)
            {
                if (results[i].Refusal is { } refusal)
                {
                    commit.ItemLinks.Add(session.Changed(pairs[i], row => row.IntentState = IntentState.Intended));
                    commit.Retries.Add(session.Refused(items[i], refusal));
                    continue;
                }
                Record(items[i], Recorded(pairs[i], items[i], results[i]), current[items[i].Crm.Item.Id], results[i], reads.GetValueOrDefault(i), known, commit);
            }
            commit.State = session.State;
            session.State.LastOutboundAt = session.UtcNow;
            if (await session.CommitAsync(commit, cancellation))
                return;
        }
        throw new StalePlanException("Created items");
    }

    private void Record(
        OutboundItem item, ItemLink pair, CrmItem current, WriteResult result, ExchangeItem? read, IReadOnlyDictionary<GlobalObjectId, Guid> known, SessionCommit commit)
    {
        commit.ItemLinks.Add(pair);
        // The key of our own write: had somebody edited since, the read's key would hide that edit as an echo.
        commit.Identities.Add(session.IdentityOf(pair.Id, result.Id!.Value, result.Key!.Value, read?.GlobalObjectId));
        // A person who edited the new meeting at once has invited already, and the attendee's copy came into the CRM before this: one item of the two.
        if (read is { GlobalObjectId: { } taken } && known.TryGetValue(taken, out var other) && other != pair.ItemId)
            commit.Takeovers.Add(new MeetingTakeover(session.Facts.Target.Id, taken.Value, other, pair.ItemId));
        else if (read is { GlobalObjectId: { } id })
            commit.Meetings.Add(new MeetingIdentity { TargetId = session.Facts.Target.Id, GlobalObjectId = id.Value, ItemId = pair.ItemId });
        if (current.Item.AuthorityLinkId is null)
        {
            // Bookkeeping, not an edit: the item now has a copy, and that copy is its organizer's.
            commit.Authorities.Add(new AuthorityChange(current.Item.Id, session.LinkId, IsOrganizer: true));
        }
        if (pair.InviteState != InviteState.Pending)
            commit.Done.Add(item.Done);
        commit.Activities.Add(session.Note(PlanAction.CreateInExchange, "new in the CRM", pair.ItemId));
    }

    private ItemLink Recorded(ItemLink pair, OutboundItem item, WriteResult result) => session.Changed(pair, row =>
    {
        if (!result.Succeeded)
            return;
        (row.IntentState, row.SentAt) = (IntentState.Confirmed, null);
        row.ConfirmedAttempt = row.Attempt;
        row.CrmVersion = item.Crm.Item.Version;
        row.BaseSnapshot = ScheduleSnapshot.Write(ContentToSend(item));
        row.SeenGeneration = ItemLink.NeverSeen;
    });

    // All-day items are dates: written with the midnights of the link's own zone (design.md section 4).
    private ScheduleContent ContentToSend(OutboundItem item)
    {
        var content = session.ContentOf(item.Crm);
        return content.Time.IsAllDay
            ? content with { Time = TimeZones.AllDay(content.Time.StartWall.Date, content.Time.EndWall.Date, session.Facts.Link.DefaultZone) }
            : content;
    }

    private static long HashOf(OutboundItem item) => MatchKeys.HashOf(item.Crm.Item.Subject, item.Crm.Item.StartUtc, item.Crm.Item.EndUtc);

    private static bool IsTwin(OutboundItem item, ExchangeItem exchange) =>
        exchange.Role == SeriesRole.Single
        && string.Equals(exchange.Content.Subject.Trim(), item.Crm.Item.Subject.Trim(), StringComparison.OrdinalIgnoreCase)
        && exchange.Content.Time.Start.ToDateTimeUtc() == item.Crm.Item.StartUtc
        && exchange.Content.Time.End.ToDateTimeUtc() == item.Crm.Item.EndUtc;
}
