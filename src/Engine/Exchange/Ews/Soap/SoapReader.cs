using System.Xml;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>A forward walk over an answer: into an element's children, to their texts, over what nobody asked for.</summary>
/// <remarks>
/// Names are compared without namespace inside a known element: servers disagree with the schema about m: and t: in places (ews/protocol.md
/// section 9), and no element that we read has a namesake in the other namespace under the same parent.
/// </remarks>
internal sealed class SoapReader : IDisposable
{
    private const int MaxDepth = 64;

    private readonly XmlReader _xml;
    private readonly bool _waits;

    /// <summary>Reads an answer of any length, waiting for its bytes.</summary>
    public SoapReader(Stream body) => (_xml, _waits) = (XmlReader.Create(body, ForStreams), true);

    /// <summary>Reads an answer that lies in memory.</summary>
    public SoapReader(MemoryStream whole) => _xml = XmlReader.Create(whole, ForMemory);

    private static readonly XmlReaderSettings ForMemory = Settings(waits: false);
    private static readonly XmlReaderSettings ForStreams = Settings(waits: true);

    private static XmlReaderSettings Settings(bool waits) => new()
    {
        Async = waits,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 1024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        // Exchange sends references to characters that XML 1.0 forbids; they are removed by WireText.Clean instead of failing the item.
        CheckCharacters = false,
    };

    /// <summary>Opens an answer that comes from a server. A short one, as nearly all are, is read whole first: a reader that waits allocates 100 KiB of buffers.</summary>
    public static async ValueTask<SoapReader> OpenAsync(BoundedStream body) => await body.ReadAheadAsync() is { } whole ? new(whole) : new(body);

    public string Name => _xml.LocalName;

    public string Namespace => _xml.NamespaceURI;

    public int Depth => _xml.Depth;

    public string? Attribute(string name) => _xml.GetAttribute(name);

    public string Required(string attribute) =>
        _xml.GetAttribute(attribute) ?? throw new XmlException($"{Name} without {attribute}");

    /// <summary>Moves to the document's root element.</summary>
    public async ValueTask MoveToRootAsync()
    {
        while (await ReadAsync())
        {
            if (_xml.NodeType == XmlNodeType.Element)
                return;
        }
        throw new XmlException("no root element");
    }

    /// <summary>Moves to the next child of the element that is open at <paramref name="depth"/>, over whatever was left unread; false at its end.</summary>
    public ValueTask<bool> NextChildAsync(int depth)
    {
        if (_xml.NodeType == XmlNodeType.Element && _xml.Depth == depth && _xml.IsEmptyElement)
            return new(false);
        while (true)
        {
            var read = ReadAsync();
            if (!read.IsCompletedSuccessfully)
                return AwaitNextChildAsync(read, depth);
            if (!read.Result)
                throw Truncated();
            if (IsDecided(depth, out var found))
                return new(found);
        }
    }

    /// <summary>The text of the current element, cleaned; moves to the element's end.</summary>
    public async ValueTask<string> TextAsync()
    {
        if (_xml.IsEmptyElement)
            return "";
        var depth = _xml.Depth;
        var text = "";
        while (await ReadAsync())
        {
            if (_xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
            {
                var piece = _waits ? await _xml.GetValueAsync() : _xml.Value;
                text = text.Length == 0 ? piece : text + piece;
            }
            else if (_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == depth)
            {
                return WireText.Clean(text);
            }
            else if (_xml.Depth > MaxDepth)
            {
                throw TooDeep();
            }
        }
        throw Truncated();
    }

    /// <summary>Reads to the end of the document, so that what is behind the last element is known to be whole.</summary>
    public async ValueTask DrainAsync()
    {
        while (await ReadAsync())
        {
            if (_xml.Depth > MaxDepth)
                throw TooDeep();
        }
    }

    public void Dispose() => _xml.Dispose();

    private async ValueTask<bool> AwaitNextChildAsync(ValueTask<bool> pending, int depth)
    {
        while (await pending)
        {
            if (IsDecided(depth, out var found))
                return found;
            pending = ReadAsync();
        }
        throw Truncated();
    }

    private ValueTask<bool> ReadAsync() => _waits ? new(_xml.ReadAsync()) : new(_xml.Read());

    private bool IsDecided(int depth, out bool found)
    {
        var here = _xml.Depth;
        found = _xml.NodeType == XmlNodeType.Element && here == depth + 1;
        if (here > MaxDepth)
            throw TooDeep();
        return found || (_xml.NodeType == XmlNodeType.EndElement && here == depth);
    }

    private static XmlException Truncated() => new("the document ends early");

    private static XmlException TooDeep() => new($"elements are nested deeper than {MaxDepth}");
}
