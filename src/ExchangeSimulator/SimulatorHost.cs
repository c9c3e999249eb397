using System.Net;
using System.Security.Cryptography.X509Certificates;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CrmSync.ExchangeSimulator;

/// <summary>Starts the simulator as a web application, from the command line or inside another process.</summary>
public static class SimulatorHost
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(args);

    /// <summary>
    /// A web application ready to start. <paramref name="configure"/> may fill the organisation first. The exchange itself is a service of the
    /// application: <c>app.Services.GetRequiredService&lt;SimulatedExchange&gt;()</c>.
    /// </summary>
    public static WebApplication Build(SimulatorOptions options, Action<SimulatedExchange>? configure = null)
    {
        if (!IPAddress.IsLoopback(options.Address) && string.IsNullOrEmpty(options.ControlToken))
            throw new InvalidOperationException("Listening beyond loopback needs a control token.");
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        if (options.LogRequests)
            builder.Logging.AddConsole();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var exchange = new SimulatedExchange(options);
        builder.Services.AddSingleton(exchange);
        builder.Services.AddSingleton<NtlmConnections>();
        builder.Services.AddSingleton<SignIn>();
        builder.Services.AddSingleton<EwsEndpoint>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        Fill(exchange, options);
        if (options.FaultFile != null)
            FaultFile.Load(exchange, options.FaultFile);
        configure?.Invoke(exchange);
        AccountsChanged(exchange);
        var app = builder.Build();
        Map(app, exchange);
        return app;
    }

    /// <summary>Tells the system's NTLM of the accounts.</summary>
    public static void AccountsChanged(SimulatedExchange exchange)
    {
        if (exchange.Options.Authentication.Contains("ntlm"))
            NtlmConnections.WriteAccounts(Path.Combine(Folder(exchange.Options), "ntlm-users"), exchange.Organisation.Accounts.Select(a => (a.LocalName, a.Password)));
    }

    /// <summary>Folder of the certificates and of the NTLM account file.</summary>
    public static string Folder(SimulatorOptions options)
    {
        var folder = options.CertificateFolder
            ?? (options.DataFile != null ? Path.GetDirectoryName(Path.GetFullPath(options.DataFile))! : Path.Combine(Path.GetTempPath(), "crmsync-simulator-" + Environment.UserName));
        Directory.CreateDirectory(folder);
        return folder;
    }

    private static void Listen(KestrelServerOptions kestrel, SimulatorOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes + 1024;
        kestrel.Limits.MinResponseDataRate = null;
        if (options.HttpPort is { } http)
            kestrel.Listen(options.Address, http, listen => listen.Protocols = HttpProtocols.Http1);
        if (options.HttpsPort is { } https)
        {
            X509Certificate2 certificate = Certificates.Server(Folder(options));
            kestrel.Listen(options.Address, https, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(certificate);
            });
        }
    }

    private static void Fill(SimulatedExchange exchange, SimulatorOptions options)
    {
        if (options.DataFile != null && File.Exists(options.DataFile))
            OrganisationFile.Load(exchange.Organisation, options.DataFile);
        else if (options.WithDemoData)
            DemoData.Seed(exchange.Organisation);
        if (options.SeedMailboxes > 0)
            SeedData.Fill(exchange.Organisation, options.SeedMailboxes, options.SeedItems, options.SeedBodyLength);
    }

    private static void Map(WebApplication app, SimulatedExchange exchange)
    {
        var ews = app.Services.GetRequiredService<EwsEndpoint>();
        app.MapPost("/EWS/Exchange.asmx", ews.HandleAsync);
        Autodiscover.Map(app, exchange, app.Services.GetRequiredService<SignIn>());
        TokenEndpoint.Map(app, exchange);
        ControlApi.Map(app, exchange);
        Outlook.OutlookApi.Map(app, exchange);
        StatusPage.Map(app, exchange);
        if (exchange.Options.DataFile is { } file)
            OrganisationFile.KeepSaved(exchange.Organisation, file, app.Lifetime.ApplicationStopping);
    }
}
