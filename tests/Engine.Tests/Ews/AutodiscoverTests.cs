using System.Net;
using System.Text;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Exchange.Ews.Discovery;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>Autodiscover finds the address, and goes only where it may (quality.md T4).</summary>
public sealed class AutodiscoverTests
{
    private const string Anna = "anna@contoso.test";
    private const string Soap = "https://autodiscover.contoso.test/autodiscover/autodiscover.svc";
    private const string Pox = "https://autodiscover.contoso.test/autodiscover/autodiscover.xml";

    [Fact]
    public async Task The_soap_answer_gives_url_and_grouping()
    {
        var net = new Net { [Soap] = Settings("NoError", ("ExternalEwsUrl", "https://mail.contoso.test/EWS/Exchange.asmx"), ("GroupingInformation", "G1")) };
        (await FindAsync(net)).ShouldBe(new(new("https://mail.contoso.test/EWS/Exchange.asmx"), "G1"));
        net.Asked.ShouldBe([Soap]);
    }

    [Fact]
    public async Task Where_soap_is_absent_pox_is_asked()
    {
        var net = new Net { [Pox] = PoxSettings("https://mail.contoso.test/EWS/Exchange.asmx") };
        (await FindAsync(net)).EwsUrl.Host.ShouldBe("mail.contoso.test");
        net.Asked.ShouldBe([Soap, Pox]);
    }

    [Fact]
    public async Task A_redirected_address_is_asked_in_its_own_domain_name_only_when_that_is_allowed()
    {
        var net = new Net
        {
            [Soap] = Settings("RedirectAddress", target: "anna@mail.contoso.test"),
            ["https://autodiscover.mail.contoso.test/autodiscover/autodiscover.svc"] = Settings("NoError", ("ExternalEwsUrl", "https://mail.contoso.test/e")),
        };
        (await FindAsync(net)).EwsUrl.AbsolutePath.ShouldBe("/e");

        net = new Net { [Soap] = Settings("RedirectAddress", target: "anna@evil.example") };
        (await Should.ThrowAsync<ExchangeTransportException>(() => FindAsync(net))).Message.ShouldContain("outside contoso.test");
        net.Asked.ShouldNotContain(url => url.Contains("evil"));
    }

    [Theory]
    [InlineData("https://evil.example/autodiscover.svc", "outside contoso.test")]
    [InlineData("https://contoso.test.evil.example/a", "outside contoso.test")]
    [InlineData("https://evilcontoso.test/a", "outside contoso.test")]
    [InlineData("http://mail.contoso.test/a", "without https")]
    public async Task A_redirect_that_may_not_be_followed_is_not_and_sends_no_credentials(string target, string words)
    {
        foreach (var answer in new[] { Redirect(target), Settings("RedirectUrl", target: target) })
        {
            var net = new Net { [Soap] = answer, [target] = Settings("NoError", ("ExternalEwsUrl", "https://evil.example/e")) };
            (await Should.ThrowAsync<ExchangeTransportException>(() => FindAsync(net))).Message.ShouldContain(words);
            net.Asked.ShouldNotContain(target);
        }
    }

    [Fact]
    public async Task An_address_of_ews_outside_the_domain_is_not_taken_unless_allowed()
    {
        var net = new Net { [Soap] = Settings("NoError", ("ExternalEwsUrl", "https://outlook.example/EWS")) };
        (await Should.ThrowAsync<ExchangeTransportException>(() => FindAsync(net))).Message.ShouldContain("outlook.example");
        (await FindAsync(net, new() { AutodiscoverHosts = ["outlook.example"] })).EwsUrl.Host.ShouldBe("outlook.example");
    }

    [Fact]
    public async Task An_allowed_redirect_is_followed_and_a_circle_ends_after_ten_hops()
    {
        var net = new Net { [Soap] = Redirect("https://a.contoso.test/x"), ["https://a.contoso.test/x"] = Settings("NoError", ("InternalEwsUrl", "https://inner.contoso.test/e")) };
        (await FindAsync(net)).EwsUrl.Host.ShouldBe("inner.contoso.test");

        net = new Net { [Soap] = Redirect(Soap) };
        (await Should.ThrowAsync<ExchangeTransportException>(() => FindAsync(net))).Message.ShouldContain("more than 10 times");
        net.Asked.Count(url => url == Soap).ShouldBe(10);
    }

