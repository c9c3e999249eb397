namespace CrmSync.Engine.Access;

/// <summary>Seals secrets with the installation's key ring, which lies outside the database (quality.md T5).</summary>
public interface ISecretSealer
{
    string Seal(string secret);

    /// <exception cref="System.Security.Cryptography.CryptographicException">The key ring that sealed it is not this one.</exception>
    string Open(string sealedSecret);
}
