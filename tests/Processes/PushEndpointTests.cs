using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>The push endpoint is open to anybody (quality.md T1, T2): whatever is posted, it answers briefly, crashes nothing and tells nothing.</summary>
public sealed class PushEndpointTests(PushRig push) : IClassFixture<PushRig>
{
    private const string Start = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>";
    private static readonly string Large = $"{Start}{new string('x', 10_000_000)}</s:Body></s:Envelope>";
    private const string Unknown = "/ews/push/0000000000000000000000000000000000000000000000000000000000000000";

    public static TheoryData<string, string> Hostile() => new()
    {
        { "garbage", "\u0000\u0001 not XML <<<" },
        { "nothing", "" },
        { "another document", "<html><body>hello</body></html>" },
        { "billion laughs", "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><l>&c;</l>" },
        { "external entity", "<!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><l>&x;</l>" },
        { "parameter entity", "<!DOCTYPE l [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x\"> %x;]><l/>" },
        { "deep nesting", string.Concat(Enumerable.Repeat("<a>", 20_000)) },
        { "an endless attribute", $"<a b=\"{new string('x', 200_000)}" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_body_is_refused_with_or_without_a_good_token(string kind, string body)
    {
        var known = await PostAsync(push.Path, body);
        known.Status.ShouldBe(400, kind);
        known.Text.ShouldNotContain("root:");
        var unknown = await PostAsync(Unknown, body);
        unknown.ShouldBe((404, ""), kind);
    }

    [Fact]
    public async Task Ten_megabytes_to_a_good_token_are_a_hint_and_cost_no_memory()
    {
        await PostAsync(push.Path, Large);
        var before = push.Server.WorkingSet;
        for (var i = 0; i < 20; i++)
        {
            var answer = await PostAsync(push.Path, Large);
            answer.Status.ShouldBe(200);
            answer.Text.ShouldContain(">OK<");
        }
        (push.Server.WorkingSet - before).ShouldBeLessThan(64 * 1024 * 1024);
        (await PostAsync(Unknown, Large)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_compressed_body_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            await gzip.WriteAsync(new byte[50_000_000]);
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new MediaTypeHeaderValue("text/xml");
        using var response = await push.Http.PostAsync(push.Path, content);
        ((int)response.StatusCode).ShouldBe(404);
    }

    [Fact]
    public async Task A_sender_that_drips_is_let_go_after_seconds_while_others_are_served()
    {
        var uri = push.Http.BaseAddress!;
        var startedAt = Stopwatch.GetTimestamp();
        var drips = Enumerable.Range(0, 20).Select(_ => DripAsync(uri)).ToArray();
        (await PostAsync(Unknown, "x")).Status.ShouldBe(404);
        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(3), "slow senders hold up nobody");
        foreach (var status in await Task.WhenAll(drips))
            status.ShouldStartWith("HTTP/1.1 408");
        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_good_token_gets_OK_and_a_replay_of_it_starts_no_write()
    {
        var status = await PostAsync(push.Path, Notification(push.SubscriptionId, "<t:StatusEvent><t:Watermark>AAA=</t:Watermark></t:StatusEvent>"));
        status.Status.ShouldBe(200);
        status.Text.ShouldContain(">OK<");

        var created = Notification(push.SubscriptionId,
            "<t:CreatedEvent><t:Watermark>AAB=</t:Watermark><t:TimeStamp>2026-11-20T10:00:00Z</t:TimeStamp><t:ItemId Id=\"forged\" ChangeKey=\"x\"/><t:ParentFolderId Id=\"f\"/></t:CreatedEvent>");
        var before = await push.Rig.CountersAsync();
        for (var i = 0; i < 50; i++)
            (await PostAsync(push.Path, created)).Text.ShouldContain(">OK<");
        await push.QuietAsync();
        var after = await push.Rig.CountersAsync();
        (await push.ItemsAsync()).ShouldBeEmpty("a forged event carries no truth");
        Requests(after, "CreateItem").ShouldBe(Requests(before, "CreateItem"));
        Requests(after, "UpdateItem").ShouldBe(Requests(before, "UpdateItem"));
        (Requests(after, "SyncFolderItems") - Requests(before, "SyncFolderItems")).ShouldBeLessThan(15, "fifty posts are a handful of looks at the folder");

        (await PostAsync(push.Path, Notification("another-subscription", "<t:StatusEvent><t:Watermark>AAA=</t:Watermark></t:StatusEvent>"))).Text.ShouldContain(">Unsubscribe<");
    }

    [Fact]
    public async Task A_retired_token_is_answered_with_Unsubscribe_and_the_token_is_in_no_log()
    {
        var old = push.Path;
        await push.RenewAsync();
        push.Path.ShouldNotBe(old);
        (await PostAsync(old, Notification("old", "<t:StatusEvent><t:Watermark>AAA=</t:Watermark></t:StatusEvent>"))).Text.ShouldContain(">Unsubscribe<");

        foreach (var path in push.Seen)
        {
            var token = path.Split('/')[^1];
            push.Server.Output.ShouldNotContain(token);
            foreach (var file in Directory.GetFiles(Path.Combine(push.Rig.Data, "logs")))
                (await ReadSharedAsync(file)).ShouldNotContain(token);
            foreach (var file in Directory.GetFiles(push.Rig.Data, "crmsync.db*"))
                (await ReadSharedAsync(file)).ShouldNotContain(token, Case.Sensitive, "only its hash is stored");
        }
    }

    internal static async Task<string> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static int Requests(JsonNode counters, string operation) => counters["requests"]?[operation]?.GetValue<int>() ?? 0;

    private async Task<(int Status, string Text)> PostAsync(string path, string body)
    {
        using var response = await push.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "text/xml"));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static string Notification(string subscription, string events) =>
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" "
        + "xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\"><soap:Body><m:SendNotification><m:ResponseMessages>"
        + "<m:SendNotificationResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode><m:Notification>"
        + $"<t:SubscriptionId>{subscription}</t:SubscriptionId><t:PreviousWatermark>AAA=</t:PreviousWatermark><t:MoreEvents>false</t:MoreEvents>{events}"
        + "</m:Notification></m:SendNotificationResponseMessage></m:ResponseMessages></m:SendNotification></soap:Body></soap:Envelope>";

    private async Task<string> DripAsync(Uri uri)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(uri.Host, uri.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {push.Path} HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n{Start}"));
        using var reader = new StreamReader(stream);
        var answer = reader.ReadLineAsync();
        while (!answer.IsCompleted)
        {
            try
            {
                await stream.WriteAsync("x"u8.ToArray());
            }
            catch (IOException)
            {
                break; // It was let go.
            }
            await Task.WhenAny(answer, Task.Delay(200));
        }
        return await answer ?? "";
    }
}

/// <summary>A server whose one link listens by push, and the URL that Exchange was given.</summary>
public sealed class PushRig : IAsyncLifetime
{
    private string _target = "";

    public ProcessRig Rig { get; private set; } = null!;

    public ServerProcess Server { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>The secret path, as the simulator knows it.</summary>
    public string Path { get; private set; } = "";

    public List<string> Seen { get; } = [];

    public string SubscriptionId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Rig = await ProcessRig.StartAsync(["anna"]);
        Rig.Environment["CRMSYNC_LogToFiles"] = "true";
        Server = Rig.Start();
        await Server.ReadyAsync();
        await Rig.MakeTokenAsync();
        Http = new HttpClient { BaseAddress = new Uri(Server.Url), Timeout = TimeSpan.FromSeconds(30) };
        using var api = Rig.Api(Server);
        _target = await Rig.TargetAsync(api, new { notifications = "push", pollIntervalSeconds = 3600 });
        await ProcessRig.LinkAsync(api, _target, "anna");
        await LearnAsync();
    }

    /// <summary>Exchange forgets the subscription; the keeper makes another, with another token.</summary>
    public async Task RenewAsync()
    {
        var old = Path;
        await Rig.PostAsync("/control/subscriptions/evict");
        using var api = Rig.Api(Server);
        await ProcessRig.SendAsync(api, HttpMethod.Patch, $"/api/v1/targets/{_target}", new { pollIntervalSeconds = 3599 });
        await ProcessRig.EventuallyAsync(async () =>
        {
            await LearnAsync();
            return Path != old;
        }, "there is another push subscription");
    }

    public async Task<IReadOnlyList<JsonNode>> ItemsAsync()
    {
        using var api = Rig.Api(Server);
        return await ProcessRig.ListAsync(api, "/api/v1/schedule-items");
    }

    /// <summary>The queue is empty and stays so for as long as a look is repeated.</summary>
    public async Task QuietAsync()
    {
        using var api = Rig.Api(Server);
        var emptySince = Stopwatch.GetTimestamp();
        await ProcessRig.EventuallyAsync(async () =>
        {
            if ((await ProcessRig.ListAsync(api, "/api/v1/queue")).Count > 0)
                emptySince = Stopwatch.GetTimestamp();
            return Stopwatch.GetElapsedTime(emptySince) > TimeSpan.FromSeconds(1);
        }, "the queue is empty");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Rig.DisposeAsync();
    }

    private Task LearnAsync() => ProcessRig.EventuallyAsync(
        () =>
        {
            var exchange = Rig.Exchange;
            lock (exchange.Organisation.Gate)
            {
                if (exchange.Organisation.Subscriptions.All.FirstOrDefault(known => known.Url is not null) is not { } subscription)
                    return Task.FromResult(false);
                (Path, SubscriptionId) = (subscription.Url!.AbsolutePath, subscription.Id);
                if (!Seen.Contains(Path))
                    Seen.Add(Path);
            }
            return Task.FromResult(true);
        },
        "there is a push subscription");
}
