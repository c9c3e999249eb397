using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;

namespace CrmSync.Engine.Exchange.Ews;

/// <summary>Turns what went wrong into the exception of the right kind, in words for people: the mailbox or address, the cause, the cure.</summary>
/// <remarks>Never a secret and never the body of an answer.</remarks>
internal static class Explain
{
    // Codes after which a write may have been carried out in part or in whole.
    private static readonly HashSet<string> InDoubt =
        ["ErrorTimeoutExpired", "ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorConnectionFailed", "ErrorBatchProcessingStopped"];

    /// <summary>A response code that refuses the whole request.</summary>
    public static ExchangeResponseException Refused(string code, string text, TimeSpan? backOff, RequestContext context, bool isWrite) =>
        new(code, Words(code, text, context)) { BackOff = backOff, MayHaveExecuted = isWrite && InDoubt.Contains(code) };

    public static ExchangeException Status(HttpResponseMessage response, RequestContext context, bool isWrite, TimeSpan? retryAfter)
    {
        var status = (int)response.StatusCode;
        var where = $"{context.Url} for mailbox {context.Mailbox}";
        var (message, canPass, inDoubt) = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => (Unauthorized(response, context), false, false),
            HttpStatusCode.Forbidden => ($"Exchange refuses EWS at {where} (HTTP 403): EWS is disabled for the organisation, the mailbox or "
                + "this application. Allow it there.", false, false),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => ($"There is no EWS at {context.Url} (HTTP {status}). Check the "
                + "path; it is usually /EWS/Exchange.asmx.", false, false),
            HttpStatusCode.RequestEntityTooLarge => ($"The server at {where} refuses a request of this size (HTTP 413). Lower the batch "
                + "size, or raise the server's limit.", false, false),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => ($"{context.Url} redirects to {Host(response)} (HTTP "
                + $"{status}). Redirects are not followed; enter the final address if it is yours.", false, false),
            HttpStatusCode.TooManyRequests => ($"The server at {where} asks to slow down (HTTP 429).", true, false),
            HttpStatusCode.RequestTimeout => ($"The server at {where} did not receive the request in time (HTTP 408).", true, isWrite),
            (HttpStatusCode)440 => ($"The session at {where} has expired (HTTP 440).", true, false),
            >= HttpStatusCode.InternalServerError => ($"The server at {where} is not available now (HTTP {status}).", true, isWrite),
            _ => ($"The server at {where} answers HTTP {status}, which EWS does not use. Check the address.", false, false),
        };
        return new ExchangeTransportException(message) { HttpStatus = status, CanPass = canPass, MayHaveExecuted = inDoubt, BackOff = retryAfter };
    }

    /// <summary>The connection could not be made, or broke.</summary>
    public static ExchangeTransportException Broken(Exception fault, RequestContext context, bool inDoubt)
    {
        var where = $"{context.Url} for mailbox {context.Mailbox}";
        if (Find<CertificateRefusedException>(fault) is { } certificate)
            return new(certificate.Message, fault) { CanPass = false };
        if (Find<AddressRefusedException>(fault) is { } address)
            return new(address.Message, fault) { CanPass = false };
        if (Find<SocketException>(fault) is { } socket && Of(socket.SocketErrorCode, context.Url) is { } words)
            return new(words, fault) { MayHaveExecuted = inDoubt };
        if (Find<AuthenticationException>(fault) is not null)
            return new($"No TLS connection to {context.Url.Host}: the server accepts neither TLS 1.2 nor 1.3, or the port does not speak "
                + "TLS.", fault) { CanPass = false };
        return new($"The connection to {where} broke before the answer was complete.", fault) { MayHaveExecuted = inDoubt };
    }

    public static ExchangeTransportException TooLate(RequestContext context, int seconds, bool inDoubt) =>
        new($"No complete answer from {context.Url} for mailbox {context.Mailbox} within {seconds} s.") { MayHaveExecuted = inDoubt };

    public static ExchangeProtocolException Malformed(Exception fault, RequestContext context, bool inDoubt, string excerpt) =>
        new($"{context.Url} answered for mailbox {context.Mailbox} with something that is not EWS: {fault.Message} Check that the address is "
            + "that of Exchange and not of a sign-in page.", fault)
        {
            MayHaveExecuted = inDoubt,
            Excerpt = excerpt,
        };

    public static string? Of(SocketError error, Uri url) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"The name {url.Host} is not known to DNS. Check the address.",
        SocketError.ConnectionRefused => $"Nothing listens at {url.Host}:{url.Port}. Check the address and port, and that the server runs.",
        SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => $"{url.Host}:{url.Port} cannot be reached. "
            + "Check the network and firewalls.",
        _ => null,
    };

    private static string Words(string code, string text, RequestContext context)
    {
        var (mailbox, account) = (context.Mailbox, context.Account);
        return code switch
        {
            ResponseCodes.ErrorImpersonateUserDenied => $"The account {account} may not act for mailbox {mailbox}: it lacks the right "
                + "ApplicationImpersonation for it. Assign the role, or widen its scope to this mailbox.",
            ResponseCodes.ErrorImpersonationDenied => $"The account {account} may not act for any mailbox, asked for {mailbox}: it lacks the "
                + "right ApplicationImpersonation. Assign the role to the account.",
            "ErrorImpersonationFailed" => $"Exchange could not act for mailbox {mailbox} as {account}. Check that both accounts are enabled.",
            ResponseCodes.ErrorNonExistentMailbox => $"There is no mailbox {mailbox}. Check the address.",
            ResponseCodes.ErrorAccessDenied => $"The account {account} has no right to do this in mailbox {mailbox}. Share the folder with "
                + "it, or use impersonation.",
            ResponseCodes.ErrorFolderNotFound or ResponseCodes.ErrorSyncFolderNotFound => $"The folder in mailbox {mailbox} is gone, or the "
                + $"account {account} may not see it.",
            "ErrorInvalidServerVersion" => $"The server does not know the version {context.Version}. Choose a lower one for the target.",
            ResponseCodes.ErrorServerBusy => $"Exchange is too busy for mailbox {mailbox} and asks to wait.",
            ResponseCodes.ErrorInvalidSyncStateData => $"Exchange no longer accepts the position in the changes of a folder of mailbox "
                + $"{mailbox}: the folder is read anew.",
            _ => $"Exchange refuses a request for mailbox {mailbox}: {code}. {text}".TrimEnd(),
        };
    }

    private static string Unauthorized(HttpResponseMessage response, RequestContext context)
    {
        var offered = response.Headers.WwwAuthenticate.Select(header => header.Scheme).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var used = context.SignIn;
        var offer = offered.Count == 0 ? "nothing" : string.Join(", ", offered);
        return offered.Count == 0 || offered.Contains(used, StringComparer.OrdinalIgnoreCase)
            ? $"Exchange at {context.Url.Host} does not accept the account {context.Account} with {used} (offered: {offer}). Check user name "
                + "and password."
            : $"Exchange at {context.Url.Host} does not offer {used}; it offers {offer}. Choose one of these for the target, or enable "
                + $"{used} on the server.";
    }

    private static string Host(HttpResponseMessage response) => response.Headers.Location is { IsAbsoluteUri: true } target ? target.Host : "another address";

    private static T? Find<T>(Exception? fault) where T : Exception
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is T found)
                return found;
        }
        return null;
    }
}
