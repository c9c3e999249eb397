using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Reads the SOAP headers: version, impersonation, time zone. What is wrong here is a fault, never a response error (protocol.md 2).</summary>
public static class RequestHeader
{
    public static int Version(Node? header, ServerEdition edition)
    {
        if (header?.Child("RequestServerVersion") is not { } element)
            return Math.Min(ServerVersion.Default, edition.NewestOrder);
        var order = ServerVersion.Order(element["Version"] ?? "");
        return order >= 0 && order <= edition.NewestOrder ? order : throw new SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.");
    }

    public static TimeZoneInfo? Zone(Node? header)
    {
        var id = header?.Child("TimeZoneContext")?.Child("TimeZoneDefinition")?["Id"];
        if (id == null)
            return null;
        return ExchangeTime.FindZone(id) ?? throw new SoapFault("ErrorTimeZone", "The time zone of the context is not known.");
    }

    public static Caller Caller(Organisation organisation, EwsRequest request, Node? header)
    {
        var account = request.Account;
        if (header?.Child("ExchangeImpersonation")?.Child("ConnectingSID")?.Children.FirstOrDefault() is not { } sid)
            return new(account, request.IsAppOnly ? null : account.Mailbox, false);
        var value = sid.Text.Trim();
        var mailbox = sid.Name == "SID" ? organisation.Mailboxes.FirstOrDefault(m => m.Sid == value) : organisation.FindMailbox(value);
        if (!account.MayImpersonate && mailbox != account.Mailbox)
            throw new SoapFault("ErrorImpersonationDenied", "The account does not have permission to impersonate.");
        if (mailbox == null)
        {
            var missing = new SoapFault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
            missing.Values["SmtpAddress"] = value;
            throw missing;
        }

        if (account.ImpersonationScope is { } scope && !scope.Contains(mailbox.Address))
            throw new SoapFault("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user.");
        return new(account, mailbox, true);
    }
}
