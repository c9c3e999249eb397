using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Decides about a server's certificate by the target's choice, and says which of the usual troubles it is (quality.md T6).</summary>
/// <param name="mode">Strict: the platform's verdict. Pinned: the given certificates are the only trusted roots. Off: no check.</param>
/// <param name="pinnedPem">One or more PEM certificates, of CAs or of the server itself.</param>
internal sealed class CertificateCheck(TlsMode mode, string? pinnedPem, TimeProvider time)
{
    private readonly X509Certificate2Collection _pinned = Parse(mode, pinnedPem);

    /// <summary>The callback for SslStream; throws <see cref="CertificateRefusedException"/> instead of answering no, so that the reason survives.</summary>
    public bool Validate(string host, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (mode == TlsMode.Off)
            return true;
        if (mode == TlsMode.Strict && errors == SslPolicyErrors.None)
            return true;
        if (certificate is null)
            throw new CertificateRefusedException(CertificateProblem.Missing, $"{host} shows no certificate.");
        var leaf = certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        Check(host, leaf, chain, errors);
        return true;
    }

    private void Check(string host, X509Certificate2 leaf, X509Chain? chain, SslPolicyErrors errors)
    {
        var now = time.GetUtcNow();
        if (now > leaf.NotAfter.ToUniversalTime())
            throw new CertificateRefusedException(CertificateProblem.Expired, $"The certificate of {host} expired on "
                + $"{leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}. Renew it on the server.");
        if (now < leaf.NotBefore.ToUniversalTime())
            throw new CertificateRefusedException(CertificateProblem.Expired, $"The certificate of {host} is valid only from "
                + $"{leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}. Check the clocks of both machines.");
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            throw new CertificateRefusedException(CertificateProblem.WrongHost, $"The certificate shown by {host} was issued for another "
                + $"name ({leaf.GetNameInfo(X509NameType.DnsName, false)}). Use the name on the certificate as the address, or correct the "
                + "certificate.");
        if (mode == TlsMode.Pinned && IsPinned(leaf, chain))
            return;
        throw new CertificateRefusedException(CertificateProblem.Untrusted, mode == TlsMode.Pinned
            ? $"The certificate of {host} (issued by {Issuer(leaf)}) is not the one that is trusted for this target, nor issued by it. Give "
                + "the right CA or server certificate."
            : $"The certificate of {host} was issued by {Issuer(leaf)}, which this machine does not trust. Give that CA's certificate for "
                + "the target, or install it on this machine.");
    }

    private bool IsPinned(X509Certificate2 leaf, X509Chain? presented)
    {
        // The server's own certificate pins exactly itself, whoever issued it.
        if (_pinned.Any(pinned => pinned.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)))
            return true;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_pinned);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a company's own CA rarely serves revocation lists where we run
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        if (presented is not null)
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build(leaf);
    }

    private static string Issuer(X509Certificate2 leaf) => leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true);

    private static X509Certificate2Collection Parse(TlsMode mode, string? pem)
    {
        var certificates = new X509Certificate2Collection();
        if (mode != TlsMode.Pinned)
            return certificates;
        try
        {
            certificates.ImportFromPem(pem ?? "");
        }
        catch (System.Security.Cryptography.CryptographicException fault)
        {
            throw new ArgumentException("The trusted certificate of the target is not PEM.", nameof(pem), fault);
        }
        return certificates.Count > 0 ? certificates : throw new ArgumentException("TLS is pinned but the target has no trusted "
            + "certificate.", nameof(pem));
    }
}

internal enum CertificateProblem
{
    Missing = 0,
    Expired = 1,
    WrongHost = 2,
    Untrusted = 3,
}

/// <summary>The server's certificate was refused; the message is for people.</summary>
internal sealed class CertificateRefusedException(CertificateProblem problem, string message) : AuthenticationException(message)
{
    public CertificateProblem Problem { get; } = problem;
}
