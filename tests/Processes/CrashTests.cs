using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>kill -9 at the crash points of the create, change and delete roads: one item, one link, one mail of each kind afterwards. (Every place of every story, in one process: tests/Convergence, Sweep.)</summary>
public sealed class CrashTests(CrashRig rig) : IClassFixture<CrashRig>
{
    public static TheoryData<string> Points() =>
    [
        "worker.claimed", "outbound.create.before-send", "outbound.create.after-send", "outbound.create.after-record",
        "outbound.invite.before-send", "outbound.invite.after-send", "outbound.update.before-send", "outbound.update.after-send",
        "outbound.delete.before-send", "outbound.delete.after-send", "inbound.page.before-commit", "inbound.page.after-commit", "inbound.complete.before-commit",
        "store.commit.before", "store.commit.after",
    ];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task After_a_kill_at_any_point_there_is_one_item_one_link_and_one_mail_of_each_kind(string point)
    {
        var subject = $"Crash at {point.Replace(':', ' ')}";
        await rig.ArmAsync(point);

        var item = await rig.CallAsync(HttpMethod.Post, "/api/v1/schedule-items", new
        {
            owner = "anna", subject, start = "2027-01-11T09:00:00", end = "2027-01-11T10:00:00", attendees = new[] { new { address = "ben@contoso.test" } },
        }, $"create {point}".Replace(' ', '-'));
        await rig.SettleAsync(async () => (await rig.CopiesAsync("ben", subject)).Count == 1, "ben is invited");
        await rig.SettleAsync(async () => (await rig.CallAsync(HttpMethod.Get, $"/api/v1/schedule-items/{item["id"]}"))["participants"]!.AsArray().Count == 2, "ben's copy has joined the item");

        await rig.CallAsync(HttpMethod.Patch, $"/api/v1/schedule-items/{item["id"]}", new { start = "2027-01-12T09:00:00", end = "2027-01-12T10:00:00" }, $"change-{point}");
        await rig.SettleAsync(async () => (await rig.CopiesAsync("anna", subject)).Single().Start!.StartsWith("2027-01-12", StringComparison.Ordinal), "the change has arrived");
        await rig.SettleAsync(async () => (await rig.MailsAsync(subject)).Any(mail => mail.Kind == "update"), "ben knows of the change");
        (await rig.CopiesAsync("anna", subject)).Count.ShouldBe(1);
        (await rig.CopiesAsync("ben", subject)).Count.ShouldBe(1);

        await rig.CallAsync(HttpMethod.Delete, $"/api/v1/schedule-items/{item["id"]}");
        await rig.SettleAsync(async () => (await rig.CopiesAsync("anna", subject)).Count == 0, "the deletion has arrived");
        await rig.SettleAsync(rig.QueueIsEmptyAsync, "the queue is empty");

        (await rig.MailsAsync(subject)).Select(mail => (mail.To, mail.Kind)).ShouldBe(
            [("ben@contoso.test", "request"), ("ben@contoso.test", "update"), ("ben@contoso.test", "cancellation")], $"killed at {point}");
        (await rig.CallAsync(HttpMethod.Get, "/api/v1/schedule-items?limit=500"))["items"]!.AsArray().Count(row => row!["subject"]!.ToString().Contains(subject)).ShouldBe(0);
        rig.Restarts.ShouldBe(1, $"the point {point} was reached once");
    }
}

/// <summary>One server that is killed again and again, each time at the point that a file names; the next call starts it anew.</summary>
public sealed class CrashRig : IAsyncLifetime
{
    private readonly int _port = ServerProcess.FreePort();
    private ProcessRig _rig = null!;
    private ServerProcess _server = null!;
    private HttpClient _api = null!;

    public int Restarts { get; private set; }

    private string ArmFile => Path.Combine(_rig.Folder, "crash-at");

    public async ValueTask InitializeAsync()
    {
        _rig = await ProcessRig.StartAsync();
        _rig.Environment["CRMSYNC_CRASH_FILE"] = ArmFile;
        _server = _rig.Start(_port);
        await _server.ReadyAsync();
        await _rig.MakeTokenAsync();
        await _rig.ArrangeAsync(_server, null, "anna", "ben");
        _api = _rig.Api(_server);
    }

    /// <summary>The server dies when it reaches this point next.</summary>
    public async Task ArmAsync(string point)
    {
        await SettleAsync(QueueIsEmptyAsync, "the queue is empty");
        Restarts = 0;
        await File.WriteAllTextAsync(ArmFile + ".new", point);
        File.Move(ArmFile + ".new", ArmFile, overwrite: true);
    }

    /// <summary>kill -9, wherever it is; the next call starts it anew.</summary>
    public Task KillAsync() => _server.KillAsync();

    public Outlook Outlook(string person) => _rig.Outlook(person);

    /// <summary>Calls the API until it answers; a server that died is started again, disarmed.</summary>
    public async Task<JsonNode> CallAsync(HttpMethod method, string path, object? body = null, string? key = null)
    {
        while (true)
        {
            if (_server.HasExited)
            {
                Restarts++;
                File.Delete(ArmFile);
                _server = _rig.Start(_port);
                await _server.ReadyAsync();
            }
            try
            {
                var answer = await ProcessRig.AnswerAsync(_api, method, path, body is null ? null : JsonContent.Create(body), key is null ? [] : [("Idempotency-Key", key)]);
                // The call died with its server: repeated until the key is free, or what it did is there.
                if (answer.Status == 409 && answer.Text.Contains("Idempotency-Key"))
                    await Task.Delay(200);
                else if (answer.Status < 300 || (method == HttpMethod.Delete && answer.Status == 404))
                    return answer.Text.Length == 0 ? new JsonObject() : JsonNode.Parse(answer.Text)!;
                else
                    throw new InvalidOperationException($"{method} {path}: {answer.Status} {answer.Text}");
            }
            catch (Exception died) when (died is HttpRequestException or TaskCanceledException)
            {
                await Task.Delay(20);
            }
        }
    }

    public async Task<bool> QueueIsEmptyAsync() => (await CallAsync(HttpMethod.Get, "/api/v1/queue"))["items"]!.AsArray().Count == 0;

    public async Task<IReadOnlyList<OutlookItem>> CopiesAsync(string person, string subject) =>
        [.. (await _rig.Outlook(person).ListAsync()).Where(copy => copy.Subject == subject)];

    public async Task<IReadOnlyList<Mail>> MailsAsync(string subject) => [.. (await _rig.MailsAsync()).Where(mail => mail.Subject!.EndsWith(subject, StringComparison.Ordinal))];

    // Reading through the API restarts a server that died meanwhile.
    public Task SettleAsync(Func<Task<bool>> condition, string what) => ProcessRig.EventuallyAsync(
        async () =>
        {
            await CallAsync(HttpMethod.Get, "/api/v1/me");
            return await condition();
        },
        what, 30);

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _rig.DisposeAsync();
    }
}
