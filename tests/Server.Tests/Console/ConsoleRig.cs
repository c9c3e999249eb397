using System.Net;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>The whole server with console on SQLite, an Exchange simulator, and a real browser. Shared by all console tests: each makes what it needs.</summary>
public sealed class ConsoleRig : IAsyncLifetime
{
    public const string Password = "correct horse battery";
    private readonly string _data = Path.Combine(Path.GetTempPath(), "crmsync-console-" + Guid.NewGuid().ToString("N"));
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private int _number;

    public WebApplication Server { get; private set; } = null!;

    public SimulatedExchange Exchange { get; private set; } = null!;

    public string Url { get; private set; } = "";

    public string EwsUrl { get; private set; } = "";

    /// <summary>PEM of the CA that signed the simulator's certificate.</summary>
    public string Authority { get; private set; } = "";

    private WebApplication Simulator { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_data);
        Simulator = SimulatorHost.Build(new SimulatorOptions { HttpPort = null, HttpsPort = 0, CertificateFolder = _data, WithDemoData = true, Authentication = new HashSet<string> { "basic" } });
        await Simulator.StartAsync();
        Exchange = Simulator.Services.GetRequiredService<SimulatedExchange>();
        EwsUrl = $"https://127.0.0.1:{new Uri(Simulator.Urls.First()).Port}/EWS/Exchange.asmx";
        Authority = await File.ReadAllTextAsync(Path.Combine(_data, "ca.pem"));

        Server = ServerHost.Build(new ServerSettings { Data = _data, Urls = "http://127.0.0.1:0", LogToFiles = false, Workers = 2 });
        await Server.StartAsync();
        await Server.Services.GetRequiredService<EngineState>().Ready.WaitAsync(TimeSpan.FromSeconds(30));
        Url = Server.Urls.First();

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await Server.StopAsync();
        await Server.DisposeAsync();
        await Simulator.StopAsync();
        await Simulator.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    public T Get<T>()
        where T : notnull => Server.Services.GetRequiredService<T>();

    /// <summary>A name that no other test uses.</summary>
    public string Fresh(string start) => $"{start}{Interlocked.Increment(ref _number)}";

    public async Task<Browsing> OpenAsync(int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = Url, ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        context.SetDefaultTimeout(15_000);
        Assertions.SetDefaultExpectTimeout(15_000);
        return new Browsing(context, await context.NewPageAsync(), Url);
    }

    /// <summary>A browser in which an account of this role has just signed in.</summary>
    public async Task<Browsing> SignInAsync(ConsoleRole role = ConsoleRole.Administrator, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        var name = Fresh("account");
        await Get<SignInService>().CreateAsync(name, Password, role, null, CancellationToken.None);
        var browsing = await OpenAsync(width, scheme: scheme);
        await browsing.SignInAsync(name, Password);
        await browsing.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).WaitForAsync();
        return browsing;
    }

    /// <summary>A target that works, made without the console.</summary>
    public async Task<SyncTarget> TargetAsync()
    {
        var made = await Get<TargetService>().CreateAsync(
            Viewer.System,
            new SyncTarget { Name = Fresh("Target"), Url = EwsUrl, UserName = "sync@contoso.test", Tls = TlsMode.Pinned, TrustedCertificatePem = Authority, PollIntervalSeconds = 1 },
            "demo", CancellationToken.None);
        return made.Value?.Target ?? throw new InvalidOperationException(made.Problem!.Text);
    }

    /// <summary>A person with a mailbox of their own in the simulator.</summary>
    public async Task<CrmUser> PersonAsync()
    {
        var name = Fresh("person");
        lock (Exchange.Organisation.Gate)
            Exchange.Organisation.AddMailbox($"{name}@contoso.test", "Pat " + name, "demo");
        var made = await Get<PeopleService>().CreateAsync(Viewer.System, new PersonSettings(name, "Pat " + name, $"{name}@contoso.test", "Europe/Berlin"), CancellationToken.None);
        return made.Value ?? throw new InvalidOperationException(made.Problem!.Text);
    }

    public async Task<LinkView> LinkAsync(SyncTarget target)
    {
        var person = await PersonAsync();
        var made = await Get<LinkService>().CreateAsync(
            Viewer.System, new SyncLink { TargetId = target.Id, UserId = person.Id, Mailbox = person.Mail, Kind = ItemKind.Schedule, DefaultZone = "Europe/Berlin" }, CancellationToken.None);
        return made.Value ?? throw new InvalidOperationException(made.Problem!.Text);
    }

    public OutlookUser Outlook(string mailbox) => new(Exchange, mailbox);
}

/// <summary>One browser window; what went wrong in it unseen is kept.</summary>
public sealed class Browsing : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    public Browsing(IBrowserContext context, IPage page, string url)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Complaints.Add($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(url, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                Complaints.Add("external request: " + request.Url);
        };
    }

    public IPage Page { get; }

    public List<string> Complaints { get; } = [];

    public async Task SignInAsync(string user, string password)
    {
        if (!Page.Url.Contains("/sign-in", StringComparison.Ordinal))
            await Page.GotoAsync("/sign-in");
        await Page.GetByLabel("User name").FillAsync(user);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public async Task ShouldShowAsync(string text) => await Page.GetByText(text).First.WaitForAsync();

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleRig>
{
    public const string Name = "console";
}
