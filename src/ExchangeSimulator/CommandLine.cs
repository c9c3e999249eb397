using System.CommandLine;
using System.Net;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CrmSync.ExchangeSimulator;

/// <summary>The options of the command line.</summary>
public static class CommandLine
{
    private static readonly Option<string> Address = new("--address") { Description = "Address to listen on. Anything but loopback needs --control-token.", DefaultValueFactory = _ => "127.0.0.1" };
    private static readonly Option<int> Port = new("--port") { Description = "HTTP port; 0 takes a free one, -1 none.", DefaultValueFactory = _ => 5090 };
    private static readonly Option<int> TlsPort = new("--tls-port") { Description = "HTTPS port; 0 takes a free one, -1 none.", DefaultValueFactory = _ => 5091 };
    private static readonly Option<string> Auth = new("--auth") { Description = "Kinds of sign-in offered, separated by commas: basic, ntlm, bearer.", DefaultValueFactory = _ => "basic,ntlm,bearer" };
    private static readonly Option<string?> Data = new("--data") { Description = "File that keeps mailboxes and items between runs. Certificates go beside it." };
    private static readonly Option<string?> CertificateFolder = new("--certificates") { Description = "Folder for ca.pem and server.pfx." };
    private static readonly Option<bool> Empty = new("--empty") { Description = "Start without the demo mailboxes." };
    private static readonly Option<int> Mailboxes = new("--mailboxes") { Description = "Seed this many mailboxes user1@contoso.test ..." };
    private static readonly Option<int> Items = new("--items") { Description = "Appointments in each seeded mailbox." };
    private static readonly Option<int> BodyLength = new("--body-length") { Description = "Characters in the body of each seeded appointment.", DefaultValueFactory = _ => SeedData.BodyLength };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of ids, delays and faults.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Heartbeat = new("--heartbeat-seconds") { Description = "Heartbeat of streaming connections.", DefaultValueFactory = _ => 45 };
    private static readonly Option<int> Delay = new("--notification-delay-ms") { Description = "Longest random delay of a notification.", DefaultValueFactory = _ => 50 };
    private static readonly Option<string> Edition = new("--edition") { Description = "Which Exchange to be: 2007SP1, 2010SP3, 2013SP1, 2016, 2019, SE.", DefaultValueFactory = _ => "2016" };
    private static readonly Option<int?> HangingLimit = new("--hanging-limit") { Description = "Streams that one account may have open; by default 3 until Exchange 2013, 10 later." };
    private static readonly Option<int> SubscriptionLimit = new("--subscription-limit") { Description = "Subscriptions to one mailbox: 5000 on premises, 20 online.", DefaultValueFactory = _ => 5000 };
    private static readonly Option<int> BackEnds = new("--back-ends") { Description = "Mailbox servers behind the front end. With more than one, affinity matters.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string[]> Habit = new("--habit") { Description = "NAME=VALUE: a habit of Exchange at another than its believed value. May be repeated.", DefaultValueFactory = _ => [] };
    private static readonly Option<string?> Faults = new("--faults") { Description = "JSON file with a seed, fault rules and a throttle policy in force from the start." };
    private static readonly Option<string?> RequestLog = new("--request-log") { Description = "File that gets one line of JSON for each request, secrets masked." };
    private static readonly Option<bool> LogBodies = new("--log-bodies") { Description = "Put the bodies into the request log, secrets masked." };
    private static readonly Option<string?> Token = new("--control-token") { Description = "Token wanted by /control and /outlook/api." };
    private static readonly Option<bool> Verbose = new("--log") { Description = "Log warnings to the console." };

    public static Task<int> RunAsync(string[] args)
    {
        var command = new RootCommand("An Exchange server for tests and demos: EWS, Autodiscover, push and streaming notifications, meetings between mailboxes.")
        {
            Address, Port, TlsPort, Auth, Data, CertificateFolder, Empty, Mailboxes, Items, BodyLength, Seed, Heartbeat, Delay, Edition, HangingLimit, SubscriptionLimit, BackEnds, Habit, Faults,
            RequestLog, LogBodies, Token, Verbose,
        };
        command.SetAction((parsed, cancellation) =>
        {
            try
            {
                return ServeAsync(Options(parsed), cancellation);
            }
            catch (ArgumentException e)
            {
                return Refuse(e.Message);
            }
        });
        return command.Parse(args).InvokeAsync();
    }

    private static SimulatorOptions Options(ParseResult parsed)
    {
        if (!IPAddress.TryParse(parsed.GetValue(Address), out var ip))
            throw new ArgumentException($"'{parsed.GetValue(Address)}' is not an IP address.");
        var kinds = parsed.GetValue(Auth)!.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        if (kinds.Count == 0 || kinds.Except(["basic", "ntlm", "bearer"]).Any())
            throw new ArgumentException($"--auth takes basic, ntlm and bearer, not '{parsed.GetValue(Auth)}'.");
        return new SimulatorOptions
        {
            Address = ip,
            HttpPort = parsed.GetValue(Port) is >= 0 and var http ? http : null,
            HttpsPort = parsed.GetValue(TlsPort) is >= 0 and var https ? https : null,
            Authentication = kinds,
            DataFile = parsed.GetValue(Data),
            CertificateFolder = parsed.GetValue(CertificateFolder),
            WithDemoData = !parsed.GetValue(Empty),
            SeedMailboxes = parsed.GetValue(Mailboxes),
            SeedItems = parsed.GetValue(Items),
            SeedBodyLength = parsed.GetValue(BodyLength),
            Seed = parsed.GetValue(Seed),
            Heartbeat = TimeSpan.FromSeconds(parsed.GetValue(Heartbeat)),
            MaxNotificationDelay = TimeSpan.FromMilliseconds(parsed.GetValue(Delay)),
            Edition = parsed.GetValue(Edition)!,
            HangingConnectionLimit = parsed.GetValue(HangingLimit),
            SubscriptionLimit = parsed.GetValue(SubscriptionLimit),
            BackEnds = parsed.GetValue(BackEnds),
            HabitValues = parsed.GetValue(Habit)!.Select(h => h.Split('=', 2)).ToDictionary(h => h[0], h => h.Length > 1 ? h[1] : "true"),
            FaultFile = parsed.GetValue(Faults),
            RequestLogFile = parsed.GetValue(RequestLog),
            LogBodies = parsed.GetValue(LogBodies),
            ControlToken = parsed.GetValue(Token),
            LogRequests = parsed.GetValue(Verbose),
        };
    }

    private static Task<int> Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return Task.FromResult(1);
    }

    private static async Task<int> ServeAsync(SimulatorOptions options, CancellationToken cancellation)
    {
        WebApplication app;
        try
        {
            app = SimulatorHost.Build(options);
            await app.StartAsync(cancellation);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException or System.Text.Json.JsonException or System.Net.Sockets.SocketException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

        await using (app)
        {
            foreach (var url in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
                Console.WriteLine($"{url}/EWS/Exchange.asmx   page {url}/outlook   status {url}/status   control {url}/control");
            if (options.HttpsPort != null)
                Console.WriteLine($"CA certificate: {Path.Combine(SimulatorHost.Folder(options), Certificates.AuthorityFile)}");
            await app.WaitForShutdownAsync(cancellation);
        }

        return 0;
    }
}
