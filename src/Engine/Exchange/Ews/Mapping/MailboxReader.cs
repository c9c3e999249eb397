using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Reads mail addresses and attendees.</summary>
internal static class MailboxReader
{
    /// <summary>Reads the Mailbox child, and the response type where there is one, of the current element.</summary>
    public static async ValueTask<(MailAddress? Address, AttendeeResponse Response)> ReadChildAsync(SoapReader reader)
    {
        MailAddress? address = null;
        var response = AttendeeResponse.Unknown;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "Mailbox")
                address = await ReadAsync(reader);
            else if (reader.Name == "ResponseType")
                response = EwsEnums.ReadResponse(await reader.TextAsync());
        }
        return (address, response);
    }

    /// <summary>Reads the current element's Name and EmailAddress; null when it has neither.</summary>
    public static async ValueTask<MailAddress?> ReadAsync(SoapReader reader)
    {
        string? name = null;
        var address = "";
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "Name")
                name = await reader.TextAsync();
            else if (reader.Name == "EmailAddress")
                address = await reader.TextAsync();
        }
        return address.Length == 0 && string.IsNullOrEmpty(name) ? null : new(address, string.IsNullOrEmpty(name) ? null : name);
    }

    public static async ValueTask ReadAttendeesAsync(SoapReader reader, AttendeeRole role, List<Attendee> attendees)
    {
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            var (address, response) = await ReadChildAsync(reader);
            if (address is not null)
                attendees.Add(new(address, role, response));
        }
    }
}
