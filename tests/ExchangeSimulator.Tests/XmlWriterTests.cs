using System.Text;
using System.Xml;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The simulator's own XML writer against the framework's: the same calls give the same document.</summary>
public sealed class XmlWriterTests(ITestOutputHelper output)
{
    private static readonly XmlWriterSettings Framework = new() { Encoding = new UTF8Encoding(false), CheckCharacters = false };

    [Fact]
    public void Any_sequence_of_calls_gives_the_framework_writers_document()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (var i = 0; i < 500; i++)
        {
            var expected = Written(s => XmlWriter.Create(s, Framework), new Random(seed + i));
            var actual = Written(s => new Utf8XmlWriter(s, omitDeclaration: false), new Random(seed + i));
            Content(XDocument.Parse(actual).Root!).ShouldBe(Content(XDocument.Parse(expected).Root!), $"round {i} of seed {seed}");
        }
    }

    [Fact]
    public void A_text_longer_than_the_buffer_and_half_a_pair_come_out_readable()
    {
        var text = string.Concat(Enumerable.Repeat("ä<€>😀\r\n", 40_000)) + '\uD800';
        var stream = new MemoryStream();
        using (var xml = new Utf8XmlWriter(stream, omitDeclaration: true))
        {
            xml.WriteStartElement("t", "A", Names.Types);
            xml.WriteString(text);
        }

        XDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).Root!.Value.ShouldBe(text.Replace("\r\n", "\n").Replace('\uD800', '\uFFFD'));
    }

    /// <summary>What a reader of the document sees, whatever prefixes and empty tags it was written with.</summary>
    private static string Content(XElement element) =>
        $"({element.Name}{string.Concat(element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => $" {a.Name}='{a.Value}'"))}:{string.Concat(element.Nodes().Select(n => n is XElement child ? Content(child) : ((XText)n).Value))})";

    private static string Written(Func<Stream, XmlWriter> make, Random random)
    {
        var stream = new MemoryStream();
        using (var xml = make(stream))
        {
            xml.WriteStartDocument();
            xml.WriteStartElement("s", "Envelope", Names.Soap);
            Children(xml, random, 0);
            xml.WriteEndDocument();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Children(XmlWriter xml, Random random, int depth)
    {
        string[] texts = ["", "a", "ä€😀", "<&>\"'", "a\r\nb\rc\nd\te", " lead", new string('x', 5000)];
        for (var n = random.Next(0, 5); n > 0; n--)
        {
            var (prefix, ns) = random.Next(3) switch { 0 => ("t", Names.Types), 1 => ("m", Names.Messages), _ => ("", Names.Errors) };
            xml.WriteStartElement(prefix, "E" + random.Next(3), ns);
            if (random.Next(3) == 0)
                xml.WriteAttributeString("Id", texts[random.Next(texts.Length)]);
            if (random.Next(4) == 0)
                xml.WriteAttributeString("xsi", "type", "http://www.w3.org/2001/XMLSchema-instance", "t:X");
            if (random.Next(6) == 0)
                xml.WriteAttributeString("xmlns", "q", null, Names.Errors);
            if (depth < 5 && random.Next(2) == 0)
                Children(xml, random, depth + 1);
            else
                xml.WriteString(texts[random.Next(texts.Length)]);
            xml.WriteEndElement();
        }
    }
}
