using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator;

/// <summary>One whole Exchange in memory: organisation, EWS, notifications, faults. Usable without any web server.</summary>
public sealed class SimulatedExchange : IDisposable
{
    public SimulatedExchange(SimulatorOptions options)
    {
        Options = options;
        Clock = new ShiftedTime(options.Time);
        Organisation = new Organisation(Clock, options.Seed) { Habits = options.Habits with { } };
        Organisation.Subscriptions.MaxDelay = options.MaxNotificationDelay;
        Organisation.Subscriptions.EventsKept = () => Organisation.Services.EventsKept;
        Organisation.Subscriptions.LimitPerMailbox = options.SubscriptionLimit;
        Faults = new FaultPlan(options.Seed);
        Edition = ServerEdition.Named(options.Edition);
        Throttle = new Throttle(Clock) { Policy = new() { Concurrency = Edition.Concurrency } };
        Streams = new StreamingConnections(Faults) { Heartbeat = options.Heartbeat, Limit = options.HangingConnectionLimit ?? Edition.HangingConnections, Minute = options.Minute, Envelope = new(Edition) };
        Push = new PushDelivery(Organisation, (options.PushHandler ?? DefaultHandler)(), options.Minute, Faults, Edition);
        Organisation.Subscriptions.Added = Push.Start;
        Requests = new RequestLog(options.RequestLogFile is { } file ? new RequestLogFile(file, options.LogBodies) : null);
        BackEnds = new BackEnds(options.BackEnds, new Random(options.Seed + 3));
        Ews = new EwsServer(this);
        Tokens = new TokenIssuer(Clock, new Random(options.Seed + 2));
        foreach (var (name, value) in options.HabitValues)
            HabitNames.Set(Organisation.Habits, Organisation.Services, name, value);
    }

    public SimulatorOptions Options { get; }
    public Organisation Organisation { get; }

    /// <summary>The clock that everything here goes by; it can be shifted.</summary>
    public ShiftedTime Clock { get; }
    public FaultPlan Faults { get; }
    public Throttle Throttle { get; }

    /// <summary>Which Exchange this is.</summary>
    public ServerEdition Edition { get; }
    public BackEnds BackEnds { get; }
    public RequestLog Requests { get; }
    public StreamingConnections Streams { get; }
    public PushDelivery Push { get; }
    public EwsServer Ews { get; }
    public TokenIssuer Tokens { get; }

    public void Dispose()
    {
        Push.Dispose();
        Requests.Dispose();
    }

    /// <summary>Push goes to receivers whose certificates are self-made as often as not; Exchange would want them trusted.</summary>
    private static SocketsHttpHandler DefaultHandler() => new() { AllowAutoRedirect = false, UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
}
