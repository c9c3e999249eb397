using System.Net;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 9 and 12 points 9, 10, 11. A minute lasts 200 ms here.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private const string Types = "<t:EventTypes><t:EventType>CreatedEvent</t:EventType><t:EventType>ModifiedEvent</t:EventType><t:EventType>MovedEvent</t:EventType><t:EventType>DeletedEvent</t:EventType></t:EventTypes>";

    private readonly PushReceiver _receiver = new();
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync(o => o with { PushHandler = () => _receiver, Heartbeat = TimeSpan.FromMilliseconds(300) });

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Push(int frequency = 5, string url = "http://receiver.test/notify") =>
        $"<m:Subscribe><m:PushSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>{Types}<t:StatusFrequency>{frequency}</t:StatusFrequency><t:URL>{url}</t:URL></m:PushSubscriptionRequest></m:Subscribe>";

    private async Task<string> SubscribeToStream(string user = "anna@contoso.test") =>
        (await _exchange.Call($"<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>{Types}</m:StreamingSubscriptionRequest></m:Subscribe>", user)).Descendants(M + "SubscriptionId").Single().Value;

    private async Task<StreamReading> Open(int minutes = 30, params string[] ids)
    {
        var request = Request(Envelope($"<m:GetStreamingEvents><m:SubscriptionIds>{string.Concat(ids.Select(i => $"<t:SubscriptionId>{i}</t:SubscriptionId>"))}</m:SubscriptionIds><m:ConnectionTimeout>{minutes}</m:ConnectionTimeout></m:GetStreamingEvents>"));
        return new StreamReading(await _exchange.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    private static string? Status(XDocument? document) => document?.Descendants(M + "ConnectionStatus").SingleOrDefault()?.Value;

    private static List<string> EventNames(XDocument document) => document.Descendants().Where(e => e.Name.LocalName.EndsWith("Event", StringComparison.Ordinal)).Select(e => e.Name.LocalName).ToList();

    [Fact]
    public async Task Push_starts_with_a_status_event_at_once()
    {
        await _exchange.Call(Push());
        EventNames((await _receiver.WaitFor(1))[0]).ShouldBe(["StatusEvent"]);
    }

    [Fact]
    public async Task One_create_gives_several_events_with_stub_keys_and_watermarks_in_order()
    {
        await _exchange.Call(Push());
        await _receiver.WaitFor(1);
        var (id, _) = await _exchange.CreateMeeting();
        var post = (await _receiver.WaitFor(2))[1];
        EventNames(post).ShouldContain("CreatedEvent");
        EventNames(post).Count.ShouldBeGreaterThan(1);
        post.Descendants(T + "ItemId").First().Attribute("Id")!.Value.ShouldBe(id);
        post.Descendants(T + "ItemId").First().Attribute("ChangeKey")!.Value.ShouldBe("DwAAAA==");
        post.Descendants(T + "Watermark").ShouldNotBeEmpty();
        post.Descendants(T + "PreviousWatermark").ShouldHaveSingleItem();
        post.Descendants(T + "FolderId").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_soft_delete_and_a_move_to_deleted_items_are_moved_events_and_a_hard_delete_is_a_deleted_event()
    {
        await _exchange.Call(Push());
        var (soft, _) = await _exchange.CreateMeeting();
        var (moved, _) = await _exchange.CreateMeeting();
        var (hard, _) = await _exchange.CreateMeeting();
        await _exchange.Delete(soft, "SoftDelete");
        await _exchange.Delete(moved);
        await _exchange.Delete(hard, "HardDelete");
        List<XElement> events = [];
        for (var i = 0; i < 200 && events.Count(e => e.Name.LocalName is "MovedEvent" or "DeletedEvent") < 3; i++)
        {
            await Task.Delay(20);
            events = _receiver.Posts.SelectMany(p => p.Document.Descendants(M + "Notification").Elements()).ToList();
        }

        events.Where(e => e.Name.LocalName == "MovedEvent").Select(e => e.Element(T + "OldItemId")!.Attribute("Id")!.Value).ShouldBe([soft, moved]);
        events.Where(e => e.Name.LocalName == "DeletedEvent").Select(e => e.Element(T + "ItemId")!.Attribute("Id")!.Value).ShouldBe([hard]);
    }

    [Fact]
    public async Task A_failing_receiver_is_tried_again_at_growing_distances_and_then_dropped_silently()
    {
        _receiver.HttpStatus = HttpStatusCode.InternalServerError;
        await _exchange.Call(Push(frequency: 4));
        await _receiver.WaitFor(4);
        await Task.Delay(1500);
        var times = _receiver.Posts.Select(p => p.At).ToList();
        times.Count.ShouldBe(4, "at once, then after 0.5, 1 and 2 minutes: the next would pass 4 minutes");
        (times[3] - times[2]).ShouldBeGreaterThan(times[1] - times[0]);
        _exchange.Organisation.Subscriptions.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_that_came_during_the_retries_travel_with_the_next_post()
    {
        await _exchange.Call(Push(frequency: 60));
        await _receiver.WaitFor(1);
        _receiver.HttpStatus = HttpStatusCode.BadGateway;
        await _exchange.CreateMeeting();
        await _receiver.WaitFor(2);
        await _exchange.CreateMeeting();
        _receiver.HttpStatus = HttpStatusCode.OK;
        var posts = await _receiver.WaitFor(3);
        EventNames(posts[^1]).Count(n => n == "CreatedEvent").ShouldBe(2);
    }

    [Fact]
    public async Task The_answer_Unsubscribe_ends_a_push_subscription_while_the_operation_is_refused()
    {
        var id = (await _exchange.Call(Push())).Descendants(M + "SubscriptionId").Single().Value;
        Code(await _exchange.Call($"<m:Unsubscribe><m:SubscriptionId>{id}</m:SubscriptionId></m:Unsubscribe>")).ShouldBe("ErrorInvalidSubscription");
        await _receiver.WaitFor(1);
        _receiver.Status = "Unsubscribe";
        await _exchange.CreateMeeting();
        await _receiver.WaitFor(2);
        for (var i = 0; i < 100 && _exchange.Organisation.Subscriptions.All.Count > 0; i++)
            await Task.Delay(10);
        _exchange.Organisation.Subscriptions.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bad_push_address_and_an_old_watermark_are_refused()
    {
        Code(await _exchange.Call(Push(url: "ftp://x"))).ShouldBe("ErrorInvalidPushSubscriptionUrl");
        Code(await _exchange.Call(Push().Replace("<t:StatusFrequency>", "<t:Watermark>AQAAAAMGAAAAAAAAAQ==</t:Watermark><t:StatusFrequency>", StringComparison.Ordinal))).ShouldBe("ErrorInvalidWatermark");
    }

    [Fact]
    public async Task A_stream_opens_with_ok_brings_events_without_watermarks_and_ends_closed()
    {
        using var stream = await Open(5, await SubscribeToStream());
        Status(await stream.Next()).ShouldBe("OK");
        var (id, _) = await _exchange.CreateMeeting();
        var document = (await stream.Next())!;
        document.Descendants(M + "Notification").ShouldHaveSingleItem();
        document.Descendants(T + "ItemId").First().Attribute("Id")!.Value.ShouldBe(id);
        document.Descendants(T + "Watermark").ShouldBeEmpty();
        string? last = null;
        while (await stream.Next() is { } next)
            last = Status(next) ?? last;
        last.ShouldBe("Closed");
    }

    [Fact]
    public async Task A_quiet_stream_beats()
    {
        using var stream = await Open(30, await SubscribeToStream());
        await stream.Next();
        Status(await stream.Next(TimeSpan.FromSeconds(3))).ShouldBe("OK");
    }

    [Fact]
    public async Task Events_of_the_time_between_two_streams_are_kept()
    {
        var id = await SubscribeToStream();
        using (var first = await Open(30, id))
            await first.Next();
        for (var i = 0; i < 200 && _exchange.Exchange.Streams.Count > 0; i++)
            await Task.Delay(10);
        await _exchange.CreateMeeting();
        using var second = await Open(30, id);
        await second.Next();
        EventNames((await second.Next())!).ShouldContain("CreatedEvent");
    }

    [Fact]
    public async Task One_bad_id_spoils_the_stream_and_is_named()
    {
        using var stream = await Open(5, await SubscribeToStream(), "bm9uZQ==");
        var document = (await stream.Next())!;
        Code(document.Root!).ShouldBe("ErrorSubscriptionNotFound");
        document.Descendants(M + "ErrorSubscriptionIds").Single().Element(M + "SubscriptionId")!.Value.ShouldBe("bm9uZQ==");
        (await stream.Next()).ShouldBeNull();
    }

    [Fact]
    public async Task The_older_of_two_streams_for_a_subscription_is_closed()
    {
        var id = await SubscribeToStream();
        using var older = await Open(30, id);
        await older.Next();
        using var newer = await Open(30, id);
        Status(await newer.Next()).ShouldBe("OK");
        Code((await older.Next())!.Root!).ShouldBe("ErrorNewEventStreamConnectionOpened");
        await _exchange.CreateMeeting();
        EventNames((await newer.Next())!).ShouldContain("CreatedEvent");
    }

    [Fact]
    public async Task Too_many_streams_of_one_account_are_refused()
    {
        _exchange.Exchange.Streams.Limit = 2;
        using var one = await Open(30, await SubscribeToStream());
        using var two = await Open(30, await SubscribeToStream());
        using var three = await Open(30, await SubscribeToStream());
        Code((await three.Next())!.Root!).ShouldBe("ErrorExceededConnectionCount");
    }

    [Fact]
    public async Task Too_many_subscriptions_of_one_mailbox_are_refused()
    {
        _exchange.Organisation.Subscriptions.LimitPerMailbox = 1;
        await SubscribeToStream();
        Code(await _exchange.Call(Push())).ShouldBe("ErrorExceededSubscriptionCount");
    }

    [Fact]
    public async Task An_evicted_subscription_ends_its_stream_with_an_error()
    {
        using var stream = await Open(30, await SubscribeToStream());
        await stream.Next();
        await _exchange.Control(HttpMethod.Post, "subscriptions/evict");
        Code((await stream.Next())!.Root!).ShouldBe("ErrorSubscriptionNotFound");
    }

    [Fact]
    public async Task A_dropped_stream_ends_without_a_word()
    {
        using var stream = await Open(30, await SubscribeToStream());
        await stream.Next();
        await _exchange.Control(HttpMethod.Post, "streams/drop");
        await Should.ThrowAsync<Exception>(async () =>
        {
            while (await stream.Next() is not null)
            {
            }

            throw new IOException("ended");
        });
        _exchange.Exchange.Streams.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Only_its_owner_may_use_a_subscription()
    {
        var id = await SubscribeToStream("ben@contoso.test");
        Code(await _exchange.Call($"<m:Unsubscribe><m:SubscriptionId>{id}</m:SubscriptionId></m:Unsubscribe>")).ShouldBe("ErrorSubscriptionAccessDenied");
        Code(await _exchange.Call($"<m:Unsubscribe><m:SubscriptionId>{id}</m:SubscriptionId></m:Unsubscribe>", "ben@contoso.test")).ShouldBe("NoError");
        Code(await _exchange.Call($"<m:Unsubscribe><m:SubscriptionId>{id}</m:SubscriptionId></m:Unsubscribe>", "ben@contoso.test")).ShouldBe("ErrorSubscriptionNotFound");
    }

    [Fact]
    public async Task Pull_gives_a_status_event_first_then_events_until_they_are_acknowledged()
    {
        var subscribed = await _exchange.Call($"<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>{Types}<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>");
        var (id, watermark) = (subscribed.Descendants(M + "SubscriptionId").Single().Value, subscribed.Descendants(M + "Watermark").Single().Value);
        Task<XElement> Get(string from) => _exchange.Call($"<m:GetEvents><m:SubscriptionId>{id}</m:SubscriptionId><m:Watermark>{from}</m:Watermark></m:GetEvents>");
        (await Get(watermark)).Descendants(T + "StatusEvent").ShouldHaveSingleItem();
        await _exchange.CreateMeeting();
        var events = await Get(watermark);
        events.Descendants(T + "CreatedEvent").ShouldHaveSingleItem();
        (await Get(watermark)).Descendants(T + "CreatedEvent").ShouldHaveSingleItem();
        (await Get(events.Descendants(T + "Watermark").Last().Value)).Descendants(T + "StatusEvent").ShouldHaveSingleItem();
        Code(await Get("AAAA")).ShouldBe("ErrorInvalidWatermark");
    }

    [Fact]
    public async Task Subscribing_with_a_preference_for_affinity_sets_the_cookie()
    {
        using var request = Request(Envelope(Push()));
        request.Headers.Add("X-PreferServerAffinity", "True");
        var response = await _exchange.Http.SendAsync(request);
        response.Headers.GetValues("Set-Cookie").Single().ShouldStartWith("X-BackEndOverrideCookie=");
    }

    private static string Streaming(string folders) =>
        $"<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>{folders}</t:FolderIds>{Types}</m:StreamingSubscriptionRequest></m:Subscribe>";

    [Fact]
    public async Task The_folders_of_a_subscription_lie_in_one_mailbox_and_a_public_one_stands_alone()
    {
        _exchange.Organisation.FindMailbox("ben@contoso.test")!.FullAccess.Add("anna@contoso.test");
        const string bens = "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>";
        Code(await _exchange.Call(Streaming("<t:DistinguishedFolderId Id=\"calendar\"/>" + bens))).ShouldBe("ErrorInvalidSubscriptionRequest");
        Code(await _exchange.Call(Streaming(bens))).ShouldBe("NoError");
        var (one, two) = (_exchange.Organisation.AddPublicFolder("One", "IPF.Note"), _exchange.Organisation.AddPublicFolder("Two", "IPF.Note"));
        Code(await _exchange.Call(Streaming($"<t:FolderId Id=\"{one.Id}\"/>"))).ShouldBe("NoError");
        Code(await _exchange.Call(Streaming($"<t:FolderId Id=\"{one.Id}\"/><t:FolderId Id=\"{two.Id}\"/>"))).ShouldBe("ErrorInvalidSubscriptionRequest");
    }

    [Fact]
    public async Task Rights_in_a_folder_are_not_enough_to_subscribe_to_it()
    {
        await _exchange.Control(HttpMethod.Post, "mailboxes/ben@contoso.test/permissions", new { @delegate = "anna@contoso.test", folder = "calendar", level = "Editor" });
        Code(await _exchange.Call(Streaming("<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"))).ShouldBe("ErrorAccessDenied");
    }

    [Fact]
    public async Task Whether_a_list_of_folders_counts_once_or_for_each_is_a_switch()
    {
        const string three = "<t:DistinguishedFolderId Id=\"calendar\"/><t:DistinguishedFolderId Id=\"tasks\"/><t:DistinguishedFolderId Id=\"contacts\"/>";
        _exchange.Organisation.Subscriptions.LimitPerMailbox = 4;
        await _exchange.Call(Streaming(three));
        Code(await _exchange.Call(Streaming(three))).ShouldBe("NoError");
        await _exchange.Control(HttpMethod.Post, "subscriptions/evict");
        await _exchange.Control(HttpMethod.Put, "habits/SubscriptionsCountPerFolder?value=true");
        await _exchange.Call(Streaming(three));
        Code(await _exchange.Call(Streaming(three))).ShouldBe("ErrorExceededSubscriptionCount");
    }

    [Fact]
    public async Task A_streaming_subscription_that_nobody_listens_to_dies_after_half_an_hour()
    {
        var id = await SubscribeToStream();
        _exchange.Exchange.Clock.Shift = TimeSpan.FromMinutes(29);
        (await SubscribeToStream()).ShouldNotBeEmpty();
        _exchange.Organisation.Subscriptions.Find(id).ShouldNotBeNull();
        _exchange.Exchange.Clock.Shift = TimeSpan.FromMinutes(31);
        _exchange.Organisation.Subscriptions.Find(id).ShouldBeNull();
    }

    [Fact]
    public async Task Folders_have_events_of_their_own()
    {
        await _exchange.Call($"<m:Subscribe><m:PushSubscriptionRequest SubscribeToAllFolders=\"true\">{Types.Replace("</t:EventTypes>", "<t:EventType>CopiedEvent</t:EventType></t:EventTypes>", StringComparison.Ordinal)}<t:StatusFrequency>5</t:StatusFrequency><t:URL>http://receiver.test/notify</t:URL></m:PushSubscriptionRequest></m:Subscribe>");
        await _receiver.WaitFor(1);
        var organisation = _exchange.Organisation;
        string id;
        lock (organisation.Gate)
        {
            var anna = organisation.FindMailbox("anna@contoso.test")!;
            var (made, other) = (organisation.AddFolder(anna["msgfolderroot"], "Made", "IPF.Note"), organisation.AddFolder(anna["msgfolderroot"], "Other", "IPF.Note"));
            id = made.Id;
            organisation.CopyFolder(made, other, "test");
            organisation.MoveFolder(made, other);
            organisation.RemoveFolder(made);
        }

        List<XElement> events = [];
        for (var i = 0; i < 200 && !events.Exists(e => e.Name.LocalName == "DeletedEvent"); i++)
        {
            await Task.Delay(20);
            events = _receiver.Posts.SelectMany(p => p.Document.Descendants(M + "Notification").Elements()).ToList();
        }

        events.Single(e => e.Name.LocalName == "MovedEvent").Element(T + "OldFolderId")!.Attribute("Id")!.Value.ShouldBe(id);
        events.Single(e => e.Name.LocalName == "CopiedEvent").Element(T + "OldFolderId")!.Attribute("Id")!.Value.ShouldBe(id);
        events.Last(e => e.Name.LocalName == "DeletedEvent").Element(T + "FolderId")!.Attribute("Id")!.Value.ShouldBe(id);
    }

    [Fact]
    public async Task Thousands_of_forgotten_subscriptions_keep_few_events_each_and_say_that_some_were_missed()
    {
        var subscribed = await _exchange.Call($"<m:Subscribe><m:PullSubscriptionRequest SubscribeToAllFolders=\"true\">{Types}<t:Timeout>60</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>");
        var organisation = _exchange.Organisation;
        lock (organisation.Gate)
        {
            var (anna, account) = (organisation.FindMailbox("anna@contoso.test")!, organisation.FindAccount("anna@contoso.test")!);
            for (var i = 0; i < 4000; i++)
                organisation.Subscriptions.Add(new(organisation.Subscriptions.NewId(anna), SubscriptionKind.Streaming, account, anna) { EventTypes = ["CreatedEvent"], Life = TimeSpan.FromHours(1) });
            SeedData.Items(organisation, anna, 300);
            organisation.Subscriptions.All.ShouldAllBe(s => s.Waiting < 300);
        }

        var (id, watermark) = (subscribed.Descendants(M + "SubscriptionId").Single().Value, subscribed.Descendants(M + "Watermark").Single().Value);
        Code(await _exchange.Call($"<m:GetEvents><m:SubscriptionId>{id}</m:SubscriptionId><m:Watermark>{watermark}</m:Watermark></m:GetEvents>")).ShouldBe("ErrorMissedNotificationEvents");
    }
}
