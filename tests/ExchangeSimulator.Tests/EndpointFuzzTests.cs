using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>
/// Any bytes to any endpoint give a fault or an HTTP error: never a crash, a hang or an error of our own making. CRMSYNC_FUZZ_ROUNDS and CRMSYNC_FUZZ_SEED
/// widen it; FuzzTests does the same to EWS alone, faster.
/// </summary>
public sealed class EndpointFuzzTests(ITestOutputHelper output)
{
    private const string Basic = "YW5uYUBjb250b3NvLnRlc3Q6ZGVtbw==";

    private static readonly (string Method, string Path, string Type, string Body)[] Seeds =
    [
        ("POST", "/EWS/Exchange.asmx", "text/xml", Envelope("<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>")),
        ("POST", "/EWS/Exchange.asmx", "text/xml", Envelope("<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>")),
        ("POST", "/autodiscover/autodiscover.svc", "text/xml", "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:a=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\"><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>ben@contoso.test</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"),
        ("POST", "/autodiscover/autodiscover.xml", "text/xml", "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request><EMailAddress>anna@contoso.test</EMailAddress></Request></Autodiscover>"),
        ("POST", "/contoso/oauth2/v2.0/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=sync%40contoso.test&client_secret=demo&scope=x"),
        ("POST", "/control/mailboxes", "application/json", "{\"address\":\"new@contoso.test\",\"items\":1,\"isRoom\":false}"),
        ("POST", "/control/faults", "application/json", "{\"kind\":\"touch\",\"operation\":\"Nothing\",\"count\":1}"),
        ("POST", "/control/accounts", "application/json", "{\"name\":\"x@contoso.test\",\"mayImpersonate\":true}"),
        ("POST", "/control/groups", "application/json", "{\"address\":\"g@contoso.test\",\"name\":\"G\",\"members\":[\"anna@contoso.test\"]}"),
        ("PUT", "/control/throttle", "application/json", "{\"concurrency\":27,\"requestsPerSecond\":0}"),
        ("PUT", "/control/habits/EventsKept?value=5", "application/json", ""),
        ("GET", "/control/mailboxes/anna@contoso.test/items?folder=calendar&limit=5", "application/json", ""),
        ("POST", "/control/mailboxes/anna@contoso.test/items", "application/json", "{\"subject\":\"A\",\"start\":\"2026-03-10T09:00:00\",\"end\":\"2026-03-10T10:00:00\",\"categories\":[\"a\"],\"required\":[\"ben@contoso.test\"]}"),
        ("POST", "/outlook/api/anna@contoso.test/items", "application/json", "{\"kind\":\"Task\",\"subject\":\"A\",\"values\":{\"DueDate\":\"2026-03-10T00:00:00Z\"}}"),
        ("PATCH", "/outlook/api/anna@contoso.test/item?id=AAMk", "application/json", "{\"subject\":\"B\"}"),
    ];

