using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.Conformance.Foreign;

/// <summary>A foreign client, exchangelib of Debian's python3-exchangelib, walks the road of a meeting; both sides are looked at.</summary>
public sealed class ExchangelibTests
{
    private const string Python = "/usr/bin/python3";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Exchangelib_connects_creates_reads_changes_syncs_streams_and_deletes(string scheme)
    {
        await RequireExchangelib();
        var folder = Directory.CreateTempSubdirectory("exchangelib-").FullName;
        await using var app = SimulatorHost.Build(
            new SimulatorOptions { HttpPort = 0, HttpsPort = 0, CertificateFolder = folder, MaxNotificationDelay = TimeSpan.FromMilliseconds(20) },
            exchange => DemoData.Seed(exchange.Organisation));
        await app.StartAsync(Now);
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith(scheme + ":", StringComparison.Ordinal));
        var steps = await Walk(url.Replace("127.0.0.1", scheme == "https" ? "localhost" : "127.0.0.1", StringComparison.Ordinal) + "/EWS/Exchange.asmx", Path.Combine(folder, "ca.pem"));

        Texts(steps["connect"], "folders").ShouldContain("Calendar");
        var id = steps["create"].GetProperty("id").GetString()!;
        Changes(steps["sync_create"]).ShouldBe(["create " + id]);
        var read = steps["read"];
        read.GetProperty("subject").GetString().ShouldBe("Büro & Plan");
        read.GetProperty("body").GetString()!.ReplaceLineEndings("\n").ShouldBe("line one\nline two");
        read.GetProperty("start").GetString().ShouldBe("2026-11-24T08:00:00+00:00");
        Texts(read, "categories").ShouldBe(["Zoo", "Art"]);
        read.GetProperty("stamp").GetString().ShouldBe("intent-1");
        read.GetProperty("response").GetString().ShouldBe("Organizer");
        read.GetProperty("zone").GetString().ShouldBe("Europe/Berlin");
        Changes(steps["sync_update"]).ShouldBe(["update " + id]);
        Texts(steps["view"], "subjects").ShouldContain("Moved");
        Texts(steps["view"], "filtered").ShouldBe(["Moved"]);
        steps["conflict"].GetProperty("error").GetString().ShouldBe("ErrorIrresolvableConflict");
        steps["accept"].GetProperty("response").GetString().ShouldBe("Accept");
        Texts(steps["stream"], "events").ShouldContain("CreatedEvent");
        Texts(steps["pull"], "events").ShouldContain("DeletedEvent");
        steps["series"].GetProperty("type").GetString().ShouldBe("RecurringMaster");
        steps["series"].GetProperty("number").GetInt32().ShouldBe(5);
        steps["task"].GetProperty("complete").GetBoolean().ShouldBeTrue();
        steps["contact"].GetProperty("file_as").GetString().ShouldBe("Lee, Kim");
        Changes(steps["sync_delete"]).ShouldContain("delete " + id);
        Texts(steps["sync_delete"], "trash").ShouldContain("Moved");
        steps["gone"].GetProperty("error").GetString().ShouldBe("ErrorItemNotFound");
        steps["cancelled"].GetProperty("subject").GetString().ShouldBe("Canceled: Moved");
        steps["impersonation"].GetProperty("error").GetString().ShouldBe("ErrorNonExistentMailbox");

        TheServersSide(app.Services.GetRequiredService<SimulatedExchange>());
        await app.StopAsync(Now);
    }

    private static void TheServersSide(SimulatedExchange exchange)
    {
        lock (exchange.Organisation.Gate)
        {
            var anna = exchange.Organisation.FindMailbox("anna@contoso.test")!;
            var moved = anna["deleteditems"].Items.Single(i => i.Subject == "Moved");
            moved.Values.Text("Start").ShouldBe("2026-11-24T10:00:00Z");
            moved.Values.IsTrue("IsCancelled").ShouldBeTrue();
            anna["calendar"].Items.ShouldContain(i => i.Subject == "Series");
            exchange.Organisation.Mails.Mails.Where(m => m.Cause != "seed").Select(m => m.Kind).ShouldBe(["request", "update", "response", "cancellation"]);
            exchange.Organisation.Subscriptions.All.Where(s => s.Kind == SubscriptionKind.Pull).ShouldBeEmpty();
        }
    }

    private static List<string> Texts(JsonElement step, string name) => [.. step.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static List<string> Changes(JsonElement step) => [.. step.GetProperty("changes").EnumerateArray().Select(c => $"{c[0].GetString()} {c[1].GetString()}")];

    private static async Task<Dictionary<string, JsonElement>> Walk(string url, string authority)
    {
        var (code, output, error) = await Run([Path.Combine(Here(), "exchangelib", "road.py"), url], authority);
        code.ShouldBe(0, error);
        var steps = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
            .ToDictionary(s => s.GetProperty("step").GetString()!);
        steps.ShouldContainKey("end", error);
        return steps;
    }

    private static async Task RequireExchangelib()
    {
        if (File.Exists(Python) && (await Run(["-c", "import exchangelib"], null)).Code == 0)
            return;
        const string reason = "exchangelib is not installed for /usr/bin/python3 (Debian: python3-exchangelib)";
        if (Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] arguments, string? authority)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(arguments, start.ArgumentList.Add);
        if (authority != null)
            start.Environment["REQUESTS_CA_BUNDLE"] = authority;
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
