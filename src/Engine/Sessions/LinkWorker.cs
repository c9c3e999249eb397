using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Sessions;

/// <summary>Claims links one after the other and runs their sessions; several workers share a process, several processes a database.</summary>
public sealed class LinkWorker(ILinkQueue queue, LinkSession sessions, IWakeUp wakeUp, TimeProvider time, SessionOptions options, ILogger<LinkWorker> log)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    /// <summary>Works until cancelled. On cancellation the running session ends between two steps and its link is given back.</summary>
    /// <param name="owner">Unique per worker and process start.</param>
    /// <param name="cancellation">Graceful stop.</param>
    public async Task RunAsync(string owner, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var seen = wakeUp.Current;
                if (await queue.ClaimAsync(owner, TimeSpan.FromSeconds(options.LeaseSeconds), cancellation) is { } lease)
                {
                    // One wake-up may stand for many links.
                    wakeUp.PassOn();
                    await WorkAsync(lease, cancellation);
                }
                else
                {
                    await SleepAsync(seen, cancellation);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The database is away, or a bug: this worker must live on, and must not spin.
                log.LogError(failure, "Worker {Owner} could not work: {Reason}. It goes on in a second.", owner, failure.Message);
                await PauseAsync(cancellation);
            }
        }
    }

    /// <summary>Runs one claimed link to the end of its session and gives it back.</summary>
    public async Task<SessionOutcome> WorkAsync(LinkLease lease, CancellationToken cancellation)
    {
        using var renewal = new CancellationTokenSource();
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keeper = KeepLeaseAsync(lease, session, renewal.Token);
        // A session that breaks rests a little, so that one broken link cannot spin; one that ends well is ready at once.
        var outcome = new SessionOutcome(TimeSpan.FromSeconds(1), "broken off");
        try
        {
            CrashPoints.Reach("worker.claimed");
            outcome = await sessions.RunAsync(lease, session.Token);
        }
        catch (OperationCanceledException) when (session.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            outcome = new SessionOutcome(TimeSpan.Zero, "the lease was lost", LeaseLost: true);
        }
        finally
        {
            renewal.Cancel(); // not CancelAsync: that goes through the thread pool, which no seed controls (invariant 13)
            await keeper;
            if (!outcome.LeaseLost)
                await queue.ReleaseAsync(lease, cancellation.IsCancellationRequested ? TimeSpan.Zero : outcome.RestFor, CancellationToken.None);
        }
        return outcome;
    }

    private async Task KeepLeaseAsync(LinkLease lease, CancellationTokenSource session, CancellationToken cancellation)
    {
        var length = TimeSpan.FromSeconds(options.LeaseSeconds);
        try
        {
            while (true)
            {
                // Each session ends this wait: the ordinary end, and no exception.
                await Task.Delay(length / 3, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                if (cancellation.IsCancellationRequested)
                    return;
                if (await queue.RenewAsync(lease, length, cancellation))
                    continue;
                session.Cancel();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The session ended first.
        }
        catch (Exception failure)
        {
            // Whether the renewal arrived is unknown. The epoch decides at the next commit; a session without a database has nothing to lose.
            log.LogWarning("The lease of link {LinkId} could not be renewed: {Reason}", lease.LinkId, failure.Message);
            session.Cancel();
        }
    }

    private async Task SleepAsync(long seen, CancellationToken cancellation)
    {
        var next = await queue.NextReadyInAsync(cancellation) is { } ready && ready < LongestSleep ? ready : LongestSleep;
        if (next > TimeSpan.Zero)
            await wakeUp.WaitAsync(seen, next, cancellation);
    }

    private async Task PauseAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(LongestSleep, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
