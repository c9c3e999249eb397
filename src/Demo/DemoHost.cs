using System.CommandLine;
using CrmSync.Engine.Targets;

namespace CrmSync.Demo;

/// <summary>Starts the server and the Exchange simulator together, on SQLite, with people, mailboxes and meetings in them.</summary>
public static class DemoHost
{
    public static Task<int> Main(string[] args)
    {
        var data = new Option<string>("--data") { Description = "Folder for all files of the demo", DefaultValueFactory = _ => Path.Combine("data", "demo") };
        var port = new Option<int>("--port") { Description = "Port of console and API", DefaultValueFactory = _ => 5080 };
        var simulatorPort = new Option<int>("--simulator-port") { Description = "Port of the simulator, HTTP", DefaultValueFactory = _ => 5090 };
        var simulatorTlsPort = new Option<int>("--simulator-tls-port") { Description = "Port of the simulator, HTTPS", DefaultValueFactory = _ => 5091 };
        var notifications = new Option<string>("--notifications") { Description = "push, streaming or poll", DefaultValueFactory = _ => "streaming" };
        notifications.AcceptOnlyFromAmong("push", "streaming", "poll");
        var root = new RootCommand("CrmSync's demo: a CRM, an Exchange, and the road between them. Everything listens on this machine only.")
        {
            data, port, simulatorPort, simulatorTlsPort, notifications,
        };
        root.SetAction((parsed, stop) => RunAsync(
            new DemoOptions(
                Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(port), parsed.GetValue(simulatorPort), parsed.GetValue(simulatorTlsPort),
                Enum.Parse<NotificationMode>(parsed.GetValue(notifications)!, ignoreCase: true)),
            stop));
        // SIGTERM is the host's to answer, in its own time: System.CommandLine 2 would cut a graceful stop off after two seconds.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(45) });
    }

    private static async Task<int> RunAsync(DemoOptions options, CancellationToken stop)
    {
        try
        {
            await using var running = await RunningDemo.StartAsync(options, stop);
            running.Print();
            await running.WaitAsync(stop);
            return 0;
        }
        catch (IOException taken) when (taken.Message.Contains("in use", StringComparison.OrdinalIgnoreCase))
        {
            await Console.Error.WriteLineAsync($"{taken.Message} End what uses it, or choose others: --port, --simulator-port, --simulator-tls-port.");
            return 2;
        }
    }
}

/// <param name="Data">Absolute path of the demo's folder.</param>
public sealed record DemoOptions(string Data, int Port, int SimulatorPort, int SimulatorTlsPort, NotificationMode Notifications);
