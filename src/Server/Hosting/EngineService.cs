using CrmSync.Engine;
using CrmSync.Engine.Jobs;
using CrmSync.Engine.Notifications;
using CrmSync.Engine.Sessions;

namespace CrmSync.Server.Hosting;

/// <summary>Runs this node's link workers and listeners from readiness to the graceful stop.</summary>
public sealed class EngineService(
    EngineState state, LinkWorker worker, ListenerNode listeners, Schedule schedule, ServerSettings settings, NodeName node, ILogger<EngineService> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await state.Ready.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        log.LogInformation("Node {Node}: {Workers} link workers and the listeners start", node.Value, settings.Workers);
        await Task.WhenAll(
            Enumerable.Range(1, settings.Workers).Select(number => worker.RunAsync($"{node.Value}/{number}", stoppingToken))
                .Append(listeners.RunAsync(node.Value, stoppingToken))
                .Append(ScheduleAsync(stoppingToken)));
        log.LogInformation("Node {Node}: all sessions ended, their links were given back", node.Value);
    }

    // Without its schedule a node still works on hints and wake-ups; it must not die for it.
    private async Task ScheduleAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await schedule.RunAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(failure, "The schedule could not start: {Reason}. Tried again in 5 s.", failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(5), stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }
}

/// <summary>This process start: machine, process id and a fresh number, so that a restarted process is never taken for its predecessor.</summary>
public sealed record NodeName(string Value)
{
    public static NodeName New(IdSource ids) => new($"{Environment.MachineName}-{Environment.ProcessId}-{ids.NewId():N}"[..Math.Min(60, Environment.MachineName.Length + 20)]);
}
