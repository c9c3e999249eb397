using System.Text;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.Net.Http.Headers;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Settles who asks: Basic, Bearer, or NTLM bound to the connection. Nobody is let in without.</summary>
public sealed class SignIn(SimulatedExchange exchange, NtlmConnections ntlm)
{
    public sealed record Who(Account Account, bool IsAppOnly);

    /// <summary>Null after a 401 was written.</summary>
    public Who? Check(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var offered = exchange.Options.Authentication;
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) && offered.Contains("basic") && Basic(exchange.Organisation, header[6..]) is { } account)
            return new(account, false);
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && offered.Contains("bearer") && exchange.Tokens.Find(header[7..].Trim()) is { } application)
            return new(application, true);
        if (offered.Contains("ntlm"))
        {
            var result = ntlm.Check(context, header);
            if (result.User != null && Find(exchange.Organisation, result.User) is { } user)
                return new(user, false);
            if (result.Challenge != null)
            {
                context.Response.StatusCode = 401;
                context.Response.Headers.Append(HeaderNames.WWWAuthenticate, result.Challenge);
                return null;
            }
        }

        Refuse(context, offered);
        return null;
    }

    /// <summary>The account of a Basic header's credentials, or null.</summary>
    public static Account? Basic(Organisation organisation, string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded.Trim(), bytes, out var length))
            return null;
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length == 2 && Find(organisation, parts[0]) is { } account && account.Password == parts[1] ? account : null;
    }

    private static Account? Find(Organisation organisation, string user)
    {
        lock (organisation.Gate)
            return organisation.FindAccount(user);
    }

    /// <summary>401 with a challenge for each kind of sign-in offered.</summary>
    public void Challenge(HttpContext context) => Refuse(context, exchange.Options.Authentication);

    private static void Refuse(HttpContext context, IReadOnlySet<string> offered)
    {
        context.Response.StatusCode = 401;
        if (offered.Contains("ntlm"))
        {
            context.Response.Headers.Append(HeaderNames.WWWAuthenticate, "Negotiate");
            context.Response.Headers.Append(HeaderNames.WWWAuthenticate, "NTLM");
        }

        if (offered.Contains("bearer"))
            context.Response.Headers.Append(HeaderNames.WWWAuthenticate, "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", trusted_issuers=\"*\"");
        if (offered.Contains("basic"))
            context.Response.Headers.Append(HeaderNames.WWWAuthenticate, $"Basic realm=\"{context.Request.Host.Host}\"");
    }
}
