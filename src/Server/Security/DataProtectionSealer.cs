using System.Security.Cryptography;
using CrmSync.Engine.Access;
using Microsoft.AspNetCore.DataProtection;

namespace CrmSync.Server.Security;

/// <summary>Seals secrets with the key ring, each kind under a purpose of its own, so that one can never be opened as another.</summary>
public sealed class DataProtectionSealer(IDataProtectionProvider provider) : ISecretSealer
{
    private readonly IDataProtector _protector = provider.CreateProtector("CrmSync.TargetSecret.v1");

    public string Seal(string secret) => _protector.Protect(secret);

    public string Open(string sealedSecret)
    {
        try
        {
            return _protector.Unprotect(sealedSecret);
        }
        catch (CryptographicException cause)
        {
            throw new SecretUnreadableException(
                "A stored secret does not open with the key ring of this server. Start it with the key ring (--keys) that sealed it, or enter the secret anew.", cause);
        }
    }
}
