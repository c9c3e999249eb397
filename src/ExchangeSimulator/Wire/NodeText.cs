using System.Text;
using System.Xml;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>A node as XML text.</summary>
public static class NodeText
{
    public static string Write(Node node)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, CheckCharacters = false, NewLineHandling = NewLineHandling.Entitize }))
            Write(xml, node);
        return text.ToString();
    }

    private static void Write(XmlWriter xml, Node node)
    {
        xml.WriteStartElement(node.Ns, node.Name, Names.Lengthen(node.Ns));
        foreach (var (name, value) in node.Attributes)
            xml.WriteAttributeString(name, value);
        if (node.Children.Count == 0)
            xml.WriteString(node.Text);
        node.Children.ForEach(c => Write(xml, c));
        xml.WriteEndElement();
    }
}
