using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>A certificate authority of our own and a server certificate for loopback names, made once and kept beside the data.</summary>
public static class Certificates
{
    public const string AuthorityFile = "ca.pem";
    public const string ServerFile = "server.pfx";

    private static readonly object Gate = new();

    public static X509Certificate2 Server(string folder)
    {
        lock (Gate)
        {
            var path = Path.Combine(folder, ServerFile);
            if (File.Exists(path) && File.Exists(Path.Combine(folder, AuthorityFile)))
            {
                var kept = X509CertificateLoader.LoadPkcs12FromFile(path, null);
                if (kept.NotAfter > DateTime.Now.AddDays(1))
                    return kept;
            }

            return Make(folder, path);
        }
    }

    private static X509Certificate2 Make(string folder, string path)
    {
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Exchange simulator CA", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false));
        using var authority = authorityRequest.CreateSelfSigned(from, from.AddYears(5));

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var serial = RandomNumberGenerator.GetBytes(12);
        var generator = X509SignatureGenerator.CreateForECDsa(authorityKey);
        using var bare = request.Create(authority.SubjectName, generator, from, from.AddYears(2), serial);
        using var withKey = bare.CopyWithPrivateKey(key);
        var pfx = withKey.Export(X509ContentType.Pkcs12);
        WritePrivate(path, pfx);
        File.WriteAllText(Path.Combine(folder, AuthorityFile), authority.ExportCertificatePem());
        return X509CertificateLoader.LoadPkcs12(pfx, null);
    }

    private static void WritePrivate(string path, byte[] content)
    {
        File.WriteAllBytes(path, content);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
