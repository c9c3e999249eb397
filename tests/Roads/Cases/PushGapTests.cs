using System.Diagnostics;
using CrmSync.Engine.Notifications;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrmSync.Roads.Tests;

/// <summary>Case E35: whatever happens to the stream of notifications, every change is in the CRM within the poll's bound, and the link says that it lives by polling.</summary>
public sealed class PushGapTests
{
    private const int PollSeconds = 2;

    // A poll, a request on a dead connection that runs into its limit (2 s), its back-off (2 to 2.4 s), and what a busy machine takes.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(PollSeconds + 2 + 2.4 + 5);

    [Theory]
    [InlineData("cut")]
    [InlineData("freeze")]
    [InlineData("evict")]
    public async Task A_stream_that_is_gone_is_noticed_said_and_bridged_by_polling_until_it_is_back(string what)
    {
        await using var rig = await RoadRig.StartAsync(null, options => options with { Heartbeat = TimeSpan.FromMilliseconds(400) });
        using var proxy = new LoopbackProxy(rig.Http.BaseAddress!.Port);
        await using var engine = await RunningEngine.StartAsync(rig, proxy);
        await ShouldArriveAsync(rig, "while it streams");

        // It cannot be taken up again until the fault is cleared.
        await rig.FaultAsync(new { operation = "GetStreamingEvents", kind = "http-status", status = 503, milliseconds = 0 });
        if (what == "cut")
            proxy.Cut();
        else if (what == "freeze")
            proxy.Freeze();
        else
            await rig.Http.PostAsync("/control/subscriptions/evict", null);
        await ShouldArriveAsync(rig, "just after");
        await EventuallyAsync(async () => (await rig.StateAsync(engine.Link)).NotificationState!.StartsWith("poll: the streaming connection is lost", StringComparison.Ordinal), "the link says that push is degraded");
        await ShouldArriveAsync(rig, "by polling");

        await rig.ClearFaultsAsync();
        await EventuallyAsync(async () => (await rig.StateAsync(engine.Link)).NotificationState == "streaming", "it streams again");
        await ShouldArriveAsync(rig, "when it is back");
        await engine.StopAsync();
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E35: notifications that never come. Nothing tells that they are missing, so only the poll's bound is promised.</summary>
    [Fact]
    public async Task With_three_in_ten_notifications_lost_every_change_still_arrives_within_the_polls_bound()
    {
        await using var rig = await RoadRig.StartAsync(null, options => options with { Heartbeat = TimeSpan.FromMilliseconds(400) });
        using var proxy = new LoopbackProxy(rig.Http.BaseAddress!.Port);
        await using var engine = await RunningEngine.StartAsync(rig, proxy);
        await rig.Http.PostAsync("/control/faults/seed/35", null);
        await rig.FaultAsync(new { kind = "stream-lose", probability = 0.3 });
        for (var round = 0; round < 6; round++)
            await ShouldArriveAsync(rig, $"round {round}");
        rig.Exchange.Faults.Rules.Single().Struck.ShouldBeGreaterThan(0, "notifications were lost");
        await rig.ClearFaultsAsync();
        await engine.StopAsync();
        await rig.ShouldBeQuietAsync();
    }

    // A new item, an edit and a deletion, each within the bound.
    private static async Task ShouldArriveAsync(RoadRig rig, string when)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var made = rig.Person("anna").Create(new() { Subject = when, Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        await EventuallyAsync(async () => (await rig.ItemsAsync()).Any(item => item.Subject == when), $"a new item {when}", Bound);
        var first = Stopwatch.GetElapsedTime(startedAt);
        rig.Person("anna").Update(made.Id, new() { Location = when });
        await EventuallyAsync(async () => (await rig.ItemsAsync()).Any(item => item.Location == when), $"an edit {when}", Bound);
        rig.Person("anna").Delete(made.Id, null, "none");
        await EventuallyAsync(async () => (await rig.ItemsAsync()).All(item => item.Subject != when), $"a deletion {when}", Bound);
        TestContext.Current.TestOutputHelper!.WriteLine($"{when}: {first.TotalSeconds:0.0} s, all three {Stopwatch.GetElapsedTime(startedAt).TotalSeconds:0.0} s");
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var deadline = DateTime.UtcNow + (within ?? TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            DateTime.UtcNow.ShouldBeLessThan(deadline, what);
            await Task.Delay(30);
        }
    }

    /// <summary>The engine as the server runs it: workers, listener and poll, until it is stopped.</summary>
    private sealed class RunningEngine(CancellationTokenSource stop, Task work, SyncLink link) : IAsyncDisposable
    {
        public SyncLink Link => link;

        public static async Task<RunningEngine> StartAsync(RoadRig rig, LoopbackProxy proxy)
        {
            rig.EwsOptions = new() { StreamingSilence = TimeSpan.FromSeconds(2) };
            await rig.ConfigureAsync(target => (target.Url, target.Notifications, target.PollIntervalSeconds, target.RewritesPerHour) =
                ($"http://127.0.0.1:{proxy.Port}/EWS/Exchange.asmx", NotificationMode.Streaming, PollSeconds, 0));
            var link = await rig.LinkAsync("anna");
            var stop = new CancellationTokenSource();
            var store = new NotificationStore(rig.Get<CrmSyncStore>(), rig.Store, TimeProvider.System, CrmSync.Engine.IdSource.System(TimeProvider.System));
            var options = new NotificationOptions { ReconnectMs = 200, GroupLeaseSeconds = 5 };
            var listener = new GroupListener(store, rig.Queue, rig, TimeProvider.System, options, NullLogger<GroupListener>.Instance);
            var work = Task.WhenAll(
                rig.NewWorker(new SessionOptions { EmptyDeltaRepeatMs = 100 }).RunAsync("one", stop.Token),
                rig.NewWorker(new SessionOptions { EmptyDeltaRepeatMs = 100 }).RunAsync("two", stop.Token),
                new ListenerNode(store, listener, TimeProvider.System, options, NullLogger<ListenerNode>.Instance).RunAsync("node", stop.Token),
                PollAsync(new Poller(store, rig.Queue), stop.Token));
            var engine = new RunningEngine(stop, work, link);
            await EventuallyAsync(async () => (await rig.StateAsync(link)).NotificationState == "streaming", "it streams");
            return engine;
        }

        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await work;
        }

        public async ValueTask DisposeAsync()
        {
            if (!stop.IsCancellationRequested)
                await StopAsync();
            stop.Dispose();
        }

        // Quartz does this in the server.
        private static async Task PollAsync(Poller poller, CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                await poller.RunAsync(CancellationToken.None);
                await Task.Delay(250, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }
}
