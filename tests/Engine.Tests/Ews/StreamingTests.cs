using System.Text;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The hanging connection: envelopes out of chunks, signals out of envelopes.</summary>
public sealed class StreamingTests
{
    private static readonly SubscriptionGroup Group = new("anna@contoso.test", "cookie=1==");
    private static readonly StreamingSubscription[] Two = [new("one", "anna@contoso.test", Group), new("two", "ben@contoso.test", Group)];

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task Envelopes_are_found_wherever_the_chunks_end(int chunk)
    {
        var signals = await ListenAsync(chunk, Canned.Stream(Canned.StreamOk), Canned.Stream(Canned.Event("one")), "\r\n\r\n" + Canned.Stream(Canned.StreamOk), Canned.Stream(Canned.StreamClosed));
        signals.ShouldBe([new StreamSignal.Connected(), new StreamSignal.Heartbeat(), new StreamSignal.Hint("one"), new StreamSignal.Heartbeat(), new StreamSignal.Closed()]);
    }

    [Theory]
    [InlineData("m")]
    [InlineData("t")]
    public async Task Notifications_of_either_namespace_are_read(string prefix) =>
        (await ListenAsync(50, Canned.Stream(Canned.Event("two", prefix: prefix)), Canned.Stream(Canned.StreamClosed))).ShouldContain(new StreamSignal.Hint("two"));

