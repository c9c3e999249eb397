using System.Diagnostics;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Targets;

namespace CrmSync.Conformance.Engine;

/// <summary>The simulator as a process of its own: the engine meets it only over the wire.</summary>
public sealed class SimulatorProcess : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crmsync-sim").FullName;
    private Process? _process;

    public string HttpUrl { get; private set; } = "";

    public string HttpsUrl { get; private set; } = "";

    public string CaPem => File.ReadAllText(Path.Combine(_folder, "ca.pem"));

    public async ValueTask InitializeAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "CrmSync.ExchangeSimulator.dll"), "--port", "0", "--tls-port", "0", "--certificates", _folder, "--heartbeat-seconds", "1"])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException("the simulator does not start");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (HttpUrl == "" || HttpsUrl == "")
        {
            var line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the simulator ended at once");
            var url = line.Split(' ')[0];
            if (url.StartsWith("http://", StringComparison.Ordinal))
                HttpUrl = url;
            else if (url.StartsWith("https://", StringComparison.Ordinal))
                HttpsUrl = url;
        }
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            _process.Kill(entireProcessTree: true);
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return default;
    }

    public EwsConnector Connect(Action<SyncTarget>? change = null, string secret = "demo")
    {
        var target = new SyncTarget { Name = "simulator", Url = HttpUrl, UserName = "sync@contoso.test" };
        change?.Invoke(target);
        return new(new(target, secret), TimeProvider.System);
    }
}
