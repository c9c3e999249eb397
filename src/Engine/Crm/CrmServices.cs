using CrmSync.Engine.Access;
using CrmSync.Engine.Rehearsal;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Engine.Crm;

/// <summary>Puts the CRM's services into a host; needs the store (AddCrmSyncStore) and an <see cref="ISecretSealer"/>.</summary>
public static class CrmServices
{
    public static IServiceCollection AddCrmSyncServices(this IServiceCollection services) => services
        .AddSingleton<ScheduleItemService>()
        .AddSingleton<PeopleService>()
        .AddSingleton<TargetService>()
        .AddSingleton<LinkService>()
        .AddSingleton<ConnectionService>()
        .AddSingleton<SkippedItemService>()
        .AddSingleton<QueueService>()
        .AddSingleton<HoldService>()
        .AddSingleton<UndoService>()
        .AddSingleton<HistoryService>()
        .AddSingleton<CheckUpService>()
        .AddSingleton<CheckUpReports>()
        .AddSingleton<Doctor>()
        .AddSingleton<DryRunner>()
        .AddSingleton<DryRunService>()
        .AddSingleton<QuarantineService>()
        .AddSingleton<TombstoneService>()
        .AddSingleton<TieService>()
        .AddSingleton<TieDecisions>()
        .AddSingleton<ActivityService>()
        .AddSingleton<ConflictService>()
        .AddSingleton<ConflictDecisions>()
        .AddSingleton<AuditLogWriter>()
        .AddSingleton<IdempotencyService>();
}
