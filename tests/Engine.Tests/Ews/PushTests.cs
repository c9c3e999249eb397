using System.Text;
using CrmSync.Engine.Exchange.Ews.Push;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The push endpoint's reader takes what Exchange posts and survives what anybody posts.</summary>
public sealed class PushTests
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_sample_post_is_read()
    {
        var arrived = 0;
        foreach (var file in Truth.Samples("SendNotification").Where(file => file.EndsWith("-push-request.xml", StringComparison.Ordinal)))
        {
            await using var body = File.OpenRead(file);
            var post = await PushNotificationReader.ReadAsync(body, Now);
            if (file.Contains("read-events-failed"))
                post.ShouldBe(new PushPost.Complaint("ErrorReadEventsFailed"));
            else
                arrived += post.ShouldBeOfType<PushPost.Arrived>().Notification.SubscriptionId.Length > 0 ? 1 : 0;
        }
        arrived.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Events_bring_their_last_watermark_and_status_events_no_changes()
    {
        var events = await PushNotificationReader.ReadAsync(File.OpenRead(Path.Combine(Truth.Folder, "samples/SendNotification/composed--events-push-request.xml")), Now);
        events.ShouldBe(new PushPost.Arrived(new("EABhbm5hQGNvbnRvc28AAAAAAQ==", "AQAAAAMGAAAAAAAAAQ==", "AQAAABQGAAAAAAAAAQ==", HasChanges: true, MoreEvents: false)));
        var status = await PushNotificationReader.ReadAsync(File.OpenRead(Path.Combine(Truth.Folder, "samples/SendNotification/composed--status-ping-push-request.xml")), Now);
        status.ShouldBeOfType<PushPost.Arrived>().Notification.HasChanges.ShouldBeFalse();
    }

    [Fact]
    public void Both_replies_are_valid()
    {
        Truth.Complaints(PushReply.Ok).ShouldBeEmpty();
        Truth.Complaints(PushReply.Unsubscribe).ShouldBeEmpty();
        Encoding.UTF8.GetString(PushReply.Unsubscribe.Span).ShouldContain("SubscriptionStatus>Unsubscribe<");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<a>")]
    [InlineData("\0\0\0")]
    [InlineData("<?xml version=\"1.0\" encoding=\"x-nonsense\"?><a/>")]
    [InlineData("<!DOCTYPE lolz [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">&b;</s:Envelope>")]
    [InlineData("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><x/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body xmlns:s2=\"\" a=\"1\" a=\"2\"/></s:Envelope>")]
    public async Task Hostile_or_broken_bodies_are_malformed(string body) =>
        (await ReadAsync(body)).ShouldBe(new PushPost.Unreadable(PushFault.Malformed));

    [Theory]
    [InlineData("<a/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><x/></s:Body></s:Envelope>")]
    public async Task Other_xml_is_not_a_notification(string body) =>
        (await ReadAsync(body)).ShouldBe(new PushPost.Unreadable(PushFault.NotANotification));

    [Fact]
    public async Task Nesting_and_size_are_bounded()
    {
        (await ReadAsync(string.Concat(Enumerable.Repeat("<a>", 5000)))).ShouldBe(new PushPost.Unreadable(PushFault.NotANotification), "its root says enough");
        const string open = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>";
        (await ReadAsync(open + string.Concat(Enumerable.Repeat("<a>", 5000)))).ShouldBe(new PushPost.Unreadable(PushFault.Malformed));
        (await ReadAsync(open + new string(' ', 300_000))).ShouldBe(new PushPost.Unreadable(PushFault.TooLarge));
        (await ReadAsync(open + $"<a b=\"{new string('x', 10_000_000)}\"/>")).ShouldBe(new PushPost.Unreadable(PushFault.TooLarge));
    }

    [Fact]
    public async Task Random_damage_never_ends_in_another_exception()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var good = await File.ReadAllBytesAsync(Path.Combine(Truth.Folder, "samples/SendNotification/composed--events-push-request.xml"), Now);
        for (var run = 0; run < 2000; run++)
        {
            var bad = good.ToArray();
            for (var hit = random.Next(1, 8); hit > 0; hit--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                bad = bad[..random.Next(bad.Length)];
            await PushNotificationReader.ReadAsync(new MemoryStream(bad), Now);
        }
    }

    private static Task<PushPost> ReadAsync(string body) => PushNotificationReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(body)), Now);
}
