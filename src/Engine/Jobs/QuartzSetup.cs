using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace CrmSync.Engine.Jobs;

public enum QuartzDatabase
{
    Sqlite = 0,
    PostgreSql = 1,
    SqlServer = 2,
}

/// <summary>Where Quartz keeps its own tables, and how often the jobs run.</summary>
public sealed class JobOptions
{
    public QuartzDatabase Database { get; set; }

    public string ConnectionString { get; set; } = "";

    /// <summary>Unique per process start.</summary>
    public string InstanceId { get; set; } = "";

    public int DrainSeconds { get; set; } = 5;

    /// <summary>How often due polls are looked for; the poll interval itself is the target's.</summary>
    public int PollSeconds { get; set; } = 1;

    public int RenewalSeconds { get; set; } = 2;

    /// <summary>How often due check-ups are looked for; the interval itself is the target's.</summary>
    public int CheckUpSeconds { get; set; } = 60;

    public int DoctorHours { get; set; } = 24;

    public int RetentionHours { get; set; } = 6;
}

/// <summary>Starts and ends the schedule with the engine, not with the host: its tables are in a database that may not answer yet.</summary>
public sealed class Schedule(ISchedulerFactory factory)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        var scheduler = await factory.GetScheduler(cancellation);
        await scheduler.Start(cancellation);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Stopping: jobs are short, and are waited for.
        }
        await scheduler.Shutdown(waitForJobsToComplete: true, CancellationToken.None);
    }
}

/// <summary>Quartz with its ADO store: clustered on PostgreSQL and SQL Server, on SQLite its own file (Quartz refuses to cluster there).</summary>
public static class QuartzSetup
{
    public static IServiceCollection AddCrmSyncJobs(this IServiceCollection services, JobOptions options)
    {
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = "CrmSync";
                scheduler.InstanceId = options.InstanceId;
            });
            quartz.UsePersistentStore(store =>
            {
                switch (options.Database)
                {
                    case QuartzDatabase.PostgreSql:
                        store.UsePostgres(options.ConnectionString);
                        break;
                    case QuartzDatabase.SqlServer:
                        store.UseSqlServer(SqlClientFactory.Instance, options.ConnectionString);
                        break;
                    default:
                        store.UseSqlite(SqliteFactory.Instance, options.ConnectionString);
                        break;
                }
                store.ProvisionSchema();
                if (options.Database != QuartzDatabase.Sqlite)
                {
                    store.UseClustering(cluster =>
                    {
                        cluster.CheckinInterval = TimeSpan.FromSeconds(2);
                        cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(3);
                    });
                }
                store.UseSystemTextJsonSerializer();
            });
            Add<DrainJob>(quartz, "drain", TimeSpan.FromSeconds(options.DrainSeconds));
            Add<PollJob>(quartz, "poll", TimeSpan.FromSeconds(options.PollSeconds));
            Add<RenewalJob>(quartz, "renewal", TimeSpan.FromSeconds(options.RenewalSeconds));
            Add<CheckUpJob>(quartz, "check-up", TimeSpan.FromSeconds(options.CheckUpSeconds));
            Add<DoctorJob>(quartz, "doctor", TimeSpan.FromHours(options.DoctorHours));
            Add<RetentionJob>(quartz, "retention", TimeSpan.FromHours(options.RetentionHours));
        });
        services.AddSingleton<Schedule>();
        return services;
    }

    private static void Add<TJob>(IQuartzBuilder quartz, string name, TimeSpan interval)
        where TJob : IJob
    {
        var key = new JobKey(name);
        quartz.AddJob<TJob>(job => job.WithIdentity(key).StoreDurably().RequestRecovery());
        quartz.AddTrigger(trigger => trigger.ForJob(key).WithIdentity(name)
            .WithSimpleSchedule(schedule => schedule.WithInterval(interval).RepeatForever()));
    }
}
