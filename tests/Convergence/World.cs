using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrmSync.Convergence.Tests;

/// <summary>The process died here: nothing after this point ran, no lease was given back.</summary>
public sealed class SimulatedCrashException(string point) : Exception($"killed at {point}");

/// <summary>One Exchange, one database and the engine between them, on one clock that only the run moves.</summary>
public sealed class World : IAsyncDisposable, IConnectors
{
    public static readonly string[] People = ["anna", "ben", "carla"];
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private readonly ServiceProvider _services;
    private readonly string _folder;
    private readonly EwsConnector _connector;
    private int _node = 1;

    private World(int seed, string folder, ServiceProvider services, VirtualTime time, SimulatedExchange exchange, SyncTarget target)
    {
        (_services, _folder, Time, Exchange, Target) = (services, folder, time, exchange, target);
        Ids = IdSource.Seeded(time, seed);
        _connector = new EwsConnector(new TargetConnection(target, "demo"), time, new InProcessHandler(exchange));
    }

    public VirtualTime Time { get; }

    public SimulatedExchange Exchange { get; }

    public SyncTarget Target { get; }

    public IdSource Ids { get; }

    public Dictionary<string, SyncLink> Links { get; } = [];

    public ScheduleItemService Items => _services.GetRequiredService<ScheduleItemService>();

    public ILinkQueue Queue => _services.GetRequiredService<ILinkQueue>();

    public static async Task<World> StartAsync(int seed)
    {
        var time = new VirtualTime();
        var folder = Directory.CreateTempSubdirectory("crmsync-seed-").FullName;
        var exchange = new SimulatedExchange(new SimulatorOptions { HttpPort = null, Seed = seed, Time = time, Authentication = new HashSet<string> { "basic" } });
        foreach (var person in People)
            exchange.Organisation.AddMailbox(Address(person), person, "demo");
        exchange.Organisation.AddAccount(new Account("sync@contoso.test", "demo") { MayImpersonate = true });

        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(time).AddSingleton(IdSource.Seeded(time, seed + 1))
            .AddSingleton<ISecretSealer, PlainSealer>().AddCrmSyncServices()
            .AddCrmSyncStore(new StoreOptions { ConnectionString = $"Data Source={Path.Combine(folder, "seed.db")}", MinLinkGapMs = 0 }).BuildServiceProvider();
        await services.GetRequiredService<StoreMigrator>().StartAsync(CancellationToken.None);
        var target = new SyncTarget
        {
            Id = Guid.CreateVersion7(), Version = 1, Name = "Contoso", Url = "http://exchange.test/EWS/Exchange.asmx", UserName = "sync@contoso.test",
            Notifications = NotificationMode.Poll, RequestTimeoutSeconds = 20, DeleteGuardMinimum = 1000, ChangeGuardMinimum = 1000, AllChangedMinimum = 0, RewritesPerHour = 1000, MailsPerHour = 100_000,
        };
        var world = new World(seed, folder, services, time, exchange, target);
        await world.LinkAsync();
        return world;
    }

    public IExchangeConnector For(SyncTarget target) => _connector;

    public OutlookUser Outlook(string person) => new(Exchange, Address(person));

    public static string Address(string person) => $"{person}@contoso.test";

    public async Task<CrmSyncDbContext> DbAsync() => await _services.GetRequiredService<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync();

    public async Task HintAsync(IEnumerable<SyncLink> links) =>
        await Queue.EnqueueAsync([.. links.Select(link => new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty, InboundPriority.Hint))], CancellationToken.None);

    /// <summary>One claim and its session. False: nothing was ready.</summary>
    public async Task<bool> StepAsync()
    {
        if (await Queue.ClaimAsync($"node{_node}", Lease, CancellationToken.None) is not { } lease)
            return false;
        var session = new LinkSession(
            _services.GetRequiredService<ILinkSessionStore>(), Queue, _services.GetRequiredService<FanOutExpansion>(), this, Time, Ids, new SessionOptions(), NullLogger<LinkSession>.Instance);
        try
        {
            var outcome = await session.RunAsync(lease, CancellationToken.None);
            if (!outcome.LeaseLost)
                await Queue.ReleaseAsync(lease, outcome.RestFor, CancellationToken.None);
        }
        catch (SimulatedCrashException)
        {
            // Another node goes on when the lease has run out; what this one held in memory is gone.
            _node++;
        }
        return true;
    }

    /// <summary>Works until the queue is empty; time passes only when nothing is ready.</summary>
    public async Task DrainAsync(int maxSteps = 5000)
    {
        for (var step = 0; step < maxSteps; step++)
        {
            if (await StepAsync())
                continue;
            if (await Queue.NextReadyInAsync(CancellationToken.None) is not { } next)
            {
                await using var db = await DbAsync();
                if (!await db.LinkWorks.AnyAsync(work => work.Owner != null))
                    return;
                next = Lease;
            }
            Time.Advance(next + TimeSpan.FromMilliseconds(1));
        }
        throw new TimeoutException($"The queue did not run dry in {maxSteps} steps.");
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.DisposeAsync();
        await _services.DisposeAsync();
        Exchange.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task LinkAsync()
    {
        await using var db = await DbAsync();
        db.Add(Target);
        foreach (var person in People)
        {
            var user = new CrmUser { Id = Ids.NewId(), Name = person, DisplayName = person, Mail = Address(person), TimeZone = "UTC" };
            var link = new SyncLink { Id = Ids.NewId(), TargetId = Target.Id, UserId = user.Id, Mailbox = Address(person), Version = 1, DefaultZone = "UTC" };
            Links[person] = link;
            db.AddRange(user, link, new LinkState { LinkId = link.Id }, new LinkWork { LinkId = link.Id, TargetId = Target.Id, Mailbox = link.Mailbox });
        }
        await db.SaveChangesAsync();
    }

    private sealed class PlainSealer : ISecretSealer
    {
        public string Seal(string secret) => secret;

        public string Open(string sealedSecret) => sealedSecret;
    }
}
