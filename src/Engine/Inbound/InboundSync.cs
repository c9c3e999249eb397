using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>How an inbound run ended.</summary>
/// <param name="IsComplete">False: the budget is spent, the message stays for the next session.</param>
public sealed record InboundOutcome(bool IsComplete, int Pages, int Changes, int Read);

/// <summary>Reads a folder's changes since the cursor, page by page; each page's effects and the new cursor are one transaction.</summary>
public sealed class InboundSync(SessionContext session)
{
    private readonly PagePlanner _planner = new(session);
    private readonly LateCreates _lateCreates = new(session);

    /// <summary>Runs from the cursor to completeness or to the end of the budget.</summary>
    /// <param name="done">The message that asked for it; acknowledged with the last page.</param>
    /// <param name="isHint">A notification asked: an empty answer is looked at once more.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    public async Task<InboundOutcome> RunAsync(QueueMessage? done, bool isHint, CancellationToken cancellation)
    {
        if (session.State.Cursor is null && !session.State.IsFullRead)
            StartFullRead("nothing has been read yet");
        var outcome = new InboundOutcome(false, 0, 0, 0);
        var page = await ReadAsync(session.State.Cursor is { } cursor ? new Cursor(cursor) : null, cancellation);
        while (true)
        {
            // The next page is on its way while this one is saved.
            var next = page.IsLast ? null : session.Mailbox.ReadChangesAsync(session.Folder, page.Next, PageSize, cancellation);
            int? saved;
            try
            {
                saved = await SaveAsync(page, cancellation);
            }
            catch
            {
                await ForgetAsync(next);
                throw;
            }
            if (saved is not { } read)
            {
                await ForgetAsync(next);
                await EndHeldAsync(done, cancellation);
                return outcome;
            }
            outcome = outcome with { Pages = outcome.Pages + 1, Changes = outcome.Changes + page.Changes.Count, Read = outcome.Read + read };
            if (next is null)
                break;
            page = await next;
            if (session.BudgetIsSpent(outcome.Pages))
                return outcome;
        }
        await new DeletePass(session).RunAsync(cancellation);
        await CompleteAsync(done, isHint && outcome.Changes == 0, cancellation);
        return outcome with { IsComplete = true };
    }

    // What cannot be read and saved as a whole is never saved: after a failure, such as a budget that is used up within the page, smaller ones are asked for (case E26).
    private int PageSize => Math.Max(Math.Min(SmallestPage, session.Capabilities.MaxChangesPerPage), session.Capabilities.MaxChangesPerPage >> Math.Min(session.State.Failures, 4));

    private const int SmallestPage = 32;

