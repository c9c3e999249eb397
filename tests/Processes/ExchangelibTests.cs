using System.Diagnostics;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>A foreign client, exchangelib of Debian's python3-exchangelib, edits the mailbox; the CRM follows, and the other way round.</summary>
public sealed class ExchangelibTests : IAsyncLifetime
{
    private ProcessRig _rig = null!;
    private HttpClient _api = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await ProcessRig.StartAsync();
        var server = _rig.Start();
        await server.ReadyAsync();
        await _rig.MakeTokenAsync();
        await _rig.ArrangeAsync(server, null, "anna", "ben");
        _api = _rig.Api(server);
    }

    [Fact]
    public async Task A_meeting_that_exchangelib_creates_moves_and_deletes_is_followed_by_the_CRM()
    {
        await StepAsync("create", "Road");
        await ProcessRig.EventuallyAsync(async () => await FindAsync("Road") is { } item && item["participants"]!.AsArray().Count == 2, "the meeting is in the CRM, once, with both");
        var made = (await FindAsync("Road"))!;
        made["start"]!.ToString().ShouldBe("2027-01-11T08:00:00Z");
        made["location"]!.ToString().ShouldBe("Ulm");
        made["body"]!.ToString().ShouldContain("from exchangelib");
        made["categories"]!.AsArray().Select(node => node!.ToString()).ShouldBe(["Red"]);

        await StepAsync("move", "Road");
        await ProcessRig.EventuallyAsync(async () => (await FindAsync("Road"))?["start"]!.ToString() == "2027-01-11T11:00:00Z", "the move has arrived");
        await StepAsync("delete", "Road");
        await ProcessRig.EventuallyAsync(async () => (await FindAsync("Road"))?["participants"]!.AsArray().Count is null or 1, "the deletion has arrived");
    }

    [Fact]
    public async Task A_meeting_made_in_the_CRM_is_read_by_exchangelib_with_equal_fields()
    {
        await ProcessRig.SendAsync(_api, HttpMethod.Post, "/api/v1/schedule-items", new
        {
            owner = "anna", subject = "Made in the CRM", body = "agenda", location = "Köln", start = "2027-01-12T09:00:00", end = "2027-01-12T10:30:00", showAs = "tentative",
            sensitivity = "private", importance = "high", categories = new[] { "Blue", "Green" }, reminderMinutes = 25, attendees = new[] { new { address = "ben@contoso.test" } },
        });
        await ProcessRig.EventuallyAsync(async () => (await _rig.MailsAsync()).Any(mail => mail.Subject == "Made in the CRM"), "ben is invited");
        var read = await StepAsync("read", "Made in the CRM");
        read["body"]!.ToString().ShouldContain("agenda");
        read["location"]!.ToString().ShouldBe("Köln");
        read["start"]!.ToString().ShouldBe("2027-01-12T08:00:00+00:00");
        read["end"]!.ToString().ShouldBe("2027-01-12T09:30:00+00:00");
        read["showAs"]!.ToString().ShouldBe("Tentative");
        read["sensitivity"]!.ToString().ShouldBe("Private");
        read["importance"]!.ToString().ShouldBe("High");
        read["categories"]!.AsArray().Select(node => node!.ToString()).Order().ShouldBe(["Blue", "Green"]);
        read["reminder"]!.GetValue<int>().ShouldBe(25);
        read["attendees"]!.AsArray().Select(node => node!.ToString()).ShouldBe(["ben@contoso.test"]);
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _rig.DisposeAsync();
    }

    private async Task<JsonNode?> FindAsync(string subject) =>
        (await ProcessRig.ListAsync(_api, "/api/v1/schedule-items?user=anna")).SingleOrDefault(item => item["subject"]!.ToString() == subject);

    private async Task<JsonNode> StepAsync(string step, string subject)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "exchangelib", "meeting.py"), $"{_rig.SimulatorUrl}/EWS/Exchange.asmx", step, subject })
            start.ArgumentList.Add(argument);
        using var python = Process.Start(start)!;
        var (output, error) = (python.StandardOutput.ReadToEndAsync(), python.StandardError.ReadToEndAsync());
        await python.WaitForExitAsync();
        if ((await error).Contains("No module named 'exchangelib'"))
            Assert.Skip("python3-exchangelib is not installed. eng/test.sh installs it.");
        python.ExitCode.ShouldBe(0, await error);
        return JsonNode.Parse((await output).Trim().Split('\n')[^1])!;
    }
}
