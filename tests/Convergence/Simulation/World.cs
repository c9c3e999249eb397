using System.Globalization;
using CrmSync.Convergence.Stores;
using CrmSync.Engine;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Inbound;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Convergence.Simulation;

/// <summary>One Exchange, one database, several nodes of the engine between them, on one clock and one thread. One seed is one history.</summary>
public sealed class World : IAsyncDisposable
{
    public static readonly string[] People = ["anna", "ben", "carla"];

    /// <summary>Has a mailbox and no link.</summary>
    public const string Stranger = "dora";

    private readonly List<Node> _nodes = [];
    private readonly List<Task> _workers = [];
    private readonly Random _chance;
    private int _born;
    private bool _isOver;

    private World(int seed, Swarm swarm, VirtualTime time, IWorldStore store)
    {
        (Swarm, Time, Store, Watch) = (swarm, time, store, new Watch(time, Log));
        Desk = new Desk(this, Ledger);
        _chance = new Random(unchecked(seed * 31 + 3));
        Ids = IdSource.Seeded(time, seed);
        Exchange = new SimulatedExchange(new SimulatorOptions { HttpPort = null, Seed = seed, Time = time, Authentication = new HashSet<string> { "basic" } });
        OutlookUsers = swarm.HasStranger ? [.. People, Stranger] : People;
        foreach (var person in OutlookUsers)
            Exchange.Organisation.AddMailbox(Address(person), person, "demo");
        Exchange.Organisation.AddAccount(new Account("sync@contoso.test", "demo") { MayImpersonate = true });
        Target = new SyncTarget
        {
            Id = Ids.NewId(), Version = 1, Name = "Contoso", Url = "http://exchange.test/EWS/Exchange.asmx", UserName = "sync@contoso.test",
            Notifications = NotificationMode.Poll, RequestTimeoutSeconds = 20, DeleteGuardMinimum = 1000, DeleteGuardCount = 0, ChangeGuardMinimum = 1000, ChangeGuardCount = 0,
            AllChangedMinimum = 0, RewritesPerHour = 1000, MailsPerHour = 100_000, ConflictPolicy = swarm.Conflicts, FieldPolicies = swarm.FieldPolicies, DeletePolicy = swarm.Deletes,
        };
        if (swarm.IsGuarded)
            (Target.DeleteGuardMinimum, Target.DeleteGuardPercent, Target.ChangeGuardMinimum, Target.ChangeGuardPercent, Target.MailsPerHour) = (1, 30, 2, 40, 6);
    }

    public Swarm Swarm { get; }

    /// <summary>Whoever works in Outlook.</summary>
    public IReadOnlyList<string> OutlookUsers { get; }

    public VirtualTime Time { get; }

    public SimulatedExchange Exchange { get; }

    public IWorldStore Store { get; }

    public SyncTarget Target { get; }

    public IdSource Ids { get; }

    public Dictionary<string, SyncLink> Links { get; } = [];

    public RunLog Log { get; } = new();

    public Watch Watch { get; }

    /// <summary>Nothing breaks any more: from now on everything must become equal.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>Asked at each place where a node touches the world outside, with the place's name; true: the node dies there. Null in seeded runs, where chance decides.</summary>
    public Func<string, bool>? DieAt { get; set; }

    public static Task<World> StartAsync(RunSpec spec, VirtualTime time) => StartAsync(
        spec.Seed, new Swarm(spec.Seed, spec.Without, spec.Store == StoreKind.Sqlite), spec.Store, time);

    /// <param name="target">Changes the organisation's settings before anything runs.</param>
    /// <param name="link">Changes each person's link likewise.</param>
    public static async Task<World> StartAsync(
        int seed, Swarm swarm, StoreKind store, VirtualTime time, Action<SyncTarget>? target = null, Action<string, SyncLink>? link = null)
    {
        var world = new World(seed, swarm, time, await WorldStores.MakeAsync(store, time, IdSource.Seeded(time, seed + 1)));
        target?.Invoke(world.Target);
        await world.LinkAsync(link);
        if (world.Swarm.HasBeginning)
            await new Beginning(world, seed).RunAsync();
        for (var number = 0; number < world.Swarm.Nodes; number++)
            world.StartNode(number);
        return world;
    }

    /// <summary>Who did what, from the first item on.</summary>
    public Ledger Ledger { get; } = new();

    /// <summary>People whose links only send at the moment.</summary>
    public HashSet<string> OnlySend { get; } = [];

    public Desk Desk { get; }

    /// <summary>A node that only looks: for dry runs.</summary>
    public Node Onlooker() => new(this, "onlooker", TimeSpan.Zero, isOnlooker: true);

    public static bool IsRead(string operation) =>
        operation.StartsWith("Get", StringComparison.Ordinal) || operation.StartsWith("Sync", StringComparison.Ordinal) || operation.StartsWith("Find", StringComparison.Ordinal)
        || operation.StartsWith("Resolve", StringComparison.Ordinal);

    public OutlookUser Outlook(string person) => new(Exchange, Address(person));

    public string MailboxOf(Guid linkId) => Links.Values.First(link => link.Id == linkId).Mailbox;

    public static string Address(string person) => $"{person}@contoso.test";

