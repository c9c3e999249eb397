using System.Net.Http.Json;
using System.Text.Json;
using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionOptions = CrmSync.Engine.Sessions.SessionOptions;
using NodaTime;

namespace CrmSync.Roads.Tests;

/// <summary>One Exchange (the simulator on a port of its own), one database, one engine: what a road test drives on.</summary>
public sealed partial class RoadRig : IAsyncDisposable, IConnectors
{
    private readonly WebApplication _simulator;
    private readonly ServiceProvider _services;
    private readonly Dictionary<Guid, EwsConnector> _connectors = [];
    private readonly string _folder;
    private readonly string? _postgres;

    private RoadRig(WebApplication simulator, ServiceProvider services, string folder, string? postgres)
    {
        (_simulator, _services, _folder, _postgres) = (simulator, services, folder, postgres);
        Http = new HttpClient { BaseAddress = new Uri(simulator.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public HttpClient Http { get; }

    public SyncTarget Target { get; private set; } = null!;

    public ILinkQueue Queue => _services.GetRequiredService<ILinkQueue>();

    public ILinkSessionStore Store => _services.GetRequiredService<ILinkSessionStore>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>On SQLite, or on the PostgreSQL of the test command.</summary>
    public static Task<RoadRig> OnAsync(string database) => StartAsync(database == "postgres" ? Postgres.Required() : null);

    public static Task<RoadRig> OnSqliteAsync() => StartAsync(null);

    /// <param name="postgres">Connection string of a server; null: SQLite.</param>
    /// <param name="change">Other settings of the simulator.</param>
    public static async Task<RoadRig> StartAsync(string? postgres, Func<SimulatorOptions, SimulatorOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("crmsync-road-").FullName;
        var settings = new SimulatorOptions { HttpPort = 0, CertificateFolder = folder, Authentication = new HashSet<string> { "basic" } };
        var simulator = SimulatorHost.Build(change?.Invoke(settings) ?? settings);
        await simulator.StartAsync();
        var options = new StoreOptions { ConnectionString = $"Data Source={Path.Combine(folder, "road.db")}", MinLinkGapMs = 0 };
        if (postgres is not null)
        {
            var name = "road_" + Guid.NewGuid().ToString("N")[..12];
            await using var admin = new Npgsql.NpgsqlConnection(postgres);
            await admin.OpenAsync();
            await using var create = new Npgsql.NpgsqlCommand($"CREATE DATABASE {name}", admin);
            await create.ExecuteNonQueryAsync();
            options = new StoreOptions { Provider = StoreProvider.PostgreSql, ConnectionString = postgres.Replace("Database=postgres", $"Database={name}"), MinLinkGapMs = 0 };
        }
        RoadRig? made = null;
        var services = new ServiceCollection().AddLogging().AddCrmSyncStore(options).AddCrmSyncServices().AddSingleton<ISecretSealer, PlainSealer>()
            .AddSingleton<IConnectors>(new LentConnectors(() => made!)).BuildServiceProvider();
        await services.GetRequiredService<StoreMigrator>().StartAsync(CancellationToken.None);
        var rig = new RoadRig(simulator, services, folder, postgres is null ? null : options.ConnectionString);
        made = rig;
        await rig.ArrangeAsync();
        return rig;
    }

    public IExchangeConnector For(SyncTarget target) => _connectors.TryGetValue(target.Id, out var connector)
        ? connector
        : _connectors[target.Id] = new EwsConnector(new TargetConnection(target, "demo"), TimeProvider.System, Wire, options: EwsOptions);

    public Outlook Outlook(string person) => new(Http, Address(person));

    public static string Address(string person) => $"{person}@contoso.test";

    /// <summary>A CRM person with a mailbox and a two-way schedule link.</summary>
    public async Task<SyncLink> LinkAsync(string person, Action<SyncLink>? change = null)
    {
        await Http.PostAsJsonAsync("/control/mailboxes", new { address = Address(person), displayName = person, password = "demo" });
        await using var db = await DbAsync();
        var user = new CrmUser { Id = Guid.CreateVersion7(), Name = person, DisplayName = person, Mail = Address(person), TimeZone = "Europe/Berlin" };
        var link = new SyncLink { Id = Guid.CreateVersion7(), TargetId = Target.Id, UserId = user.Id, Mailbox = Address(person), Version = 1, DefaultZone = "W. Europe Standard Time" };
        change?.Invoke(link);
        db.AddRange(user, link, new LinkState { LinkId = link.Id }, new LinkWork { LinkId = link.Id, TargetId = Target.Id, Mailbox = link.Mailbox });
        await db.SaveChangesAsync();
        return link;
    }

    public async Task<CrmSyncDbContext> DbAsync() => await _services.GetRequiredService<IDbContextFactory<CrmSyncDbContext>>().CreateDbContextAsync();

    /// <summary>Every link looks at its folder; then all that waits is worked off.</summary>
    public async Task SyncAsync(params SyncLink[] links)
    {
        await using (var db = await DbAsync())
        {
            var all = links.Length > 0 ? links : [.. await db.Links.AsNoTracking().OrderBy(link => link.Id).ToListAsync()];
            await Queue.EnqueueAsync([.. all.Select(link => new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty, InboundPriority.Poll))], CancellationToken.None);
        }
        await DrainAsync();
    }

    /// <summary>Works off what is ready now or within the next <paramref name="within"/>.</summary>
    public async Task DrainAsync(TimeSpan? within = null, string owner = "road")
    {
        var worker = NewWorker();
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(60);
        while (DateTime.UtcNow < deadline)
        {
            if (await Queue.ClaimAsync(owner, TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease)
            {
                var outcome = await worker.WorkAsync(lease, CancellationToken.None);
                LastFailure = outcome.Failure ?? LastFailure;
                continue;
            }
            if (await Queue.NextReadyInAsync(CancellationToken.None) is not { } next || next > (within ?? TimeSpan.FromMilliseconds(700)))
                return;
            await Task.Delay(next + TimeSpan.FromMilliseconds(2));
        }
        throw new TimeoutException("The queue did not run dry.");
    }

    public string? LastFailure { get; set; }

    public LinkWorker NewWorker(SessionOptions? options = null) => NewWorker(Store, Queue, this, options);

    private LinkWorker NewWorker(ILinkSessionStore store, ILinkQueue queue, IConnectors connectors, SessionOptions? options)
    {
        var session = new LinkSession(store, queue, _services.GetRequiredService<FanOutExpansion>(), connectors, TimeProvider.System, IdSource.System(TimeProvider.System), options ?? new SessionOptions { EmptyDeltaRepeatMs = 20 },
            _services.GetRequiredService<ILogger<LinkSession>>());
        return new LinkWorker(queue, session, _services.GetRequiredService<IWakeUp>(), TimeProvider.System, options ?? new SessionOptions(), _services.GetRequiredService<ILogger<LinkWorker>>());
    }

    /// <summary>A person of the CRM makes an item: row, participation and queue row in one go, as the service does.</summary>
    public async Task<Guid> CreateInCrmAsync(string person, ScheduleContent content)
    {
        await using var db = await DbAsync();
        var user = await db.Users.SingleAsync(row => row.Name == person);
        var item = new ScheduleItem { Id = Guid.CreateVersion7(), Version = 1, OwnerId = user.Id, UpdatedBy = $"user:{person}", CreatedAt = DateTime.UtcNow, UpdatedAt = DateTime.UtcNow };
        ScheduleRows.Apply(content, ScheduleFields.Shared, item);
        var personal = new Participation { ItemId = item.Id, UserId = user.Id };
        ScheduleRows.ApplyPersonal(content, ScheduleFields.Personal, personal);
        db.AddRange(item, personal);
        await db.SaveChangesAsync();
        var home = await db.Links.SingleAsync(link => link.UserId == user.Id && link.IsHome);
        await Queue.EnqueueAsync([new QueueRequest(MessageKind.Outbound, home.Id, item.Id)], CancellationToken.None);
        return item.Id;
    }

    public async Task ChangeInCrmAsync(Guid itemId, Func<ScheduleContent, ScheduleContent> change, bool delete = false)
    {
        await using var db = await DbAsync();
        var item = await db.ScheduleItems.SingleAsync(row => row.Id == itemId);
        var personal = await db.Participations.Where(row => row.ItemId == itemId).FirstAsync(row => row.UserId == item.OwnerId);
        var content = change(ScheduleRows.ToContent(item, personal));
        ScheduleRows.Apply(content, ScheduleFields.Shared, item);
        ScheduleRows.ApplyPersonal(content, ScheduleFields.Personal, personal);
        (item.Version, item.UpdatedAt, item.UpdatedBy, item.IsDeleted) = (item.Version + 1, DateTime.UtcNow, "user:test", delete);
        await db.SaveChangesAsync();
        var links = await db.ItemLinks.Where(pair => pair.ItemId == itemId).Select(pair => pair.LinkId).ToListAsync();
        await Queue.EnqueueAsync([.. links.Select(link => new QueueRequest(MessageKind.Outbound, link, itemId))], CancellationToken.None);
    }

    public async Task<List<ScheduleItem>> ItemsAsync(bool deleted = false)
    {
        await using var db = await DbAsync();
        return await db.ScheduleItems.AsNoTracking().Where(item => item.IsDeleted == deleted).OrderBy(item => item.StartUtc).ThenBy(item => item.Subject).ToListAsync();
    }

    public async Task<IReadOnlyList<Mail>> MailsAsync() => (await Http.GetFromJsonAsync<List<Mail>>("/control/mails", new JsonSerializerOptions(JsonSerializerDefaults.Web)))!;

    /// <summary>A person drags an item out of Deleted Items, back into the calendar.</summary>
    public async Task TakeBackAsync(string person, string? subject = null)
    {
        var item = (await Outlook(person).ListAsync("deleteditems")).Single(item => subject is null || item.Subject == subject);
        await Outlook(person).PostAsync($"item/move?id={Uri.EscapeDataString(item.Id)}&folder=calendar");
    }

    public async Task FaultAsync(object rule) => (await Http.PostAsJsonAsync("/control/faults", rule)).EnsureSuccessStatusCode();

    public async Task ClearFaultsAsync() => (await Http.DeleteAsync("/control/faults")).EnsureSuccessStatusCode();

    /// <summary>The end of every sync test: five more quiet cycles write nothing on either side, not even what changes nothing, and mail nobody (case E8).</summary>
    public async Task ShouldBeQuietAsync(int cycles = 5)
    {
        await SyncAsync();
        var before = await FingerprintAsync();
        for (var cycle = 0; cycle < cycles; cycle++)
            await SyncAsync();
        (await FingerprintAsync()).ShouldBe(before, "a quiet cycle must write nothing on either side");
    }

    public static ScheduleContent Meeting(string subject, string start = "2026-11-23T09:00:00", int minutes = 60, params string[] attendees)
    {
        var from = NodaTime.Text.LocalDateTimePattern.GeneralIso.Parse(start).Value;
        return new ScheduleContent
        {
            Subject = subject,
            Time = TimeZones.Timed(from, from.PlusMinutes(minutes), "Europe/Berlin"),
            Location = "Room 1",
            Body = new ItemBody(BodyFormat.Text, $"About {subject}"),
            ReminderMinutes = 15,
            Attendees = [.. attendees.Select(who => new Attendee(new MailAddress(Address(who)), AttendeeRole.Required))],
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors.Values)
            await connector.DisposeAsync();
        await _services.DisposeAsync();
        await _simulator.StopAsync();
        await _simulator.DisposeAsync();
        Http.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_postgres is not null)
        {
            Npgsql.NpgsqlConnection.ClearAllPools();
            var builder = new Npgsql.NpgsqlConnectionStringBuilder(_postgres);
            var name = builder.Database;
            builder.Database = "postgres";
            await using var admin = new Npgsql.NpgsqlConnection(builder.ConnectionString);
            await admin.OpenAsync();
            await using var drop = new Npgsql.NpgsqlCommand($"DROP DATABASE {name} WITH (FORCE)", admin);
            await drop.ExecuteNonQueryAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Changes the target's settings.</summary>
    public async Task ConfigureAsync(Action<SyncTarget> change)
    {
        await using var db = await DbAsync();
        var target = await db.Targets.SingleAsync();
        change(target);
        await db.SaveChangesAsync();
    }

    // The rig's own connectors for services, which must not close them.
    private sealed class LentConnectors(Func<RoadRig> rig) : IConnectors
    {
        public IExchangeConnector For(SyncTarget target) => rig().For(target);
    }

    private sealed class PlainSealer : ISecretSealer
    {
        public string Seal(string secret) => secret;

        public string Open(string sealedSecret) => sealedSecret;
    }

    private async Task ArrangeAsync()
    {
        (await Http.PostAsJsonAsync("/control/accounts", new { name = "sync@contoso.test", password = "demo", mayImpersonate = true })).EnsureSuccessStatusCode();
        Target = new SyncTarget
        {
            Id = Guid.CreateVersion7(), Version = 1, Name = "Contoso", Url = new Uri(Http.BaseAddress!, "/EWS/Exchange.asmx").ToString(), UserName = "sync@contoso.test",
            Notifications = NotificationMode.Poll, RequestTimeoutSeconds = 2,
        };
        await using var db = await DbAsync();
        db.Add(Target);
        await db.SaveChangesAsync();
    }

    // Keys and versions of everything: any write anywhere changes it.
    private async Task<string> FingerprintAsync()
    {
        await using var db = await DbAsync();
        var lines = new List<string>();
        foreach (var mailbox in await db.Links.Select(link => link.Mailbox).Distinct().OrderBy(mailbox => mailbox).ToListAsync())
            lines.AddRange((await new Outlook(Http, mailbox).ListAsync()).Select(item => $"{item.Id} {item.ChangeKey}").Order(StringComparer.Ordinal));
        lines.AddRange((await db.ScheduleItems.AsNoTracking().OrderBy(item => item.Id).ToListAsync()).Select(item => $"{item.Id} {item.Version} {item.IsDeleted}"));
        lines.AddRange(Exchange.Requests.ByOperation.Where(entry => WriteOperations.Contains(entry.Key)).Select(entry => $"{entry.Value} {entry.Key}"));
        lines.Add($"{(await MailsAsync()).Count} mails, {await db.Queue.CountAsync()} messages, {await db.Conflicts.CountAsync()} conflicts");
        return string.Join('\n', lines);
    }
}
