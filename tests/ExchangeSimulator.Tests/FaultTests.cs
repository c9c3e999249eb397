using System.Net;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The faults that /control/faults can order, each seen from the client.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Create = "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Subject>A</t:Subject></t:CalendarItem></m:Items></m:CreateItem>";

    private const string Inbox = "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";

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

    [Fact]
    public async Task An_answer_drips_in_small_pieces_and_is_whole_in_the_end()
    {
        await Order(new { operation = "GetFolder", kind = "drip", milliseconds = 600, count = 1 });
        var started = DateTime.UtcNow;
        var (status, text) = await _exchange.Raw(Envelope(Inbox));
        status.ShouldBe(HttpStatusCode.OK);
        text.ShouldContain("NoError");
        (DateTime.UtcNow - started).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task A_sign_in_is_refused_in_the_middle_with_a_challenge()
    {
        await Order(new { kind = "unauthorized", every = 2 });
        (await _exchange.Raw(Envelope(Inbox))).Status.ShouldBe(HttpStatusCode.OK);
        using var refused = await _exchange.Http.SendAsync(Request(Envelope(Inbox)));
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.Select(h => h.Scheme).ShouldContain("Basic");
    }

    [Fact]
    public async Task Too_many_requests_carry_a_time_to_wait()
    {
        await Order(new { kind = "http-status", status = 429, milliseconds = 7000, count = 1 });
        using var refused = await _exchange.Http.SendAsync(Request(Envelope(Inbox)));
        ((int)refused.StatusCode, refused.Headers.RetryAfter!.Delta).ShouldBe((429, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task Every_retryable_error_comes_inside_an_answer_that_keeps_to_the_schema()
    {
        foreach (var code in Control.FaultPlan.TransientCodes)
        {
            await Order(new { operation = "GetFolder", kind = "error-code", code, count = 1 });
            Code(await _exchange.Call(Inbox)).ShouldBe(code);
            await Order(new { operation = "SyncFolderItems", kind = "error-code", code, count = 1 });
            Code(await _exchange.Sync(null)).ShouldBe(code);
        }
    }

    [Fact]
    public async Task A_sync_state_goes_bad_and_the_answer_is_the_one_that_bids_to_start_anew()
    {
        var state = State(await _exchange.Sync(null));
        await Order(new { kind = "invalid-sync-state", operation = "SyncFolderItems", count = 1 });
        var bad = await _exchange.Sync(state);
        Code(bad).ShouldBe("ErrorInvalidSyncStateData");
        State(bad).ShouldBeEmpty();
        Code(await _exchange.Sync(state)).ShouldBe("NoError");
    }

    [Fact]
    public async Task Ids_are_given_anew_under_the_hands_of_a_client()
    {
        var (id, _) = await _exchange.CreateMeeting();
        var state = State(await _exchange.Sync(null));
        await Order(new { kind = "reissue-ids", operation = "GetItem", count = 1 });
        Code(await _exchange.Get(id)).ShouldBe("ErrorItemNotFound");
        Changes(await _exchange.Sync(state)).ShouldBe(["Create", "Delete"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_touch_moves_the_ChangeKey_between_reading_and_writing()
    {
        var (id, key) = await _exchange.CreateMeeting();
        await Order(new { kind = "touch", operation = "UpdateItem", count = 1 });
        Code(await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>New</t:Subject>"))).ShouldBe("ErrorIrresolvableConflict");
    }

    [Fact]
    public async Task Subscriptions_are_forgotten_and_a_mailbox_moves_to_another_server()
    {
        const string subscribe = "<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes><t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>";
        foreach (var kind in new[] { "evict-subscriptions", "move-server" })
        {
            var made = await _exchange.Call(subscribe);
            await Order(new { kind, operation = "GetEvents", count = 1 });
            var events = await _exchange.Call($"<m:GetEvents><m:SubscriptionId>{made.Descendants(M + "SubscriptionId").Single().Value}</m:SubscriptionId><m:Watermark>{made.Descendants(M + "Watermark").Single().Value}</m:Watermark></m:GetEvents>");
            Code(events).ShouldBe("ErrorSubscriptionNotFound");
        }
    }

    [Fact]
    public async Task The_servers_clock_goes_wrong_by_hours()
    {
        await _exchange.Control(HttpMethod.Put, "clock?shiftMilliseconds=-3600000");
        var (id, _) = await _exchange.CreateMeeting();
        var modified = DateTimeOffset.Parse((await _exchange.Get(id)).Descendants(T + "LastModifiedTime").Single().Value, System.Globalization.CultureInfo.InvariantCulture);
        (DateTimeOffset.UtcNow - modified).ShouldBeInRange(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        await Order(new { kind = "clock", milliseconds = 0, count = 1 });
        await _exchange.Call(Inbox);
        _exchange.Exchange.Clock.Shift.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task An_unknown_kind_of_fault_is_refused()
    {
        using var response = await _exchange.Http.PostAsync("/control/faults", new StringContent("{\"kind\":\"earthquake\"}", System.Text.Encoding.UTF8, "application/json"));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("lose-reply-after-commit");
    }

    [Theory]
    [InlineData("POST", "faults", "{\"kind\":\"delay\",\"milliseconds\":-5}")]
    [InlineData("POST", "faults", "{\"kind\":\"delay\",\"probability\":1e400}")]
    [InlineData("POST", "faults", "{\"kind\":\"http-status\",\"status\":7}")]
    [InlineData("PUT", "throttle", "{\"requestsPerSecond\":1e400}")]
    [InlineData("PUT", "throttle", "{\"concurrency\":0}")]
    [InlineData("POST", "mailboxes", "{\"address\":\"x@contoso.test\",\"items\":2000000000}")]
    [InlineData("POST", "mailboxes", "{\"address\":\"x\\u0001@contoso.test\"}")]
    public async Task An_order_that_makes_no_sense_is_refused(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/control/" + path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var response = await _exchange.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
