namespace CrmSync.Engine.Targets;

public enum TargetKind
{
    Ews = 0,
    Graph = 1,
}

public enum AuthenticationKind
{
    Basic = 0,
    Ntlm = 1,
    OAuthClientCredentials = 2,
}

/// <summary>How one account reaches many mailboxes.</summary>
public enum AccessType
{
    /// <summary>The service account acts as the mailbox's owner (EWS ExchangeImpersonation).</summary>
    Impersonation = 0,

    /// <summary>The account uses its own rights on folders shared with it.</summary>
    Delegate = 1,
}

public enum TlsMode
{
    /// <summary>The platform's own checks.</summary>
    Strict = 0,

    /// <summary>Trust exactly the given CA or server certificate, name check included.</summary>
    Pinned = 1,

    /// <summary>No check at all; shown as a permanent warning.</summary>
    Off = 2,
}

public enum NotificationMode
{
    Poll = 0,
    Push = 1,
    Streaming = 2,
    Webhook = 3,
}

/// <summary>Which way items travel, seen from the CRM.</summary>
[Flags]
public enum SyncDirection
{
    Off = 0,
    Inbound = 1,
    Outbound = 2,
    TwoWay = Inbound | Outbound,
}

/// <summary>Who wins where both sides changed the same field to different values.</summary>
public enum ConflictPolicy
{
    CrmWins = 0,
    ExchangeWins = 1,
    NewestWins = 2,
    Ask = 3,
}

/// <summary>What becomes of items that both sides have already when a link is first read.</summary>
public enum FirstSyncPolicy
{
    /// <summary>Twins become pairs; what one side alone has goes to the other.</summary>
    Adopt = 0,

    /// <summary>What is there stays where it is, unpaired; only what is new from then on travels.</summary>
    KeepApart = 1,

    /// <summary>As <see cref="Adopt"/>, but where several CRM items fit an Exchange item equally well a person decides; until then they stay as they are.</summary>
    Ask = 2,
}

/// <summary>What happens where one side deleted an item that the other had changed. The loser stays restorable.</summary>
public enum DeleteConflictPolicy
{
    /// <summary>The edit is kept, the item comes back where it was deleted.</summary>
    KeepEdit = 0,

    /// <summary>The deletion follows.</summary>
    DeleteWins = 1,

    /// <summary>Both sides stay as they are until a person decides.</summary>
    Ask = 2,
}

/// <summary>Whether attendees are mailed about meetings that the CRM creates, changes or cancels.</summary>
public enum MailPolicy
{
    /// <summary>One invitation, update or cancellation per real change.</summary>
    Invite = 0,

    /// <summary>Never any mail.</summary>
    Silent = 1,
}
