using System.Text;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Discovery;

/// <summary>Autodiscover by plain XML, the only form before Exchange 2010.</summary>
internal static class PoxAutodiscover
{
    public static ReadOnlyMemory<byte> Request(string mailbox)
    {
        var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new() { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("Autodiscover", Ns.PoxRequest);
            xml.WriteStartElement("Request", Ns.PoxRequest);
            xml.WriteElementString("EMailAddress", Ns.PoxRequest, WireText.Clean(mailbox));
            xml.WriteElementString("AcceptableResponseSchema", Ns.PoxRequest, Ns.PoxResponse);
        }
        return buffer.ToArray();
    }

    public static async ValueTask<DiscoveryAnswer> ReadAsync(SoapReader reader)
    {
        var urls = new Dictionary<string, string>();
        string? address = null, redirect = null;
        var error = "no EWS address for this mailbox";
        await reader.MoveToRootAsync();
        while (await reader.NextChildAsync(0))
        {
            var response = reader.Depth;
            while (await reader.NextChildAsync(response))
            {
                var depth = reader.Depth;
                var isError = reader.Name == "Error";
                while (await reader.NextChildAsync(depth))
                {
                    if (isError && reader.Name == "ErrorCode")
                        error = "error " + await reader.TextAsync();
                    else if (reader.Name == "RedirectAddr")
                        address = await reader.TextAsync();
                    else if (reader.Name == "RedirectUrl")
                        redirect = await reader.TextAsync();
                    else if (reader.Name == "Protocol")
                        await ReadProtocolAsync(reader, urls);
                }
            }
        }
        if (!string.IsNullOrEmpty(address))
            return new() { RedirectMailbox = address };
        if (Uri.TryCreate(redirect, UriKind.Absolute, out var elsewhere))
            return new() { RedirectUrl = elsewhere };
        // EXPR is what the outside uses, EXCH the inside, WEB the browser (its addresses lie deeper and are none of ours).
        return Uri.TryCreate(urls.GetValueOrDefault("EXPR") ?? urls.GetValueOrDefault("EXCH"), UriKind.Absolute, out var ews)
            ? new() { EwsUrl = ews }
            : new() { Error = error };
    }

    // EwsUrl came later than ASUrl, which names the same service on Exchange 2007.
    private static async ValueTask ReadProtocolAsync(SoapReader reader, Dictionary<string, string> urls)
    {
        var (type, ews, availability) = ("", "", "");
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            switch (reader.Name)
            {
                case "Type":
                    type = await reader.TextAsync();
                    break;
                case "EwsUrl":
                    ews = await reader.TextAsync();
                    break;
                case "ASUrl":
                    availability = await reader.TextAsync();
                    break;
            }
        }
        if ((ews.Length > 0 ? ews : availability) is { Length: > 0 } url)
            urls[type] = url;
    }
}
