using System.Security.Claims;

namespace CrmSync.Engine.Access;

/// <summary>Who asks: a signed-in person or a token, with the scopes that it has.</summary>
/// <param name="Name">For audit and history: <c>user:anna</c> or <c>token:crm_1a2b</c>.</param>
/// <param name="CrmUserId">The person it acts for; null for a service or an account without a CRM person.</param>
public sealed record Caller(string Name, Guid? CrmUserId, IReadOnlySet<string> Scopes, string? Address = null)
{
    public const string ScopeClaim = "crmsync:scope";
    public const string PersonClaim = "crmsync:person";
    public const string NameClaim = "crmsync:name";

    /// <summary>The engine itself: start-up, demo data, the command line.</summary>
    public static readonly Caller System = new("system", null, Access.Scopes.All.ToHashSet());

    public bool May(string scope) => Scopes.Contains(scope);

    public static Caller Of(ClaimsPrincipal principal, string? address = null) => new(
        principal.FindFirstValue(NameClaim) ?? "anonymous",
        Guid.TryParse(principal.FindFirstValue(PersonClaim), out var person) ? person : null,
        principal.FindAll(ScopeClaim).Select(claim => claim.Value).ToHashSet(),
        address);

    /// <summary>What services ask for: the caller's scopes turned into a role.</summary>
    public Viewer ToViewer() => new(
        Name, CrmUserId,
        May(Access.Scopes.TargetsWrite) ? ConsoleRole.Administrator
            : May(Access.Scopes.LinksOperate) || May(Access.Scopes.QueueRead) ? ConsoleRole.Operator
            : ConsoleRole.User,
        ActsForEveryone: CrmUserId is null && May(Access.Scopes.ItemsRead), Address)
    {
        SeesPrivate = May(Access.Scopes.ItemsPrivate),
    };

    public void Require(string scope)
    {
        if (!May(scope))
            throw new AccessDeniedException(scope);
    }
}

/// <summary>The caller lacks a right. Thrown by services, so that no page or endpoint can forget to ask.</summary>
public sealed class AccessDeniedException(string scope) : Exception($"This needs the right '{scope}'.")
{
    public string Scope { get; } = scope;
}
