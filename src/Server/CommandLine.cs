using System.CommandLine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using CrmSync.Server.Composition;

namespace CrmSync.Server;

/// <summary>crmsync run | migrate | setup-link | token.</summary>
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

    private static Command Simple(string name, string description, Func<ParseResult, ServerSettings> settings, Func<IServiceProvider, CancellationToken, Task> work)
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
                await work(provider, stop);
                return 0;
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
