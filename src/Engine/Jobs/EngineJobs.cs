using CrmSync.Engine.Crm;
using CrmSync.Engine.Notifications;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using Microsoft.Extensions.Logging;
using Quartz;

namespace CrmSync.Engine.Jobs;

// Each job is short: it looks at due times and queues rows. What takes long is done by link sessions (design.md section 4).

/// <summary>The net under all wake-ups: lets this node's workers look for ready links.</summary>
[DisallowConcurrentExecution]
public sealed class DrainJob(IWakeUp wakeUp) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        wakeUp.Wake();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Queues a look at every folder whose poll is due.</summary>
[DisallowConcurrentExecution]
public sealed class PollJob(Poller poller) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await poller.RunAsync(cancellationToken);
}

/// <summary>Makes and renews push subscriptions.</summary>
[DisallowConcurrentExecution]
public sealed class RenewalJob(PushKeeper keeper) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await keeper.RunAsync(cancellationToken);
}

/// <summary>Removes what has outlived its use: activity, history, retired tokens, idempotency keys, old tombstones.</summary>
[DisallowConcurrentExecution]
public sealed class RetentionJob(IRetention retention) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await retention.RunAsync(cancellationToken);
}

/// <summary>Queues the slow comparison of links whose check-up is due.</summary>
[DisallowConcurrentExecution]
public sealed class CheckUpJob(CheckUpService checkUps) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await checkUps.QueueDueAsync(cancellationToken);
}

/// <summary>Checks the invariants and logs every breach with its cure.</summary>
[DisallowConcurrentExecution]
public sealed class DoctorJob(Doctor doctor, ILogger<DoctorJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        foreach (var finding in await doctor.CheckAsync(cancellationToken))
            log.LogWarning("Doctor: {Count} {Check}: {Cause} {Cure}", finding.Count, finding.Check, finding.Cause, finding.Cure);
    }
}
