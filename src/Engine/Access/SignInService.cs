using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Store;
using Microsoft.AspNetCore.Identity;

namespace CrmSync.Engine.Access;

public enum SignInOutcome
{
    Succeeded = 0,
    Refused = 1,

    /// <summary>Too many tries; the message says how long.</summary>
    Locked = 2,
}

public sealed record SignInResult(SignInOutcome Outcome, string Message, ConsoleAccount? Account = null);

/// <summary>Local sign-in: the same answer and the same work for unknown names and wrong passwords, growing delay after failures (quality.md T9).</summary>
public sealed class SignInService(IAccessStore store, TimeProvider time, IdSource ids)
{
    public const int MinPasswordLength = 12;
    private const int FreeTries = 5;

    // PBKDF2 with HMAC-SHA512, 210,000 rounds: the recommendation for this hash in OWASP's password storage cheat sheet.
    private static readonly PasswordHasher<ConsoleAccount> Hasher = new(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));
    private static readonly ConsoleAccount NoAccount = new() { UserName = "" };
    private static readonly Lazy<string> Nobody = new(() => Hasher.HashPassword(new ConsoleAccount { UserName = "" }, "nobody has this password"));

    public async Task<SignInResult> SignInAsync(string userName, string password, CancellationToken cancellation)
    {
        var account = await store.FindAccountAsync(userName.Trim().ToLowerInvariant(), cancellation);
        var now = time.GetUtcNow().UtcDateTime;
        var isRight = Hasher.VerifyHashedPassword(account ?? NoAccount, account?.PasswordHash ?? Nobody.Value, password) != PasswordVerificationResult.Failed;
        if (account?.LockedUntil > now)
            return new(SignInOutcome.Locked, $"Too many tries. Try again in {Math.Ceiling((account.LockedUntil.Value - now).TotalSeconds)} seconds.");
        if (account is null || !isRight || account.IsDisabled)
        {
            if (account is not null)
                await NoteFailureAsync(account, now, cancellation);
            return new(SignInOutcome.Refused, "User name or password is wrong.");
        }
        account.FailedSignIns = 0;
        account.LockedUntil = null;
        account.LastSignInAt = now;
        await store.SaveAccountAsync(account, cancellation);
        return new(SignInOutcome.Succeeded, "", account);
    }

    /// <summary>Makes an account; throws ArgumentException with a message for the person when name or password will not do.</summary>
    public async Task<ConsoleAccount> CreateAsync(string userName, string password, ConsoleRole role, Guid? crmUserId, CancellationToken cancellation)
    {
        var name = userName.Trim().ToLowerInvariant();
        if (name.Length is 0 or > 100)
            throw new ArgumentException("The user name must have 1 to 100 characters.", nameof(userName));
        if (password.Length < MinPasswordLength)
            throw new ArgumentException($"The password has {password.Length} characters; it needs at least {MinPasswordLength}. A few words are easier to remember than signs.", nameof(password));
        if (password.Contains(name, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException("The password contains the user name; choose one that does not.", nameof(password));
        if (await store.FindAccountAsync(name, cancellation) is not null)
            throw new ArgumentException($"There is an account '{name}' already.", nameof(userName));
        var account = new ConsoleAccount
        {
            Id = ids.NewId(), UserName = name, Role = role, CrmUserId = crmUserId, CreatedAt = time.GetUtcNow().UtcDateTime,
            SecurityStamp = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        };
        account.PasswordHash = Hasher.HashPassword(account, password);
        await store.AddAccountAsync(account, cancellation);
        return account;
    }

    public static ClaimsPrincipal PrincipalOf(ConsoleAccount account, string scheme) => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.Name, account.UserName),
            new Claim(ClaimTypes.Role, account.Role.ToString()),
            new Claim(Caller.NameClaim, $"user:{account.UserName}"),
            new Claim("crmsync:stamp", account.SecurityStamp),
            .. account.CrmUserId is { } person ? (Claim[])[new Claim(Caller.PersonClaim, person.ToString())] : [],
            .. Scopes.Of(account.Role).Select(scope => new Claim(Caller.ScopeClaim, scope)),
        ],
        scheme));

    private async Task NoteFailureAsync(ConsoleAccount account, DateTime now, CancellationToken cancellation)
    {
        account.FailedSignIns++;
        if (account.FailedSignIns >= FreeTries)
            account.LockedUntil = now.AddSeconds(Math.Min(900, 5 * Math.Pow(2, account.FailedSignIns - FreeTries)));
        await store.SaveAccountAsync(account, cancellation);
    }

    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
