using System.Net.Http.Headers;
using System.Text;
using CrmSync.Engine.Targets;
using Microsoft.Identity.Client;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>What a request carries to sign in. NTLM carries nothing here: the handler signs in the connection.</summary>
internal sealed class SignIn(TargetConnection connection, Func<HttpMessageHandler> tokenHandler)
{
    private readonly SyncTarget _target = connection.Target;
    private readonly Lazy<OAuthTokens> _tokens = new(() => new OAuthTokens(connection, tokenHandler));
    private readonly AuthenticationHeaderValue _basic = new(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{connection.Target.UserName}:{connection.Secret}")));

    /// <summary>HTTP scheme, for messages.</summary>
    public string Scheme => _target.Authentication switch
    {
        AuthenticationKind.Ntlm => "NTLM",
        AuthenticationKind.OAuthClientCredentials => "Bearer",
        _ => "Basic",
    };

    /// <summary>Whether a new token may help after a 401.</summary>
    public bool CanRenew => _target.Authentication == AuthenticationKind.OAuthClientCredentials;

    /// <param name="host">The host to sign in to: default audience of a token.</param>
    /// <param name="renew">The token in use was refused.</param>
    /// <param name="cancellation">Cancels the request for a token.</param>
    public async ValueTask<AuthenticationHeaderValue?> HeaderAsync(string host, bool renew, CancellationToken cancellation) => _target.Authentication switch
    {
        AuthenticationKind.Basic => _basic,
        AuthenticationKind.OAuthClientCredentials => new("Bearer", await _tokens.Value.GetAsync(host, renew, cancellation)),
        _ => null,
    };
}

/// <summary>Tokens by OAuth client credentials. Cached and renewed in time by MSAL; its requests take the target's TLS choice.</summary>
internal sealed class OAuthTokens(TargetConnection connection, Func<HttpMessageHandler> handler) : IMsalHttpClientFactory
{
    private readonly HttpClient _http = new(handler(), disposeHandler: false);
    private readonly Lock _gate = new();
    private IConfidentialClientApplication? _application;

    public HttpClient GetHttpClient() => _http;

    public async Task<string> GetAsync(string host, bool renew, CancellationToken cancellation)
    {
        var target = connection.Target;
        try
        {
            var scope = string.IsNullOrWhiteSpace(target.OAuthScope) ? $"https://{host}/.default" : target.OAuthScope;
            var result = await Application().AcquireTokenForClient([scope]).WithForceRefresh(renew).ExecuteAsync(cancellation);
            return result.AccessToken;
        }
        catch (MsalServiceException fault) when (fault.StatusCode is >= 400 and < 500 and not 429)
        {
            throw new ExchangeTransportException($"{target.OAuthAuthority} gives no token for client {target.UserName}: {fault.ErrorCode}. "
                + "Check client id, secret and the application's permission.", fault)
            {
                HttpStatus = fault.StatusCode,
                CanPass = false,
            };
        }
        catch (MsalClientException fault)
        {
            throw new ExchangeTransportException($"No token can be asked for with these settings: {fault.ErrorCode}. Check the authority "
                + $"{target.OAuthAuthority}, which must be https, and the client id.", fault) { CanPass = false };
        }
        catch (HttpRequestException fault)
        {
            var reason = fault.InnerException is CertificateRefusedException certificate ? certificate.Message : "It cannot be reached.";
            throw new ExchangeTransportException($"{target.OAuthAuthority} gives no token. "
                + $"{reason}", fault) { CanPass = fault.InnerException is not CertificateRefusedException };
        }
        catch (MsalException fault)
        {
            throw new ExchangeTransportException($"{target.OAuthAuthority} gives no token now ({fault.ErrorCode}).", fault);
        }
    }

    private IConfidentialClientApplication Application()
    {
        lock (_gate)
            return _application ??= Build();
    }

    private IConfidentialClientApplication Build()
    {
        var target = connection.Target;
        var authority = target.OAuthAuthority ?? "";
        var builder = ConfidentialClientApplicationBuilder.Create(target.UserName).WithClientSecret(connection.Secret).WithHttpClientFactory(this);
        var isMicrosoft = Uri.TryCreate(authority, UriKind.Absolute, out var uri)
            && (uri.Host.EndsWith(".microsoftonline.com", StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith(".microsoftonline.us", StringComparison.OrdinalIgnoreCase));
        // Instance discovery asks Microsoft whether an authority is genuine; one of another maker describes itself instead (openid-configuration).
        return (isMicrosoft ? builder.WithAuthority(authority, validateAuthority: true) : builder.WithOidcAuthority(authority)).Build();
    }
}
