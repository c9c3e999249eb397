namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>The status part of one response message.</summary>
internal sealed class ResponseStatus(string? responseClass)
{
    /// <summary>Not carried out. What a stopped batch left undone comes as a mere warning [believed], and a warning would count as done.</summary>
    public bool IsError => responseClass == "Error" || Code == "ErrorBatchProcessingStopped";

    public string Code { get; private set; } = ResponseCodes.NoError;

    public string Text { get; private set; } = "";

    public TimeSpan? BackOff { get; private set; }

    public ItemRefusal ToRefusal() => new(Code, Text, BackOff);

    /// <summary>Takes a child of the response message if it belongs to the status.</summary>
    public async ValueTask<bool> TryReadAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "ResponseCode":
                Code = await reader.TextAsync();
                return true;
            case "MessageText":
                Text = await reader.TextAsync();
                return true;
            case "DescriptiveLinkKey":
                return true;
            case "MessageXml":
                BackOff = await ReadBackOffAsync(reader);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The Value named BackOffMilliseconds below the current MessageXml (ews/protocol.md section 10).</summary>
    public static async ValueTask<TimeSpan?> ReadBackOffAsync(SoapReader reader)
    {
        TimeSpan? backOff = null;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "Value" && reader.Attribute("Name") == "BackOffMilliseconds" && WireText.ReadInteger(await reader.TextAsync()) is { } ms and >= 0)
                backOff = TimeSpan.FromMilliseconds(ms);
        }
        return backOff;
    }
}
