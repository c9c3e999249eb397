using System.Globalization;
using System.Text;
using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Autodiscover in both forms: SOAP GetUserSettings and POX (protocol.md 11).</summary>
public static class Autodiscover
{
    private const string Soap = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
    private const string PoxRequest = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
    private const string PoxResponse = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
    private const string PoxSettings = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";
    private const int MaxBody = 256 * 1024;

    /// <summary>Users in one GetUserSettings (believed, protocol.md 11).</summary>
    private const int MaxUsers = 100;

    private static readonly string[] Schemas =
    [
        "Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
    ];

    public static void Map(WebApplication app, SimulatedExchange exchange, SignIn signIn)
    {
        app.MapPost("/autodiscover/autodiscover.svc", context => Serve(context, signIn, root => GetUserSettings(exchange, root, Url(context))));
        app.MapPost("/autodiscover/autodiscover.xml", context => Serve(context, signIn, root => Pox(exchange, root, Url(context))));
        // Where clients ask without credentials after all else failed: they are sent to the endpoint proper (protocol.md 11).
        app.MapGet("/autodiscover/autodiscover.xml", (HttpContext context) => Results.Redirect($"{context.Request.Scheme}://{context.Request.Host}/autodiscover/autodiscover.xml?redirected"));
    }

    private static string Url(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}/EWS/Exchange.asmx";

    private static async Task Serve(HttpContext context, SignIn signIn, Func<Node, byte[]> answer)
    {
        if (signIn.Check(context) == null)
            return;
        if (context.Request.ContentLength > MaxBody)
        {
            context.Response.StatusCode = 413;
            return;
        }

        var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0 && buffer.Length <= MaxBody)
            buffer.Write(chunk, 0, read);
        byte[] body;
        try
        {
            buffer.Position = 0;
            body = answer(NodeReader.Read(buffer));
        }
        catch (XmlException)
        {
            context.Response.StatusCode = 400;
            return;
        }

        context.Response.ContentType = "text/xml; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static byte[] GetUserSettings(SimulatedExchange exchange, Node root, string url)
    {
        var request = root.Child("Body")?.Child("GetUserSettingsRequestMessage")?.Child("Request");
        var users = request?.Child("Users")?.Children.ConvertAll(u => u.ChildText("Mailbox") ?? "") ?? [];
        var settings = request?.Child("RequestedSettings")?.Children.ConvertAll(s => s.Text) ?? [];
        return Write(xml =>
        {
            xml.WriteStartElement("s", "Envelope", Names.Soap);
            xml.WriteStartElement("s", "Header", Names.Soap);
            xml.WriteStartElement("h", "ServerVersionInfo", Soap);
            foreach (var (name, value) in Version(exchange.Edition))
                xml.WriteElementString("h", name, Soap, value);
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteStartElement("s", "Body", Names.Soap);
            xml.WriteStartElement("", "GetUserSettingsResponseMessage", Soap);
            xml.WriteStartElement("Response", Soap);
            xml.WriteAttributeString("xmlns", "i", null, Xsi);
            var code = users.Count is 0 or > MaxUsers || settings.Count == 0 ? "InvalidRequest" : "NoError";
            xml.WriteElementString("ErrorCode", Soap, code);
            xml.WriteElementString("ErrorMessage", Soap, code == "NoError" ? "" : "Users and settings are needed.");
            xml.WriteStartElement("UserResponses", Soap);
            foreach (var user in code == "NoError" ? users : [])
                User(xml, Find(exchange, user), Elsewhere(exchange, user), settings, exchange, url);
            xml.WriteEndDocument();
        });
    }

