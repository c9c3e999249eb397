using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CrmSync.ExchangeSimulator;

/// <summary>The options of the command line.</summary>
public static class CommandLine
{
    public static Task<int> RunAsync(string[] args)
    {
        var address = new Option<string>("--address") { Description = "Address to listen on. Anything but loopback needs --control-token.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "HTTP port; 0 takes a free one, -1 none.", DefaultValueFactory = _ => 5090 };
        var tlsPort = new Option<int>("--tls-port") { Description = "HTTPS port; 0 takes a free one, -1 none.", DefaultValueFactory = _ => 5091 };
        var auth = new Option<string>("--auth") { Description = "Kinds of sign-in offered, separated by commas: basic, ntlm, bearer.", DefaultValueFactory = _ => "basic,ntlm,bearer" };
        var data = new Option<string?>("--data") { Description = "File that keeps mailboxes and items between runs. Certificates go beside it." };
        var certificates = new Option<string?>("--certificates") { Description = "Folder for ca.pem and server.pfx." };
        var empty = new Option<bool>("--empty") { Description = "Start without the demo mailboxes." };
        var mailboxes = new Option<int>("--mailboxes") { Description = "Seed this many mailboxes user1@contoso.test ..." };
        var items = new Option<int>("--items") { Description = "Appointments in each seeded mailbox." };
        var body = new Option<int>("--body-length") { Description = "Characters in the body of each seeded appointment.", DefaultValueFactory = _ => Mailboxes.SeedData.BodyLength };
        var seed = new Option<int>("--seed") { Description = "Seed of ids, delays and faults.", DefaultValueFactory = _ => 1 };
        var heartbeat = new Option<int>("--heartbeat-seconds") { Description = "Heartbeat of streaming connections.", DefaultValueFactory = _ => 45 };
        var delay = new Option<int>("--notification-delay-ms") { Description = "Longest random delay of a notification.", DefaultValueFactory = _ => 50 };
        var token = new Option<string?>("--control-token") { Description = "Token wanted by /control and /outlook/api." };
        var verbose = new Option<bool>("--log") { Description = "Log warnings to the console." };
        var command = new RootCommand("An Exchange server for tests and demos: EWS, Autodiscover, push and streaming notifications, meetings between mailboxes.")
        {
            address, port, tlsPort, auth, data, certificates, empty, mailboxes, items, body, seed, heartbeat, delay, token, verbose,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (!IPAddress.TryParse(parsed.GetValue(address), out var ip))
                return Refuse($"'{parsed.GetValue(address)}' is not an IP address.");
            var kinds = parsed.GetValue(auth)!.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet();
            if (kinds.Count == 0 || kinds.Except(["basic", "ntlm", "bearer"]).Any())
                return Refuse($"--auth takes basic, ntlm and bearer, not '{parsed.GetValue(auth)}'.");
            var options = new SimulatorOptions
            {
                Address = ip,
                HttpPort = parsed.GetValue(port) is >= 0 and var http ? http : null,
                HttpsPort = parsed.GetValue(tlsPort) is >= 0 and var https ? https : null,
                Authentication = kinds,
                DataFile = parsed.GetValue(data),
                CertificateFolder = parsed.GetValue(certificates),
                WithDemoData = !parsed.GetValue(empty),
                SeedMailboxes = parsed.GetValue(mailboxes),
                SeedItems = parsed.GetValue(items),
                SeedBodyLength = parsed.GetValue(body),
                Seed = parsed.GetValue(seed),
                Heartbeat = TimeSpan.FromSeconds(parsed.GetValue(heartbeat)),
                MaxNotificationDelay = TimeSpan.FromMilliseconds(parsed.GetValue(delay)),
                ControlToken = parsed.GetValue(token),
                LogRequests = parsed.GetValue(verbose),
            };
            return ServeAsync(options, cancellation);
        });
        return command.Parse(args).InvokeAsync();
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
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or System.Text.Json.JsonException or System.Net.Sockets.SocketException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

        await using (app)
        {
            foreach (var url in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
                Console.WriteLine($"{url}/EWS/Exchange.asmx   page {url}/outlook   control {url}/control");
            if (options.HttpsPort != null)
                Console.WriteLine($"CA certificate: {Path.Combine(SimulatorHost.Folder(options), Hosting.Certificates.AuthorityFile)}");
            await app.WaitForShutdownAsync(cancellation);
        }

        return 0;
    }
}
