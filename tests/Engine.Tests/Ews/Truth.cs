using System.Xml;
using System.Xml.Schema;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The published schema and the collected samples, which are not part of the project: CRMSYNC_EWS_TRUTH, default ../shared/ews.</summary>
internal static class Truth
{
    private static readonly Lazy<XmlSchemaSet> Schemas = new(Load);

    public static string Folder
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("CRMSYNC_EWS_TRUTH") ?? Path.GetFullPath(Path.Combine(Root(), "..", "shared", "ews"));
            if (Directory.Exists(Path.Combine(folder, "schema")))
                return folder;
            var reason = $"No EWS schema and samples at {folder}; set CRMSYNC_EWS_TRUTH.";
            if (Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
                Assert.Fail(reason);
            Assert.Skip(reason);
            return folder;
        }
    }

    public static IEnumerable<string> Samples(string operation) =>
        Directory.EnumerateFiles(Path.Combine(Folder, "samples", operation)).Order(StringComparer.Ordinal);

    /// <summary>The schema's complaints about a document; empty when it is valid.</summary>
    public static IReadOnlyList<string> Complaints(ReadOnlyMemory<byte> document)
    {
        var complaints = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = Schemas.Value };
        settings.ValidationFlags |= XmlSchemaValidationFlags.ReportValidationWarnings;
        settings.ValidationEventHandler += (_, e) => complaints.Add($"{e.Severity}: {e.Message}");
        using var reader = XmlReader.Create(new MemoryStream(document.ToArray()), settings);
        while (reader.Read())
        {
        }
        return complaints;
    }

    private static XmlSchemaSet Load()
    {
        var schemas = new XmlSchemaSet { XmlResolver = new XmlUrlResolver() };
        schemas.Add(null, Path.Combine(Folder, "schema", "ews-all.xsd"));
        schemas.Compile();
        return schemas;
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CrmSync.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("not inside the project");
    }
}
