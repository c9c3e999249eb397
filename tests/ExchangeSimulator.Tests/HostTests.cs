using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The simulator as a program: TLS, Autodiscover, persistence, the control token, the page.</summary>
public sealed class HostTests
{
    internal const string GetCalendar = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>";

    [Fact]
    public async Task Items_ids_and_sync_states_survive_a_restart()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("exchange-data-").FullName, "exchange.json");
        string id, key, state;
        await using (var first = await StartAsync(o => o with { DataFile = file }))
        {
            (id, key) = await first.CreateMeeting("<t:Subject>Kept</t:Subject><t:Body BodyType=\"Text\">a\r\nb</t:Body>");
            state = State(await first.Sync(null));
        }

        await using var second = await StartAsync(o => o with { DataFile = file });
        var read = await second.Get(id);
        ItemId(read).Key.ShouldBe(key);
        read.Descendants(T + "Subject").Single().Value.ShouldBe("Kept");
        Changes(await second.Sync(state)).ShouldBeEmpty();
        await second.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject>"));
        Changes(await second.Sync(state)).ShouldBe(["Update"]);
    }

    [Fact]
    public async Task Tls_is_trusted_by_the_authority_written_beside_the_data_and_by_nothing_else()
    {
        await using var exchange = await StartAsync(o => o with { HttpsPort = 0 });
        var folder = exchange.Exchange.Options.CertificateFolder!;
        var url = exchange.HttpsUrl;
        using var strict = new HttpClient { BaseAddress = new Uri(url) };
        await Should.ThrowAsync<HttpRequestException>(() => strict.SendAsync(Request(Envelope(GetCalendar))));
        using var authority = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "ca.pem"));
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust, RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(authority);
        using var pinned = new HttpClient(handler) { BaseAddress = new Uri(url) };
        (await pinned.SendAsync(Request(Envelope(GetCalendar)))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Autodiscover_by_soap_names_the_url_and_refuses_unknown_users_one_by_one()
    {
        await using var exchange = await StartAsync();
        XNamespace a = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
        var body = $"<s:Envelope xmlns:s=\"{S}\" xmlns:a=\"{a}\"><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>ben@contoso.test</a:Mailbox></a:User><a:User><a:Mailbox>x@contoso.test</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting><a:Setting>GroupingInformation</a:Setting><a:Setting>Nonsense</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>";
        var answer = await Post(exchange, "/autodiscover/autodiscover.svc", body);
        answer.Descendants(a + "UserResponse").Select(u => u.Element(a + "ErrorCode")!.Value).ShouldBe(["NoError", "InvalidUser"]);
        answer.Descendants(a + "UserSetting").First().Element(a + "Value")!.Value.ShouldBe(exchange.Url + "/EWS/Exchange.asmx");
        answer.Descendants(a + "UserSettingError").Single().Element(a + "SettingName")!.Value.ShouldBe("Nonsense");
    }

    [Fact]
    public async Task Autodiscover_by_pox_names_the_url_and_answers_error_600_to_nonsense()
    {
        await using var exchange = await StartAsync();
        var good = await Post(exchange, "/Autodiscover/Autodiscover.xml", "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request><EMailAddress>anna@contoso.test</EMailAddress></Request></Autodiscover>");
        good.Descendants().First(e => e.Name.LocalName == "EwsUrl").Value.ShouldBe(exchange.Url + "/EWS/Exchange.asmx");
        var bad = await Post(exchange, "/autodiscover/autodiscover.xml", "<Autodiscover/>");
        bad.Descendants().Single(e => e.Name.LocalName == "ErrorCode").Value.ShouldBe("600");
    }

    [Fact]
    public async Task Autodiscover_sends_people_who_are_elsewhere_on_and_refuses_too_many_at_once()
    {
        await using var exchange = await StartAsync();
        XNamespace a = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
        await exchange.Control(HttpMethod.Post, "autodiscover/moved@contoso.test", new { redirectAddress = "anna@contoso.test" });
        await exchange.Control(HttpMethod.Post, "autodiscover/cloud@contoso.test", new { redirectUrl = "https://autodiscover.elsewhere.test/autodiscover/autodiscover.svc" });
        string Ask(IEnumerable<string> users) => $"<s:Envelope xmlns:s=\"{S}\" xmlns:a=\"{a}\"><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users>{string.Concat(users.Select(u => $"<a:User><a:Mailbox>{u}</a:Mailbox></a:User>"))}</a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>";
        var answer = await Post(exchange, "/autodiscover/autodiscover.svc", Ask(["moved@contoso.test", "cloud@contoso.test"]));
        answer.Descendants(a + "UserResponse").Select(u => (u.Element(a + "ErrorCode")!.Value, u.Element(a + "RedirectTarget")!.Value)).ShouldBe(
            [("RedirectAddress", "anna@contoso.test"), ("RedirectUrl", "https://autodiscover.elsewhere.test/autodiscover/autodiscover.svc")]);
        var pox = await Post(exchange, "/autodiscover/autodiscover.xml", "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request><EMailAddress>moved@contoso.test</EMailAddress></Request></Autodiscover>");
        pox.Descendants().Single(e => e.Name.LocalName == "RedirectAddr").Value.ShouldBe("anna@contoso.test");
        var many = await Post(exchange, "/autodiscover/autodiscover.svc", Ask(Enumerable.Range(0, 101).Select(i => $"user{i}@contoso.test")));
        many.Descendants(a + "ErrorCode").First().Value.ShouldBe("InvalidRequest");
    }

    [Fact]
    public async Task The_status_page_and_its_json_tell_what_the_server_does()
    {
        await using var exchange = await StartAsync();
        await exchange.CreateMeeting();
        (await exchange.Http.GetStringAsync("/status")).ShouldContain("<title>Exchange simulator</title>");
        var status = await exchange.Control(HttpMethod.Get, "status");
        status.GetProperty("requests").GetProperty("CreateItem").GetInt64().ShouldBe(1);
        status.GetProperty("items").GetInt64().ShouldBe(1);
        status.GetProperty("throttle").GetProperty("concurrency").GetInt32().ShouldBe(27);
    }

    [Fact]
    public async Task The_request_log_file_holds_each_request_and_no_secret()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("exchange-log-").FullName, "requests.log");
        await using (var exchange = await StartAsync(o => o with { RequestLogFile = file, LogBodies = true, PushHandler = () => new PushReceiver() }))
        {
            await exchange.Call("<m:Subscribe><m:PushSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes><t:StatusFrequency>5</t:StatusFrequency><t:URL>http://receiver.test/push/secret-token-1?t=secret-token-2</t:URL></m:PushSubscriptionRequest></m:Subscribe>");
            var state = State(await exchange.Sync(null));
            await exchange.Sync(state);
            var log = (await File.ReadAllLinesAsync(file)).ToList();
            log.Count.ShouldBe(3);
            log[0].ShouldContain("http://receiver.test/***");
            string.Concat(log).ShouldNotContain("secret-token");
            string.Concat(log).ShouldNotContain(state);
            string.Concat(log).ShouldNotContain("Authorization");
            log[1].ShouldContain("\"operation\":\"SyncFolderItems\"");
        }

        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("--help", 0, "--back-ends")]
    [InlineData("--auth magic", 1, "'magic'")]
    [InlineData("--address nowhere", 1, "'nowhere'")]
    [InlineData("--port -1 --tls-port -1 --habit Nonsense=1", 1, "There is no habit 'Nonsense'")]
    [InlineData("--port 0 --tls-port -1 --faults /no/such/file", 1, "/no/such")]
    [InlineData("--nonsense", 1, "--nonsense")]
    public async Task The_command_line_explains_itself_and_refuses_what_it_does_not_know(string arguments, int code, string says)
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Split(' ').Prepend(Path.Combine(AppContext.BaseDirectory, "CrmSync.ExchangeSimulator.dll")))
            start.ArgumentList.Add(argument);
        using var process = System.Diagnostics.Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(code, text);
        text.ShouldContain(says);
    }

    [Fact]
    public async Task Folders_groups_settings_and_delegates_survive_a_restart()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("exchange-data-").FullName, "exchange.json");
        const string find = "<m:FindFolder Traversal=\"Shallow\"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:ParentFolderIds><t:DistinguishedFolderId Id=\"publicfoldersroot\"/></m:ParentFolderIds></m:FindFolder>";
        const string configuration = "<t:UserConfigurationName Name=\"Mine\"><t:DistinguishedFolderId Id=\"calendar\"/></t:UserConfigurationName>";
        const string anna = "<m:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></m:Mailbox>";
        await using (var first = await StartAsync(o => o with { DataFile = file }))
        {
            await first.Control(HttpMethod.Post, "public-folders", new { name = "Shared" });
            await first.Call("<m:SetUserOofSettingsRequest><t:Mailbox><t:Address>anna@contoso.test</t:Address></t:Mailbox><t:UserOofSettings><t:OofState>Enabled</t:OofState><t:ExternalAudience>All</t:ExternalAudience></t:UserOofSettings></m:SetUserOofSettingsRequest>");
            await first.Control(HttpMethod.Post, "groups", new { address = "all@contoso.test", name = "All", members = new[] { "ben@contoso.test" } });
            await first.Call($"<m:CreateUserConfiguration><m:UserConfiguration>{configuration}<t:XmlData>AAEC</t:XmlData></m:UserConfiguration></m:CreateUserConfiguration>");
            await first.Call($"<m:AddDelegate>{anna}<m:DelegateUsers><t:DelegateUser><t:UserId><t:PrimarySmtpAddress>ben@contoso.test</t:PrimarySmtpAddress></t:UserId><t:DelegatePermissions><t:CalendarFolderPermissionLevel>Editor</t:CalendarFolderPermissionLevel></t:DelegatePermissions></t:DelegateUser></m:DelegateUsers></m:AddDelegate>");
        }

        await using var second = await StartAsync(o => o with { DataFile = file });
        (await second.Call("<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>anna@contoso.test</t:Address></t:Mailbox></m:GetUserOofSettingsRequest>")).Descendants(T + "OofState").Single().Value.ShouldBe("Enabled");
        (await second.Call(find)).Descendants(T + "DisplayName").Single().Value.ShouldBe("Shared");
        (await second.Call("<m:ExpandDL><m:Mailbox><t:EmailAddress>all@contoso.test</t:EmailAddress></m:Mailbox></m:ExpandDL>")).Descendants(T + "Mailbox").ShouldHaveSingleItem();
        (await second.Call("<m:GetUserConfiguration><m:UserConfigurationName Name=\"Mine\"><t:DistinguishedFolderId Id=\"calendar\"/></m:UserConfigurationName><m:UserConfigurationProperties>XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>")).Descendants(T + "XmlData").Single().Value.ShouldBe("AAEC");
        (await second.Call($"<m:GetDelegate IncludePermissions=\"true\">{anna}</m:GetDelegate>")).Descendants(T + "CalendarFolderPermissionLevel").Single().Value.ShouldBe("Editor");
    }

    [Fact]
    public void Listening_beyond_loopback_needs_a_control_token() =>
        Should.Throw<InvalidOperationException>(() => SimulatorHost.Build(new SimulatorOptions { Address = IPAddress.Any, HttpPort = 0 }));

    [Fact]
    public async Task A_control_token_guards_control_and_page()
    {
        await using var exchange = await StartAsync(o => o with { ControlToken = "secret" });
        (await exchange.Http.GetAsync("/control/mailboxes")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await exchange.Http.GetAsync("/outlook/api/mailboxes")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        exchange.Http.DefaultRequestHeaders.Add("X-Control-Token", "secret");
        (await exchange.Http.GetAsync("/control/mailboxes")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_page_and_its_api_answer_and_errors_say_what_is_wrong()
    {
        await using var exchange = await StartAsync();
        (await exchange.Http.GetStringAsync("/outlook")).ShouldContain("data-testid=\"new-meeting\"");
        (await exchange.Http.GetStringAsync("/outlook/outlook.js")).ShouldContain("refresh");
        var created = await exchange.Control(HttpMethod.Post, "/outlook/api/anna@contoso.test/items", new { subject = "Page", start = "2026-03-10T09:00:00", end = "2026-03-10T10:00:00", required = new[] { "ben@contoso.test" } });
        created.GetProperty("start").GetString().ShouldBe("2026-03-10T08:00:00Z", "the mailbox lives in the Berlin zone");
        exchange.Organisation.Mails.Mails.ShouldHaveSingleItem().Cause.ShouldBe("Outlook");
        using var bad = new StringContent("{\"showAs\":\"Asleep\"}", Encoding.UTF8, "application/json");
        var refused = await exchange.Http.PatchAsync($"/outlook/api/anna@contoso.test/item?id={Uri.EscapeDataString(created.GetProperty("id").GetString()!)}", bad);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("Enumeration");
    }

    [Fact]
    public async Task Names_are_resolved_with_a_warning_for_several_hits()
    {
        await using var exchange = await StartAsync();
        Task<XElement> Resolve(string entry) => exchange.Call($"<m:ResolveNames ReturnFullContactData=\"true\"><m:UnresolvedEntry>{entry}</m:UnresolvedEntry></m:ResolveNames>");
        (await Resolve("anna@contoso.test")).Descendants(T + "EmailAddress").First().Value.ShouldBe("anna@contoso.test");
        Code(await Resolve("nobody")).ShouldBe("ErrorNameResolutionNoResults");
        await exchange.Control(HttpMethod.Post, "mailboxes", new { address = "anna.b@contoso.test", displayName = "Anna B" });
        var several = await Resolve("anna");
        Code(several).ShouldBe("ErrorNameResolutionMultipleResults");
        several.Descendants(T + "Resolution").Count().ShouldBe(2);
    }

    [Fact]
    public async Task Ids_are_converted_and_malformed_ones_refused()
    {
        await using var exchange = await StartAsync();
        var (id, _) = await exchange.CreateMeeting();
        Task<XElement> Convert(string text) => exchange.Call($"<m:ConvertId DestinationFormat=\"HexEntryId\"><m:SourceIds><t:AlternateId Format=\"EwsId\" Id=\"{text}\" Mailbox=\"anna@contoso.test\"/></m:SourceIds></m:ConvertId>");
        (await Convert(id)).Descendants(M + "AlternateId").Single().Attribute("Id")!.Value.ShouldBe(System.Convert.ToHexString(System.Convert.FromBase64String(id)));
        Code(await Convert("DUMMY")).ShouldBe("ErrorInvalidIdMalformed");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        await using var exchange = await StartAsync(o => o with { MaxRequestBytes = 10_000 });
        (await exchange.Raw(new string(' ', 20_000))).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static async Task<XDocument> Post(TestExchange exchange, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "text/xml") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("anna@contoso.test:demo"u8.ToArray()));
        using var response = await exchange.Http.SendAsync(request);
        return XDocument.Parse(await response.Content.ReadAsStringAsync());
    }
}
