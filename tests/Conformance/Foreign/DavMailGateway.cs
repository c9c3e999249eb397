using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;

namespace CrmSync.Conformance.Foreign;

/// <summary>DavMail of Debian as a process of its own: CalDAV and CardDAV in, EWS out to a simulator of this class's own. Started once for all its tests.</summary>
public sealed class DavMailGateway : IAsyncLifetime
{
    private const string Jar = "/usr/share/davmail/davmail.jar";

    private ForeignProcess? _process;
    private HttpClient _http = null!;

    public ForeignExchange Server { get; private set; } = null!;

    public static bool IsInstalled => File.Exists(Jar) && Java != null;

    public string WholeLog => _process?.Output ?? "";

    /// <summary>What it logged last: shown when an assertion fails.</summary>
    public string Log => _process?.Output is { Length: > 6000 } long_ ? long_[^6000..] : _process?.Output ?? "";

    private static string? Java => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Select(d => Path.Combine(d, "java")).FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
            return;
        Server = await ForeignExchange.StartAsync();
        var port = FreePort();
        var settings = Path.Combine(Server.Folder, "davmail.properties");
        await File.WriteAllTextAsync(settings, $"""
            davmail.server=true
            davmail.mode=EWS
            davmail.enableEws=true
            davmail.url={Server.HttpUrl}/EWS/Exchange.asmx
            davmail.bindAddress=127.0.0.1
            davmail.allowRemote=false
            davmail.disableUpdateCheck=true
            davmail.caldavPort={port}
            davmail.imapPort=
            davmail.popPort=
            davmail.smtpPort=
            davmail.ldapPort=
            davmail.logFilePath={Server.Folder}/davmail.log
            log4j.rootLogger=WARN
            log4j.logger.davmail=DEBUG
            """);
        _process = ForeignProcess.Start(Java!, ["-Djava.awt.headless=true", "-Xmx256m", "-Duser.home=" + Server.Folder, "-jar", Jar, settings], folder: Server.Folder);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/users/anna@contoso.test/"), Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("anna@contoso.test:demo")));
        for (var i = 0; i < 300 && !await Listens(port); i++)
        {
            _process.HasExited.ShouldBeFalse(_process.Output + _process.Error);
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process == null)
            return;
        await _process.DisposeAsync();
        _http.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>One request below the user's root; the status and the text of the answer.</summary>
    public async Task<(HttpStatusCode Status, string Text)> Send(string method, string path, string? body = null, string type = "text/xml", string depth = "0")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body == null ? null : new StringContent(body, Encoding.UTF8, type) };
        request.Headers.Add("Depth", depth);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>PROPFIND or REPORT: what each href answered.</summary>
    public async Task<Dictionary<string, XElement>> Ask(string method, string path, string body, string depth = "1")
    {
        var (status, text) = await Send(method, path, body, depth: depth);
        status.ShouldBe(HttpStatusCode.MultiStatus, text + Log);
        XNamespace dav = "DAV:";
        // At depth 1 of a user's root this version puts the children's responses inside the parent's.
        return XDocument.Parse(text).Descendants(dav + "response").ToDictionary(r => Uri.UnescapeDataString(r.Element(dav + "href")!.Value), r => r);
    }

    private static async Task<bool> Listens(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
