using System.Net;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 10 and 12 point 12: concurrency, budget, back-off, slow mode; protocol.md 9: affinity and resumable watermarks.</summary>
public sealed class ThrottleTests : IAsyncLifetime
{
    private const string Inbox = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";
    private const string Types = "<t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Pull(string watermark = "") => $"<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>{Types}{(watermark.Length == 0 ? "" : $"<t:Watermark>{watermark}</t:Watermark>")}<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>";

    private Task<XElement> Events(string id, string watermark) => _exchange.Call($"<m:GetEvents><m:SubscriptionId>{id}</m:SubscriptionId><m:Watermark>{watermark}</m:Watermark></m:GetEvents>");

    [Fact]
    public async Task More_requests_at_once_than_an_account_may_have_in_flight_are_refused_and_another_mailbox_of_the_service_account_is_not()
    {
        await _exchange.Control(HttpMethod.Put, "throttle", new { concurrency = 2 });
        await _exchange.Control(HttpMethod.Post, "faults", new { kind = "delay", milliseconds = 1500, count = 2 });
        var slow = new[] { _exchange.Call(Inbox, "sync@contoso.test", "anna@contoso.test"), _exchange.Call(Inbox, "sync@contoso.test", "anna@contoso.test") };
        for (var i = 0; i < 200 && _exchange.Exchange.Faults.Rules[0].Struck < 2; i++)
            await Task.Delay(5);
        (await _exchange.CallForFault(Inbox, "sync@contoso.test", "anna@contoso.test")).Code.ShouldBe("ErrorExceededConnectionCount");
        Code(await _exchange.Call(Inbox, "sync@contoso.test", "ben@contoso.test")).ShouldBe("NoError");
        await Task.WhenAll(slow);
        Code(await _exchange.Call(Inbox, "sync@contoso.test", "anna@contoso.test")).ShouldBe("NoError");
    }

    [Fact]
    public async Task The_default_is_27_requests_at_once_and_no_budget()
    {
        var policy = await _exchange.Control(HttpMethod.Get, "throttle");
        policy.GetProperty("concurrency").GetInt32().ShouldBe(27);
        policy.GetProperty("requestsPerSecond").GetDouble().ShouldBe(0);
    }

    [Fact]
    public async Task A_budget_that_is_used_up_slows_down_first_and_then_refuses_with_a_back_off_that_grows_while_it_is_ignored()
    {
        await _exchange.Control(HttpMethod.Put, "throttle", new { requestsPerSecond = 0.1, burst = 1, slowRequests = 1, slowMilliseconds = 300 });
        Code(await _exchange.Call(Inbox)).ShouldBe("NoError");
        var started = DateTime.UtcNow;
        Code(await _exchange.Call(Inbox)).ShouldBe("NoError");
        (DateTime.UtcNow - started).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(290));
        var hints = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            var (code, fault) = await _exchange.CallForFault(Inbox);
            code.ShouldBe("ErrorServerBusy");
            hints.Add(int.Parse(fault.Descendants(T + "Value").Single(v => v.Attribute("Name")!.Value == "BackOffMilliseconds").Value));
        }

        hints[0].ShouldBeInRange(1, 20_000);
        hints.ShouldBe(hints.Order());
        hints[2].ShouldBeGreaterThan(hints[0] + 10_000);
        Code(await _exchange.Call(Inbox, "ben@contoso.test")).ShouldBe("NoError", "another account has its own budget");
    }

    [Fact]
    public async Task A_watermark_is_resumed_from_and_brings_what_happened_meanwhile()
    {
        var first = await _exchange.Call(Pull());
        var watermark = first.Descendants(M + "Watermark").Single().Value;
        await _exchange.Control(HttpMethod.Post, "subscriptions/evict");
        var (id, _) = await _exchange.CreateMeeting();
        var resumed = await _exchange.Call(Pull(watermark));
        Code(resumed).ShouldBe("NoError");
        var events = await Events(resumed.Descendants(M + "SubscriptionId").Single().Value, resumed.Descendants(M + "Watermark").Single().Value);
        events.Descendants(T + "CreatedEvent").Single().Element(T + "ItemId")!.Attribute("Id")!.Value.ShouldBe(id);
    }

    [Fact]
    public async Task A_watermark_that_is_too_old_or_of_another_life_of_the_server_is_refused()
    {
        var watermark = (await _exchange.Call(Pull())).Descendants(M + "Watermark").Single().Value;
        await _exchange.Control(HttpMethod.Put, "habits/EventsKept?value=3");
        for (var i = 0; i < 5; i++)
            await _exchange.CreateMeeting();
        Code(await _exchange.Call(Pull(watermark))).ShouldBe("ErrorInvalidWatermark");
        Code(await _exchange.Call(Pull("AQAAAAMGAAAAAAAAAQ=="))).ShouldBe("ErrorInvalidWatermark");
    }

    [Fact]
    public async Task Without_the_cookie_a_request_may_land_on_a_server_that_does_not_know_the_subscription_and_with_it_never()
    {
        await using var farm = await StartAsync(o => o with { BackEnds = 4 });
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(farm.Url) };
        async Task<(string Text, string Cookie)> Send(string operation, string? cookie, bool anchor)
        {
            using var request = Request(Envelope(operation));
            if (cookie != null)
                request.Headers.Add("Cookie", cookie);
            if (anchor)
                request.Headers.Add("X-AnchorMailbox", "anna@contoso.test");
            request.Headers.Add("X-PreferServerAffinity", "true");
            using var response = await http.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return (await response.Content.ReadAsStringAsync(), response.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        }

        var (subscribed, cookie) = await Send(Pull(), null, anchor: true);
        var subscription = XDocument.Parse(subscribed);
        var ask = $"<m:GetEvents><m:SubscriptionId>{subscription.Descendants(M + "SubscriptionId").Single().Value}</m:SubscriptionId><m:Watermark>{subscription.Descendants(M + "Watermark").Single().Value}</m:Watermark></m:GetEvents>";
        var lucky = 0;
        for (var i = 0; i < 40; i++)
            lucky += (await Send(ask, null, anchor: false)).Text.Contains("NoError", StringComparison.Ordinal) ? 1 : 0;
        lucky.ShouldBeInRange(1, 25);
        for (var i = 0; i < 10; i++)
        {
            (await Send(ask, cookie, anchor: false)).Text.ShouldContain("NoError");
            (await Send(ask, null, anchor: true)).Text.ShouldContain("NoError");
        }

        await farm.Control(HttpMethod.Post, "mailboxes/anna@contoso.test/move-server");
        (await Send(ask, cookie, anchor: true)).Text.ShouldContain("ErrorSubscriptionNotFound");
    }
}
