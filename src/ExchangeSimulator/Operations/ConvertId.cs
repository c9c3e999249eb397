using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Translates ids between their formats. Clients use it as a cheap first call (clients.md 1 point 4).</summary>
public static class ConvertId
{
    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var destination = context.Request["DestinationFormat"]!;
        writer.Messages("ConvertId", context.Request.Child("SourceIds")!.Children, source =>
        {
            var bytes = Decode(source["Id"] ?? "", source["Format"]!);
            // The id itself tells the mailbox. DavMail 6.0.1 sends an address that does not exist and takes the one in the answer for its user's.
            var mailbox = Owner(context, bytes) ?? context.Organisation.FindMailbox(source["Mailbox"] ?? "")
                ?? throw new ExchangeError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
            return () =>
            {
                writer.StartM("AlternateId");
                writer.Xml.WriteAttributeString("xsi", "type", Xsi, "t:AlternateIdType");
                writer.Xml.WriteAttributeString("Format", destination);
                writer.Xml.WriteAttributeString("Id", Encode(bytes, destination));
                writer.Xml.WriteAttributeString("Mailbox", mailbox.Address);
                writer.End();
            };
        });
    }

    private static Mailbox? Owner(OperationContext context, byte[] bytes) =>
        bytes.Length > 39 && Guid.TryParse(System.Text.Encoding.ASCII.GetString(bytes, 3, 36), out var key) ? context.Organisation.Mailboxes.FirstOrDefault(m => m.Key == key) : null;

    /// <summary>In this server all formats carry the same bytes; only their spelling differs.</summary>
    private static byte[] Decode(string id, string format)
    {
        try
        {
            var bytes = format switch
            {
                "HexEntryId" => Convert.FromHexString(id),
                "OwaId" => Convert.FromBase64String(Uri.UnescapeDataString(id)),
                _ => Convert.FromBase64String(id),
            };
            return bytes.Length >= 20 ? bytes : throw Malformed();
        }
        catch (FormatException)
        {
            throw Malformed();
        }
    }

    private static string Encode(byte[] bytes, string format) => format switch
    {
        "HexEntryId" => Convert.ToHexString(bytes),
        "OwaId" => Uri.EscapeDataString(Convert.ToBase64String(bytes)),
        _ => Convert.ToBase64String(bytes),
    };

    private static ExchangeError Malformed() => new("ErrorInvalidIdMalformed", "Id is malformed.");
}
