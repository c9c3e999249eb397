using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.PostgreSql;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CrmSync.Engine.Store;

/// <summary>Puts the store and the queue into a host.</summary>
public static class StoreServices
{
    /// <summary>Adds <see cref="IDbContextFactory{TContext}"/>, <see cref="CrmSyncStore"/>, <see cref="ILinkSessionStore"/>, <see cref="ILinkQueue"/> and what belongs to them.</summary>
    /// <remarks>Takes TimeProvider and IdSource from the container if they are there. Run <see cref="StoreMigrator"/> before anything else uses it.</remarks>
    public static IServiceCollection AddCrmSyncStore(this IServiceCollection services, StoreOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => IdSource.System(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(options);
        services.AddSingleton(provider => StoreDialect.For(options.Provider, provider.GetRequiredService<TimeProvider>()));
        services.AddPooledDbContextFactory<CrmSyncDbContext>(
            (provider, builder) => provider.GetRequiredService<StoreDialect>().Configure(builder, options.ConnectionString));
        services.AddSingleton<CrmSyncStore>();
        services.AddSingleton<StoreMigrator>();
        services.AddSingleton<QueueSignal>();
        services.AddSingleton<IWakeUp>(provider => provider.GetRequiredService<QueueSignal>());
        services.AddSingleton<LinkQueue>();
        services.AddSingleton<ILinkQueue>(provider => provider.GetRequiredService<LinkQueue>());
        services.AddSingleton<ILinkSessionStore, LinkSessionStore>();
        services.AddSingleton<FanOutExpansion>();
        services.AddSingleton<IFanOut>(provider => provider.GetRequiredService<FanOutExpansion>());
        services.AddSingleton<QueueAdministration>();
        if (options.Provider == StoreProvider.PostgreSql)
            services.AddHostedService<PostgreSqlWakeUp>();
        return services;
    }
}
