using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Conformance.Foreign;

/// <summary>The simulator with its demo people on free loopback ports, for a foreign client to meet.</summary>
public sealed class ForeignExchange : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ForeignExchange(WebApplication app, string folder) => (_app, Folder) = (app, folder);

    /// <summary>Holds ca.pem, and whatever a client wants to write.</summary>
    public string Folder { get; }

    public string HttpUrl => Url("http:");

    /// <summary>By the name that the certificate carries.</summary>
    public string HttpsUrl => Url("https:").Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    public SimulatedExchange Exchange => _app.Services.GetRequiredService<SimulatedExchange>();

    public static async Task<ForeignExchange> StartAsync(string edition = "2016")
    {
        var folder = Directory.CreateTempSubdirectory("foreign-").FullName;
        var app = SimulatorHost.Build(
            new SimulatorOptions { Edition = edition, HttpPort = 0, HttpsPort = 0, CertificateFolder = folder, MaxNotificationDelay = TimeSpan.FromMilliseconds(20), Authentication = new HashSet<string> { "basic", "bearer" } },
            exchange => DemoData.Seed(exchange.Organisation));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ForeignExchange(app, folder);
    }

    /// <summary>Looks at a mailbox while nothing changes.</summary>
    public T Look<T>(string address, Func<Mailbox, T> look)
    {
        lock (Exchange.Organisation.Gate)
            return look(Exchange.Organisation.FindMailbox(address)!);
    }

    public T Anna<T>(Func<Mailbox, T> look) => Look("anna@contoso.test", look);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private string Url(string scheme) => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith(scheme, StringComparison.Ordinal));
}
