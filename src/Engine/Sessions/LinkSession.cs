using System.Diagnostics;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Outbound;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Sessions;

/// <summary>How a session ended.</summary>
/// <param name="RestFor">The link is not to be claimed before that long: back-off of the server or of ours.</param>
/// <param name="Failure">In plain words; null when all went well.</param>
public sealed record SessionOutcome(TimeSpan RestFor, string? Failure, bool LeaseLost = false);

/// <summary>The work of one claim: what waits for this link, in batches, within a budget. It never waits: it gives the link back instead (invariant 14).</summary>
public sealed class LinkSession(
    ILinkSessionStore store, ILinkQueue queue, IFanOut fanOut, IConnectors connectors, TimeProvider time, IdSource ids, SessionOptions options, ILogger<LinkSession> log)
{
    public static readonly ActivitySource Tracing = new("CrmSync");

    public async Task<SessionOutcome> RunAsync(LinkLease lease, CancellationToken cancellation)
    {
        // Switched off, alone, with its target or with all items of its kind: nothing is read or sent, and what waits goes on waiting.
        if (await store.LoadLinkAsync(lease.LinkId, cancellation) is not { } facts || LinkRules.Of(facts.Target, facts.Link).Direction == SyncDirection.Off)
            return new SessionOutcome(TimeSpan.FromMinutes(1), null);
        var messages = await store.LoadDueMessagesAsync(lease.LinkId, options.MaxMessages, cancellation);
        if (messages.Count == 0)
            return new SessionOutcome(TimeSpan.Zero, null);

        foreach (var message in messages.Where(message => message.Kind == MessageKind.FanOut))
            await fanOut.ExpandAsync(lease, message, cancellation);
        messages = [.. messages.Where(message => message.Kind != MessageKind.FanOut)];
        if (messages.Count == 0)
            return new SessionOutcome(TimeSpan.Zero, null);

        var trace = messages.Select(message => message.TraceId).FirstOrDefault(id => id is not null);
        using var activity = Tracing.StartActivity("link session", ActivityKind.Consumer, trace);
        activity?.SetTag("link", lease.LinkId).SetTag("mailbox", facts.Link.Mailbox);
        var connector = connectors.For(facts.Target);
        var session = new SessionContext(
            facts, lease, connector.Open(facts.Link.Mailbox), connector.Capabilities, store, time, ids, options, activity?.Id ?? trace);
        var startedAt = time.GetTimestamp();
        var (holds, health) = (session.State.Holds, session.State.Health);
        var asked = TimeSpan.Zero;
        try
        {
            await EndMailHoldAsync(session, cancellation);
            await ResolveFolderAsync(session, cancellation);
            await WorkAsync(session, messages, cancellation);
            await ClearErrorAsync(session, holds, health, cancellation);
            log.LogInformation("Link {LinkId} {Mailbox}: session done in {DurationMs} ms, {Messages} messages, trace {TraceId}",
                lease.LinkId, facts.Link.Mailbox, (long)time.GetElapsedTime(startedAt).TotalMilliseconds, messages.Count, session.TraceId);
            EngineMetrics.SessionEnded("done", time.GetElapsedTime(startedAt));
            return new SessionOutcome(TimeSpan.Zero, null);
        }
        catch (LeaseLostException lost)
        {
            EngineMetrics.SessionEnded("lease_lost", time.GetElapsedTime(startedAt));
            log.LogWarning("{Reason}", lost.Message);
            return new SessionOutcome(TimeSpan.Zero, lost.Message, LeaseLost: true);
        }
        catch (StalePlanException stale)
        {
            EngineMetrics.SessionEnded("stale", time.GetElapsedTime(startedAt));
            log.LogInformation("Link {LinkId}: {Reason} Tried again.", lease.LinkId, stale.Message);
            return new SessionOutcome(TimeSpan.FromMilliseconds(200), stale.Message);
        }
        catch (ExchangeException failure)
        {
            EngineMetrics.SessionEnded("failed", time.GetElapsedTime(startedAt));
            asked = failure.BackOff ?? TimeSpan.Zero;
            return await FailAsync(session, messages, failure, cancellation);
        }
        finally
        {
            // However it ends, and whoever owns the link by now: a pause that the server asked for is the mailbox's, not the session's. A road may have had something to save
            // when it was asked, and have found its lease gone (found by a planted fault at seed 580). A refusal of one item is known to the failure alone.
            var rest = session.Mailbox.RestsFor;
            rest = rest > asked ? rest : asked;
            if (rest > TimeSpan.Zero)
                await queue.DeferAsync(facts.Target.Id, facts.Link.Mailbox, rest, CancellationToken.None);
        }
    }

    private static async Task WorkAsync(SessionContext session, IReadOnlyList<QueueMessage> messages, CancellationToken cancellation)
    {
        var inbound = messages.FirstOrDefault(message => message.Kind is MessageKind.Inbound);
        var outbound = messages.Where(message => message.Kind == MessageKind.Outbound).ToList();

        // A mapping that has changed its meaning is a full re-read (design.md section 4).
        if (inbound is not null && session.State.MappingVersion != session.Facts.Link.MappingVersion && session.State is { IsInventoryComplete: true, IsFullRead: false })
            session.State.Cursor = null;
        var isHint = inbound?.Priority is InboundPriority.Hint;
        if (inbound is not null)
        {
            // A budget that is spent leaves the message for the next turn; what waits to be sent does not wait for a long first read.
            await new InboundSync(session).RunAsync(inbound, isHint, cancellation);
        }
        var checkUps = messages.Where(message => message.Kind == MessageKind.CheckUp).ToList();
        if (checkUps.FirstOrDefault(message => message.ItemId == Guid.Empty) is { } whole)
        {
            await new CheckUp(session).ExpandAsync(whole, cancellation);
            checkUps.Remove(whole);
        }
        if (checkUps.Count > 0)
            await new CheckUp(session).RunAsync(checkUps, cancellation);
        // What was held on the way out may be done, discarded or due: the guard looks even if nothing is.
        if (outbound.Count > 0 || session.HoldOf(HoldKind.DeletesInExchange) is not null || session.HoldOf(HoldKind.ChangesInExchange) is not null)
            await new OutboundSync(session).RunAsync(outbound, cancellation);
    }

    private static async Task ResolveFolderAsync(SessionContext session, CancellationToken cancellation)
    {
        if (session.State.ResolvedFolderId is not null)
            return;
        session.State.ResolvedFolderId = session.Facts.Link.FolderId
            ?? (await session.Mailbox.FindDefaultFolderAsync(session.Facts.Link.Kind, cancellation)).Id.Value;
        await session.SaveAsync(new SessionCommit { State = session.State }, "The link's folder", cancellation);
    }

    // Mails that were held go on by themselves when the hour is over. Asked before the work: what goes out now is the new hour's, and would make the old hold look as if it lasted.
    // Approved or discarded, nothing may be left that waits.
    private static async Task EndMailHoldAsync(SessionContext session, CancellationToken cancellation)
    {
        if (session.HoldOf(HoldKind.Mails) is null)
            return;
        if (new MailBudget(session.State.MailsSince, session.State.MailsSent).At(session.UtcNow).Sent == 0
            || await session.Store.CountOutboundAsync(session.LinkId, cancellation) is { Changes: 0, Deletes: 0 })
            session.Release(HoldKind.Mails);
    }

    /// <param name="holds">As loaded with the session.</param>
    /// <param name="health">Likewise.</param>
    private static async Task ClearErrorAsync(SessionContext session, IReadOnlyList<LinkHold>? holds, LinkHealth health, CancellationToken cancellation)
    {
        var failures = session.State.Failures;
        session.State.Failures = 0;
        if (session.State.Holds is null && session.State.Health != LinkHealth.Healthy)
        {
            session.State.Health = LinkHealth.Healthy;
            session.State.LastError = session.State.LastErrorCode = null;
            session.State.LastErrorAt = null;
        }
        HoldRows.ShowHolds(session.State, session.UtcNow);
        if (failures != 0 || health != session.State.Health || !ReferenceEquals(holds, session.State.Holds))
            await session.SaveAsync(new SessionCommit { State = session.State }, "The link's health", cancellation);
    }

    private static readonly TimeSpan BusyUnseen = TimeSpan.FromMinutes(15);

    private static bool IsBusy(ExchangeException failure) =>
        failure is ExchangeResponseException { Code: ResponseCodes.ErrorServerBusy } or ExchangeTransportException { HttpStatus: 429 or 503 };

    // The whole link failed, so no message has an attempt less for it: nothing is parked, the queue is kept, and the link comes back by itself when the cause is gone (case E32).
    private async Task<SessionOutcome> FailAsync(SessionContext session, IReadOnlyList<QueueMessage> messages, ExchangeException failure, CancellationToken cancellation)
    {
        var code = failure is ExchangeResponseException response ? response.Code : failure.GetType().Name;
        if (code is ResponseCodes.ErrorFolderNotFound or ResponseCodes.ErrorSyncFolderNotFound && session.Facts.Link.FolderId is null)
            session.State.ResolvedFolderId = null;
        session.State.Failures++;
        EngineMetrics.BackedOff(failure.BackOff is not null);
        var delay = BackOff.DelayOf(session.State.Failures, failure.BackOff, ids.NextDouble());
        var text = $"{session.Facts.Link.Mailbox}, folder '{session.Facts.Link.FolderName}': {failure.Message}";
        // A server that asks to wait is obeyed, not reported: people are told when it has lasted (case E26).
        if (!IsBusy(failure) || !(session.State.LastInboundAt > session.UtcNow - BusyUnseen))
        {
            session.State.Health = LinkHealth.Failing;
            session.State.LastError = text;
            session.State.LastErrorCode = code;
            session.State.LastErrorAt = session.UtcNow;
        }
        var commit = new SessionCommit { State = session.State };
        commit.Retries.AddRange(messages.Select(message => new MessageRetry(message.Id, (long)delay.TotalMilliseconds, false, text, code, CountsAsAttempt: false, Revision: message.Revision)));
        await session.SaveAsync(commit, "The link's failure", cancellation);
        log.LogWarning("Link {LinkId} failed ({Code}), tried again in {DelayMs} ms: {Reason}", session.LinkId, code, (long)delay.TotalMilliseconds, text);
        return new SessionOutcome(delay, text);
    }
}
