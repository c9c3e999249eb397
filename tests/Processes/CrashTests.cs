using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>kill -9 at every crash point of the create, change and delete roads: one item, one link, one mail of each kind afterwards.</summary>
public sealed class CrashTests
{
    public static TheoryData<string> Points() =>
    [
        "worker.claimed", "outbound.create.before-send", "outbound.create.after-send", "outbound.create.before-record", "outbound.create.after-record",
        "outbound.invite.before-send", "outbound.invite.after-send", "outbound.invite.after-record",
        "outbound.update.before-send", "outbound.update.after-send", "outbound.update.after-record",
        "outbound.delete.before-send", "outbound.delete.after-send", "outbound.delete.after-record",
        "inbound.page.before-commit", "inbound.page.after-commit", "inbound.complete.before-commit",
        "store.commit.before", "store.commit.before:5", "store.commit.after", "store.commit.after:6",
    ];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task After_a_kill_at_any_point_there_is_one_item_one_link_and_one_mail_of_each_kind(string point)
    {
        await using var rig = await ProcessRig.StartAsync();
        await rig.MakeTokenAsync();
        var port = ServerProcess.FreePort();
        await using (var quiet = ServerProcess.Start(rig.Data, port, rig.Environment))
        {
            await quiet.ReadyAsync();
            await rig.ArrangeAsync(quiet, people: ["anna", "ben"]);
            await quiet.StopAsync();
        }
        var armed = new Dictionary<string, string>(rig.Environment) { ["CRMSYNC_CRASH_AT"] = point };
        var server = ServerProcess.Start(rig.Data, port, armed);
        var restarts = 0;
        async Task<JsonNode> Call(HttpMethod method, string path, object? body, string key)
        {
            while (true)
            {
                if (server.HasExited)
                {
                    restarts++;
                    await server.DisposeAsync();
                    server = ServerProcess.Start(rig.Data, port, rig.Environment);
                }
                try
                {
                    await server.ReadyAsync();
                    using var api = rig.Api(server);
                    return await ProcessRig.SendAsync(api, method, path, body, key);
                }
                catch (Exception died) when (died is HttpRequestException or TaskCanceledException or InvalidOperationException && server.HasExited)
                {
                    await Task.Delay(50);
                }
            }
        }

        try
        {
            var item = await Call(HttpMethod.Post, "/api/v1/schedule-items", new
            {
                owner = "anna", subject = "Crash test", start = "2027-01-11T09:00:00", end = "2027-01-11T10:00:00", attendees = new[] { new { address = "ben@contoso.test" } },
            }, "create");
            await SettleAsync(Call, async () => (await rig.Outlook("ben").ListAsync()).Count == 1, "ben is invited");
            await SettleAsync(Call, async () => (await Call(HttpMethod.Get, $"/api/v1/schedule-items/{item["id"]}", null, "read"))["participants"]!.AsArray().Count == 2, "ben's copy has joined the item");

            await Call(HttpMethod.Patch, $"/api/v1/schedule-items/{item["id"]}", new { start = "2027-01-12T09:00:00", end = "2027-01-12T10:00:00" }, "change");
            await SettleAsync(Call, async () => (await rig.Outlook("anna").SingleAsync()).Start!.StartsWith("2027-01-12", StringComparison.Ordinal), "the change has arrived");
            await SettleAsync(Call, async () => (await rig.MailsAsync()).Any(mail => mail.Kind == "update"), "ben knows of the change");
            (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(1);
            (await rig.Outlook("ben").ListAsync()).Count.ShouldBe(1);

            await Call(HttpMethod.Delete, $"/api/v1/schedule-items/{item["id"]}", null, "delete-ignored");
            await SettleAsync(Call, async () => (await rig.Outlook("anna").ListAsync()).Count == 0, "the deletion has arrived");
            await SettleAsync(Call, async () => (await Call(HttpMethod.Get, "/api/v1/queue", null, "queue"))["items"]!.AsArray().Count == 0, "the queue is empty");

            (await rig.MailsAsync()).Select(mail => (mail.To, mail.Kind)).ShouldBe(
                [("ben@contoso.test", "request"), ("ben@contoso.test", "update"), ("ben@contoso.test", "cancellation")], $"killed at {point}, {restarts} restarts");
            (await ItemsAsync(Call)).ShouldBe(0);
            restarts.ShouldBe(1, $"the point {point} was reached once");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task<int> ItemsAsync(Func<HttpMethod, string, object?, string, Task<JsonNode>> call) =>
        (await call(HttpMethod.Get, "/api/v1/schedule-items", null, "list"))["items"]!.AsArray().Count;

    // Reading through the API restarts a server that died meanwhile.
    private static Task SettleAsync(Func<HttpMethod, string, object?, string, Task<JsonNode>> call, Func<Task<bool>> condition, string what) => ProcessRig.EventuallyAsync(
        async () =>
        {
            await call(HttpMethod.Get, "/api/v1/me", null, "me");
            return await condition();
        },
        what, 30);
}
