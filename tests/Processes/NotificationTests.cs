using System.Diagnostics;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>Streaming, push and polling, each alone enough; and a graceful stop that leaves nothing behind.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private ProcessRig _rig = null!;
    private ServerProcess _server = null!;
    private HttpClient _api = null!;
    private int _number;

    public async ValueTask InitializeAsync()
    {
        _rig = await ProcessRig.StartAsync(["anna"]);
        _server = _rig.Start();
        await _server.ReadyAsync();
        await _rig.MakeTokenAsync();
        _api = _rig.Api(_server);
    }

    [Fact]
    public async Task A_stream_that_is_cut_or_whose_subscription_is_forgotten_is_taken_up_again_within_seconds()
    {
        await LinkAsync(new { notifications = "streaming", pollIntervalSeconds = 3600 });
        await StateAsync("streaming");
        await ProcessRig.EventuallyAsync(async () => (await _rig.CountersAsync())["streams"]!.GetValue<int>() == 1, "somebody listens");
        await ArrivesWithinAsync(5, "with streaming");
        await _rig.PostAsync("/control/streams/drop");
        await ArrivesWithinAsync(5, "after the stream was cut");
        await _rig.PostAsync("/control/subscriptions/evict");
        await ArrivesWithinAsync(8, "after the subscription was forgotten");
    }

    [Fact]
    public async Task An_unreachable_push_endpoint_leaves_polling_says_so_and_is_subscribed_anew_when_it_is_mended()
    {
        var target = await LinkAsync(new { notifications = "push", pollIntervalSeconds = 1, publicUrl = $"http://127.0.0.1:{ServerProcess.FreePort()}" });
        await StateAsync("poll: push is subscribed, but Exchange has not reached this server");
        await ArrivesWithinAsync(5, "by polling while push does not get through");

        await ProcessRig.SendAsync(_api, HttpMethod.Patch, $"/api/v1/targets/{target}", new { publicUrl = _server.Url, pollIntervalSeconds = 3600 });
        await StateAsync("push");
        await ArrivesWithinAsync(5, "by push");
    }

    [Fact]
    public async Task Polling_alone_is_enough()
    {
        await LinkAsync(new { notifications = "poll", pollIntervalSeconds = 2 });
        await ArrivesWithinAsync(5, "by polling");
        (await _rig.CountersAsync())["subscriptions"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task A_server_that_is_stopped_gives_its_leases_back_so_that_the_next_goes_on_at_once()
    {
        await _server.StopAsync();
        var patient = new Dictionary<string, string> { ["CRMSYNC_LeaseSeconds"] = "60", ["CRMSYNC_ListenerLeaseSeconds"] = "30" };
        _server = _rig.Start(environment: patient);
        await _server.ReadyAsync();
        _api.Dispose();
        _api = _rig.Api(_server);
        await LinkAsync(new { notifications = "streaming", pollIntervalSeconds = 3600 });
        await StateAsync("streaming");
        for (var i = 0; i < 20; i++)
            await _rig.Outlook("anna").CreateAsync(new { subject = $"Before the stop {i}", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        var stoppedAt = Stopwatch.GetTimestamp();
        await _server.StopAsync();
        _server.ExitCode.ShouldBe(0);
        Say("stopped", stoppedAt);
        await _rig.Outlook("anna").CreateAsync(new { subject = "While nobody ran", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });

        _server = _rig.Start(environment: patient);
        await _server.ReadyAsync();
        _api.Dispose();
        _api = _rig.Api(_server);
        var readyAt = Stopwatch.GetTimestamp();
        await ProcessRig.EventuallyAsync(async () => (await ProcessRig.ListAsync(_api, "/api/v1/schedule-items?limit=500")).Count == 21, "all of it is in the CRM");
        Stopwatch.GetElapsedTime(readyAt).ShouldBeLessThan(TimeSpan.FromSeconds(10), "the leases of a minute and of half a minute are not waited for");
        Say("going on after a graceful restart", readyAt);
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _rig.DisposeAsync();
    }

    private async Task<string> LinkAsync(object target)
    {
        var made = await _rig.TargetAsync(_api, target);
        await ProcessRig.LinkAsync(_api, made, "anna");
        return made;
    }

    private Task StateAsync(string start) => ProcessRig.EventuallyAsync(
        async () => (await ProcessRig.ListAsync(_api, "/api/v1/links")).Single()["state"] is { } state
            && state["notifications"]!.ToString() is var words && (words == start || (start.Length > 10 && words.StartsWith(start, StringComparison.Ordinal))) && state["isInventoryComplete"]!.GetValue<bool>(),
        $"the link says '{start}'");

    private async Task ArrivesWithinAsync(int seconds, string what)
    {
        var subject = $"{what} {_number++}";
        var startedAt = Stopwatch.GetTimestamp();
        await _rig.Outlook("anna").CreateAsync(new { subject, start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await ProcessRig.EventuallyAsync(async () => (await ProcessRig.ListAsync(_api, "/api/v1/schedule-items")).Any(item => item["subject"]!.ToString() == subject), $"an edit arrives {what}", seconds);
        Say($"an edit arrives {what}", startedAt);
    }

    private static void Say(string what, long since) => TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
}
