using System.Net;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 1, 2 and 12 point 1: validation, faults, headers, sign-in.</summary>
public sealed class RequestTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    [Fact]
    public async Task An_unknown_folder_name_is_a_schema_fault_with_line_position_and_violation()
    {
        var (code, fault) = await _exchange.CallForFault("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"nowhere\"/></m:FolderIds></m:GetFolder>");
        code.ShouldBe("ErrorSchemaValidation");
        fault.Descendants(T + "LineNumber").Single().Value.ShouldBe("2");
        int.Parse(fault.Descendants(T + "LinePosition").Single().Value).ShouldBeGreaterThan(100);
        fault.Descendants(T + "Violation").Single().Value.ShouldContain("The Enumeration constraint failed");
    }

    [Theory]
    [InlineData("<m:GetFolder><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape></m:GetFolder>")]
    [InlineData("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape></m:GetFolder>")]
    [InlineData("<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds/></m:GetItem>")]
    [InlineData("<m:DeleteItem><m:ItemIds><t:ItemId Id=\"x\"/></m:ItemIds></m:DeleteItem>")]
    [InlineData("<m:Nonsense/>")]
    [InlineData("<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId><m:MaxChangesReturned>513</m:MaxChangesReturned></m:SyncFolderItems>")]
    [InlineData("<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId><m:MaxChangesReturned>0</m:MaxChangesReturned></m:SyncFolderItems>")]
    public async Task What_breaks_the_schema_is_a_fault(string operation) => (await _exchange.CallForFault(operation)).Code.ShouldBe("ErrorSchemaValidation");

    [Fact]
    public async Task An_unknown_version_is_a_fault() =>
        (await _exchange.CallForFault(GetInbox, version: "Exchange2042")).Code.ShouldBe("ErrorInvalidServerVersion");

    [Theory]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("<a><b></a>")]
    [InlineData("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>")]
    public async Task Bytes_that_are_no_xml_or_hold_a_dtd_are_a_bad_request(string body) => (await _exchange.Raw(body)).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Deeply_nested_xml_is_a_bad_request() =>
        (await _exchange.Raw(string.Concat(Enumerable.Repeat("<a>", 100_000)))).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Every_answer_tells_the_server_version_and_the_exact_content_type()
    {
        using var response = await _exchange.Http.SendAsync(Request(Envelope(GetInbox)));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/xml; charset=utf-8");
        XDocument.Parse(await response.Content.ReadAsStringAsync()).Descendants(T + "ServerVersionInfo").Single().Attribute("MajorVersion")!.Value.ShouldBe("15");
    }

    [Fact]
    public async Task The_case_of_the_path_is_ignored()
    {
        using var request = Request(Envelope(GetInbox));
        request.RequestUri = new Uri("/ews/exchange.ASMX", UriKind.Relative);
        (await _exchange.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_credentials_each_kind_of_sign_in_is_offered_in_a_header_of_its_own()
    {
        var response = await _exchange.Http.PostAsync("/EWS/Exchange.asmx", new StringContent("<a/>"));
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.Select(h => h.Scheme).ShouldBe(["Negotiate", "NTLM", "Bearer", "Basic"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_wrong_password_is_refused() => (await _exchange.Raw(Envelope(GetInbox), password: "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);

    [Fact]
    public async Task A_changed_password_counts_at_once()
    {
        await _exchange.Control(HttpMethod.Post, "accounts", new { name = "anna@contoso.test", password = "new" });
        (await _exchange.Raw(Envelope(GetInbox))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await _exchange.Raw(Envelope(GetInbox), password: "new")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Impersonation_acts_on_the_other_mailbox()
    {
        var response = await _exchange.Call("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>", "sync@contoso.test", "ben@contoso.test");
        response.Descendants(T + "FolderId").Single().Attribute("Id")!.Value.ShouldBe(_exchange.Organisation.FindMailbox("ben@contoso.test")!["calendar"].Id);
    }

    [Fact]
    public async Task An_unknown_mailbox_is_a_fault_in_the_header_and_a_response_error_in_the_body()
    {
        (await _exchange.CallForFault(GetInbox, "sync@contoso.test", "nobody@contoso.test")).Code.ShouldBe("ErrorNonExistentMailbox");
        var response = await _exchange.Call("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>nobody@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>");
        Code(response).ShouldBe("ErrorNonExistentMailbox");
        response.Descendants(T + "Value").Single().Attribute("Name")!.Value.ShouldBe("SmtpAddress");
    }

    [Fact]
    public async Task Who_may_not_impersonate_gets_a_fault()
    {
        (await _exchange.CallForFault(GetInbox, "anna@contoso.test", "ben@contoso.test")).Code.ShouldBe("ErrorImpersonationDenied");
        await _exchange.Control(HttpMethod.Post, "accounts", new { name = "sync@contoso.test", mayImpersonate = true, impersonationScope = new[] { "anna@contoso.test" } });
        (await _exchange.CallForFault(GetInbox, "sync@contoso.test", "ben@contoso.test")).Code.ShouldBe("ErrorImpersonateUserDenied");
    }

    [Fact]
    public async Task Delegates_see_by_folder_rights_and_errors_come_in_the_response()
    {
        const string bensCalendar = "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>";
        const string get = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>" + bensCalendar + "</m:FolderIds></m:GetFolder>";
        const string create = "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId>" + bensCalendar + "</m:SavedItemFolderId><m:Items><t:CalendarItem><t:Subject>By Anna</t:Subject></t:CalendarItem></m:Items></m:CreateItem>";
        Code(await _exchange.Call(get)).ShouldBe("ErrorFolderNotFound");
        await _exchange.Control(HttpMethod.Post, "mailboxes/ben@contoso.test/permissions", new { @delegate = "anna@contoso.test", folder = "calendar", level = "Reviewer" });
        Code(await _exchange.Call(get)).ShouldBe("NoError");
        Code(await _exchange.Call(create)).ShouldBe("ErrorAccessDenied");
        await _exchange.Control(HttpMethod.Post, "mailboxes/ben@contoso.test/permissions", new { @delegate = "anna@contoso.test", folder = "calendar", level = "Editor" });
        Code(await _exchange.Call(create)).ShouldBe("NoError");
    }

    [Fact]
    public async Task A_delegate_without_the_private_flag_sees_a_private_item_as_a_block_of_time()
    {
        var (id, _) = await _exchange.CreateMeeting("<t:Subject>Dentist</t:Subject><t:Sensitivity>Private</t:Sensitivity>", user: "ben@contoso.test");
        await _exchange.Control(HttpMethod.Post, "mailboxes/ben@contoso.test/permissions", new { @delegate = "anna@contoso.test", folder = "calendar", level = "Reviewer" });
        var seen = await _exchange.Get(id);
        seen.Descendants(T + "Subject").ShouldBeEmpty();
        seen.Descendants(T + "Start").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_bearer_token_is_fetched_with_client_credentials_and_then_impersonates()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = "sync@contoso.test", ["client_secret"] = "demo", ["scope"] = "https://localhost/.default" });
        var response = await _exchange.Http.PostAsync("/tenant/oauth2/v2.0/token", form);
        var token = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("access_token").GetString();
        using var request = Request(Envelope(GetInbox, "anna@contoso.test"));
        request.Headers.Authorization = new("Bearer", token);
        (await _exchange.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Responses_are_gzipped_when_the_client_takes_it()
    {
        for (var i = 0; i < 20; i++)
            await _exchange.CreateMeeting();
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = new Uri(_exchange.Url) };
        using var request = Request(Envelope("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>"));
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        (await client.SendAsync(request)).Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
    }

    [Fact]
    public async Task A_property_newer_than_the_requested_version_is_refused_or_left_out()
    {
        var (id, _) = await _exchange.CreateMeeting();
        const string wallClock = "<t:AdditionalProperties><t:FieldURI FieldURI=\"calendar:StartWallClock\"/></t:AdditionalProperties>";
        Code(await _exchange.Get(id, more: wallClock, version: "Exchange2010")).ShouldBe("ErrorInvalidPropertyRequest");
        (await _exchange.Get(id, version: "Exchange2010")).Descendants(T + "StartWallClock").ShouldBeEmpty();
        (await _exchange.Get(id, version: "Exchange2013")).Descendants(T + "StartWallClock").ShouldHaveSingleItem();
    }

    private const string GetInbox = "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";
}
