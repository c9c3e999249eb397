using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>The published schema and samples, which are not part of the project. Without them the tests that need them report themselves skipped.</summary>
public static class Truth
{
    private static readonly Lazy<XmlSchemaSet?> LazySchemas = new(Load);

    public static string Repository { get; } = FindRepository();

    public static string Folder => Environment.GetEnvironmentVariable("CRMSYNC_EWS_TRUTH") ?? Path.Combine(Repository, "..", "shared", "ews");

    public static bool IsPresent => Directory.Exists(Path.Combine(Folder, "schema"));

    public static XmlSchemaSet? Schemas => LazySchemas.Value;

    /// <summary>Skips the running test, or fails it where the truth is demanded.</summary>
    public static void Require()
    {
        if (IsPresent)
            return;
        var reason = $"no schema and samples at {Folder}; set CRMSYNC_EWS_TRUTH";
        if (Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }

    /// <summary>What is wrong with a SOAP envelope. The places where the wire differs from the schema on purpose are left out.</summary>
    public static IReadOnlyList<string> Problems(string envelope)
    {
        if (Schemas == null)
            return [];
        var problems = new List<string>();
        var document = XDocument.Parse(Harmless(envelope), LoadOptions.SetLineInfo);
        document.Validate(Schemas, (_, e) => problems.Add(e.Message));
        return problems;
    }

    /// <summary>
    /// Known wire deviations (protocol.md 9): in streams Notification and the ids of bad subscriptions stand in the messages namespace. A fault's
    /// detail and the Autodiscover answers have no schema here.
    /// </summary>
    private static string Harmless(string envelope)
    {
        var document = XDocument.Parse(envelope);
        XNamespace messages = "http://schemas.microsoft.com/exchange/services/2006/messages";
        XNamespace types = "http://schemas.microsoft.com/exchange/services/2006/types";
        foreach (var list in document.Descendants(messages + "Notifications").Concat(document.Descendants(messages + "ErrorSubscriptionIds")).ToList())
        {
            foreach (var child in list.Elements())
                child.Name = types + child.Name.LocalName;
        }

        // An empty request for attachments is answered by an empty list, which the schema does not know (clients.md 4).
        if (document.Descendants(messages + "GetAttachmentResponse").SingleOrDefault() is { } answer && !answer.Descendants(messages + "GetAttachmentResponseMessage").Any())
            answer.Remove();
        return document.ToString(SaveOptions.DisableFormatting);
    }

    private static XmlSchemaSet? Load()
    {
        if (!IsPresent)
            return null;
        var set = new XmlSchemaSet { XmlResolver = new XmlUrlResolver() };
        set.Add(null, Path.Combine(Folder, "schema", "messages.xsd"));
        set.Add(null, Path.Combine(Folder, "schema", "soap11.xsd"));
        set.Compile();
        return set;
    }

    private static string FindRepository([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (folder != null && !File.Exists(Path.Combine(folder.FullName, "CrmSync.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? Directory.GetCurrentDirectory();
    }
}
