using System.CommandLine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store;
using CrmSync.Server.Composition;

namespace CrmSync.Server;

/// <summary>crmsync run | migrate | setup-link | token | dry-run LINK | doctor.</summary>
public static class CommandLine
{
    public static Task<int> RunAsync(string[] args)
    {
        var data = new Option<string?>("--data") { Description = "Folder for the SQLite files and logs (default: data)", Recursive = true };
        var keys = new Option<string?>("--keys") { Description = "Folder of the key ring, shared by all nodes (default: keys in the data folder)", Recursive = true };
        var provider = new Option<string?>("--provider") { Description = "sqlite, postgres or sqlserver (default: sqlite)", Recursive = true };
        var connection = new Option<string?>("--connection") { Description = "Connection string of the database", Recursive = true };
        var urls = new Option<string?>("--urls") { Description = "Where console and API listen (default: http://127.0.0.1:5080)", Recursive = true };
        var noMigrate = new Option<bool>("--no-migrate") { Description = "Refuse to start with pending migrations instead of applying them" };

        ServerSettings Settings(ParseResult parsed)
        {
            var configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
                .AddJsonFile(Path.GetFullPath("crmsync.json"), optional: true)
                .AddEnvironmentVariables("CRMSYNC_").Build();
            var settings = ServerHost.ReadSettings(configuration);
            settings.Data = parsed.GetValue(data) ?? settings.Data;
            settings.Keys = parsed.GetValue(keys) ?? settings.Keys;
            settings.Provider = parsed.GetValue(provider) ?? settings.Provider;
            settings.ConnectionString = parsed.GetValue(connection) ?? settings.ConnectionString;
            settings.Urls = parsed.GetValue(urls) ?? settings.Urls;
            return settings;
        }

        var root = new RootCommand("CrmSync keeps a CRM and Microsoft Exchange in step.") { data, keys, provider, connection, urls };
        root.Options.Add(noMigrate);
        root.SetAction((parsed, stop) => ServeAsync(Settings(parsed), !parsed.GetValue(noMigrate), stop));
        var run = new Command("run", "Run the server (the default).") { noMigrate };
        run.SetAction((parsed, stop) => ServeAsync(Settings(parsed), !parsed.GetValue(noMigrate), stop));
        root.Subcommands.Add(run);
        root.Subcommands.Add(Simple("migrate", "Bring the database to this version and end.", Settings, async (services, stop) =>
        {
            await services.GetRequiredService<StoreMigrator>().StartAsync(stop);
            Console.WriteLine("The database is up to date.");
        }));
        root.Subcommands.Add(Simple("setup-link", "Print a link by which the first administrator is made: single use, 30 minutes.", Settings, async (services, stop) =>
        {
            var token = await services.GetRequiredService<SetupLinks>().CreateAsync(stop);
            Console.WriteLine($"{services.GetRequiredService<ServerSettings>().Urls.Split(';')[0]}/setup?token={token}");
        }));
        root.Subcommands.Add(Simple("token", "Make an API token with all scopes and print it once.", Settings, async (services, stop) =>
        {
            var (_, token) = await services.GetRequiredService<ApiTokens>().CreateAsync(Caller.System, "made on the command line", Scopes.All, null, null, stop);
            Console.WriteLine(token);
        }));
        root.Subcommands.Add(DryRunCommand(Settings));
        root.Subcommands.Add(Simple("doctor", "Check what must always hold and print each breach with its cure. Ends with 1 when there is one.", Settings, async (services, stop) =>
        {
            var findings = await services.GetRequiredService<Doctor>().CheckAsync(stop);
            foreach (var finding in findings)
                Console.WriteLine($"{finding.Count} {finding.Check} ({string.Join(", ", finding.Examples)})\n  {finding.Cause}\n  Cure: {finding.Cure}");
            Console.WriteLine(findings.Count == 0 ? "All is as it must be." : $"{findings.Count} findings.");
            Environment.ExitCode = findings.Count == 0 ? 0 : 1;
        }));
        // SIGTERM is the host's to answer, in its own time: System.CommandLine 2 would cut a graceful stop off after two seconds.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(45) });
    }

    private static async Task<int> ServeAsync(ServerSettings settings, bool migrate, CancellationToken stop)
    {
        settings.Migrate &= migrate;
        try
        {
            await using var app = ServerHost.Build(settings);
            await app.RunAsync(stop);
            return Environment.ExitCode;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"CrmSync cannot start: {failure.Message}");
            return 2;
        }
    }

    private static Command DryRunCommand(Func<ParseResult, ServerSettings> settings)
    {
        var link = new Argument<string>("link") { Description = "Id of the link, or its mailbox" };
        var command = Simple("dry-run", "Print what a link's next run would do, enabled or not. Nothing is written on either side.", settings, async (parsed, services, stop) =>
        {
            var name = parsed.GetValue(link)!;
            var links = services.GetRequiredService<LinkService>();
            var found = Guid.TryParse(name, out var id) ? await links.FindAsync(id, stop)
                : (await links.ListAsync(new LinkFilter(Text: name), null, 2, stop)).Items is [var only] ? only : null;
            if (found is null)
                throw new ArgumentException($"There is no link '{name}', or several have that mailbox. Give its id: GET /api/v1/links lists them.");
            var runs = services.GetRequiredService<DryRunService>();
            var started = await runs.StartAsync(Viewer.System, found.Link.Id, stop);
            if (started.Problem is { } problem)
                throw new ArgumentException(problem.Text);
            await runs.RunAsync(started.Value!.Row.Id, stop);
            Print((await runs.FindAsync(started.Value.Row.Id, CancellationToken.None))!, found);
        });
        command.Arguments.Add(link);
        return command;
    }

    private static void Print(DryRunView view, LinkView link)
    {
        if (view.Result is not { } result)
            throw new ArgumentException(view.Row.Error ?? "The dry run did not end.");
        Console.WriteLine($"{link.Link.Mailbox}, folder '{link.Link.FolderName}': the next run would do this ({view.Row.Read} items looked at; nothing was written).");
        foreach (var (name, count) in result.Counts.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Console.WriteLine($"{count,8}  {name}");
        foreach (var (reason, count) in result.Skipped.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Console.WriteLine($"{count,8}  skipped: {reason}");
        foreach (var entry in result.Entries.Where(entry => entry.Action is "delete" or "tie" or "hold"))
            Console.WriteLine($"          {entry.Side} {entry.Action}: {entry.Subject ?? "(private)"}: {entry.Reason}");
    }

    private static Command Simple(string name, string description, Func<ParseResult, ServerSettings> settings, Func<IServiceProvider, CancellationToken, Task> work) =>
        Simple(name, description, settings, (_, services, stop) => work(services, stop));

    private static Command Simple(string name, string description, Func<ParseResult, ServerSettings> settings, Func<ParseResult, IServiceProvider, CancellationToken, Task> work)
    {
        var command = new Command(name, description);
        command.SetAction(async (parsed, stop) =>
        {
            try
            {
                var chosen = settings(parsed);
                chosen.Check();
                Directory.CreateDirectory(chosen.Data);
                var services = new ServiceCollection();
                services.AddLogging();
                services.AddSingleton(chosen);
                services.AddEngine(chosen);
                await using var provider = services.BuildServiceProvider();
                await work(parsed, provider, stop);
                return Environment.ExitCode;
            }
            catch (Exception failure) when (failure is StoreUnavailableException or ArgumentException or IOException or System.Data.Common.DbException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return 2;
            }
        });
        return command;
    }
}
