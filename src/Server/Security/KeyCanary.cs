using System.Security.Cryptography;
using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Server.Security;

/// <summary>The key ring is not the one that sealed this database's secrets: starting would only break things quietly.</summary>
public sealed class WrongKeyRingException(string folder) : Exception(
    $"The key ring in '{folder}' does not open this database's secrets. Start with the folder that was used before (--keys DIR), or restore it from its backup. Nothing was changed.");

/// <summary>A known text sealed on first start: proves at each start, on each node, that key ring and database belong together.</summary>
public sealed class KeyCanary(IDbContextFactory<CrmSyncDbContext> contexts, IDataProtectionProvider provider, ServerSettings settings)
{
    private const string Text = "canary";
    private readonly IDataProtector _protector = provider.CreateProtector("CrmSync.Canary.v1");

    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var installation = await db.Set<Installation>().SingleAsync(cancellation);
        if (installation.KeyCanary is null)
        {
            installation.KeyCanary = _protector.Protect(Text);
            await db.SaveChangesAsync(cancellation);
            return;
        }
        try
        {
            if (_protector.Unprotect(installation.KeyCanary) == Text)
                return;
        }
        catch (CryptographicException)
        {
            // Said below, in words that help.
        }
        throw new WrongKeyRingException(settings.KeysFolder);
    }
}
