using System.Net;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The faults that /control/faults can order, each seen from the client.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Create = "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Subject>A</t:Subject></t:CalendarItem></m:Items></m:CreateItem>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private int Items => _exchange.Organisation.FindMailbox("anna@contoso.test")!["calendar"].Count;

    private Task Order(object rule) => _exchange.Control(HttpMethod.Post, "faults", rule);

    [Fact]
    public async Task A_lost_reply_leaves_the_item_behind()
    {
        await Order(new { operation = "CreateItem", kind = "lose-reply-after-commit", every = 3 });
        await _exchange.Raw(Envelope(Create));
        await _exchange.Raw(Envelope(Create));
        await Should.ThrowAsync<HttpRequestException>(() => _exchange.Raw(Envelope(Create)));
        Items.ShouldBe(3);
    }

    [Fact]
    public async Task A_lost_request_leaves_nothing_behind()
    {
        await Order(new { operation = "CreateItem", kind = "lose-request", count = 1 });
        await Should.ThrowAsync<HttpRequestException>(() => _exchange.Raw(Envelope(Create)));
        Items.ShouldBe(0);
        (await _exchange.Raw(Envelope(Create))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_late_request_is_carried_out_after_its_client_has_gone()
    {
        await Order(new { operation = "CreateItem", kind = "late", milliseconds = 1500 });
        using var stop = new CancellationTokenSource(700);
        using var request = Request(Envelope(Create));
        await Should.ThrowAsync<OperationCanceledException>(() => _exchange.Http.SendAsync(request, stop.Token));
        Items.ShouldBe(0);
        for (var i = 0; i < 200 && Items == 0; i++)
            await Task.Delay(20);
        Items.ShouldBe(1);
    }

    [Fact]
    public async Task Busy_comes_as_a_fault_with_a_back_off_hint_as_503_and_inside_a_response()
    {
        await Order(new { kind = "busy-fault", milliseconds = 4321, count = 1 });
        var (code, fault) = await _exchange.CallForFault(Create);
        code.ShouldBe("ErrorServerBusy");
        fault.Descendants(T + "Value").Single().Value.ShouldBe("4321");
        await Order(new { kind = "busy-503", milliseconds = 2000, count = 1 });
        using var response = await _exchange.Http.SendAsync(Request(Envelope(Create)));
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
        await Order(new { kind = "busy-200", milliseconds = 5000, count = 1 });
        Code(await _exchange.Call(Create)).ShouldBe("ErrorServerBusy");
        Items.ShouldBe(0);
    }

    [Fact]
    public async Task A_part_of_a_batch_fails()
    {
        await Order(new { operation = "CreateItem", kind = "error-code", code = "ErrorMailboxStoreUnavailable", everyMessage = 2, count = 1 });
        var response = await _exchange.Call("<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem/><t:CalendarItem/><t:CalendarItem/></m:Items></m:CreateItem>");
        Codes(response).ShouldBe(["NoError", "ErrorMailboxStoreUnavailable", "NoError"]);
        Items.ShouldBe(2);
    }

    [Fact]
    public async Task Answers_are_garbled_and_cut()
    {
        await Order(new { kind = "garble", count = 1 });
        using (var garbled = await _exchange.Http.SendAsync(Request(Envelope(Create))))
            Should.Throw<System.Xml.XmlException>(() => System.Xml.Linq.XDocument.Parse(garbled.Content.ReadAsStringAsync().Result));
        await Order(new { kind = "truncate", count = 1 });
        await Should.ThrowAsync<HttpRequestException>(() => _exchange.Raw(Envelope(Create)));
        Items.ShouldBe(2);
    }

    [Fact]
    public async Task A_rule_for_one_mailbox_spares_the_others()
    {
        await Order(new { kind = "http-status", status = 502, mailbox = "ben@contoso.test" });
        (await _exchange.Raw(Envelope(Create))).Status.ShouldBe(HttpStatusCode.OK);
        (await _exchange.Raw(Envelope(Create), "ben@contoso.test")).Status.ShouldBe(HttpStatusCode.BadGateway);
        await _exchange.Control(HttpMethod.Delete, "faults");
        (await _exchange.Raw(Envelope(Create), "ben@contoso.test")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_faults()
    {
        async Task<string> Run()
        {
            await _exchange.Control(HttpMethod.Delete, "faults");
            await _exchange.Control(HttpMethod.Post, "faults/seed/42");
            await Order(new { operation = "CreateItem", kind = "http-status", probability = 0.5 });
            var outcome = "";
            for (var i = 0; i < 20; i++)
                outcome += (await _exchange.Raw(Envelope(Create))).Status == HttpStatusCode.OK ? "." : "x";
            return outcome;
        }

        var first = await Run();
        first.ShouldContain("x");
        first.ShouldContain(".");
        (await Run()).ShouldBe(first);
    }

    [Fact]
    public async Task Counters_and_the_request_log_tell_what_happened()
    {
        await _exchange.Raw(Envelope(Create));
        var counters = await _exchange.Control(HttpMethod.Get, "counters");
        counters.GetProperty("requests").GetProperty("CreateItem").GetInt64().ShouldBe(1);
        counters.GetProperty("mails").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        var log = await _exchange.Control(HttpMethod.Get, "requests?limit=1");
        log[0].GetProperty("operation").GetString().ShouldBe("CreateItem");
        log[0].GetProperty("mailbox").GetString().ShouldBe("anna@contoso.test");
    }
}
