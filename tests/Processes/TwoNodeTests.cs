using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace CrmSync.Processes.Tests;

/// <summary>Two server processes on one PostgreSQL with one key ring: they share the work, and what one leaves behind the other takes up.</summary>
public sealed class TwoNodeTests : IAsyncLifetime
{
    private const int Mailboxes = 30;
    private const int LeaseSeconds = 2;
    private const int ListenerLeaseSeconds = 3;
    private static readonly string[] People = [.. Enumerable.Range(1, Mailboxes).Select(number => $"user{number:00}")];

    private PostgresDatabase _database = null!;
    private ProcessRig _rig = null!;
    private ServerProcess _first = null!;
    private ServerProcess _second = null!;

    public async ValueTask InitializeAsync()
    {
        _database = (await PostgresDatabase.CreateAsync()).Open();
        _rig = await ProcessRig.StartAsync(People, _database.Connection);
        // Both at once on an empty database: one migrates, the other waits.
        (_first, _second) = (_rig.Start(), _rig.Start(node: "-2"));
        await Task.WhenAll(_first.ReadyAsync(), _second.ReadyAsync());
        await _rig.MakeTokenAsync();
    }

    [Fact]
    public async Task They_share_the_work_survive_a_kill_a_pause_and_a_rolling_restart_and_sync_no_item_twice()
    {
        (_first.Output + _second.Output).Split("Migrating the").Length.ShouldBe(2, "one of the two migrated");

        // 30 links, made through both nodes, with items on both sides.
        await PlantAsync(0);
        var target = await _rig.ArrangeAsync(_first, new { pollIntervalSeconds = 60 }, People);
        await CreateAsync(_second, 0);
        await SyncedAsync("the first items");
        (_first.Output.Contains("session done", StringComparison.Ordinal) && _second.Output.Contains("session done", StringComparison.Ordinal)).ShouldBeTrue("both nodes did work");

        // One dies; its links and listeners go on in the other.
        await CreateAsync(_second, 1);
        var killedAt = Stopwatch.GetTimestamp();
        await _first.KillAsync();
        await PlantAsync(1);
        await SyncedAsync("the items around the kill");
        Say("everything synced after kill -9", killedAt);
        await ProcessRig.EventuallyAsync(async () => await _database.ScalarAsync<long>(HeldByDeadSql) == 0, "no link and no listener is held by the dead");
        await HintedAsync("after the kill", killedAt);

        // The survivor is paused beyond its leases while it works; another node takes over; awake again it commits nothing stale.
        var third = _rig.Start(node: "-3");
        await third.ReadyAsync();
        await CreateAsync(third, 2);
        _wasPaused = true;
        await _second.SignalAsync("STOP");
        await PlantAsync(2);
        await SyncedAsync("the items around the pause", third);
        await EditAsync(third, 2);
        await SyncedAsync("the edits during the pause", third);
        await _second.SignalAsync("CONT");
        await ProcessRig.EventuallyAsync(async () => await RespondsAsync(_second), "the paused node is back");
        await SyncedAsync("everything after the pause");

        // A rolling restart while edits go on.
        var fourth = _rig.Start(node: "-4");
        await CreateAsync(third, 3);
        await _second.StopAsync();
        _second.ExitCode.ShouldBe(0);
        await fourth.ReadyAsync();
        await PlantAsync(3);
        await third.StopAsync();
        third.ExitCode.ShouldBe(0);
        _second = fourth;
        await SyncedAsync("the items around the restart");
        (await MailsSentAsync()).ShouldBe(0);
        await QuietAsync();
        target.ShouldNotBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in _rig.Servers.SelectMany(node => node.Output.Split('\n')).Where(line => line.Contains("the database is away", StringComparison.Ordinal)))
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        await _rig.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static string HeldByDeadSql =>
        """
        SELECT (SELECT COUNT(*) FROM "LinkWork" WHERE "Owner" IS NOT NULL AND "LeaseUntilMs" < (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint)
             + (SELECT COUNT(*) FROM "ListenerGroup" WHERE "Owner" IS NOT NULL AND "LeaseUntilMs" < (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint)
        """;

    private readonly Dictionary<string, string> _expected = [];
    private bool _wasPaused;

    // Two items a mailbox, made by their people in Outlook.
    private async Task PlantAsync(int round) => await Task.WhenAll(People.Select(async person =>
    {
        await _rig.Outlook(person).CreateAsync(new { subject = $"Outlook {round} of {person}", start = $"2027-01-{11 + round}T09:00:00Z", end = $"2027-01-{11 + round}T10:00:00Z" });
        lock (_expected)
            _expected[$"Outlook {round} of {person}"] = "";
    }));

