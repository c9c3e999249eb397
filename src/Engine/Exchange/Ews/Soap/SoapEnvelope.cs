using System.Xml;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>Reads an answer's envelope: the server's version, then the operation's part or a fault.</summary>
internal static class SoapEnvelope
{
    /// <summary>Reads to the end of the document.</summary>
    /// <returns>The fault, if there was one.</returns>
    public static async ValueTask<SoapFault?> ReadAsync<T>(SoapReader reader, EwsOperation<T> operation, Action<ServerBuild> onBuild)
    {
        await reader.MoveToRootAsync();
        if (reader.Name != "Envelope" || reader.Namespace != Ns.Soap)
            throw new XmlException("the answer is not a SOAP envelope");
        SoapFault? fault = null;
        var answered = false;
        while (await reader.NextChildAsync(0))
        {
            var part = reader.Depth;
            if (reader.Name == "Header")
            {
                while (await reader.NextChildAsync(part))
                {
                    if (reader.Name == "ServerVersionInfo")
                        onBuild(ServerBuild.Read(reader));
                }
            }
            else if (reader.Name == "Body")
            {
                while (await reader.NextChildAsync(part))
                {
                    if (reader.Name == "Fault")
                        fault = await SoapFault.ReadAsync(reader);
                    else if (reader.Name != operation.Name + "Response")
                        throw new XmlException($"{reader.Name} where {operation.Name}Response was expected");
                    else
                        await operation.ReadAsync(reader);
                    answered = true;
                }
            }
        }
        await reader.DrainAsync();
        return answered ? fault : throw new XmlException("the envelope holds no answer");
    }
}

/// <summary>ServerVersionInfo of an answer.</summary>
/// <param name="Schema">The server's newest schema; a name that no client has to know.</param>
internal sealed record ServerBuild(int Major, int Minor, int Build, int Revision, string? Schema)
{
    /// <summary>The product's name, for people (ews/protocol.md section 1).</summary>
    public string Product => (Major, Minor) switch
    {
        (8, _) => "Exchange 2007",
        (14, _) => "Exchange 2010",
        (15, 0) => "Exchange 2013",
        (15, 1) => "Exchange 2016",
        (15, 2) => "Exchange 2019 or Subscription Edition",
        (15, _) => "Exchange Online",
        _ => "Exchange",
    };

    public override string ToString() => $"{Product} ({Major}.{Minor}.{Build}.{Revision})";

    public static ServerBuild Read(SoapReader reader)
    {
        int Number(string name) => WireText.ReadInteger(reader.Attribute(name) ?? "") ?? 0;
        return new(Number("MajorVersion"), Number("MinorVersion"), Number("MajorBuildNumber"), Number("MinorBuildNumber"), reader.Attribute("Version"));
    }
}
