using System.Security.Cryptography;
using CrmSync.Engine.Store;

namespace CrmSync.Engine.Access;

/// <summary>The first administrator's door: a single-use link of 30 minutes, shown only on a terminal, stored hashed. There is no default password.</summary>
public sealed class SetupLinks(IAccessStore store, TimeProvider time)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    /// <summary>A fresh token; older ones are void.</summary>
    public async Task<string> CreateAsync(CancellationToken cancellation)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await store.ReplaceSetupLinkAsync(new SetupLink { TokenHash = SignInService.HashOf(token), ExpiresAt = time.GetUtcNow().UtcDateTime + Life }, cancellation);
        return token;
    }

    public Task<bool> IsValidAsync(string token, CancellationToken cancellation) =>
        store.IsSetupLinkValidAsync(SignInService.HashOf(token), time.GetUtcNow().UtcDateTime, cancellation);

    /// <summary>Uses the link up. False: unknown, expired or used.</summary>
    public Task<bool> UseAsync(string token, CancellationToken cancellation) =>
        store.UseSetupLinkAsync(SignInService.HashOf(token), time.GetUtcNow().UtcDateTime, cancellation);

    public async Task<bool> IsNeededAsync(CancellationToken cancellation) => !await store.HasAdministratorAsync(cancellation);
}
