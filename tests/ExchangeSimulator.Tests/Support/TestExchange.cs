using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>A simulator with the demo people on a free port. Every answer it gives is validated against the schema when that is at hand.</summary>
public sealed class TestExchange : IAsyncDisposable
{
    public static readonly XNamespace M = "http://schemas.microsoft.com/exchange/services/2006/messages";
    public static readonly XNamespace T = "http://schemas.microsoft.com/exchange/services/2006/types";
    public static readonly XNamespace S = "http://schemas.xmlsoap.org/soap/envelope/";
    public static readonly XNamespace E = "http://schemas.microsoft.com/exchange/services/2006/errors";

    private readonly WebApplication _app;

    private TestExchange(WebApplication app, string url)
    {
        _app = app;
        Url = url;
        Http = new HttpClient { BaseAddress = new Uri(url) };
    }

    public string Url { get; }
    public string HttpsUrl => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith("https:", StringComparison.Ordinal));
    public HttpClient Http { get; }
    public SimulatedExchange Exchange => _app.Services.GetRequiredService<SimulatedExchange>();
    public Organisation Organisation => Exchange.Organisation;

    public static async Task<TestExchange> StartAsync(Func<SimulatorOptions, SimulatorOptions>? change = null)
    {
        var options = new SimulatorOptions
        {
            HttpPort = 0,
            CertificateFolder = Directory.CreateTempSubdirectory("exchange-test-").FullName,
            MaxNotificationDelay = TimeSpan.Zero,
            Minute = TimeSpan.FromMilliseconds(200),
        };
        options = change?.Invoke(options) ?? options;
        var app = SimulatorHost.Build(options, exchange =>
        {
            if (exchange.Organisation.FindMailbox("anna@contoso.test") == null)
                DemoData.Seed(exchange.Organisation);
            foreach (var mailbox in exchange.Organisation.Mailboxes.ToList())
                foreach (var item in options.DataFile == null ? mailbox.Folders.SelectMany(f => f.Items).ToList() : [])
                    exchange.Organisation.Remove(item);
            if (options.DataFile == null)
                exchange.Organisation.Mails.Clear();
        });
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith("http:", StringComparison.Ordinal));
        return new TestExchange(app, url);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Sends one operation as a user, or impersonating one as the service account.</summary>
    public async Task<XElement> Call(string operation, string user = "anna@contoso.test", string? impersonate = null, string version = "Exchange2013_SP1", string header = "")
    {
        var (status, text) = await Raw(Envelope(operation, impersonate, version, header), user);
        status.ShouldBe(HttpStatusCode.OK, text);
        return XDocument.Parse(text).Descendants(S + "Body").Single().Elements().Single();
    }

    /// <summary>Sends one operation that must end in a SOAP fault; gives its response code and the whole fault.</summary>
    public async Task<(string Code, XElement Fault)> CallForFault(string operation, string user = "anna@contoso.test", string? impersonate = null, string version = "Exchange2013_SP1")
    {
        var (status, text) = await Raw(Envelope(operation, impersonate, version, ""), user);
        status.ShouldBe(HttpStatusCode.InternalServerError, text);
        var fault = XDocument.Parse(text).Descendants(S + "Fault").Single();
        return (fault.Descendants(E + "ResponseCode").Single().Value, fault);
    }

    public async Task<(HttpStatusCode Status, string Text)> Raw(string body, string user = "anna@contoso.test", string password = "demo")
    {
        using var request = Request(body, user, password);
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (response.Content.Headers.ContentType?.MediaType == "text/xml" && text.Contains("Response", StringComparison.Ordinal) && !text.Contains(":Fault", StringComparison.Ordinal))
            Truth.Problems(text).ShouldBeEmpty(text);
        return (response.StatusCode, text);
    }

    public static HttpRequestMessage Request(string body, string user = "anna@contoso.test", string password = "demo")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/EWS/Exchange.asmx") { Content = new StringContent(body, Encoding.UTF8, "text/xml") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return request;
    }

    public static string Envelope(string operation, string? impersonate = null, string version = "Exchange2013_SP1", string header = "")
    {
        var impersonation = impersonate == null
            ? ""
            : $"<t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>{impersonate}</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>";
        return $"""
            <?xml version="1.0" encoding="utf-8"?>
            <s:Envelope xmlns:s="{S}" xmlns:m="{M}" xmlns:t="{T}"><s:Header><t:RequestServerVersion Version="{version}"/>{impersonation}{header}</s:Header><s:Body>{operation}</s:Body></s:Envelope>
            """;
    }

    public async Task<JsonElement> Control(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : "/control/" + path) { Content = body == null ? null : JsonContent.Create(body) };
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public static string Code(XElement response) => response.Descendants(M + "ResponseCode").First().Value;

    public static IReadOnlyList<string> Codes(XElement response) => response.Descendants(M + "ResponseCode").Select(c => c.Value).ToList();

    public static (string Id, string Key) ItemId(XElement response)
    {
        var id = response.Descendants(T + "ItemId").First();
        return (id.Attribute("Id")!.Value, id.Attribute("ChangeKey")!.Value);
    }

    public async Task<(string Id, string Key)> CreateMeeting(string inner = "<t:Subject>Plan</t:Subject>", string times = "<t:Start>2026-03-10T09:00:00Z</t:Start><t:End>2026-03-10T10:00:00Z</t:End>", string after = "", string send = "SendToNone", string user = "anna@contoso.test")
    {
        var response = await Call($"<m:CreateItem SendMeetingInvitations=\"{send}\"><m:Items><t:CalendarItem>{inner}{times}{after}</t:CalendarItem></m:Items></m:CreateItem>", user);
        Code(response).ShouldBe("NoError");
        return ItemId(response);
    }

    public Task<XElement> Get(string id, string user = "anna@contoso.test", string more = "", string shape = "AllProperties", string version = "Exchange2013_SP1", string header = "") =>
        Call($"<m:GetItem><m:ItemShape><t:BaseShape>{shape}</t:BaseShape>{more}</m:ItemShape><m:ItemIds><t:ItemId Id=\"{id}\"/></m:ItemIds></m:GetItem>", user, version: version, header: header);

    public Task<XElement> Update(string id, string? key, string changes, string mode = "NeverOverwrite", string? send = "SendToNone", string user = "anna@contoso.test", string attributes = "")
    {
        var keyAttribute = key == null ? "" : $" ChangeKey=\"{key}\"";
        var sendAttribute = send == null ? "" : $" SendMeetingInvitationsOrCancellations=\"{send}\"";
        return Call($"<m:UpdateItem ConflictResolution=\"{mode}\"{sendAttribute}{attributes}><m:ItemChanges><t:ItemChange><t:ItemId Id=\"{id}\"{keyAttribute}/><t:Updates>{changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>", user);
    }

    public static string Set(string uri, string value, string kind = "CalendarItem") =>
        $"<t:SetItemField><t:FieldURI FieldURI=\"{uri}\"/><t:{kind}>{value}</t:{kind}></t:SetItemField>";

    public Task<XElement> Delete(string id, string type = "MoveToDeletedItems", string? send = "SendToNone", string user = "anna@contoso.test", string extra = "") =>
        Call($"<m:DeleteItem DeleteType=\"{type}\"{(send == null ? "" : $" SendMeetingCancellations=\"{send}\"")}{extra}><m:ItemIds><t:ItemId Id=\"{id}\"/></m:ItemIds></m:DeleteItem>", user);

    public Task<XElement> Sync(string? state, int max = 512, string folder = "calendar", string user = "anna@contoso.test", string ignore = "") =>
        Call($"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"{folder}\"/></m:SyncFolderId>{(state == null ? "" : $"<m:SyncState>{state}</m:SyncState>")}{ignore}<m:MaxChangesReturned>{max}</m:MaxChangesReturned></m:SyncFolderItems>", user);

    public static string State(XElement sync) => sync.Descendants(M + "SyncState").Single().Value;

    public static IReadOnlyList<string> Changes(XElement sync) => sync.Descendants(M + "Changes").Single().Elements().Select(c => c.Name.LocalName).ToList();
}
