using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Makes the HTTP handler of one target: its TLS choice, its sign-in, its own connections.</summary>
/// <remarks>One handler per target: NTLM signs in a connection, not a request, so connections are never shared between accounts.</remarks>
internal static class HandlerFactory
{
    public static SocketsHttpHandler Create(SyncTarget target, string secret, CertificateCheck certificates)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            UseCookies = false,
            PreAuthenticate = true,
            // The gate counts requests; streaming connections come on top of it.
            MaxConnectionsPerServer = int.MaxValue,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            PooledConnectionLifetime = TimeSpan.FromMinutes(30),
            ConnectTimeout = TimeSpan.FromSeconds(Math.Clamp(target.RequestTimeoutSeconds, 1, 30)),
            MaxResponseHeadersLength = 64,
            ConnectCallback = (connection, cancellation) => AddressGuard.ConnectAsync(connection.DnsEndPoint, target.IsOnPremises, cancellation),
            SslOptions = Tls(certificates),
        };
        if (target.Authentication == AuthenticationKind.Ntlm)
        {
            ManagedNtlm.Enable();
            handler.Credentials = new NtlmOnly(Account(target.UserName, secret));
        }
        return handler;
    }

    public static SslClientAuthenticationOptions Tls(CertificateCheck certificates) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            certificates.Validate((sender as SslStream)?.TargetHostName ?? "the server", certificate, chain, errors),
    };

    /// <summary>user@domain as it is; DOMAIN\user in its two parts.</summary>
    private static NetworkCredential Account(string userName, string secret) =>
        userName.Split('\\', 2) is [var domain, var user] ? new(user, secret, domain) : new(userName, secret);

    // Only for the schemes meant: the password must not go out as Basic because a server asks for it.
    private sealed class NtlmOnly(NetworkCredential credential) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType) =>
            authType.Equals("NTLM", StringComparison.OrdinalIgnoreCase) ? credential : null;
    }
}

/// <summary>Lets NTLM work without the system's GSSAPI plug-in.</summary>
internal static class ManagedNtlm
{
    private const string Switch = "System.Net.Security.UseManagedNtlm";

    /// <summary>.NET 10 on Linux needs the package gss-ntlmssp for NTLM unless its own implementation is switched on; it reads the switch once, at first use.</summary>
    public static void Enable()
    {
        if (!OperatingSystem.IsWindows() && !AppContext.TryGetSwitch(Switch, out _))
            AppContext.SetSwitch(Switch, true);
    }
}
