using System.Text;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Discovery;

/// <summary>Autodiscover by SOAP: the operation GetUserSettings for one mailbox.</summary>
internal static class GetUserSettings
{
    private static readonly string[] Settings = ["ExternalEwsUrl", "InternalEwsUrl", "GroupingInformation"];

    public static ReadOnlyMemory<byte> Request(Uri url, string mailbox)
    {
        var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new() { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("s", "Envelope", Ns.Soap);
            xml.WriteAttributeString("xmlns", "a", null, Ns.Autodiscover);
            xml.WriteStartElement("s", "Header", Ns.Soap);
            xml.WriteElementString("a", "RequestedServerVersion", Ns.Autodiscover, "Exchange2013");
            xml.WriteElementString("wsa", "Action", Ns.Addressing, Ns.Autodiscover + "/Autodiscover/GetUserSettings");
            xml.WriteElementString("wsa", "To", Ns.Addressing, url.AbsoluteUri);
            xml.WriteEndElement();
            xml.WriteStartElement("s", "Body", Ns.Soap);
            xml.WriteStartElement("a", "GetUserSettingsRequestMessage", Ns.Autodiscover);
            xml.WriteStartElement("a", "Request", Ns.Autodiscover);
            xml.WriteStartElement("a", "Users", Ns.Autodiscover);
            xml.WriteStartElement("a", "User", Ns.Autodiscover);
            xml.WriteElementString("a", "Mailbox", Ns.Autodiscover, WireText.Clean(mailbox));
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteStartElement("a", "RequestedSettings", Ns.Autodiscover);
            foreach (var name in Settings)
                xml.WriteElementString("a", "Setting", Ns.Autodiscover, name);
        }
        return buffer.ToArray();
    }

    public static async ValueTask<DiscoveryAnswer> ReadAsync(SoapReader reader)
    {
        var state = new State();
        await reader.MoveToRootAsync();
        while (await reader.NextChildAsync(0))
        {
            if (reader.Name != "Body")
                continue;
            var body = reader.Depth;
            while (await reader.NextChildAsync(body))
                await ReadBodyAsync(reader, state);
        }
        return state.ToAnswer();
    }

    private static async ValueTask ReadBodyAsync(SoapReader reader, State state)
    {
        if (reader.Name == "Fault")
        {
            state.Errors.Add((await SoapFault.ReadAsync(reader)).Text);
            return;
        }
        var message = reader.Depth;
        while (await reader.NextChildAsync(message))
        {
            var response = reader.Depth;
            while (await reader.NextChildAsync(response))
            {
                if (reader.Name == "ErrorCode")
                    state.Note(await reader.TextAsync());
                else if (reader.Name == "UserResponses")
                    await ReadUsersAsync(reader, state);
            }
        }
    }

    private static async ValueTask ReadUsersAsync(SoapReader reader, State state)
    {
        var list = reader.Depth;
        while (await reader.NextChildAsync(list))
        {
            var user = reader.Depth;
            while (await reader.NextChildAsync(user))
            {
                if (reader.Name == "ErrorCode")
                    state.Note(await reader.TextAsync());
                else if (reader.Name == "RedirectTarget")
                    state.Target = await reader.TextAsync();
                else if (reader.Name == "UserSettings")
                    await ReadSettingsAsync(reader, state);
            }
        }
    }

    private static async ValueTask ReadSettingsAsync(SoapReader reader, State state)
    {
        var list = reader.Depth;
        while (await reader.NextChildAsync(list))
        {
            var (name, value) = ("", "");
            var setting = reader.Depth;
            while (await reader.NextChildAsync(setting))
            {
                if (reader.Name == "Name")
                    name = await reader.TextAsync();
                else if (reader.Name == "Value")
                    value = await reader.TextAsync();
            }
            state.Values[name] = value;
        }
    }

    private sealed class State
    {
        public Dictionary<string, string> Values { get; } = [];

        public List<string> Errors { get; } = [];

        public string Target { get; set; } = "";

        public void Note(string code)
        {
            if (code != "NoError")
                Errors.Add(code);
        }

        public DiscoveryAnswer ToAnswer()
        {
            var error = Errors.Count > 0 ? string.Join(", ", Errors) : "no EWS address for this mailbox";
            if (Errors.Contains("RedirectAddress") && Target.Contains('@'))
                return new() { RedirectMailbox = Target, Error = error };
            if (Errors.Contains("RedirectUrl") && Uri.TryCreate(Target, UriKind.Absolute, out var redirect))
                return new() { RedirectUrl = redirect, Error = error };
            // The external address is valid everywhere; the internal one helps servers that publish nothing outside.
            return Uri.TryCreate(Values.GetValueOrDefault("ExternalEwsUrl"), UriKind.Absolute, out var url)
                || Uri.TryCreate(Values.GetValueOrDefault("InternalEwsUrl"), UriKind.Absolute, out url)
                ? new() { EwsUrl = url, Grouping = Values.GetValueOrDefault("GroupingInformation") }
                : new() { Error = error };
        }
    }
}