    public Task HintAsync(IEnumerable<SyncLink> links) =>
        Store.Queue.EnqueueAsync([.. links.Select(link => new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty, InboundPriority.Hint))], CancellationToken.None);

    /// <summary>Requests that were sent and have not come out at the server's other end; their senders may be dead.</summary>
    public HashSet<HttpRequestMessage> UnderWay { get; } = [];

    public HalfReads HalfReads { get; } = new();

    /// <summary>Heals everything and lets the engine work until nothing waits. Bounded: a world that does not come to rest is a violation.</summary>
    public async Task CalmAsync(int rounds, TimeSpan bound)
    {
        IsCalm = true;
        Exchange.Faults.Clear();
        HalfReads.Heal();
        for (var round = 0; round < rounds; round++)
        {
            await HintAsync(Links.Values);
            var until = Time.GetUtcNow() + bound;
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(2), Time);
                if (Time.GetUtcNow() > until)
                    throw new ViolationException($"not at rest {bound.TotalHours:0} h after the last fault: {await Store.DescribeQueueAsync()}");
            }
            // What a guard holds keeps the queue busy until somebody approves it.
            while (await Desk.TidyAsync() > 0 || await Store.IsBusyAsync());
        }
    }

    /// <summary>What a request or an answer takes on its way.</summary>
    public TimeSpan TravelTime() => !IsCalm && Swarm.SlowOneIn > 0 && _chance.Next(Swarm.SlowOneIn) == 0
        ? TimeSpan.FromMilliseconds(_chance.Next(1000, 45_000))
        : TimeSpan.FromMilliseconds(_chance.Next(1, 120));

    public TimeSpan? PauseBeforeCommit()
    {
        if (IsCalm || Swarm.PauseOneIn == 0 || _chance.Next(Swarm.PauseOneIn) != 0)
            return null;
        Log.Pauses++;
        return TimeSpan.FromSeconds(_chance.Next(1, 100));
    }

    public bool ShallDieAt(string point)
    {
        if (DieAt is { } dies)
            return dies(point);
        if (IsCalm || Swarm.KillOneIn == 0 || _chance.Next(Swarm.KillOneIn) != 0)
            return false;
        Log.Say($"  killed at {point}");
        return true;
    }

    public void NodeDied()
    {
        if (_isOver || (IsCalm && DieAt is null))
            return;
        Log.Kills++;
        _workers.Add(RestartAsync(_chance.Next(_nodes.Count), TimeSpan.FromSeconds(_chance.Next(1, 40))));
    }

    /// <summary>A write was carried out, or not; reads are not told.</summary>
    public void Requested(string operation, string answer, long mailsBefore)
    {
        if (operation.StartsWith("Get", StringComparison.Ordinal) || operation.StartsWith("Sync", StringComparison.Ordinal))
            return;
        var mails = Exchange.Organisation.Mails.Mails.Skip((int)mailsBefore).Select(mail => $"{mail.Kind} '{mail.Subject}' to {mail.To.Split('@')[0]}");
        Log.Say($"  {Time.GetUtcNow():HH:mm:ss.fff} -> {operation}: {answer} {string.Join(", ", mails)}");
    }

    public void Committed(LinkLease lease, SessionCommit commit, CommitOutcome outcome)
    {
        if (outcome == CommitOutcome.Committed)
        {
            Watch.Committed(lease, commit);
            commit.Activities.ForEach(activity => Log.Decided(activity));
            if (commit.Activities.Exists(activity => activity.Action == "PlanDiffers") && Log.Operations == 0 && Swarm.IsUndisturbed)
                Watch.Violations.Add("O8 nothing had changed, and yet the first run did not do what its dry run had planned");
        }
        else
            Log.Say($"  {outcome} {(outcome == CommitOutcome.Stale ? Store.WhyStale : "")}");
    }

    public async ValueTask DisposeAsync()
    {
        IsCalm = _isOver = true;
        foreach (var node in _nodes)
            node.Kill();
        Exchange.Dispose();
        await Store.DisposeAsync();
    }

    private async Task RestartAsync(int number, TimeSpan after)
    {
        await Task.Delay(after, Time);
        StartNode(number % Swarm.Nodes);
    }

    private void StartNode(int number)
    {
        var node = new Node(this, $"node{number}.{_born++.ToString(CultureInfo.InvariantCulture)}", Swarm.SkewOfNodes[number]);
        _nodes.Add(node);
        _workers.Add(node.RunAsync());
    }

    private async Task LinkAsync(Action<string, SyncLink>? change)
    {
        var rows = new List<object> { Target };
        foreach (var person in People)
        {
            var user = new CrmUser { Id = Ids.NewId(), Name = person, DisplayName = person, Mail = Address(person), TimeZone = "UTC" };
            var link = new SyncLink
            {
                Id = Ids.NewId(), TargetId = Target.Id, UserId = user.Id, Mailbox = Address(person), Version = 1, DefaultZone = "UTC",
                AcceptedSensitivities = Swarm.KeepsPrivateOut ? [Sensitivity.Normal] : null,
            };
            change?.Invoke(person, link);
            Links[person] = link;
            rows.AddRange([user, link, new LinkState { LinkId = link.Id }, new LinkWork { LinkId = link.Id, TargetId = Target.Id, Mailbox = link.Mailbox }]);
        }
        await Store.PutAsync([.. rows]);
    }
}
