namespace CrmSync.Engine.Access;

public enum ConsoleRole
{
    User = 0,

    /// <summary>Watches and repairs; no secrets, no configuration.</summary>
    Operator = 1,
    Administrator = 2,
}

/// <summary>A local sign-in. Table ConsoleAccount.</summary>
public sealed class ConsoleAccount
{
    public Guid Id { get; set; }

    /// <summary>Lower case, unique.</summary>
    public required string UserName { get; set; }

    public string PasswordHash { get; set; } = "";

    public ConsoleRole Role { get; set; }

    public Guid? CrmUserId { get; set; }

    public bool IsDisabled { get; set; }

    public int FailedSignIns { get; set; }

    public DateTime? LockedUntil { get; set; }

    /// <summary>Changes when the password or the role does: open sessions end.</summary>
    public string SecurityStamp { get; set; } = "";

    public DateTime CreatedAt { get; set; }

    public DateTime? LastSignInAt { get; set; }
}

/// <summary>An API token: prefix and hash, never the token. Table ApiToken.</summary>
public sealed class ApiToken
{
    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary>The first characters, shown to tell tokens apart; unique.</summary>
    public required string Prefix { get; set; }

    /// <summary>SHA-256 of the whole token, lower-case hex.</summary>
    public required string TokenHash { get; set; }

    /// <summary>The person it acts for; null for a service.</summary>
    public Guid? CrmUserId { get; set; }

    /// <summary>Space-separated scopes; see Scopes.</summary>
    public string Scopes { get; set; } = "";

    public DateTime CreatedAt { get; set; }

    public DateTime? ExpiresAt { get; set; }

    public DateTime? LastUsedAt { get; set; }

    public DateTime? RevokedAt { get; set; }
}

/// <summary>The single-use link by which the first administrator is made, hashed. Table SetupLink.</summary>
public sealed class SetupLink
{
    public required string TokenHash { get; set; }

    public DateTime ExpiresAt { get; set; }

    public DateTime? UsedAt { get; set; }
}

/// <summary>Answer of a call that carried an Idempotency-Key, kept 24 h. Key (Actor, Key). Table IdempotencyKey.</summary>
public sealed class IdempotencyKey
{
    public required string Actor { get; set; }

    public required string Key { get; set; }

    /// <summary>SHA-256 of method, path and body: the same key with another request is an error.</summary>
    public required string RequestHash { get; set; }

    public int Status { get; set; }

    public string? Body { get; set; }

    public string? Location { get; set; }

    public string? ETag { get; set; }

    public DateTime CreatedAt { get; set; }
}

/// <summary>One row: who we are. Table Installation.</summary>
public sealed class Installation
{
    public int Id { get; set; } = 1;

    /// <summary>Written into the stamp of everything that we create in Exchange.</summary>
    public Guid InstallId { get; set; }

    /// <summary>A known text sealed with the key ring: start fails clearly when it does not open.</summary>
    public string? KeyCanary { get; set; }
}