    [Fact]
    public async Task Any_bytes_to_any_endpoint_are_answered()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CRMSYNC_FUZZ_ROUNDS") ?? "3000", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("CRMSYNC_FUZZ_SEED") ?? "7", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}, {rounds} rounds");
        var random = new Random(seed);
        await using var exchange = await StartAsync(o => o with { PushHandler = () => new PushReceiver() });
        exchange.Http.Timeout = TimeSpan.FromSeconds(20);
        var answered = new SortedDictionary<int, int>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < rounds; i++)
        {
            var (method, path, type, body) = Seeds[random.Next(Seeds.Length)];
            var bytes = Mutate(Encoding.UTF8.GetBytes(body), random);
            using var request = new HttpRequestMessage(new HttpMethod(method), Spoil(path, random)) { Content = method == "GET" ? null : new ByteArrayContent(bytes) };
            request.Headers.TryAddWithoutValidation("Authorization", random.Next(10) == 0 ? Garbage(random) : "Basic " + Basic);
            if (request.Content != null)
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            if (random.Next(10) == 0)
                request.Content?.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
            using var response = await exchange.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var status = (int)response.StatusCode;
            answered[status] = answered.GetValueOrDefault(status) + 1;
            if (status == 500)
            {
                var text = await response.Content.ReadAsStringAsync();
                text.ShouldContain("Fault", Case.Sensitive, $"round {i} of seed {seed}: {method} {request.RequestUri} {Encoding.UTF8.GetString(bytes)}");
                text.ShouldNotContain("ErrorInternalServerError", Case.Sensitive, $"round {i} of seed {seed}: {method} {request.RequestUri}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }

        output.WriteLine(string.Join(", ", answered.Select(a => $"{a.Key}: {a.Value}")));
        // Some must have got through, or the test would show nothing.
        answered.GetValueOrDefault(200).ShouldBeGreaterThan(rounds / 20);
        exchange.Exchange.Throttle.Policy = new();
        exchange.Exchange.Faults.Clear();
        (await exchange.Raw(Seeds[0].Body)).Status.ShouldBe(HttpStatusCode.OK, "it serves on");
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"memory grew by {grown / 1024 / 1024} MB, {exchange.Organisation.ItemCount} items held");
        // What got through is kept: items, accounts, subscriptions. Beyond that nothing may pile up.
        grown.ShouldBeLessThan(64L * 1024 * 1024 + (rounds * 2048L));
    }

    [Fact]
    public async Task Answers_of_a_push_receiver_may_be_anything()
    {
        var random = new Random(5);
        var receiver = new GarbageReceiver(random);
        await using var exchange = await StartAsync(o => o with { PushHandler = () => receiver, Minute = TimeSpan.FromMilliseconds(20) });
        await exchange.Call("<m:Subscribe><m:PushSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes><t:StatusFrequency>1440</t:StatusFrequency><t:URL>http://receiver.test/</t:URL></m:PushSubscriptionRequest></m:Subscribe>");
        SpinWait.SpinUntil(() => receiver.Seen >= 6, TimeSpan.FromSeconds(20)).ShouldBeTrue("each unreadable answer counts as a failure and is tried again");
        Code(await exchange.Call("<m:GetRoomLists/>")).ShouldBe("NoError");
    }

    private static string Garbage(Random random) => new([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (char)random.Next(33, 126))]);

    private static string Spoil(string path, Random random) => random.Next(8) != 0 ? path : random.Next(3) switch
    {
        0 => path + "/" + Uri.EscapeDataString(Garbage(random)),
        1 => path + (path.Contains('?') ? "&" : "?") + "limit=" + random.Next() + "&folder=" + Uri.EscapeDataString(Garbage(random)),
        _ => path.Replace("anna%40contoso.test", "nobody", StringComparison.Ordinal).Replace("anna@contoso.test", Uri.EscapeDataString(Garbage(random)), StringComparison.Ordinal),
    };

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var n = random.Next(0, 5); n > 0 && list.Count > 4; n--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(5))
            {
                case 0:
                    list[at] = (byte)random.Next(256);
                    break;
                case 1:
                    list.RemoveRange(at, Math.Min(random.Next(1, 20), list.Count - at));
                    break;
                case 2:
                    list.InsertRange(at, list.GetRange(random.Next(list.Count / 2), Math.Min(random.Next(1, 40), list.Count / 2)));
                    break;
                case 3:
                    list.InsertRange(at, Encoding.UTF8.GetBytes(new[] { "null", "-1", "1e308", "99999999999999999999", "\"", "]]>", "&#0;", "{}", "[]", "true", "2026-02-30T25:61:00" }[random.Next(11)]));
                    break;
                default:
                    list.RemoveRange(at, list.Count - at);
                    break;
            }
        }

        return [.. list];
    }

    private sealed class GarbageReceiver(Random random) : HttpMessageHandler
    {
        private int _seen;

        public int Seen => _seen;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var kind = Interlocked.Increment(ref _seen) % 6;
            var body = new byte[kind == 5 ? 1_000_000 : 300];
            random.NextBytes(body);
            HttpContent content = kind switch
            {
                0 => new StringContent("<SendNotificationResult/>"),
                1 => new StringContent("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>"),
                2 => new StringContent(string.Concat(Enumerable.Repeat("<a>", 10_000))),
                3 => new StringContent(""),
                _ => new ByteArrayContent(body),
            };
            return Task.FromResult(new HttpResponseMessage { Content = content });
        }
    }
}
