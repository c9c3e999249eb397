using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Mapping;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>All tables. EF owns the schema, the reads and the rare writes; item tables are written by <see cref="ItemWriter"/> alone (invariant 17).</summary>
/// <remarks>No foreign keys between tables: rows of a page are written as sets in any order, and services own what belongs together.</remarks>
public sealed class CrmSyncDbContext(DbContextOptions<CrmSyncDbContext> options) : DbContext(options)
{
    public DbSet<SyncTarget> Targets => Set<SyncTarget>();

    public DbSet<SyncLink> Links => Set<SyncLink>();

    public DbSet<LinkState> LinkStates => Set<LinkState>();

    public DbSet<LinkWork> LinkWorks => Set<LinkWork>();

    public DbSet<QueueMessage> Queue => Set<QueueMessage>();

    public DbSet<ItemLink> ItemLinks => Set<ItemLink>();

    public DbSet<ItemIdentity> ItemIdentities => Set<ItemIdentity>();

    public DbSet<MeetingIdentity> MeetingIdentities => Set<MeetingIdentity>();

    public DbSet<LinkInventory> Inventory => Set<LinkInventory>();

    public DbSet<PendingDelete> PendingDeletes => Set<PendingDelete>();

    public DbSet<SyncConflict> Conflicts => Set<SyncConflict>();

    public DbSet<ItemHistory> History => Set<ItemHistory>();

    public DbSet<Activity> Activities => Set<Activity>();

    public DbSet<DryRun> DryRuns => Set<DryRun>();

    public DbSet<AuditLog> AuditLogs => Set<AuditLog>();

    public DbSet<PushToken> PushTokens => Set<PushToken>();

    public DbSet<ListenerGroup> ListenerGroups => Set<ListenerGroup>();

    public DbSet<ListenerMember> ListenerMembers => Set<ListenerMember>();

    public DbSet<ScheduleItem> ScheduleItems => Set<ScheduleItem>();

    public DbSet<Participation> Participations => Set<Participation>();

    public DbSet<Occurrence> Occurrences => Set<Occurrence>();

    public DbSet<TaskItem> TaskItems => Set<TaskItem>();

    public DbSet<ContactItem> ContactItems => Set<ContactItem>();

    public DbSet<ContactCoverage> ContactCoverages => Set<ContactCoverage>();

    public DbSet<CrmUser> Users => Set<CrmUser>();

    public DbSet<Team> Teams => Set<Team>();

    public DbSet<Resource> Resources => Set<Resource>();

    public DbSet<WorkingHours> WorkingHours => Set<WorkingHours>();

    public DbSet<ConsoleAccount> ConsoleAccounts => Set<ConsoleAccount>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    public DbSet<SetupLink> SetupLinks => Set<SetupLink>();

    public DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();

    public DbSet<Installation> Installations => Set<Installation>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration) =>
        configuration.Properties<DateTime>().HaveConversion<UtcConverter>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        LinkMapping.Apply(model);
        PairMapping.Apply(model);
        CrmMapping.Apply(model);
        LogMapping.Apply(model);
        AccessMapping.Apply(model);
        ProviderMapping.Apply(model, Database.ProviderName);
    }
}
