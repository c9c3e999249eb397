using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;

namespace CrmSync.ExchangeSimulator;

/// <summary>One whole Exchange in memory: organisation, EWS, notifications, faults. Usable without any web server.</summary>
public sealed class SimulatedExchange : IDisposable
{
    public SimulatedExchange(SimulatorOptions options)
    {
        Options = options;
        Organisation = new Organisation(options.Time, options.Seed) { Habits = options.Habits };
        Organisation.Subscriptions.MaxDelay = options.MaxNotificationDelay;
        Organisation.Subscriptions.LimitPerMailbox = options.SubscriptionLimit;
        Faults = new FaultPlan(options.Seed);
        Streams = new StreamingConnections { Heartbeat = options.Heartbeat, Limit = options.HangingConnectionLimit, Minute = options.Minute };
        Push = new PushDelivery(Organisation, (options.PushHandler ?? DefaultHandler)(), options.Minute);
        Organisation.Subscriptions.Added = Push.Start;
        Ews = new EwsServer(Organisation, Faults, Requests, Streams);
        Tokens = new TokenIssuer(options.Time, new Random(options.Seed + 2));
    }

    public SimulatorOptions Options { get; }
    public Organisation Organisation { get; }
    public FaultPlan Faults { get; }
    public RequestLog Requests { get; } = new();
    public StreamingConnections Streams { get; }
    public PushDelivery Push { get; }
    public EwsServer Ews { get; }
    public TokenIssuer Tokens { get; }

    public void Dispose() => Push.Dispose();

    /// <summary>Push goes to receivers whose certificates are self-made as often as not; Exchange would want them trusted.</summary>
    private static SocketsHttpHandler DefaultHandler() => new() { AllowAutoRedirect = false, UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
}
