using System.Security.Cryptography;
using System.Text.Json;
using CrmSync.ExchangeSimulator;
using CrmSync.Server;
using CrmSync.Server.Hosting;

namespace CrmSync.Demo;

/// <summary>Server and simulator in one process, and the file that tells others how to reach them.</summary>
public sealed class RunningDemo(WebApplication simulator, WebApplication server, DemoFile file, string path) : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<RunningDemo> StartAsync(DemoOptions options, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Data);
        var simulator = SimulatorHost.Build(new SimulatorOptions
        {
            HttpPort = options.SimulatorPort,
            HttpsPort = options.SimulatorTlsPort,
            DataFile = Path.Combine(options.Data, "exchange.json"),
            WithDemoData = true,
        });
        await simulator.StartAsync(cancellation);
        var server = ServerHost.Build(new ServerSettings
        {
            Data = options.Data,
            Urls = $"http://127.0.0.1:{options.Port}",
            PublicUrl = $"http://127.0.0.1:{options.Port}",
        });
        await server.StartAsync(cancellation);
        await server.Services.GetRequiredService<EngineState>().Ready.WaitAsync(TimeSpan.FromMinutes(1), cancellation);

        var path = Path.Combine(options.Data, "demo.json");
        var known = File.Exists(path) ? JsonSerializer.Deserialize<DemoFile>(await File.ReadAllTextAsync(path, cancellation), Json) : null;
        var file = await DemoSetUp.RunAsync(server.Services, options, known, NewPassword, cancellation);
        await WriteAsync(path, JsonSerializer.Serialize(file, Json), cancellation);
        return new RunningDemo(simulator, server, file, path);
    }

    public void Print() => Console.WriteLine($"""

          CrmSync demo is running. End it with Ctrl+C.

          Console    {file.Console}        sign in as {file.AdministratorName} / {file.AdministratorPassword}
          API        {file.Api}    docs: {file.Console}/api
          API token  {file.ApiToken}
          Outlook    {file.Outlook}    edit anna's, ben's or carla's calendar here
          EWS        {file.Ews}
                     {file.EwsTls}    (CA: {file.SimulatorCa})
          Mailboxes  {string.Join(", ", file.Mailboxes)}; password {file.MailboxPassword}; service account {file.ServiceAccount}

          All of this is also in {path}
        """);

    public async Task WaitAsync(CancellationToken cancellation)
    {
        var ended = new TaskCompletionSource();
        server.Lifetime.ApplicationStopping.Register(ended.SetResult);
        await Task.WhenAny(ended.Task, Task.Delay(Timeout.Infinite, cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
        await simulator.StopAsync();
        await simulator.DisposeAsync();
    }

    // Passwords and a token are in it: nobody else on this machine may read it, not even for a moment.
    private static async Task WriteAsync(string path, string text, CancellationToken cancellation)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var writer = new StreamWriter(fresh, options))
            await writer.WriteAsync(text.AsMemory(), cancellation);
        File.Move(fresh, path, overwrite: true);
    }

    private static string NewPassword() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20);
}

/// <summary>How to reach the demo: what is printed, for programs.</summary>
public sealed record DemoFile(
    string Console, string Api, string Outlook, string SimulatorControl, string Ews, string EwsTls, string SimulatorCa,
    string AdministratorName, string AdministratorPassword, string ApiToken, IReadOnlyList<string> Mailboxes, string MailboxPassword, string ServiceAccount, string Notifications);
