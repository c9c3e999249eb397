using System.Xml;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Reads a whole request into nodes. No DTD, bounded depth and size: bytes from anywhere may come in here.</summary>
public static class NodeReader
{
    private const int MaxDepth = 64;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersInDocument = 256 * 1024 * 1024,
    };

    /// <exception cref="XmlException">The text is not well-formed, holds a DTD or nests too deeply.</exception>
    public static Node Read(Stream stream)
    {
        using var reader = XmlReader.Create(stream, Settings);
        return Read(reader);
    }

    /// <exception cref="XmlException">As above.</exception>
    public static Node Read(string text)
    {
        using var reader = XmlReader.Create(new StringReader(text), Settings);
        return Read(reader);
    }

    private static Node Read(XmlReader reader)
    {
        reader.MoveToContent();
        if (reader.NodeType != XmlNodeType.Element)
            throw new XmlException("Root element is missing.");
        var stack = new Stack<Node>();
        Node? root = null;
        do
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    var node = Element(reader);
                    if (stack.TryPeek(out var parent))
                        parent.Children.Add(node);
                    root ??= node;
                    if (!reader.IsEmptyElement)
                        stack.Push(node);
                    if (stack.Count > MaxDepth)
                        throw new XmlException("The document nests too deeply.");
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace when stack.Count > 0:
                    var owner = stack.Peek();
                    owner.Text = owner.Text.Length == 0 ? reader.Value : owner.Text + reader.Value;
                    break;
                case XmlNodeType.EndElement:
                    var done = stack.Pop();
                    if (done.Children.Count > 0 && string.IsNullOrWhiteSpace(done.Text))
                        done.Text = "";
                    break;
            }
        }
        while (reader.Read());

        return root!;
    }

    private static Node Element(XmlReader reader)
    {
        var line = (IXmlLineInfo)reader;
        var node = new Node(Names.Shorten(reader.NamespaceURI), reader.LocalName) { Line = line.LineNumber, Position = line.LinePosition };
        if (!reader.HasAttributes)
            return node;
        var empty = reader.MoveToFirstAttribute();
        while (empty)
        {
            if (reader.Prefix != "xmlns" && reader.Name != "xmlns")
                node.Attributes.Add(new(reader.Prefix.Length > 0 && reader.Prefix != "xml" ? reader.NamespaceURI + "#" + reader.LocalName : reader.Name, reader.Value));
            empty = reader.MoveToNextAttribute();
        }

        reader.MoveToElement();
        return node;
    }
}
