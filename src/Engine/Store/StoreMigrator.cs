using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CrmSync.Engine.Store;

/// <summary>The database cannot be used as it is. The message names the place, the cause and the cure, and never a password.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Brings the schema up to date at start. Safe when several nodes start at once: one migrates, the others wait and find nothing to do.</summary>
public sealed class StoreMigrator(CrmSyncStore store, ILogger<StoreMigrator> log)
{
    /// <summary>May be called again after a failure: nothing half done stays behind.</summary>
    /// <exception cref="StoreUnavailableException">The database is down, refuses us, or lacks migrations that may not be applied here.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await using var database = await store.ReadAsync(cancellation);
            await MigrateAsync(database, cancellation);
            await Installations.InstallIdAsync(store, cancellation);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or StoreUnavailableException))
        {
            if (store.Dialect.DescribeOutage(exception, store.Options.ConnectionString) is { } reason)
                throw new StoreUnavailableException(reason, exception);
            throw;
        }
    }

    /// <summary>Tries until the database answers: at first every second, later every 15.</summary>
    public async Task StartPatientlyAsync(CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await StartAsync(cancellation);
                return;
            }
            catch (StoreUnavailableException outage) when (outage.InnerException is not null)
            {
                var pause = TimeSpan.FromSeconds(Math.Min(15, tries));
                log.LogError("{Reason} Tried again in {PauseSeconds} s.", outage.Message, (int)pause.TotalSeconds);
                await Task.Delay(pause, store.Time, cancellation);
            }
        }
    }

    /// <summary>Null when the database answers; else why not, for the readiness check.</summary>
    public async Task<string?> FindOutageAsync(CancellationToken cancellation)
    {
        try
        {
            await store.StatementAsync($"SELECT {store.Dialect.NowMs}", (command, stop) => command.ExecuteScalarAsync(stop), cancellation);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return store.Dialect.DescribeOutage(exception, store.Options.ConnectionString) ?? exception.Message;
        }
    }

    private async Task MigrateAsync(CrmSyncDbContext database, CancellationToken cancellation)
    {
        if (!store.Options.MigrateAtStart)
        {
            var missing = (await database.Database.GetPendingMigrationsAsync(cancellation)).ToList();
            if (missing.Count > 0)
            {
                throw new StoreUnavailableException(
                    $"The {store.Dialect.Provider} database lacks {missing.Count} migrations ({string.Join(", ", missing)}) and migrating at start is switched off. "
                    + "Apply them with the migrate command, or switch it on.");
            }
            return;
        }
        await using var turn = await store.Dialect.EnterMigrationAsync(database, cancellation);
        var pending = (await database.Database.GetPendingMigrationsAsync(cancellation)).ToList();
        if (pending.Count == 0)
            return;
        log.LogInformation("Migrating the {Provider} database: {Count} migrations, {Names}", store.Dialect.Provider, pending.Count, string.Join(", ", pending));
        await database.Database.MigrateAsync(cancellation);
        log.LogInformation("The {Provider} database is up to date", store.Dialect.Provider);
    }
}
