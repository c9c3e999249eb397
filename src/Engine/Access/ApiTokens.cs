using System.Data.Common;
using System.Security.Claims;
using System.Security.Cryptography;
using CrmSync.Engine.Store;

namespace CrmSync.Engine.Access;

/// <summary>API tokens: 256 random bits, shown once, stored as prefix and hash (quality.md T12).</summary>
public sealed class ApiTokens(IAccessStore store, TimeProvider time, IdSource ids)
{
    public const string Start = "crm_";
    private const int PrefixLength = 12;

    /// <summary>Makes a token. The second value is the token itself; it cannot be shown again.</summary>
    public async Task<(ApiToken Row, string Token)> CreateAsync(
        Caller caller, string name, IReadOnlyCollection<string> scopes, Guid? crmUserId, DateTime? expiresAt, CancellationToken cancellation)
    {
        caller.Require(Scopes.TokensWrite);
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentException("A token needs a name, so that people know what to revoke.", nameof(name));
        if (scopes.FirstOrDefault(scope => !Scopes.All.Contains(scope)) is { } unknown)
            throw new ArgumentException($"There is no scope '{unknown}'. Known are: {string.Join(", ", Scopes.All)}.", nameof(scopes));
        var token = Start + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var row = new ApiToken
        {
            Id = ids.NewId(), Name = name.Trim(), Prefix = token[..PrefixLength], TokenHash = SignInService.HashOf(token), CrmUserId = crmUserId,
            Scopes = string.Join(' ', scopes.Distinct().Order(StringComparer.Ordinal)), CreatedAt = time.GetUtcNow().UtcDateTime, ExpiresAt = expiresAt,
        };
        await store.AddTokenAsync(row, cancellation);
        return (row, token);
    }

    /// <summary>The token's principal, or null: unknown, expired or revoked.</summary>
    public async Task<ClaimsPrincipal?> AuthenticateAsync(string token, string scheme, CancellationToken cancellation)
    {
        if (!token.StartsWith(Start, StringComparison.Ordinal) || token.Length != Start.Length + 64)
            return null;
        var now = time.GetUtcNow().UtcDateTime;
        // Looked up by hash: no comparison of secrets, hence no timing to measure.
        if (await store.FindTokenAsync(SignInService.HashOf(token), cancellation) is not { RevokedAt: null } row || row.ExpiresAt <= now)
            return null;
        if (row.LastUsedAt is not { } last || now - last > TimeSpan.FromMinutes(1))
            await NoteUseAsync(row.Id, now, cancellation);
        return new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, row.Name),
                new Claim(Caller.NameClaim, $"token:{row.Prefix}"),
                .. row.CrmUserId is { } person ? (Claim[])[new Claim(Caller.PersonClaim, person.ToString())] : [],
                .. row.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(scope => new Claim(Caller.ScopeClaim, scope)),
            ],
            scheme));
    }

    // No call is refused because this could not be written; a database that is away is said by the call's own statements.
    private async Task NoteUseAsync(Guid id, DateTime now, CancellationToken cancellation)
    {
        try
        {
            await store.TokenUsedAsync(id, now, cancellation);
        }
        catch (Exception missed) when (missed is DbException or InvalidOperationException { InnerException: DbException })
        {
            // The next call notes it.
        }
    }

    public async Task<IReadOnlyList<ApiToken>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        caller.Require(Scopes.TokensWrite);
        return await store.ListTokensAsync(cancellation);
    }

    public async Task<bool> RevokeAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        caller.Require(Scopes.TokensWrite);
        return await store.RevokeTokenAsync(id, time.GetUtcNow().UtcDateTime, cancellation);
    }
}