    private async Task CreateAsync(ServerProcess node, int round)
    {
        using var api = _rig.Api(node);
        foreach (var person in People)
        {
            await ProcessRig.SendAsync(api, HttpMethod.Post, "/api/v1/schedule-items", new
            {
                owner = person, subject = $"CRM {round} of {person}", start = $"2027-02-{11 + round}T09:00:00", end = $"2027-02-{11 + round}T10:00:00",
            });
            _expected[$"CRM {round} of {person}"] = "";
        }
    }

    private async Task EditAsync(ServerProcess node, int round)
    {
        using var api = _rig.Api(node);
        foreach (var item in (await ProcessRig.ListAsync(api, "/api/v1/schedule-items?limit=500")).Where(item => item["subject"]!.ToString().StartsWith($"CRM {round} of", StringComparison.Ordinal)))
        {
            await ProcessRig.SendAsync(api, HttpMethod.Patch, $"/api/v1/schedule-items/{item["id"]}", new { location = "edited" });
            _expected[item["subject"]!.ToString()] = "edited";
        }
    }

    private async Task SyncedAsync(string what, ServerProcess? node = null)
    {
        using var api = _rig.Api(node ?? _second);
        await ProcessRig.EventuallyAsync(async () => (await OutlookAsync()).Count >= _expected.Count && (await CrmAsync(api)).Count >= _expected.Count
            && (await OutlookAsync()).All(item => item.Location == _expected[item.Subject]), what, 60);
        (await OutlookAsync()).Select(item => item.Subject).Order().ShouldBe(_expected.Keys.Order(), what);
        (await CrmAsync(api)).Order().ShouldBe(_expected.Keys.Order(), what);
        // A paused node may still send what it held in its hands; what that makes is removed as a stray, so only the kill leaves an exact count.
        if (node is null && !_wasPaused)
            (await _rig.CountersAsync())["items"]!["created"]!.GetValue<int>().ShouldBe(_expected.Count, $"{what}: nothing was made twice and taken back");
    }

    private async Task<List<(string Subject, string Location)>> OutlookAsync() =>
        [.. (await Task.WhenAll(People.Select(person => _rig.Outlook(person).ListAsync()))).SelectMany(items => items).Select(item => (item.Subject!, item.Location ?? ""))];

    private static async Task<List<string>> CrmAsync(HttpClient api) => [.. (await ProcessRig.ListAsync(api, "/api/v1/schedule-items?limit=500")).Select(item => item["subject"]!.ToString())];

    // A change that only a notification can have told within seconds: the poll is a minute away.
    private async Task HintedAsync(string what, long since)
    {
        using var api = _rig.Api(_second);
        await ProcessRig.EventuallyAsync(async () => (await _rig.CountersAsync())["streams"]!.GetValue<int>() > 0, "somebody listens");
        var listening = Stopwatch.GetElapsedTime(since);
        listening.ShouldBeLessThan(TimeSpan.FromSeconds(ListenerLeaseSeconds + 5 + 3), "listeners go on within their lease + 5 s (and the time that the test itself took)");
        Say("listening again", since);
        var startedAt = Stopwatch.GetTimestamp();
        await _rig.Outlook(People[0]).CreateAsync(new { subject = what, start = "2027-03-11T09:00:00Z", end = "2027-03-11T10:00:00Z" });
        _expected[what] = "";
        await ProcessRig.EventuallyAsync(async () => (await CrmAsync(api)).Contains(what), what);
        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(LeaseSeconds + 5));
        Say($"an Outlook edit {what} is in the CRM", startedAt);
    }

    private async Task<int> MailsSentAsync() => (await _rig.MailsAsync()).Count;

    private static async Task<bool> RespondsAsync(ServerProcess node)
    {
        using var http = new HttpClient { BaseAddress = new Uri(node.Url), Timeout = TimeSpan.FromSeconds(2) };
        return (await http.GetAsync("/health/ready")).IsSuccessStatusCode;
    }

    private async Task QuietAsync()
    {
        using var api = _rig.Api(_second);
        var before = await WritesAsync();
        for (var cycle = 0; cycle < 2; cycle++)
        {
            foreach (var link in await ProcessRig.ListAsync(api, "/api/v1/links?limit=500"))
                await ProcessRig.SendAsync(api, HttpMethod.Post, $"/api/v1/links/{link["id"]}/sync-now");
            await ProcessRig.EventuallyAsync(async () => (await ProcessRig.ListAsync(api, "/api/v1/queue")).Count == 0, "the cycle is over", 40);
        }
        (await WritesAsync()).ShouldBe(before, "two quiet cycles write nothing");
    }

    private async Task<string> WritesAsync() =>
        $"{(await _rig.CountersAsync())["items"]} {await _database.ScalarAsync<long>("SELECT SUM(\"Version\")::bigint FROM \"ScheduleItem\"")}";

    private static void Say(string what, long since) => TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
}