    [Fact]
    public async Task A_refused_password_is_tried_once()
    {
        var net = new Net { [Soap] = () => new(HttpStatusCode.Unauthorized) };
        (await Should.ThrowAsync<ExchangeTransportException>(() => FindAsync(net))).HttpStatus.ShouldBe(401);
        net.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_connector_without_url_asks_once_per_mailbox()
    {
        var net = new Net
        {
            [Soap] = Settings("NoError", ("ExternalEwsUrl", "https://mail.contoso.test/EWS/Exchange.asmx")),
            ["https://mail.contoso.test/EWS/Exchange.asmx"] = () => Answer(Canned.Folder()),
        };
        await using var connector = new EwsConnector(new(Some.Target(url: null), "x"), TimeProvider.System, net);
        for (var i = 0; i < 3; i++)
            await connector.Open(Anna).GetFolderAsync(new("F"), TestContext.Current.CancellationToken);
        net.Asked.Count(url => url == Soap).ShouldBe(1);
    }

    [Fact]
    public async Task Every_sample_answer_is_read()
    {
        foreach (var file in Truth.Samples("GetUserSettings").Where(file => file.EndsWith("-resp.xml", StringComparison.Ordinal)))
        {
            using var reader = new SoapReader(File.OpenRead(file));
            var answer = await GetUserSettings.ReadAsync(reader);
            if (file.Contains("connection-points--02"))
                answer.EwsUrl.ShouldBe(new("https://server.contoso.com/ews/exchange.asmx"));
            if (file.Contains("connection-points--01"))
                answer.RedirectMailbox.ShouldBe("User1@mail.Contoso.com");
        }
        foreach (var file in Truth.Samples("AutodiscoverPox").Where(file => file.EndsWith("-resp.xml", StringComparison.Ordinal)))
        {
            using var reader = new SoapReader(File.OpenRead(file));
            var answer = await PoxAutodiscover.ReadAsync(reader);
            if (file.Contains("pox-autodiscover-response-for-exchange--01"))
                answer.EwsUrl.ShouldBe(new("https://mail.contoso.com/ews/exchange.asmx"));
            if (file.Contains("pox-autodiscover-response-for-exchange--02"))
                answer.Error.ShouldBe("error 600");
            if (file.Contains("handling-autodiscover"))
                answer.RedirectMailbox.ShouldBe("elvin@mail.contoso.com");
        }
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("2a00:1450::1", true)]
    public void Internal_addresses_are_told_from_public_ones(string address, bool isPublic) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Fact]
    public async Task The_metadata_address_is_refused_even_on_premises() =>
        await Should.ThrowAsync<AddressRefusedException>(async () => await AddressGuard.ResolveAsync("169.254.169.254", allowPrivate: true, TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_cloud_target_does_not_connect_to_an_internal_address()
    {
        await using var server = new ScriptedServer().Answer(200, Canned.Folder());
        var target = Some.Target(server.Url());
        target.IsOnPremises = false;
        await using var connector = new EwsConnector(new(target, "x"), TimeProvider.System);
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => connector.Open(Anna).GetFolderAsync(new("F"), TestContext.Current.CancellationToken));
        fault.Message.ShouldContain("internal address");
        fault.IsTransient.ShouldBeFalse();
        server.Connections.ShouldBe(0);
    }

    private static Task<DiscoveredMailbox> FindAsync(Net net, EwsOptions? options = null) =>
        new Autodiscover(new(Some.Target(), "secret-word"), TimeProvider.System, options ?? new()).FindAsync(Anna, net, TestContext.Current.CancellationToken);

    private static Func<HttpResponseMessage> Settings(string code, params (string Name, string Value)[] settings) => UserResponse(code, "", settings);

    private static Func<HttpResponseMessage> Settings(string code, string target) => UserResponse(code, target);

    private static Func<HttpResponseMessage> UserResponse(string code, string target, params (string Name, string Value)[] settings) => () => Answer(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><GetUserSettingsResponseMessage xmlns=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\"><Response>"
        + $"<ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse><ErrorCode>{code}</ErrorCode><RedirectTarget>{target}</RedirectTarget><UserSettings>"
        + string.Concat(settings.Select(setting => $"<UserSetting><Name>{setting.Name}</Name><Value>{setting.Value}</Value></UserSetting>"))
        + "</UserSettings></UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>");

    private static Func<HttpResponseMessage> PoxSettings(string url) => () => Answer(
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\"><Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">"
        + $"<Account><Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>{url}</EwsUrl></Protocol></Account></Response></Autodiscover>");

    private static Func<HttpResponseMessage> Redirect(string target) => () =>
    {
        var response = new HttpResponseMessage(HttpStatusCode.Found);
        response.Headers.Location = new(target);
        return response;
    };

    private static HttpResponseMessage Answer(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "text/xml") };

    // The whole internet of a test: a few addresses, all others answer 404.
    private sealed class Net : HttpMessageHandler
    {
        private readonly Dictionary<string, Func<HttpResponseMessage>> _answers = [];

        public List<string> Asked { get; } = [];

        public Func<HttpResponseMessage> this[string url]
        {
            set => _answers[url] = value;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var url = request.RequestUri!.AbsoluteUri;
            Asked.Add(url);
            return Task.FromResult(_answers.TryGetValue(url, out var answer) ? answer() : new HttpResponseMessage(HttpStatusCode.NotFound));
        }
    }
}
