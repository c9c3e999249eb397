using System.Buffers;
using System.Text;
using System.Text.Unicode;
using System.Xml;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>
/// Writes XML as UTF-8 bytes with nothing the answers do not need: no checks of names, no lookups beyond the few prefixes in use. The framework's
/// writer took most of the time of a GetItem answer, and benchmarks of others must never measure this program.
/// Line ends become LF in text, as the framework's writer does on this system; what XML cannot carry is dropped.
/// </summary>
public sealed class Utf8XmlWriter(Stream stream, bool omitDeclaration) : XmlWriter
{
    private static readonly SearchValues<char> Special = SearchValues.Create("&<>\"\r\n\t\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\uFFFE\uFFFF");

    private readonly List<(string Prefix, string Name)> _open = [];
    private readonly List<(string Prefix, string Namespace, int Depth)> _scope = [];
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
    private int _length;
    private bool _tagIsOpen;
    private bool _inAttribute;

    /// <summary>Prefix that the attribute being written binds.</summary>
    private string? _pending;

    public override WriteState WriteState => _inAttribute ? WriteState.Attribute : _tagIsOpen ? WriteState.Element : WriteState.Content;

    public override void WriteStartDocument()
    {
        if (!omitDeclaration)
            Ascii("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    }

    public override void WriteStartDocument(bool standalone) => WriteStartDocument();

    public override void WriteEndDocument()
    {
        while (_open.Count > 0)
            WriteEndElement();
    }

    public override void WriteStartElement(string? prefix, string localName, string? ns)
    {
        CloseTag();
        prefix ??= "";
        Byte('<');
        Name(prefix, localName);
        _open.Add((prefix, localName));
        _tagIsOpen = true;
        if (ns != null && Bound(prefix) != ns)
            Declare(prefix, ns);
    }

    public override void WriteEndElement()
    {
        var (prefix, name) = _open[^1];
        if (_tagIsOpen)
        {
            Ascii(" />");
            _tagIsOpen = false;
        }
        else
        {
            WriteClosing(prefix, name);
        }

        Leave();
    }

    public override void WriteFullEndElement()
    {
        CloseTag();
        WriteClosing(_open[^1].Prefix, _open[^1].Name);
        Leave();
    }

    public override void WriteStartAttribute(string? prefix, string localName, string? ns)
    {
        if (!string.IsNullOrEmpty(prefix) && prefix is not ("xmlns" or "xml") && ns != null && Bound(prefix) != ns)
            Declare(prefix, ns);
        Byte(' ');
        Name(prefix ?? "", localName);
        Ascii("=\"");
        _inAttribute = true;
        if (prefix == "xmlns")
            _pending = localName;
    }

    public override void WriteEndAttribute()
    {
        Byte('"');
        _inAttribute = false;
        _pending = null;
    }

    public override void WriteString(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return;
        if (_pending != null)
            _scope.Add((_pending, text, _open.Count));
        if (!_inAttribute)
            CloseTag();
        Text(text);
    }

    public override void WriteRaw(string data)
    {
        CloseTag();
        Encode(data);
    }

    public override void WriteRaw(char[] buffer, int index, int count) => WriteRaw(new string(buffer, index, count));

    public override void WriteChars(char[] buffer, int index, int count) => WriteString(new string(buffer, index, count));

    public override void WriteWhitespace(string? ws) => WriteRaw(ws ?? "");

    public override void WriteBase64(byte[] buffer, int index, int count) => WriteString(Convert.ToBase64String(buffer, index, count));

    public override void WriteCData(string? text) => WriteString(text);

    public override void WriteCharEntity(char ch) => WriteString(ch.ToString());

    public override void WriteSurrogateCharEntity(char lowChar, char highChar) => WriteString(new string([highChar, lowChar]));

    public override void WriteComment(string? text)
    {
    }

    public override void WriteDocType(string name, string? pubid, string? sysid, string? subset) => throw new NotSupportedException();

    public override void WriteEntityRef(string name) => throw new NotSupportedException();

    public override void WriteProcessingInstruction(string name, string? text)
    {
    }

    public override string? LookupPrefix(string ns) => _scope.FindLast(s => s.Namespace == ns).Prefix;

    public override void Flush()
    {
        stream.Write(_buffer, 0, _length);
        _length = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _buffer.Length > 0)
        {
            WriteEndDocument();
            Flush();
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        base.Dispose(disposing);
    }

    private string? Bound(string prefix)
    {
        for (var i = _scope.Count - 1; i >= 0; i--)
        {
            if (_scope[i].Prefix == prefix)
                return _scope[i].Namespace;
        }

        return prefix.Length == 0 ? "" : null;
    }

    private void Declare(string prefix, string ns)
    {
        Ascii(prefix.Length == 0 ? " xmlns" : " xmlns:");
        Ascii(prefix);
        Ascii("=\"");
        Text(ns);
        Byte('"');
        _scope.Add((prefix, ns, _open.Count));
    }

    private void Leave()
    {
        while (_scope.Count > 0 && _scope[^1].Depth == _open.Count)
            _scope.RemoveAt(_scope.Count - 1);
        _open.RemoveAt(_open.Count - 1);
    }

    private void WriteClosing(string prefix, string name)
    {
        Ascii("</");
        Name(prefix, name);
        Byte('>');
    }

    private void CloseTag()
    {
        if (!_tagIsOpen)
            return;
        _tagIsOpen = false;
        Byte('>');
    }

    private void Name(string prefix, string name)
    {
        if (prefix.Length > 0)
        {
            Ascii(prefix);
            Byte(':');
        }

        Ascii(name);
    }

    private void Text(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var at = text.IndexOfAny(Special);
            if (at < 0)
            {
                Encode(text);
                return;
            }

            Encode(text[..at]);
            Escape(text, ref at);
            text = text[(at + 1)..];
        }
    }

    private void Escape(ReadOnlySpan<char> text, ref int at)
    {
        switch (text[at])
        {
            case '&':
                Ascii("&amp;");
                break;
            case '<':
                Ascii("&lt;");
                break;
            case '>':
                Ascii("&gt;");
                break;
            case '"':
                Ascii(_inAttribute ? "&quot;" : "\"");
                break;
            case '\t':
                Ascii(_inAttribute ? "&#x9;" : "\t");
                break;
            case '\n':
                Ascii(_inAttribute ? "&#xA;" : "\n");
                break;
            case '\r' when _inAttribute:
                Ascii("&#xD;");
                break;
            case '\r':
                if (at + 1 < text.Length && text[at + 1] == '\n')
                    at++;
                Byte('\n');
                break;
        }
    }

    private void Byte(char c)
    {
        Reserve(1);
        _buffer[_length++] = (byte)c;
    }

    private void Ascii(string text)
    {
        Reserve(text.Length);
        for (var i = 0; i < text.Length; i++)
            _buffer[_length + i] = (byte)text[i];
        _length += text.Length;
    }

    private void Encode(ReadOnlySpan<char> text)
    {
        Reserve(text.Length * 3);
        Utf8.FromUtf16(text, _buffer.AsSpan(_length), out _, out var written, replaceInvalidSequences: true);
        _length += written;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length >= bytes)
            return;
        Flush();
        if (_buffer.Length >= bytes)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(bytes);
    }
}
