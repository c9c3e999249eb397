using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using CrmSync.Server.Security;

namespace CrmSync.Server.Hosting;

/// <summary>Brings the database to this version and proves the key ring, before any work begins. A database that is down is waited for.</summary>
public sealed class StartUp(
    StoreMigrator migrator, KeyCanary canary, SetupLinks setupLinks, ServerSettings settings, EngineState state, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<StartUp> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await migrator.StartAsync(stoppingToken);
                await canary.CheckAsync(stoppingToken);
                state.SetReady();
                await OfferSetupAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fatal) when (fatal is WrongKeyRingException or StoreUnavailableException { InnerException: null })
            {
                log.LogCritical("CrmSync cannot start: {Reason}", fatal.Message);
                state.Report(fatal.Message);
                Environment.ExitCode = 3;
                lifetime.StopApplication();
                return;
            }
            catch (Exception failure)
            {
                log.LogError("The database cannot be used yet: {Reason} Tried again in {PauseSeconds} s; nothing is lost meanwhile.", failure.Message, Pause.TotalSeconds);
                state.Report(failure.Message);
                await Task.Delay(Pause, time, stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    // Printed to a terminal only: a log file or a service's journal must never hold it.
    private async Task OfferSetupAsync(CancellationToken cancellation)
    {
        if (!await setupLinks.IsNeededAsync(cancellation))
            return;
        if (Console.IsOutputRedirected)
        {
            log.LogWarning("There is no administrator yet. Make one on this machine with: crmsync setup-link");
            return;
        }
        var token = await setupLinks.CreateAsync(cancellation);
        Console.WriteLine($"\n  Make the first administrator within 30 minutes:\n  {settings.Urls.Split(';')[0]}/setup?token={token}\n");
    }
}
