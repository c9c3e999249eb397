using System.Globalization;
using System.Text;
using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Writes SOAP faults; they travel with HTTP 500 (protocol.md 1).</summary>
public static class FaultWriter
{
    public static byte[] Schema(SchemaViolation violation, ServerEdition edition) => Write(
        edition,
        "ErrorSchemaValidation",
        "The request failed schema validation: " + violation.Message,
        "The request failed schema validation.",
        xml =>
        {
            xml.WriteElementString("t", "LineNumber", Names.Types, violation.Line.ToString(CultureInfo.InvariantCulture));
            xml.WriteElementString("t", "LinePosition", Names.Types, violation.Position.ToString(CultureInfo.InvariantCulture));
            xml.WriteElementString("t", "Violation", Names.Types, violation.Message);
        });

    public static byte[] Of(SoapFault fault, ServerEdition edition) => Write(edition, fault.Code, fault.Message, fault.Message, fault.Values.Count == 0 ? null : xml =>
    {
        foreach (var (name, value) in fault.Values)
        {
            xml.WriteStartElement("t", "Value", Names.Types);
            xml.WriteAttributeString("Name", name);
            xml.WriteString(value);
            xml.WriteEndElement();
        }
    });

    private static byte[] Write(ServerEdition edition, string code, string text, string message, Action<XmlWriter>? messageXml)
    {
        var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false }))
        {
            xml.WriteStartElement("s", "Envelope", Names.Soap);
            xml.WriteStartElement("s", "Header", Names.Soap);
            ResponseWriter.ServerVersionInfo(xml, edition);
            xml.WriteEndElement();
            xml.WriteStartElement("s", "Body", Names.Soap);
            xml.WriteStartElement("s", "Fault", Names.Soap);
            xml.WriteStartElement("faultcode");
            xml.WriteAttributeString("xmlns", "a", null, Names.Types);
            xml.WriteString("a:" + code);
            xml.WriteEndElement();
            xml.WriteStartElement("faultstring");
            xml.WriteAttributeString("xml", "lang", Names.Xml, "en-US");
            xml.WriteString(BodyText.Clean(text));
            xml.WriteEndElement();
            xml.WriteStartElement("detail");
            xml.WriteElementString("e", "ResponseCode", Names.Errors, code);
            xml.WriteElementString("e", "Message", Names.Errors, BodyText.Clean(message));
            if (messageXml != null)
            {
                xml.WriteStartElement("t", "MessageXml", Names.Types);
                messageXml(xml);
                xml.WriteEndElement();
            }

            xml.WriteEndDocument();
        }

        return stream.ToArray();
    }
}