    [Fact]
    public async Task The_folders_own_event_and_status_events_are_no_hints()
    {
        const string status = "<m:Notifications><m:Notification><t:SubscriptionId>one</t:SubscriptionId><t:StatusEvent/></m:Notification></m:Notifications>";
        var signals = await ListenAsync(5000, Canned.Stream(Canned.Event("one", "<t:FolderId Id=\"AAMkFcal=\"/>")), Canned.Stream(status), Canned.Stream(Canned.StreamClosed));
        signals.OfType<StreamSignal.Hint>().ShouldBeEmpty();
        signals.OfType<StreamSignal.Heartbeat>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Bad_subscriptions_are_lost_and_named()
    {
        var error = Canned.Answer("GetStreamingEvents", Canned.Error("GetStreamingEvents", "ErrorSubscriptionNotFound", "<m:ErrorSubscriptionIds><m:SubscriptionId>two</m:SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>"));
        var lost = (await ListenAsync(500, error)).Single().ShouldBeOfType<StreamSignal.Lost>();
        lost.Code.ShouldBe("ErrorSubscriptionNotFound");
        lost.SubscriptionIds.ShouldBe(["two"]);
    }

    [Theory]
    [InlineData("ErrorNewEventStreamConnectionOpened")]
    [InlineData("ErrorExceededConnectionCount")]
    public async Task A_refused_connection_is_a_refusal_with_its_code(string code)
    {
        var refusal = await Should.ThrowAsync<ExchangeResponseException>(() => ListenAsync(500, Canned.Answer("GetStreamingEvents", Canned.Error("GetStreamingEvents", code))));
        refusal.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_a_transport_failure_between_and_inside_envelopes()
    {
        await Should.ThrowAsync<ExchangeTransportException>(() => ListenAsync(500, Canned.Stream(Canned.StreamOk)));
        await Should.ThrowAsync<ExchangeTransportException>(() => ListenAsync(500, Canned.Stream(Canned.StreamOk), Canned.Stream(Canned.StreamOk)[..^30]));
    }

    [Fact]
    public async Task An_envelope_without_end_is_cut_off()
    {
        var endless = "<s:Envelope>" + new string(' ', 200_000);
        await Should.ThrowAsync<ExchangeProtocolException>(() => ListenAsync(5000, new EwsOptions { MaxEnvelopeBytes = 64 * 1024 }, endless));
    }

    [Fact]
    public async Task Silence_is_death()
    {
        var time = new ManualTime();
        await using var server = new ScriptedServer();
        server.Then(async stream =>
        {
            await WriteChunkAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n", Canned.Stream(Canned.StreamOk));
            await Task.Delay(Timeout.Infinite, Now);
        });
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), time);
        await using var signals = connector.ListenAsync(Two, TimeSpan.FromMinutes(30), Now).GetAsyncEnumerator(Now);
        (await signals.MoveNextAsync()).ShouldBeTrue();
        (await signals.MoveNextAsync()).ShouldBeTrue();
        var next = signals.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(99));
        await Task.Delay(50, Now);
        next.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<ExchangeTransportException>(() => next)).Message.ShouldContain("silent");
    }

    [Fact]
    public async Task The_connection_keeps_its_groups_affinity_and_names_all_subscriptions()
    {
        await using var server = new ScriptedServer().Then(stream => SendAsync(stream, 5000, [Canned.Stream(Canned.StreamClosed)]));
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), TimeProvider.System);
        await CollectAsync(connector);
        var request = server.Requests.Single();
        request.Headers["X-AnchorMailbox"].ShouldBe("anna@contoso.test");
        request.Headers["X-PreferServerAffinity"].ShouldBe("true");
        request.Headers["Cookie"].ShouldBe("X-BackEndOverrideCookie=cookie=1==");
        request.Body.ShouldContain("<t:SubscriptionId>one</t:SubscriptionId><t:SubscriptionId>two</t:SubscriptionId>");
        request.Body.ShouldContain("<m:ConnectionTimeout>30</m:ConnectionTimeout>");
    }

    [Fact]
    public async Task A_subscription_learns_the_affinity_cookie_and_later_ones_carry_it()
    {
        var answer = Canned.Answer("Subscribe", Canned.Success("Subscribe", "<m:SubscriptionId>one</m:SubscriptionId>"));
        await using var server = new ScriptedServer().Answer(200, answer, "Set-Cookie: X-BackEndOverrideCookie=abc~1=; path=/; HttpOnly").Answer(200, answer);
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), TimeProvider.System);
        var first = await connector.Open("anna@contoso.test").SubscribeStreamingAsync(new("F"), null, Now);
        first.ShouldBe(new("one", "anna@contoso.test", new("anna@contoso.test", "abc~1=")));
        var second = await connector.Open("ben@contoso.test").SubscribeStreamingAsync(new("F"), first.Group, Now);
        second.Group.ShouldBe(first.Group);
        var request = server.Requests.Last();
        request.Headers["Cookie"].ShouldBe("X-BackEndOverrideCookie=abc~1=");
        request.Headers["X-AnchorMailbox"].ShouldBe("anna@contoso.test");
        request.Body.ShouldContain("<t:SmtpAddress>ben@contoso.test</t:SmtpAddress>");
    }

    [Theory]
    [InlineData("ErrorSubscriptionNotFound")]
    [InlineData("ErrorInvalidSubscription")]
    public async Task Ending_a_subscription_that_is_gone_is_no_error(string code)
    {
        await using var server = new ScriptedServer().Answer(200, Canned.Answer("Unsubscribe", Canned.Error("Unsubscribe", code)));
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), TimeProvider.System);
        await connector.Open("anna@contoso.test").UnsubscribeAsync("one", null, Now);
    }

    private static Task<List<StreamSignal>> ListenAsync(int chunk, params string[] envelopes) => ListenAsync(chunk, new EwsOptions(), envelopes);

    private static async Task<List<StreamSignal>> ListenAsync(int chunk, EwsOptions options, params string[] envelopes)
    {
        await using var server = new ScriptedServer().Then(stream => SendAsync(stream, chunk, envelopes));
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), TimeProvider.System, options: options);
        return await CollectAsync(connector);
    }

    private static async Task<List<StreamSignal>> CollectAsync(EwsConnector connector)
    {
        var signals = new List<StreamSignal>();
        await foreach (var signal in connector.ListenAsync(Two, TimeSpan.FromMinutes(30), Now))
            signals.Add(signal);
        return signals;
    }

    private static async Task SendAsync(Stream stream, int chunk, string[] envelopes)
    {
        var all = string.Concat(envelopes);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        for (var at = 0; at < all.Length; at += chunk)
            await WriteChunkAsync(stream, "", all[at..Math.Min(all.Length, at + chunk)]);
        await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
    }

    private static async Task WriteChunkAsync(Stream stream, string head, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}{bytes.Length:x}\r\n"));
        await stream.WriteAsync(bytes);
        await stream.WriteAsync("\r\n"u8.ToArray());
        await stream.FlushAsync();
    }
}
