namespace CrmSync.Engine.Targets;

/// <summary>One Exchange organisation with its settings: configuration only, never written by the engine.</summary>
/// <remarks>Table SyncTarget. Direction and policy are the widest that its links may use (requirement T8).</remarks>
public sealed class SyncTarget
{
    public Guid Id { get; set; }

    /// <summary>Raised on each change of the settings; the API's ETag.</summary>
    public long Version { get; set; }

    public required string Name { get; set; }

    public TargetKind Kind { get; set; }

    public bool IsEnabled { get; set; } = true;

    /// <summary>Where EWS answers, for example <c>https://mail.contoso.test/EWS/Exchange.asmx</c>. Null: found by Autodiscover.</summary>
    public string? Url { get; set; }

    /// <summary>RequestServerVersion sent to the server; Exchange2013_SP1 has all that we use (ews/protocol.md section 1).</summary>
    public string ServerVersion { get; set; } = "Exchange2013_SP1";

    public AuthenticationKind Authentication { get; set; }

    /// <summary>Service account: user@domain, DOMAIN\user, or the client id with OAuth.</summary>
    public string UserName { get; set; } = "";

    /// <summary>Password or client secret, sealed with the key ring. Never leaves the server, never logged.</summary>
    public string? SealedSecret { get; set; }

    /// <summary>OAuth only: the token endpoint's authority, for example <c>https://login.microsoftonline.com/TENANT</c>.</summary>
    public string? OAuthAuthority { get; set; }

    /// <summary>OAuth only: the scope to ask for; null means the target's host + <c>/.default</c>.</summary>
    public string? OAuthScope { get; set; }

    public AccessType Access { get; set; }

    public TlsMode Tls { get; set; }

    /// <summary>PEM of the CA or server certificate that is trusted with <see cref="TlsMode.Pinned"/>.</summary>
    public string? TrustedCertificatePem { get; set; }

    /// <summary>The server is in our own network: private and loopback addresses are allowed (quality.md T4).</summary>
    public bool IsOnPremises { get; set; } = true;

    public NotificationMode Notifications { get; set; } = NotificationMode.Streaming;

    /// <summary>The address under which Exchange reaches our push endpoint; needed with <see cref="NotificationMode.Push"/>.</summary>
    public string? PublicUrl { get; set; }

    public int PollIntervalSeconds { get; set; } = 60;

    public int CheckUpIntervalMinutes { get; set; } = 24 * 60;

    public int RenewalMarginSeconds { get; set; } = 120;

    public SyncDirection ScheduleDirection { get; set; } = SyncDirection.TwoWay;

    public SyncDirection TaskDirection { get; set; } = SyncDirection.TwoWay;

    public SyncDirection ContactDirection { get; set; } = SyncDirection.TwoWay;

    public ConflictPolicy ConflictPolicy { get; set; } = ConflictPolicy.NewestWins;

    /// <summary>Policies of single fields, by their names (<c>subject</c>, <c>time</c> ...); other fields follow <see cref="ConflictPolicy"/>. Null: none.</summary>
    /// <remarks>Replaced as a whole, never changed in place.</remarks>
    public Dictionary<string, ConflictPolicy>? FieldPolicies { get; set; }

    /// <summary>Who wins when one side deleted what the other had changed.</summary>
    public DeleteConflictPolicy DeletePolicy { get; set; }

    public MailPolicy MailPolicy { get; set; } = MailPolicy.Invite;

    /// <summary>Requests in flight to the whole target.</summary>
    public int MaxConnections { get; set; } = 16;

    /// <summary>Requests in flight per mailbox; EWS itself allows 10 or 27 (ews/protocol.md section 10).</summary>
    public int MaxRequestsPerMailbox { get; set; } = 4;

    /// <summary>After this long a request counts as lost; also the wait before a create in doubt is looked up (invariant 6).</summary>
    public int RequestTimeoutSeconds { get; set; } = 100;

    /// <summary>Share of a link's items, in percent, above which the deletes of one run are held for a person (invariant 10).</summary>
    public int DeleteGuardPercent { get; set; } = 30;

    /// <summary>Deletes of one run that are never held, however large their share.</summary>
    public int DeleteGuardMinimum { get; set; } = 5;

    /// <summary>More deletes in one run than this are held whatever their share; 0: no such bound.</summary>
    public int DeleteGuardCount { get; set; } = 500;

    /// <summary>Share of a link's items, in percent, above which the changes of one run are held for a person.</summary>
    public int ChangeGuardPercent { get; set; } = 50;

    /// <summary>Changes of one run that are never held for their share.</summary>
    public int ChangeGuardMinimum { get; set; } = 20;

    /// <summary>More changes in one run than this are held whatever their share; 0: no such bound.</summary>
    public int ChangeGuardCount { get; set; } = 2000;

    /// <summary>Nine in ten of a link's items, and at least so many, changed at once look like an accident and are held; 0: not looked for.</summary>
    public int AllChangedMinimum { get; set; } = 10;

    /// <summary>Rewrites of one item within an hour, from both sides in turn, beyond which it goes into quarantine; 0: not looked for.</summary>
    public int RewritesPerHour { get; set; } = 5;

    /// <summary>Mails to attendees that one link may cause in an hour; what is beyond waits.</summary>
    public int MailsPerHour { get; set; } = 200;

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>A row to change while the loaded one stays as it was.</summary>
    public SyncTarget Copy() => (SyncTarget)MemberwiseClone();
}