    private static (string Name, string Value)[] Version(ServerEdition edition) =>
    [
        ("MajorVersion", Text(edition.Major)), ("MinorVersion", Text(edition.Minor)), ("MajorBuildNumber", Text(edition.Build)), ("MinorBuildNumber", Text(edition.Revision)),
        ("Version", edition.Newest.StartsWith("Exchange", StringComparison.Ordinal) ? edition.Newest : "Exchange2016"),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void User(XmlWriter xml, Mailbox? mailbox, AutodiscoverRedirect? elsewhere, List<string> settings, SimulatedExchange exchange, string url)
    {
        if (elsewhere != null)
            mailbox = null;
        xml.WriteStartElement("UserResponse", Soap);
        xml.WriteElementString("ErrorCode", Soap, elsewhere != null ? elsewhere.RedirectAddress != null ? "RedirectAddress" : "RedirectUrl" : mailbox == null ? "InvalidUser" : "NoError");
        xml.WriteElementString("ErrorMessage", Soap, elsewhere != null ? "Redirection." : mailbox == null ? "Invalid user." : "No error.");
        xml.WriteStartElement("RedirectTarget", Soap);
        if (elsewhere == null)
            xml.WriteAttributeString("i", "nil", Xsi, "true");
        else
            xml.WriteString(elsewhere.RedirectAddress ?? elsewhere.RedirectUrl);
        xml.WriteEndElement();
        var known = settings.Select(s => (Name: s, Value: mailbox == null ? null : Setting(s, mailbox, exchange, url))).ToList();
        xml.WriteStartElement("UserSettingErrors", Soap);
        foreach (var (name, _) in known.Where(k => mailbox != null && k.Value == null))
        {
            xml.WriteStartElement("UserSettingError", Soap);
            xml.WriteElementString("ErrorCode", Soap, "SettingIsNotAvailable");
            xml.WriteElementString("ErrorMessage", Soap, "The setting is not available.");
            xml.WriteElementString("SettingName", Soap, name);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteStartElement("UserSettings", Soap);
        foreach (var (name, value) in known.Where(k => k.Value != null))
        {
            xml.WriteStartElement("UserSetting", Soap);
            xml.WriteAttributeString("i", "type", Xsi, "StringSetting");
            xml.WriteElementString("Name", Soap, name);
            xml.WriteElementString("Value", Soap, value);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static string? Setting(string name, Mailbox mailbox, SimulatedExchange exchange, string url) => name switch
    {
        "ExternalEwsUrl" or "InternalEwsUrl" => url,
        "GroupingInformation" => exchange.BackEnds.Group(mailbox),
        "PublicFolderInformation" => PublicFolders(exchange),
        "ExternalPublicFolderInformation" => PublicFolders(exchange),
        "UserDisplayName" => mailbox.DisplayName,
        "AutoDiscoverSMTPAddress" => mailbox.Address,
        "UserDN" => "/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn=" + mailbox.Address,
        "EwsSupportedSchemas" => string.Join(", ", Schemas.Where(s => ServerVersion.Order(s) <= exchange.Edition.NewestOrder)),
        "CasVersion" => string.Create(CultureInfo.InvariantCulture, $"{exchange.Edition.Major:00}.{exchange.Edition.Minor:00}.{exchange.Edition.Build:0000}.{exchange.Edition.Revision:000}"),
        _ => null,
    };

    private static byte[] Pox(SimulatedExchange exchange, Node root, string url)
    {
        var request = root.Ns == PoxRequest ? root.Child("Request") : null;
        var asked = request?.ChildText("EMailAddress")?.Trim();
        var mailbox = asked != null ? Find(exchange, asked) : null;
        var elsewhere = asked != null ? Elsewhere(exchange, asked) : null;
        return Write(xml =>
        {
            xml.WriteStartElement("", "Autodiscover", PoxResponse);
            xml.WriteStartElement("", "Response", mailbox == null && elsewhere == null ? PoxResponse : PoxSettings);
            if (elsewhere != null)
                Redirect(xml, elsewhere);
            else if (mailbox == null)
                Error(xml, request == null ? "600" : "500", request == null ? "Invalid Request" : "The email address can't be found.");
            else
                Settings(xml, mailbox, url);
            xml.WriteEndDocument();
        });
    }

    private static void Error(XmlWriter xml, string code, string message)
    {
        xml.WriteStartElement("Error", PoxResponse);
        xml.WriteAttributeString("Time", "00:00:00.0000000");
        xml.WriteAttributeString("Id", "1");
        xml.WriteElementString("ErrorCode", PoxResponse, code);
        xml.WriteElementString("Message", PoxResponse, message);
        xml.WriteElementString("DebugData", PoxResponse, "");
        xml.WriteEndElement();
    }

    private static void Redirect(XmlWriter xml, AutodiscoverRedirect elsewhere)
    {
        xml.WriteStartElement("Account", PoxSettings);
        xml.WriteElementString("Action", PoxSettings, elsewhere.RedirectAddress != null ? "redirectAddr" : "redirectUrl");
        xml.WriteElementString(elsewhere.RedirectAddress != null ? "RedirectAddr" : "RedirectUrl", PoxSettings, elsewhere.RedirectAddress ?? elsewhere.RedirectUrl);
        xml.WriteEndElement();
    }

    private static void Settings(XmlWriter xml, Mailbox mailbox, string url)
    {
        xml.WriteStartElement("User", PoxSettings);
        xml.WriteElementString("DisplayName", PoxSettings, mailbox.DisplayName);
        xml.WriteElementString("AutoDiscoverSMTPAddress", PoxSettings, mailbox.Address);
        xml.WriteEndElement();
        xml.WriteStartElement("Account", PoxSettings);
        xml.WriteElementString("AccountType", PoxSettings, "email");
        xml.WriteElementString("Action", PoxSettings, "settings");
        foreach (var type in new[] { "EXCH", "EXPR" })
        {
            xml.WriteStartElement("Protocol", PoxSettings);
            xml.WriteElementString("Type", PoxSettings, type);
            xml.WriteElementString("ASUrl", PoxSettings, url);
            xml.WriteElementString("EwsUrl", PoxSettings, url);
            xml.WriteElementString("OOFUrl", PoxSettings, url);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static Mailbox? Find(SimulatedExchange exchange, string address)
    {
        lock (exchange.Organisation.Gate)
            return exchange.Organisation.FindMailbox(address);
    }

    private static AutodiscoverRedirect? Elsewhere(SimulatedExchange exchange, string address)
    {
        lock (exchange.Organisation.Gate)
            return exchange.Organisation.Redirects.GetValueOrDefault(address);
    }

    private static string PublicFolders(SimulatedExchange exchange)
    {
        lock (exchange.Organisation.Gate)
            return exchange.Organisation.PublicFolders.Address;
    }

    private static byte[] Write(Action<XmlWriter> content)
    {
        var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
            content(xml);
        return stream.ToArray();
    }
}
