using System.Globalization;
using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Writes response elements. An error thrown while a message is prepared becomes that message's error; nothing half-written goes out.</summary>
public sealed class ResponseWriter : IDisposable
{
    private readonly XmlWriter _xml;
    private readonly string _soapPrefix;

    public ResponseWriter(Stream stream, bool isPartOfStream = false)
    {
        // Streams carry documents without a prolog, one after the other (clients.md 1 point 6).
        _xml = new Utf8XmlWriter(stream, omitDeclaration: isPartOfStream);
        _soapPrefix = isPartOfStream ? "" : "s";
    }

    /// <summary>When set, it may replace a message by an error: the fault plan's partial and whole failures.</summary>
    public Func<ExchangeError?>? Interference { get; init; }

    /// <summary>What the server says it is.</summary>
    public ServerEdition Edition { get; init; } = ServerEdition.Default;

    public XmlWriter Xml => _xml;

    public void Dispose() => _xml.Dispose();

    public void StartEnvelope()
    {
        _xml.WriteStartDocument();
        _xml.WriteStartElement(_soapPrefix, "Envelope", Names.Soap);
        _xml.WriteStartElement(_soapPrefix, "Header", Names.Soap);
        ServerVersionInfo(_xml, Edition);
        _xml.WriteEndElement();
        _xml.WriteStartElement(_soapPrefix, "Body", Names.Soap);
    }

    public void EndEnvelope() => _xml.WriteEndDocument();

    public static void ServerVersionInfo(XmlWriter xml, ServerEdition edition)
    {
        xml.WriteStartElement("h", "ServerVersionInfo", Names.Types);
        foreach (var (name, number) in new[] { ("MajorVersion", edition.Major), ("MinorVersion", edition.Minor), ("MajorBuildNumber", edition.Build), ("MinorBuildNumber", edition.Revision) })
            xml.WriteAttributeString(name, number.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("Version", edition.Version);
        xml.WriteEndElement();
    }

    /// <summary>The response element of an operation with its list of messages.</summary>
    public void Messages<T>(string operation, IEnumerable<T> parts, Func<T, Action> prepare, Action? errorTail = null)
    {
        StartResponse(operation);
        _xml.WriteStartElement("m", "ResponseMessages", Names.Messages);
        foreach (var part in parts)
            Message(operation, () => prepare(part), errorTail);
        _xml.WriteEndElement();
        _xml.WriteEndElement();
    }

    public void StartResponse(string operation)
    {
        _xml.WriteStartElement("m", operation + "Response", Names.Messages);
        _xml.WriteAttributeString("xmlns", "t", null, Names.Types);
    }

    /// <summary>A response element that itself carries the outcome, as the delegate and room operations have it.</summary>
    public void Outcome(string element, ExchangeError? error, Action content, Action? errorTail = null)
    {
        error ??= Interference?.Invoke();
        OutcomePart(element, error, error == null ? content : errorTail);
    }

    public void OutcomePart(string element, ExchangeError? error, Action? content = null)
    {
        _xml.WriteStartElement("m", element, Names.Messages);
        _xml.WriteAttributeString("xmlns", "t", null, Names.Types);
        _xml.WriteAttributeString("ResponseClass", error == null ? "Success" : "Error");
        if (error == null)
            M("ResponseCode", "NoError");
        else
            Refusal(error);
        content?.Invoke();
        _xml.WriteEndElement();
    }

    /// <summary>One message of the given element; an error thrown while it is prepared becomes its outcome.</summary>
    public void Guarded(string element, Func<Action> prepare)
    {
        Action? write = null;
        ExchangeError? refusal = null;
        try
        {
            if (Interference?.Invoke() is { } interference)
                throw interference;
            write = prepare();
        }
        catch (ExchangeError error)
        {
            refusal = error;
        }

        OutcomePart(element, refusal, write);
    }

    private void Message(string operation, Func<Action> prepare, Action? errorTail)
    {
        Action write;
        try
        {
            if (Interference?.Invoke() is { } interference)
                throw interference;
            write = prepare();
        }
        catch (ExchangeError error)
        {
            ErrorMessage(operation, error, errorTail);
            return;
        }

        _xml.WriteStartElement("m", operation + "ResponseMessage", Names.Messages);
        _xml.WriteAttributeString("ResponseClass", "Success");
        M("ResponseCode", "NoError");
        write();
        _xml.WriteEndElement();
    }

    public void ErrorMessage(string operation, ExchangeError error, Action? tail, string responseClass = "Error")
    {
        _xml.WriteStartElement("m", operation + "ResponseMessage", Names.Messages);
        _xml.WriteAttributeString("ResponseClass", responseClass);
        Refusal(error);
        tail?.Invoke();
        _xml.WriteEndElement();
    }

    private void Refusal(ExchangeError error)
    {
        M("MessageText", error.Message);
        M("ResponseCode", error.Code);
        M("DescriptiveLinkKey", "0");
        if (error.Values.Count == 0)
            return;
        StartM("MessageXml");
        foreach (var (name, value) in error.Values)
        {
            StartT("Value");
            _xml.WriteAttributeString("Name", name);
            _xml.WriteString(value);
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
    }

    public void StartM(string name) => _xml.WriteStartElement("m", name, Names.Messages);

    public void StartT(string name) => _xml.WriteStartElement("t", name, Names.Types);

    public void End() => _xml.WriteEndElement();

    public void M(string name, string text)
    {
        StartM(name);
        _xml.WriteString(text);
        End();
    }

    public void T(string name, string text)
    {
        StartT(name);
        _xml.WriteString(text);
        End();
    }

    public void IdElement(string name, string id, string? changeKey)
    {
        StartT(name);
        _xml.WriteAttributeString("Id", id);
        if (changeKey != null)
            _xml.WriteAttributeString("ChangeKey", changeKey);
        End();
    }

    public void Write(Node node, string? rename = null)
    {
        _xml.WriteStartElement(node.Ns, rename ?? node.Name, Names.Lengthen(node.Ns));
        foreach (var (name, value) in node.Attributes)
            _xml.WriteAttributeString(name, value);
        if (node.Children.Count == 0)
            _xml.WriteString(node.Text);
        else
            node.Children.ForEach(c => Write(c));
        _xml.WriteEndElement();
    }
}
