using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Exchange.Ews.Transport;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>Time limits on the injected clock, and the number of requests in flight.</summary>
public sealed class DeadlineAndGateTests
{
    private static readonly FolderId Folder = new("AAMkFcal=");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_without_answer_is_lost_after_its_time_on_the_injected_clock()
    {
        var time = new ManualTime();
        await using var server = new ScriptedServer().Then(_ => Task.Delay(Timeout.Infinite, Now));
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), time);
        var call = connector.Open("anna@contoso.test").CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now);
        while (server.Requests.IsEmpty)
            await Task.Delay(5, Now);
        time.Advance(TimeSpan.FromSeconds(19));
        await Task.Delay(30, Now);
        call.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => call);
        fault.MayHaveExecuted.ShouldBeTrue();
        fault.Message.ShouldContain("within 20 s");
    }

    [Fact]
    public async Task The_time_limit_covers_the_body_too()
    {
        var time = new ManualTime();
        await using var server = new ScriptedServer().Then(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<s:Envelope"u8.ToArray(), Now);
            await stream.FlushAsync(Now);
            await Task.Delay(Timeout.Infinite, Now);
        });
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), time);
        var call = connector.Open("anna@contoso.test").GetFolderAsync(Folder, Now);
        await Task.Delay(100, Now);
        time.Advance(TimeSpan.FromSeconds(21));
        (await Should.ThrowAsync<ExchangeTransportException>(() => call)).Message.ShouldContain("No complete answer");
    }

    [Fact]
    public async Task The_gate_bounds_a_mailbox_without_letting_it_hold_the_target()
    {
        var gate = new RequestGate(perTarget: 3, perMailbox: 2);
        var first = await gate.EnterAsync("anna@x", Now);
        var second = await gate.EnterAsync("anna@x", Now);
        var third = gate.EnterAsync("ANNA@x", Now).AsTask();
        var other = await gate.EnterAsync("ben@x", Now);
        var full = gate.EnterAsync("carla@x", Now).AsTask();
        third.IsCompleted.ShouldBeFalse();
        full.IsCompleted.ShouldBeFalse();
        other.Dispose();
        (await full.WaitAsync(TimeSpan.FromSeconds(5), Now)).Dispose();
        first.Dispose();
        (await third.WaitAsync(TimeSpan.FromSeconds(5), Now)).Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_place_with_it()
    {
        var gate = new RequestGate(perTarget: 1, perMailbox: 1);
        var held = await gate.EnterAsync("anna@x", Now);
        using var cancel = new CancellationTokenSource();
        var waiting = gate.EnterAsync("ben@x", cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        held.Dispose();
        (await gate.EnterAsync("ben@x", Now)).Dispose();
    }

    [Fact]
    public async Task Requests_are_counted_by_operation_and_outcome()
    {
        var seen = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "CrmSync.Exchange" && instrument.Name == "crmsync.exchange.requests")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (seen)
                seen.Add(string.Join("|", tags.ToArray().Select(tag => tag.Value)));
        });
        listener.Start();
        await using var server = new ScriptedServer().Answer(200, Canned.Folder()).Answer(500, Canned.Fault("ErrorMeteredHere"));
        await using var connector = new EwsConnector(new(Some.Target(server.Url()), "x"), TimeProvider.System);
        await connector.Open("a@b").GetFolderAsync(Folder, Now);
        await Should.ThrowAsync<ExchangeResponseException>(() => connector.Open("a@b").GetFolderAsync(Folder, Now));
        lock (seen)
        {
            seen.ShouldContain("GetFolder|ok");
            seen.ShouldContain("GetFolder|ErrorMeteredHere");
        }
    }
}
