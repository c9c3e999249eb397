using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>The demo as others use it: its file, edits both ways, and a restart that keeps everything.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crmsync-demo-").FullName;
    private readonly int[] _ports = [ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort()];
    private readonly List<double> _seconds = [];
    private HttpClient _api = null!;
    private HttpClient _simulator = null!;

    [Theory]
    [InlineData("push")]
    [InlineData("streaming")]
    [InlineData("poll")]
    public async Task An_edit_on_either_side_arrives_on_the_other_and_a_restart_keeps_everything(string notifications)
    {
        // How fast is printed, not asserted: speed belongs to bench/, where it is a ratio.
        await using (var demo = await StartAsync(notifications))
        {
            await FollowAsync(seconds: 90);
            _seconds.Sort();
            TestContext.Current.TestOutputHelper!.WriteLine($"{notifications}: {_seconds.Count} edits, median {_seconds[_seconds.Count / 2]:0.00} s, slowest {_seconds[^1]:0.00} s");
            await QuietAsync();
            await demo.StopAsync();
        }

        var before = await File.ReadAllTextAsync(Path.Combine(_folder, "demo.json"));
        await using var again = await StartAsync(notifications);
        (await File.ReadAllTextAsync(Path.Combine(_folder, "demo.json"))).ShouldBe(before);
        await QuietAsync();
        (await CountersAsync())["mails"]!.GetValue<int>().ShouldBe(0, "a restart mails nobody");
        (await CountersAsync())["items"]!["created"]!.GetValue<int>().ShouldBe(0);
        (await CountersAsync())["items"]!["updated"]!.GetValue<int>().ShouldBe(0);
        await again.StopAsync();
    }

    public void Dispose()
    {
        _api.Dispose();
        _simulator.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<ServerProcess> StartAsync(string notifications)
    {
        var demo = ServerProcess.StartProgram(
            "CrmSync.Demo.dll", $"http://127.0.0.1:{_ports[0]}",
            "--data", _folder, "--port", $"{_ports[0]}", "--simulator-port", $"{_ports[1]}", "--simulator-tls-port", $"{_ports[2]}", "--notifications", notifications);
        await demo.ReadyAsync();
        await ProcessRig.EventuallyAsync(() => Task.FromResult(demo.Output.Contains("CrmSync demo is running")), "the demo says that it runs", 60);
        var path = Path.Combine(_folder, "demo.json");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var file = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        file["console"]!.ToString().ShouldBe($"http://127.0.0.1:{_ports[0]}");
        file["ewsTls"]!.ToString().ShouldBe($"https://127.0.0.1:{_ports[2]}/EWS/Exchange.asmx");
        file["mailboxes"]!.AsArray().Count.ShouldBe(4);
        file["administratorPassword"]!.ToString().Length.ShouldBeGreaterThanOrEqualTo(15);
        File.Exists(file["simulatorCa"]!.ToString()).ShouldBeTrue();
        _simulator = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_ports[1]}") };
        _api = new HttpClient { BaseAddress = new Uri(file["console"]!.ToString()) };
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", file["apiToken"]!.ToString());
        await ProcessRig.EventuallyAsync(
            async () => (await ProcessRig.ListAsync(_api, "/api/v1/links")) is { Count: 3 } links && links.All(link => link["state"]!["isInventoryComplete"]!.GetValue<bool>() && link["state"]!["notifications"]!.ToString().StartsWith(notifications, StringComparison.Ordinal)),
            "three links are healthy and listen", 60);
        await EmptyAsync();
        return demo;
    }

    private async Task FollowAsync(int seconds)
    {
        var outlook = new Outlook(_simulator, "anna@contoso.test");
        var made = await outlook.CreateAsync(new { subject = "From Outlook", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await InCrmAsync(seconds, item => item["subject"]!.ToString() == "From Outlook");
        foreach (var (edit, field, value) in new (object, string, string)[]
        {
            (new { location = "Ulm" }, "location", "Ulm"), (new { body = "text" }, "body", "text"), (new { showAs = "OOF" }, "showAs", "outOfOffice"), (new { importance = "High" }, "importance", "high"),
            (new { sensitivity = "Private" }, "sensitivity", "private"), (new { reminderIsSet = true, reminderMinutes = 20 }, "reminderMinutes", "20"),
            (new { subject = "Renamed" }, "subject", "Renamed"), (new { start = "2027-01-12T09:00:00Z", end = "2027-01-12T10:00:00Z" }, "start", "2027-01-12T09:00:00Z"),
        })
        {
            await outlook.UpdateAsync(made.Id, edit);
            await InCrmAsync(seconds, item => item["subject"]!.ToString() is "From Outlook" or "Renamed" && (item[field]?.ToString() ?? "").Trim() == value);
        }
        await outlook.DeleteAsync(made.Id);
        await TimedAsync(seconds, async () => (await ItemsAsync()).All(item => item["subject"]!.ToString() != "Renamed"), "the deletion is in the CRM");

        var item = await ProcessRig.SendAsync(_api, HttpMethod.Post, "/api/v1/schedule-items", new { owner = "anna", subject = "From the CRM", start = "2027-02-11T09:00:00", end = "2027-02-11T10:00:00" });
        await InOutlookAsync(outlook, seconds, copy => copy.Subject == "From the CRM");
        foreach (var (edit, seen) in new (object, Func<OutlookItem, bool>)[]
        {
            (new { location = "Ulm" }, copy => copy.Location == "Ulm"), (new { showAs = "tentative" }, copy => copy.ShowAs == "Tentative"), (new { importance = "low" }, copy => copy.Importance == "Low"),
            (new { sensitivity = "confidential" }, copy => copy.Sensitivity == "Confidential"), (new { categories = new[] { "Red" } }, copy => copy.Categories.SequenceEqual(["Red"])),
            (new { reminderMinutes = 20 }, copy => copy is { ReminderIsSet: true, ReminderMinutes: 20 }), (new { body = "text" }, copy => copy.Body?.Contains("text") == true),
            (new { start = "2027-02-12T09:00:00", end = "2027-02-12T10:00:00" }, copy => copy.Start!.StartsWith("2027-02-12", StringComparison.Ordinal)),
        })
        {
            await ProcessRig.SendAsync(_api, HttpMethod.Patch, $"/api/v1/schedule-items/{item["id"]}", edit);
            await InOutlookAsync(outlook, seconds, copy => copy.Subject == "From the CRM" && seen(copy));
        }
        await ProcessRig.SendAsync(_api, HttpMethod.Delete, $"/api/v1/schedule-items/{item["id"]}");
        await TimedAsync(seconds, async () => (await outlook.ListAsync()).All(copy => copy.Subject != "From the CRM"), "the deletion is in Outlook");
    }

    private Task InCrmAsync(int seconds, Func<JsonNode, bool> matches) => TimedAsync(seconds, async () => (await ItemsAsync()).Any(matches), "the edit is in the CRM");

    private Task InOutlookAsync(Outlook outlook, int seconds, Func<OutlookItem, bool> matches) => TimedAsync(seconds, async () => (await outlook.ListAsync()).Any(matches), "the edit is in Outlook");

    private async Task TimedAsync(int seconds, Func<Task<bool>> condition, string what)
    {
        var startedAt = Stopwatch.GetTimestamp();
        await ProcessRig.EventuallyAsync(condition, what, seconds);
        _seconds.Add(Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
    }

    private Task<IReadOnlyList<JsonNode>> ItemsAsync() => ProcessRig.ListAsync(_api, "/api/v1/schedule-items?user=anna&from=2027-01-01T00:00:00Z&limit=500");

    private async Task<JsonNode> CountersAsync() => (await _simulator.GetFromJsonAsync<JsonNode>("/control/counters"))!;

    private Task EmptyAsync() => ProcessRig.EventuallyAsync(async () => (await ProcessRig.ListAsync(_api, "/api/v1/queue")).Count == 0, "the queue is empty");

    private async Task QuietAsync()
    {
        await EmptyAsync();
        var before = await WritesAsync();
        for (var cycle = 0; cycle < 2; cycle++)
        {
            foreach (var link in await ProcessRig.ListAsync(_api, "/api/v1/links"))
                await ProcessRig.SendAsync(_api, HttpMethod.Post, $"/api/v1/links/{link["id"]}/sync-now");
            await EmptyAsync();
        }
        (await WritesAsync()).ShouldBe(before, "two quiet cycles write nothing");
    }

    private async Task<string> WritesAsync() => $"{(await CountersAsync())["items"]} {(await CountersAsync())["mails"]} {(await ProcessRig.ListAsync(_api, "/api/v1/schedule-items?limit=500&deleted=true")).Sum(item => item["version"]!.GetValue<long>())}";
}
