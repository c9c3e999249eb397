using CrmSync.Engine.Inbound;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Outbound;

/// <summary>The mass-change guard on the way out: what the CRM deleted or changed in masses waits in the queue until a person approves it.</summary>
public sealed class OutboundGuard(SessionContext session)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <param name="isFull">More messages may be due than were taken.</param>
    /// <returns>Roads that may not be taken now; their messages have been put off.</returns>
    public async Task<IReadOnlyCollection<OutboundRoad>> RunAsync(
        IReadOnlyList<OutboundItem> updates, IReadOnlyList<OutboundItem> deletes, bool isFull, CancellationToken cancellation)
    {
        var isHeld = session.HoldOf(HoldKind.DeletesInExchange) is not null || session.HoldOf(HoldKind.ChangesInExchange) is not null;
        if (!isHeld && !isFull && IsSmall(deletes.Count, session.Guards.Deletes) && IsSmall(updates.Count, session.Guards.Changes))
            return [];
        var waiting = await session.Store.CountOutboundAsync(session.LinkId, cancellation);
        var pairs = await session.Store.CountPairsAsync(session.LinkId, cancellation);
        var real = updates.Count(WritesSomething);
        // Where all that is at hand would be written, what waits behind it counts as well.
        var changes = (isHeld || isFull) && real == updates.Count ? Math.Max(real, waiting.Changes) : real;
        var held = new List<OutboundRoad>();
        var commit = new SessionCommit();
        if (Judge(HoldKind.DeletesInExchange, Math.Max(deletes.Count, waiting.Deletes), pairs, session.Guards.Deletes, deletes, commit))
            held.Add(OutboundRoad.Delete);
        // People edit many of their items at once in a CRM; that all are edited says nothing there.
        if (Judge(HoldKind.ChangesInExchange, changes, pairs, session.Guards.Changes with { AllMinimum = 0 }, updates, commit))
            held.Add(OutboundRoad.Update);
        if (commit.State is not null || commit.Retries.Count > 0)
            await session.SaveAsync(commit, "Held writes", cancellation);
        return held;
    }

    private bool Judge(HoldKind kind, int number, int pairs, GuardLimits limits, IReadOnlyList<OutboundItem> items, SessionCommit commit)
    {
        var (verdict, isNew) = session.Judge(kind, number, pairs, limits);
        if (isNew)
        {
            commit.State = session.State;
            if (!verdict.MayProceed)
                commit.Activities.Add(session.NoteHold(verdict.Reason, number));
        }
        if (verdict.MayProceed)
            return false;
        commit.Retries.AddRange(items.Select(item => OutboundResults.Wait(item, LookAgain, verdict.Reason) with { ErrorCode = OutboundResults.HeldCode }));
        return true;
    }

    private bool WritesSomething(OutboundItem item) =>
        SyncPlanner.Plan(PagePlanner.FactsOf(session, item.Crm, item.Link, new ExchangeSide.AsAgreed(), item.HasOtherCopies)).ToExchange != 0;

    private static bool IsSmall(int number, GuardLimits limits) => number <= limits.Minimum && (limits.Count == 0 || number <= limits.Count);
}
