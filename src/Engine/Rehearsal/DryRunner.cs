using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Outbound;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using NodaTime;

namespace CrmSync.Engine.Rehearsal;

/// <summary>Runs a link's next run for show (requirement O8): the engine itself, on a store that saves nothing and a mailbox that sends nothing.</summary>
/// <remarks>No second planner: what the rehearsal decides is what the run would decide on the same facts.</remarks>
public sealed class DryRunner(ILinkSessionStore store, IConnectors connectors, TimeProvider time, IdSource ids)
{
    private const int MaxRounds = 5;
    private static readonly SessionOptions Unbounded = new() { MaxPages = int.MaxValue, MaxSeconds = int.MaxValue };

    /// <param name="facts">As loaded; its state is used up.</param>
    /// <param name="progress">Told how many items were looked at, after each step.</param>
    /// <exception cref="Exchange.ExchangeException">The mailbox cannot be read.</exception>
    public async Task<DryRunResult> RunAsync(LinkFacts facts, Func<int, Task> progress, CancellationToken cancellation)
    {
        var report = new DryRunReport();
        var wishes = new List<QueueRequest>();
        var rehearsal = new RehearsalStore(store, commit =>
        {
            report.Add(commit, facts.User.Id);
            wishes.AddRange(commit.Enqueue.Where(request => request.LinkId == facts.Link.Id && request.Kind is MessageKind.Outbound or MessageKind.CheckUp));
            return progress(report.Read);
        });
        var connector = connectors.For(facts.Target);
        var mailbox = new RehearsalMailbox(connector.Open(facts.Link.Mailbox), () => Instant.FromDateTimeOffset(time.GetUtcNow()));
        var session = new SessionContext(
            facts, new LinkLease(facts.Link.Id, "dry run", 0), mailbox, connector.Capabilities, rehearsal, time, ids, Unbounded, null);
        session.State.ResolvedFolderId ??= facts.Link.FolderId ?? (await mailbox.FindDefaultFolderAsync(facts.Link.Kind, cancellation)).Id.Value;
        // Asks the run to tally what it does.
        (session.State.Plan, session.State.RunTally) = (TallyRows.Write(RunTally.None), null);
        var waiting = await store.LoadDueMessagesAsync(facts.Link.Id, Unbounded.MaxMessages, cancellation);
        await new InboundSync(session).RunAsync(null, false, cancellation);
        wishes.AddRange(waiting.Where(message => message.Kind == MessageKind.Outbound).Select(message => new QueueRequest(MessageKind.Outbound, message.LinkId, message.ItemId)));
        await SendAsync(session, wishes, cancellation);
        return report.Finish(mailbox.Writes, session.State.RunTally);
    }

    // What a step queues for this very link is done in the next round, as the queue would.
    private async Task SendAsync(SessionContext session, List<QueueRequest> wishes, CancellationToken cancellation)
    {
        for (var round = 0; round < MaxRounds && wishes.Count > 0; round++)
        {
            var now = wishes.DistinctBy(wish => (wish.Kind, wish.ItemId)).Select(wish => new QueueMessage { Id = ids.NewId(), Kind = wish.Kind, LinkId = wish.LinkId, ItemId = wish.ItemId, Revision = 1 }).ToList();
            wishes.Clear();
            if (now.Where(message => message.Kind == MessageKind.CheckUp).ToList() is { Count: > 0 } checks)
                await new CheckUp(session).RunAsync(checks, cancellation);
            foreach (var batch in now.Where(message => message.Kind == MessageKind.Outbound).Chunk(session.Options.MaxMessages))
                await new OutboundSync(session).RunAsync(batch, cancellation);
        }
    }
}
