using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Jobs;
using CrmSync.Engine.Notifications;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Server.Hosting;
using CrmSync.Server.Security;
using Microsoft.AspNetCore.DataProtection;

namespace CrmSync.Server.Composition;

/// <summary>Puts the engine's rooms together for this process.</summary>
public static class EngineComposition
{
    public static void AddEngine(this IServiceCollection services, ServerSettings settings)
    {
        var provider = StoreOptions.ParseProvider(settings.Provider);
        var connection = settings.ConnectionString ?? $"Data Source={Path.Combine(settings.Data, "crmsync.db")}";
        if (provider == StoreProvider.PostgreSql)
            connection = Engine.Store.PostgreSql.PostgreSqlConnection.WithIdleLimit(connection, settings.LeaseSeconds);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(IdSource.System(TimeProvider.System));
        services.AddSingleton(provider => NodeName.New(provider.GetRequiredService<IdSource>()));
        services.AddCrmSyncStore(new StoreOptions
        {
            Provider = provider, ConnectionString = connection, MinLinkGapMs = settings.MinLinkGapMs, MigrateAtStart = settings.Migrate,
        });

        services.AddDataProtection().SetApplicationName("CrmSync").PersistKeysToFileSystem(Directory.CreateDirectory(settings.KeysFolder));
        services.AddSingleton<ISecretSealer, DataProtectionSealer>();
        services.AddCrmSyncServices();
        services.AddSingleton<KeyCanary>();
        services.AddSingleton<IAccessStore, AccessStore>();
        services.AddSingleton<SignInService>();
        services.AddSingleton<SetupLinks>();
        services.AddSingleton<ApiTokens>();

        services.AddSingleton(new Engine.Sessions.SessionOptions { Workers = settings.Workers, LeaseSeconds = settings.LeaseSeconds });
        services.AddSingleton<Connectors>();
        services.AddSingleton<IConnectors>(provider => provider.GetRequiredService<Connectors>());
        services.AddSingleton<ITestConnectors>(provider => provider.GetRequiredService<Connectors>());
        services.AddSingleton<LinkSession>();
        services.AddSingleton<LinkWorker>();

        services.AddSingleton(new NotificationOptions
        {
            PushStatusFrequencyMinutes = settings.PushStatusFrequencyMinutes,
            PushSilenceSeconds = settings.PushSilenceSeconds,
            StreamingConnectionMinutes = settings.StreamingConnectionMinutes,
            GroupLeaseSeconds = settings.ListenerLeaseSeconds,
        });
        services.AddSingleton<INotificationStore, NotificationStore>();
        services.AddSingleton<PushReceiver>();
        services.AddSingleton<PushKeeper>();
        services.AddSingleton<Poller>();
        services.AddSingleton<GroupListener>();
        services.AddSingleton<ListenerNode>();
        services.AddSingleton(new RetentionOptions());
        services.AddSingleton<IRetention, Retention>();

        services.AddSingleton<EngineState>();
        services.AddHostedService<StartUp>();
        services.AddHostedService<EngineService>();
        AddJobs(services, settings, provider, connection);
    }

    private static void AddJobs(IServiceCollection services, ServerSettings settings, StoreProvider provider, string connection) =>
        services.AddCrmSyncJobs(new JobOptions
        {
            Database = provider switch
            {
                StoreProvider.PostgreSql => QuartzDatabase.PostgreSql,
                StoreProvider.SqlServer => QuartzDatabase.SqlServer,
                _ => QuartzDatabase.Sqlite,
            },
            ConnectionString = provider == StoreProvider.Sqlite ? $"Data Source={Path.Combine(settings.Data, "quartz.db")}" : connection,
            InstanceId = $"{Environment.MachineName}-{Environment.ProcessId}-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}",
        });
}
