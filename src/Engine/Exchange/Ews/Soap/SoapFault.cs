namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>A SOAP fault as sent: the whole request was refused.</summary>
/// <param name="Code">detail/ResponseCode, else the local part of faultcode.</param>
/// <param name="Text">The server's words.</param>
internal sealed record SoapFault(string Code, string Text, TimeSpan? BackOff)
{
    public static async ValueTask<SoapFault> ReadAsync(SoapReader reader)
    {
        string? code = null;
        var faultCode = "";
        var text = "";
        TimeSpan? backOff = null;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            switch (reader.Name)
            {
                case "faultcode":
                    faultCode = await reader.TextAsync();
                    break;
                case "faultstring":
                    text = await reader.TextAsync();
                    break;
                case "detail":
                    var detail = reader.Depth;
                    while (await reader.NextChildAsync(detail))
                    {
                        if (reader.Name == "ResponseCode")
                            code = await reader.TextAsync();
                        else if (reader.Name == "Message")
                            text = await reader.TextAsync();
                        else if (reader.Name == "MessageXml")
                            backOff = await ResponseStatus.ReadBackOffAsync(reader);
                        else if (reader.Name is "LineNumber" or "LinePosition" or "Violation")
                            text += $" {reader.Name}: {await reader.TextAsync()}";
                    }
                    break;
            }
        }
        return new(string.IsNullOrEmpty(code) ? faultCode[(faultCode.IndexOf(':') + 1)..] : code, text, backOff);
    }
}