    // A page that was read ahead and is not needed: its failure is nobody's.
    private static Task ForgetAsync(Task? next) => next is null
        ? Task.CompletedTask
        : next.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);

    private async Task<ChangePage> ReadAsync(Cursor? cursor, CancellationToken cancellation)
    {
        try
        {
            return await session.Mailbox.ReadChangesAsync(session.Folder, cursor, PageSize, cancellation);
        }
        catch (ExchangeResponseException refusal) when (refusal.Code == ResponseCodes.ErrorInvalidSyncStateData && cursor is not null)
        {
            // The folder is read anew and compared with what we know: nothing is imported twice, nothing deleted that is there (requirement Q7).
            StartFullRead("Exchange refused the position in the folder (ErrorInvalidSyncStateData); the folder is read anew");
            return await session.Mailbox.ReadChangesAsync(session.Folder, null, PageSize, cancellation);
        }
    }

    private void StartFullRead(string reason)
    {
        session.State.Cursor = null;
        session.State.IsFullRead = true;
        session.State.SweepGeneration++;
        _fullReadReason = reason;
    }

    private string? _fullReadReason;

    /// <returns>How many items were read; null: the change guard holds the page.</returns>
    private async Task<int?> SaveAsync(ChangePage page, CancellationToken cancellation)
    {
        var before = session.State.RunChanges;
        var done = TallyRows.Read(session.State.RunTally);
        ItemId[] ids = [.. page.Changes.Select(change => change.Id).Distinct()];
        var halves = 0;
        for (var attempt = 0; attempt < session.Options.MaxReplans; attempt++)
        {
            var pairs = await session.Store.FindPairsAsync(session.LinkId, ids, cancellation);
            var inventory = await session.Store.FindInventoryAsync(session.LinkId, ids, cancellation);
            var commit = NewCommit();
            _planner.ThereBefore = session.Rules.KeepsApart
                ? (session.State.IsInventoryComplete ? inventory.Values.Where(row => row.SkipReason is nameof(SkipReason.KeptApart) or nameof(SkipReason.ToldApart)).Select(row => new ItemId(row.ExchangeId)) : ids).ToHashSet()
                : [];
            _planner.ToldApart = inventory.Values.Where(row => row.SkipReason == nameof(SkipReason.ToldApart)).Select(row => new ItemId(row.ExchangeId)).ToHashSet();
            var toRead = Sort(page, pairs, inventory, commit);
            if (inventory.Values.Any(row => row.SkipReason == nameof(SkipReason.Tie) && (commit.RemovedInventory.Contains(row.ExchangeId) || toRead.Contains(new ItemId(row.ExchangeId)))))
                commit.Enqueue.AddRange(await UnsentAsync(cancellation));
            var items = await ReadItemsAsync(toRead, pairs, commit, cancellation);
            var plan = await _planner.PlanAsync(items, pairs, commit, cancellation);
            if (!await MayChangeAsync(before + plan.Changes, plan.Changes, cancellation))
                return null;
            if (!await _lateCreates.RemoveAsync(plan, cancellation))
                continue;
            session.State.RunChanges = before + plan.Changes;
            // Only the first read is compared with its dry run.
            if (!session.State.IsInventoryComplete && session.State.Plan is not null)
                session.State.RunTally = TallyRows.Write(done.With(plan.Tally));

            // Two copies of one CRM item in a page: the first half is saved without the cursor, the second planned on top of it.
            if (plan.Later.Count == 0)
                commit.State = StateAt(page.Next);
            else
                NotSeenYet(commit, pairs);
            CrashPoints.Reach("inbound.page.before-commit");
            if (!await session.CommitAsync(commit, cancellation))
                continue;
            CrashPoints.Reach("inbound.page.after-commit");
            if (plan.Later.Count == 0)
            {
                session.State.Cursor = page.Next.Value;
                session.State.Failures = 0;
                _fullReadReason = null;
                return toRead.Count;
            }
            before += plan.Changes;
            done = done.With(plan.Tally);
            attempt--;
            // Each half settles one change at least; a plan that goes on saying the same is no plan.
            if (++halves > page.Changes.Count || commit.Items.Count + commit.ItemLinks.Count + commit.Inventory.Count + plan.Strays.Count == 0)
                break;
        }
        throw new StalePlanException($"A page of {page.Changes.Count} changes of {session.Mailbox.Address}");
    }

    // The feed goes on from before this page: what is deleted until the other half is saved, it may never tell of. Items are seen when the position behind them is saved (found by seed 2680).
    private static void NotSeenYet(SessionCommit half, IReadOnlyDictionary<ItemId, Pair> pairs)
    {
        var seenBefore = pairs.Values.DistinctBy(pair => pair.Link.Id).ToDictionary(pair => pair.Link.Id, pair => pair.Link.SeenGeneration);
        foreach (var row in half.ItemLinks)
            row.SeenGeneration = seenBefore.GetValueOrDefault(row.Id, ItemLink.NeverSeen);
        half.SeenItemLinks.Clear();
    }

    // The guard counts the run, which may have many pages: what is over it stays unread, and the cursor with it.
    private async Task<bool> MayChangeAsync(int total, int onPage, CancellationToken cancellation)
    {
        var limits = session.Guards.Changes;
        var never = Math.Min(limits.Minimum, Math.Min(limits.Count > 0 ? limits.Count : int.MaxValue, limits.AllMinimum > 0 ? limits.AllMinimum - 1 : int.MaxValue));
        if (onPage == 0 || total <= never)
            return true;
        var (verdict, isNew) = session.Judge(HoldKind.ChangesInCrm, total, await session.Store.CountPairsAsync(session.LinkId, cancellation), limits);
        if (!verdict.MayProceed && isNew)
            await SaveAsync(new SessionCommit { State = session.State, Activities = { session.NoteHold(verdict.Reason, total) } }, cancellation);
        return verdict.MayProceed;
    }

    private async Task EndHeldAsync(QueueMessage? done, CancellationToken cancellation)
    {
        if (done is not null)
            await SaveAsync(new SessionCommit { Done = { new MessageDone(done.Id, done.Revision) } }, cancellation);
    }

    private async Task SaveAsync(SessionCommit commit, CancellationToken cancellation)
    {
        if (!await session.CommitAsync(commit, cancellation))
            throw new StalePlanException("A held read");
    }

    // Echoes and known keys cost no read (invariant 9); deletes wait for the end of the run (invariant 10).
    private List<ItemId> Sort(ChangePage page, IReadOnlyDictionary<ItemId, Pair> pairs, IReadOnlyDictionary<ItemId, LinkInventory> inventory, SessionCommit commit)
    {
        var toRead = new List<ItemId>();
        foreach (var change in page.Changes)
        {
            var pair = pairs.GetValueOrDefault(change.Id);
            var known = inventory.GetValueOrDefault(change.Id);
            if (change.Kind == ChangeKind.Deleted)
            {
                if (pair is not null)
                    commit.PendingDeletes.Add(new PendingDelete { LinkId = session.LinkId, ItemLinkId = pair.Link.Id, FoundAt = session.UtcNow });
                else if (known is not null)
                    commit.RemovedInventory.Add(change.Id.Value);
            }
            else if (!WeighsAnew && pair?.Identity is { } identity && change.Key is { } key && identity.ChangeKey == key.Value)
            {
                commit.SeenItemLinks.Add(pair.Link.Id);
            }
            else if (known is not null && change.Key is { } knownKey && known.ChangeKey == knownKey.Value && !IsLookedAtAgain(known.SkipReason))
            {
                if (session.State.IsFullRead)
                {
                    known.SeenGeneration = session.State.SweepGeneration;
                    commit.Inventory.Add(known);
                }
            }
            else
            {
                toRead.Add(change.Id);
            }
        }
        return toRead;
    }

    // The settings that decide about items have changed since the last complete read: unchanged items may be in another case now.
    private bool WeighsAnew => session.State is { IsInventoryComplete: true, IsFullRead: true } && session.State.MappingVersion != session.Facts.Link.MappingVersion;

    // What an item was left out for may be over although the item is as it was.
    private bool IsLookedAtAgain(string? skipped) => skipped == nameof(SkipReason.Unreadable) || WeighsAnew || (session.State.IsFullRead && skipped switch
    {
        nameof(SkipReason.Tie) => true,
        // Time brings nearer what was too far ahead.
        nameof(SkipReason.OutsideWindow) => session.Rules.WindowDaysAhead is not null,
        _ => false,
    });

    private async Task<List<ExchangeItem>> ReadItemsAsync(List<ItemId> ids, IReadOnlyDictionary<ItemId, Pair> pairs, SessionCommit commit, CancellationToken cancellation)
    {
        var items = new List<ExchangeItem>(ids.Count);
        foreach (var read in await new PatientReader(session).ReadAsync(ids, cancellation))
        {
            if (read.Item is not null)
                items.Add(read.Item);
            else if (read.Refusal is { IsGone: false } broken)
                Quarantine(read.Asked, pairs.GetValueOrDefault(read.Asked), broken, commit);
            // Gone: its Delete is in a later page.
        }
        return items;
    }

    // An item that cannot be read stops neither its folder nor its neighbours (invariant 14).
    private void Quarantine(ItemId id, Pair? pair, ItemRefusal refusal, SessionCommit commit)
    {
        var reason = $"Exchange cannot give this item: {refusal.Code}: {refusal.Text}";
        // A code that says "later" may have meant it: a check-up reads the whole folder anew (found by seed 9).
        if (refusal.IsTransient)
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, Guid.Empty, InboundPriority.LookAgain, session.TraceId, GivenUpForMs));
        if (pair is not null)
        {
            commit.ItemLinks.Add(session.Quarantined(commit, pair.Link, reason));
            commit.SeenItemLinks.Add(pair.Link.Id);
            // Its change was reported once and will not be again: it is looked at later, in case the trouble was the server's.
            commit.Enqueue.Add(new QueueRequest(MessageKind.CheckUp, session.LinkId, pair.Link.ItemId, TraceId: session.TraceId, DelayMs: CheckUp.UnreadableDelayMs));
            return;
        }
        commit.Inventory.Add(new LinkInventory
        {
            LinkId = session.LinkId, IdHash = MatchKeys.HashOf(id.Value), ExchangeId = id.Value, SkipReason = nameof(SkipReason.Unreadable),
            SeenGeneration = session.State.SweepGeneration, UpdatedAt = session.UtcNow,
        });
        commit.Activities.Add(session.Note(PlanAction.Skip, reason, null));
    }

    private async Task CompleteAsync(QueueMessage? done, bool lookAgain, CancellationToken cancellation)
    {
        var commit = NewCommit();
        if (session.State.IsFullRead)
            commit.SweepInventory = true;
        if (!session.State.IsInventoryComplete)
            await FirstReadIsDoneAsync(commit, cancellation);
        else if (session.State.IsFullRead && (session.Rules.AsksTies || WeighsAnew))
            commit.Enqueue.AddRange(await UnsentAsync(cancellation));
        session.State.IsFullRead = false;
        session.State.RunChanges = 0;
        session.Release(HoldKind.ChangesInCrm);
        session.State.IsInventoryComplete = true;
        session.State.MappingVersion = session.Facts.Link.MappingVersion;
        session.State.LastInboundAt = session.UtcNow;
        commit.State = session.State;
        if (done is not null)
            commit.Done.Add(new MessageDone(done.Id, done.Revision));
        if (lookAgain)
            commit.Enqueue.Add(new QueueRequest(MessageKind.Inbound, session.LinkId, Guid.Empty, InboundPriority.LookAgain, session.TraceId, session.Options.EmptyDeltaRepeatMs));
        CrashPoints.Reach("inbound.complete.before-commit");
        if (!await session.CommitAsync(commit, cancellation))
            throw new StalePlanException("The end of a read");
    }

    // What the CRM has had before goes out now that twins can be told; and a dry run is told whether it was right.
    private async Task FirstReadIsDoneAsync(SessionCommit commit, CancellationToken cancellation)
    {
        commit.Enqueue.AddRange(await UnsentAsync(cancellation));
        if (session.State.Plan is not { } plan)
            return;
        var difference = TallyRows.Read(session.State.RunTally).DifferenceTo(TallyRows.Read(plan));
        commit.Activities.Add(new Activity
        {
            Id = session.Ids.NewId(), LinkId = session.LinkId, At = session.UtcNow, Action = difference is null ? "PlanKept" : "PlanDiffers", TraceId = session.TraceId,
            Reason = difference is null ? "the first read did exactly what the dry run had planned" : $"since the dry run something changed: {difference}",
        });
    }

    // Also what a tie held back that is none any more: its Exchange item was deleted, moved in time, or decided about.
    private async Task<IEnumerable<QueueRequest>> UnsentAsync(CancellationToken cancellation)
    {
        if (session.Rules is not { Outbound: true, KeepsApart: false } || !session.Facts.Link.IsHome)
            return [];
        var unsent = await session.Store.FindUnsentItemsAsync(session.LinkId, session.Facts.User.Id, session.Rules.StartsAt?.ToDateTimeUtc(), MaxFirstSends, cancellation);
        return unsent.Select(item => new QueueRequest(MessageKind.Outbound, session.LinkId, item, TraceId: session.TraceId));
    }

    private const int GivenUpForMs = 60 * 60 * 1000;

    private const int MaxFirstSends = 20_000;

    private SessionCommit NewCommit()
    {
        var commit = new SessionCommit { SeenGeneration = session.State.SweepGeneration, IsFromFeed = true };
        if (_fullReadReason is { } reason)
            commit.Activities.Add(new Activity { Id = session.Ids.NewId(), LinkId = session.LinkId, At = session.UtcNow, Action = "FullRead", Reason = reason, TraceId = session.TraceId });
        return commit;
    }

    // A copy: were the session's own state to move on before the page is saved, a failure that is recorded afterwards would save the new position without the page.
    private LinkState StateAt(Cursor cursor)
    {
        var state = session.State.Copy();
        state.Cursor = cursor.Value;
        // It got on: what fails next fails for the first time, so a long read within a small budget is not put off longer and longer.
        state.Failures = 0;
        return state;
    }
}

/// <summary>Why a folder is looked at: written as the message's priority, lower first.</summary>
public static class InboundPriority
{
    public const int Hint = 0;
    public const int Person = 1;
    public const int Poll = 5;
    public const int LookAgain = 6;
}
