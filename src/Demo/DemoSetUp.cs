using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;

namespace CrmSync.Demo;

/// <summary>Makes people, target, links, administrator and token of the demo; what is there already stays as it is.</summary>
public static class DemoSetUp
{
    private const string Password = "demo";
    private const string ServiceAccount = "sync@contoso.test";
    private static readonly string[] People = ["anna", "ben", "carla"];

    public static async Task<DemoFile> RunAsync(IServiceProvider services, DemoOptions options, DemoFile? known, Func<string> newPassword, CancellationToken cancellation)
    {
        var target = await TargetAsync(services, options, cancellation);
        foreach (var name in People)
            await LinkAsync(services, name, target, cancellation);

        var accounts = services.GetRequiredService<Engine.Store.IAccessStore>();
        var password = known?.AdministratorPassword;
        if (await accounts.FindAccountAsync("admin", cancellation) is null || password is null)
        {
            password = newPassword();
            await services.GetRequiredService<SignInService>().CreateAsync("admin", password, ConsoleRole.Administrator, null, cancellation);
        }
        var token = known?.ApiToken;
        if (token is null || await services.GetRequiredService<ApiTokens>().AuthenticateAsync(token, "check", cancellation) is null)
            token = (await services.GetRequiredService<ApiTokens>().CreateAsync(Caller.System, "demo", Scopes.All, null, null, cancellation)).Token;

        var (console, simulator) = ($"http://127.0.0.1:{options.Port}", $"http://127.0.0.1:{options.SimulatorPort}");
        return new DemoFile(
            console, $"{console}/api/v1", $"{simulator}/outlook", $"{simulator}/control", $"{simulator}/EWS/Exchange.asmx",
            $"https://127.0.0.1:{options.SimulatorTlsPort}/EWS/Exchange.asmx", Path.Combine(options.Data, "ca.pem"),
            "admin", password, token, ["anna@contoso.test", "ben@contoso.test", "carla@contoso.test", "room.berlin@contoso.test"], Password, ServiceAccount,
            options.Notifications.ToString().ToLowerInvariant());
    }

    private static async Task<SyncTarget> TargetAsync(IServiceProvider services, DemoOptions options, CancellationToken cancellation)
    {
        var targets = services.GetRequiredService<TargetService>();
        var settings = (await targets.ListAsync(cancellation)).FirstOrDefault(view => view.Target.Name == "Contoso")?.Target;
        var isNew = settings is null;
        settings ??= new SyncTarget { Name = "Contoso", PollIntervalSeconds = options.Notifications == NotificationMode.Poll ? 2 : 60 };
        settings.Url = $"http://127.0.0.1:{options.SimulatorPort}/EWS/Exchange.asmx";
        settings.PublicUrl = $"http://127.0.0.1:{options.Port}";
        settings.UserName = ServiceAccount;
        settings.Notifications = options.Notifications;
        settings.PollIntervalSeconds = options.Notifications == NotificationMode.Poll ? 2 : 60;
        var saved = isNew
            ? await targets.CreateAsync(Viewer.System, settings, Password, cancellation)
            : await targets.UpdateAsync(Viewer.System, settings.Id, null, settings, Password, cancellation);
        return (saved.Value ?? throw new InvalidOperationException(saved.Problem!.Text)).Target;
    }

    private static async Task LinkAsync(IServiceProvider services, string name, SyncTarget target, CancellationToken cancellation)
    {
        var people = services.GetRequiredService<PeopleService>();
        var person = await people.FindAsync(name, cancellation) ?? (await people.CreateAsync(
            Viewer.System, new PersonSettings(name, char.ToUpperInvariant(name[0]) + name[1..], $"{name}@contoso.test", "Europe/Berlin"), cancellation)).Value!;
        var links = services.GetRequiredService<LinkService>();
        if ((await links.ListAsync(new LinkFilter(target.Id, person.Id), null, 1, cancellation)).Items.Count > 0)
            return;
        var made = await links.CreateAsync(
            Viewer.System,
            new SyncLink { TargetId = target.Id, UserId = person.Id, Mailbox = person.Mail, Kind = ItemKind.Schedule, DefaultZone = "W. Europe Standard Time" },
            cancellation);
        if (made.Problem is { } problem)
            throw new InvalidOperationException(problem.Text);
    }
}
