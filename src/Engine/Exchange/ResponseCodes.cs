namespace CrmSync.Engine.Exchange;

/// <summary>The response codes that the engine acts on; all others are carried verbatim (ews/protocol.md sections 10 and 13).</summary>
public static class ResponseCodes
{
    public const string NoError = nameof(NoError);
    public const string ErrorServerBusy = nameof(ErrorServerBusy);
    public const string ErrorItemNotFound = nameof(ErrorItemNotFound);
    public const string ErrorFolderNotFound = nameof(ErrorFolderNotFound);
    public const string ErrorSyncFolderNotFound = nameof(ErrorSyncFolderNotFound);
    public const string ErrorInvalidSyncStateData = nameof(ErrorInvalidSyncStateData);
    public const string ErrorIrresolvableConflict = nameof(ErrorIrresolvableConflict);
    public const string ErrorStaleObject = nameof(ErrorStaleObject);
    public const string ErrorAccessDenied = nameof(ErrorAccessDenied);
    public const string ErrorImpersonateUserDenied = nameof(ErrorImpersonateUserDenied);
    public const string ErrorImpersonationDenied = nameof(ErrorImpersonationDenied);
    public const string ErrorNonExistentMailbox = nameof(ErrorNonExistentMailbox);
    public const string ErrorSubscriptionNotFound = nameof(ErrorSubscriptionNotFound);

    private static readonly HashSet<string> Transient =
    [
        ErrorServerBusy, "ErrorTimeoutExpired", "ErrorInternalServerTransientError", "ErrorInternalServerError", "ErrorMailboxStoreUnavailable",
        "ErrorMailboxMoveInProgress", "ErrorMailboxFailover", "ErrorConnectionFailed", "ErrorNoRespondingCASInDestinationSite",
        "ErrorTooManyObjectsOpened", "ErrorExceededConnectionCount", "ErrorBatchProcessingStopped", "ErrorInsufficientResources",
    ];

    /// <summary>Ours, not the server's: the item has a kind that its folder's link does not map, for example a mail in a calendar folder.</summary>
    public const string NotACalendarItem = "CrmSync.NotACalendarItem";

    // These speak about the server or the mailbox, whichever item they are answered for.
    private static readonly HashSet<string> OfMailbox =
    [
        ErrorServerBusy, "ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress", "ErrorMailboxFailover", "ErrorConnectionFailed",
        "ErrorNoRespondingCASInDestinationSite", "ErrorExceededConnectionCount", ErrorNonExistentMailbox,
    ];

    private static readonly HashSet<string> SubscriptionGone =
    [
        ErrorSubscriptionNotFound, "ErrorInvalidSubscription", "ErrorExpiredSubscription", "ErrorSubscriptionUnsubscribed", "ErrorSubscriptionAccessDenied",
        "ErrorReadEventsFailed", "ErrorMissedNotificationEvents", "ErrorInvalidWatermark", "ErrorProxyRequestNotAllowed",
    ];

    /// <summary>The refusal is about the mailbox or the server as a whole, not about one item.</summary>
    public static bool ConcernsMailbox(string code) => OfMailbox.Contains(code);

    /// <summary>The subscription is of no more use: subscribe anew, without the old watermark (ews/protocol.md section 9).</summary>
    public static bool IsSubscriptionGone(string code) => SubscriptionGone.Contains(code);

    /// <summary>Trying again later can help.</summary>
    public static bool IsTransient(string code) => Transient.Contains(code);
}
