using System.Net;
using System.Net.Sockets;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Exchange.Ews.Push;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Conformance.Engine;

/// <summary>Sign-in, notifications and the connection test against the simulator.</summary>
public sealed class SignInAndSignalTests(SimulatorProcess simulator) : IClassFixture<SimulatorProcess>
{
    private const string Anna = "anna@contoso.test";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ntlm_signs_in()
    {
        await using var exchange = simulator.Connect(target => (target.Authentication, target.UserName) = (AuthenticationKind.Ntlm, "CONTOSO\\sync"));
        for (var i = 0; i < 3; i++)
            (await exchange.Open(Anna).FindDefaultFolderAsync(ItemKind.Schedule, Now)).Kind.ShouldBe(ItemKind.Schedule);
    }

    [Fact]
    public async Task Ntlm_with_a_wrong_password_is_refused_with_its_cure()
    {
        await using var exchange = simulator.Connect(target => (target.Authentication, target.UserName) = (AuthenticationKind.Ntlm, "CONTOSO\\sync"), secret: "wrong");
        (await Should.ThrowAsync<ExchangeTransportException>(() => exchange.Open(Anna).FindDefaultFolderAsync(ItemKind.Schedule, Now))).Message.ShouldContain("password");
    }

    [Theory]
    [InlineData("contoso/v2.0")]
    [InlineData("contoso")]
    public async Task OAuth_client_credentials_sign_in(string authority)
    {
        await using var exchange = simulator.Connect(target =>
        {
            Tls(target);
            target.Authentication = AuthenticationKind.OAuthClientCredentials;
            target.OAuthAuthority = new Uri(new(simulator.HttpsUrl), $"/{authority}").AbsoluteUri;
        });
        for (var i = 0; i < 2; i++)
            (await exchange.Open(Anna).FindDefaultFolderAsync(ItemKind.Schedule, Now)).Kind.ShouldBe(ItemKind.Schedule);
    }

    [Fact]
    public async Task Https_with_the_simulators_own_ca_passes_every_step_of_the_connection_test()
    {
        await using var exchange = simulator.Connect(Tls);
        var steps = new List<ConnectionStep>();
        await foreach (var step in exchange.TestAsync(Anna, Now))
            steps.Add(step);
        steps.ShouldAllBe(step => step.State == StepState.Passed, string.Join("; ", steps));
    }

    [Fact]
    public async Task A_wrong_password_an_unknown_mailbox_and_a_missing_right_are_told_apart()
    {
        (await FailureAsync(simulator.Connect(secret: "wrong"), Anna)).Name.ShouldBe("Authentication");
        (await FailureAsync(simulator.Connect(), "nobody@contoso.test")).Name.ShouldBe("Mailbox");
        var missing = await FailureAsync(simulator.Connect(target => target.UserName = "ben@contoso.test"), Anna);
        missing.Name.ShouldBe("Mailbox");
        missing.Detail.ShouldContain("ApplicationImpersonation");
        missing.Detail.ShouldContain(Anna);
    }

    [Fact]
    public async Task A_streaming_connection_hints_at_a_change_within_a_second_and_lives_by_heartbeats()
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var subscription = await anna.SubscribeStreamingAsync(calendar, null, Now);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Now);
        end.CancelAfter(TimeSpan.FromSeconds(20));
        var seen = new List<StreamSignal>();
        await foreach (var signal in exchange.ListenAsync([subscription], TimeSpan.FromMinutes(1), end.Token))
        {
            if (signal is StreamSignal.Connected)
                await CreateAsync(anna, calendar);
            seen.Add(signal);
            if (seen.OfType<StreamSignal.Hint>().Any() && seen.OfType<StreamSignal.Heartbeat>().Count() > 2)
                break;
        }
        seen[0].ShouldBe(new StreamSignal.Connected());
        seen.ShouldContain(new StreamSignal.Hint(subscription.SubscriptionId));
        await anna.UnsubscribeAsync(subscription.SubscriptionId, subscription.Group, Now);
        await anna.UnsubscribeAsync(subscription.SubscriptionId, subscription.Group, Now);
    }

    [Fact]
    public async Task An_unknown_subscription_is_lost_by_name()
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var good = await anna.SubscribeStreamingAsync(calendar, null, Now);
        var bad = good with { SubscriptionId = "JgBub3doZXJl" };
        var signals = new List<StreamSignal>();
        await foreach (var signal in exchange.ListenAsync([good, bad], TimeSpan.FromMinutes(1), Now))
            signals.Add(signal);
        signals.OfType<StreamSignal.Lost>().Single().SubscriptionIds.ShouldContain(bad.SubscriptionId);
    }

    [Fact]
    public async Task A_push_subscription_posts_its_changes_to_us()
    {
        var port = FreePort();
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/push/");
        listener.Start();
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var subscription = await anna.SubscribePushAsync(calendar, new($"http://127.0.0.1:{port}/push/token"), 1, Now);
        var hasChanges = false;
        var wasCreated = false;
        for (var posts = 0; posts < 10 && !hasChanges; posts++)
        {
            var context = await listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(20), Now);
            var post = (await PushNotificationReader.ReadAsync(context.Request.InputStream, Now)).ShouldBeOfType<PushPost.Arrived>();
            post.Notification.SubscriptionId.ShouldBe(subscription.SubscriptionId);
            hasChanges = post.Notification.HasChanges;
            var reply = hasChanges ? PushReply.Unsubscribe : PushReply.Ok;
            context.Response.ContentType = PushReply.ContentType;
            await context.Response.OutputStream.WriteAsync(reply, Now);
            context.Response.Close();
            if (!wasCreated)
                await CreateAsync(anna, calendar);
            wasCreated = true;
        }
        hasChanges.ShouldBeTrue();
    }

    private void Tls(SyncTarget target) => (target.Url, target.Tls, target.TrustedCertificatePem) = (simulator.HttpsUrl, TlsMode.Pinned, simulator.CaPem);

    private static async Task<ConnectionStep> FailureAsync(EwsConnector exchange, string mailbox)
    {
        await using (exchange)
        {
            await foreach (var step in exchange.TestAsync(mailbox, Now))
            {
                if (step.State == StepState.Failed)
                    return step;
            }
        }
        throw new InvalidOperationException("every step passed");
    }

    private static Task CreateAsync(IExchangeMailbox mailbox, FolderId calendar) => mailbox.CreateAsync(
        calendar, [new(new(Guid.NewGuid(), Guid.NewGuid(), 1), new() { Subject = "Noticed", Time = TimeZones.Timed(new(2026, 6, 1, 9, 0), new(2026, 6, 1, 10, 0), "UTC") })], InvitationMail.None, Now);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
