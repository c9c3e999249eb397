using System.Globalization;
using System.Text;
using System.Xml;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;
using NodaTime.Text;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>Writes one request's envelope into memory; the length is known before the first byte leaves, and a refused sign-in can send it again.</summary>
internal sealed class RequestWriter : IDisposable
{
    // Line ends as they are: the default would turn them into those of the machine that we run on.
    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CheckCharacters = false, NewLineHandling = NewLineHandling.None,
    };

    private readonly MemoryStream _buffer = new(4096);
    private readonly XmlWriter _xml;

    public RequestWriter(RequestContext context)
    {
        Context = context;
        _xml = XmlWriter.Create(_buffer, Settings);
    }

    public RequestContext Context { get; }

    public SchemaVersion Version => Context.Version;

    /// <summary>The whole envelope around what <paramref name="body"/> writes.</summary>
    public ReadOnlyMemory<byte> Envelope(Action<RequestWriter> body)
    {
        _xml.WriteStartDocument();
        _xml.WriteStartElement("s", "Envelope", Ns.Soap);
        _xml.WriteAttributeString("xmlns", "t", null, Ns.Types);
        _xml.WriteAttributeString("xmlns", "m", null, Ns.Messages);
        _xml.WriteStartElement("s", "Header", Ns.Soap);
        Type("RequestServerVersion", () => Attribute("Version", Version.Name));
        if (Context.Access == AccessType.Impersonation)
            Type("ExchangeImpersonation", () => Type("ConnectingSID", () => Type(SidForm, Context.Mailbox)));
        _xml.WriteEndElement();
        _xml.WriteStartElement("s", "Body", Ns.Soap);
        body(this);
        _xml.WriteEndElement();
        _xml.WriteEndElement();
        _xml.Flush();
        return _buffer.GetBuffer().AsMemory(0, (int)_buffer.Length);
    }

    // Exchange 2007 knows a mailbox by its primary address only; later versions take any of its addresses [believed].
    private string SidForm => Version.HasItemZones ? "SmtpAddress" : "PrimarySmtpAddress";

    /// <summary>An element of the messages namespace with content.</summary>
    public void Message(string name, Action content) => Element("m", name, Ns.Messages, content);

    public void Message(string name, string text)
    {
        _xml.WriteStartElement("m", name, Ns.Messages);
        _xml.WriteString(WireText.Clean(text));
        _xml.WriteEndElement();
    }

    /// <summary>An element of the types namespace with content.</summary>
    public void Type(string name, Action content) => Element("t", name, Ns.Types, content);

    public void Type(string name, string text)
    {
        _xml.WriteStartElement("t", name, Ns.Types);
        _xml.WriteString(WireText.Clean(text));
        _xml.WriteEndElement();
    }

    public void Type(string name, bool value) => Type(name, value ? "true" : "false");

    public void Type(string name, int value) => Type(name, value.ToString(CultureInfo.InvariantCulture));

    public void Type(string name, Instant value) => Type(name, InstantPattern.ExtendedIso.Format(value));

    public void Attribute(string name, string value) => _xml.WriteAttributeString(name, WireText.Clean(value));

    public void Attribute(string name, int value) => _xml.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    public void Text(string text) => _xml.WriteString(WireText.Clean(text));

    public void Item(ItemId id, ChangeKey? key = null) => Type("ItemId", () =>
    {
        Attribute("Id", id.Value);
        if (key is { } known)
            Attribute("ChangeKey", known.Value);
    });

    public void Items(IReadOnlyList<ItemId> ids) => Message("ItemIds", () =>
    {
        foreach (var id in ids)
            Item(id);
    });

    public void Folder(FolderRef folder) => folder.Write(this);

    public void Field(string uri) => Type("FieldURI", () => Attribute("FieldURI", uri));

    public void Dispose() => _xml.Dispose();

    private void Element(string prefix, string name, string space, Action content)
    {
        _xml.WriteStartElement(prefix, name, space);
        content();
        _xml.WriteEndElement();
    }
}
