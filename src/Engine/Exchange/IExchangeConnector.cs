using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange;

/// <summary>The border to one Exchange organisation. Two makers: Ews/ and Graph/; one compliance suite that both inherit.</summary>
/// <remarks>
/// Thread-safe; lives as long as its target's settings. All failures are <see cref="ExchangeException"/>s of three kinds, by what to do next; refusals of
/// single items inside a batch are values (<see cref="ItemRefusal"/>). Nobody outside Exchange/ sees XML or JSON.
/// </remarks>
public interface IExchangeConnector : IAsyncDisposable
{
    ConnectorCapabilities Capabilities { get; }

    /// <summary>Opens a mailbox by SMTP address. Does no I/O.</summary>
    IExchangeMailbox Open(string mailbox);

    /// <summary>Listens for hints of many subscriptions over one connection until it ends; the caller opens it again.</summary>
    /// <param name="subscriptions">At most <see cref="ConnectorCapabilities.MaxSubscriptionsPerConnection"/>, all of one <see cref="StreamingSubscription.Group"/>.</param>
    /// <param name="connectionTime">How long the server should hold the connection: 1 to 30 minutes.</param>
    /// <param name="cancellation">Ends the connection.</param>
    IAsyncEnumerable<StreamSignal> ListenAsync(IReadOnlyList<StreamingSubscription> subscriptions, TimeSpan connectionTime, CancellationToken cancellation);

    /// <summary>Tries everything that a link needs, one step after the other, for a person to read. Never throws for what the server says.</summary>
    IAsyncEnumerable<ConnectionStep> TestAsync(string mailbox, CancellationToken cancellation);
}

/// <summary>What this connector can do, so that planning need not know protocols.</summary>
/// <param name="MaxChangesPerPage">Largest page of <see cref="IExchangeMailbox.ReadChangesAsync"/>.</param>
/// <param name="MaxReadBatch">Ids in one <see cref="IExchangeMailbox.ReadItemsAsync"/>.</param>
/// <param name="MaxWriteBatch">Items in one create, update or delete.</param>
/// <param name="CanWriteSilently">Attendees can be written without mailing them (EWS yes, Graph no; invariant 11).</param>
/// <param name="ChecksKeyOnDelete">The server refuses a delete with a stale key (EWS no; invariant 4).</param>
/// <param name="MaxSubscriptionsPerConnection">EWS: 200.</param>
public sealed record ConnectorCapabilities(
    int MaxChangesPerPage,
    int MaxReadBatch,
    int MaxWriteBatch,
    bool CanWriteSilently,
    bool ChecksKeyOnDelete,
    int MaxSubscriptionsPerConnection);

/// <summary>One mailbox of the organisation. Ids passed in and out belong to this mailbox alone.</summary>
public interface IExchangeMailbox
{
    /// <summary>SMTP address, as given to <see cref="IExchangeConnector.Open"/>.</summary>
    string Address { get; }

    /// <summary>How much longer the server asked to be left alone; zero: it did not. What is sent before is refused here.</summary>
    TimeSpan RestsFor { get; }

    /// <summary>The mailbox's default folder of a kind.</summary>
    Task<FolderInfo> FindDefaultFolderAsync(ItemKind kind, CancellationToken cancellation);

    /// <summary>A folder by id; throws <see cref="ExchangeResponseException"/> with ErrorFolderNotFound when it is gone.</summary>
    Task<FolderInfo> GetFolderAsync(FolderId folder, CancellationToken cancellation);

    /// <summary>The whole folder tree below the mailbox's root, parents before children, for a person to choose from.</summary>
    Task<IReadOnlyList<FolderInfo>> ListFoldersAsync(CancellationToken cancellation);

    /// <summary>One page of what changed since the cursor; all items, newest state only, when it is null.</summary>
    /// <remarks>A refused cursor throws <see cref="ExchangeResponseException"/> with <see cref="ResponseCodes.ErrorInvalidSyncStateData"/>.</remarks>
    Task<ChangePage> ReadChangesAsync(FolderId folder, Cursor? cursor, int maxChanges, CancellationToken cancellation);

    /// <summary>Items with all mapped fields, one result per id, in the order of the ids.</summary>
    Task<IReadOnlyList<ItemRead>> ReadItemsAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation);

    /// <summary>Only id and ChangeKey, or a refusal: the look before a delete.</summary>
    Task<IReadOnlyList<ItemRead>> ReadKeysAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation);

    /// <summary>Items of the folder that carry one of these intents of ours: the search that settles creates in doubt. One request.</summary>
    Task<IReadOnlyList<ExchangeItem>> FindByIntentAsync(FolderId folder, Guid installId, IReadOnlyList<Guid> intents, CancellationToken cancellation);

    /// <summary>The copy in Deleted Items that carries this intent or this clean global object id, newest first; null when there is none.</summary>
    Task<ExchangeItem?> FindDeletedAsync(Guid? intent, Guid installId, GlobalObjectId? globalObjectId, CancellationToken cancellation);

    /// <summary>Creates items in the folder, one result per item in order.</summary>
    Task<IReadOnlyList<WriteResult>> CreateAsync(FolderId folder, IReadOnlyList<ItemCreate> items, InvitationMail mail, CancellationToken cancellation);

    /// <summary>Changes only the named fields, only if the ChangeKey is still the current one (NeverOverwrite, If-Match).</summary>
    Task<IReadOnlyList<WriteResult>> UpdateAsync(IReadOnlyList<ItemUpdate> items, InvitationMail mail, CancellationToken cancellation);

    /// <summary>Moves items to Deleted Items. Never a hard delete, except for our own strays (<paramref name="purge"/>).</summary>
    Task<IReadOnlyList<WriteResult>> DeleteAsync(IReadOnlyList<ItemId> ids, CancellationMail mail, bool purge, CancellationToken cancellation);

    /// <summary>Moves items to a folder; the results carry the new ids.</summary>
    Task<IReadOnlyList<WriteResult>> MoveAsync(IReadOnlyList<ItemId> ids, FolderId folder, CancellationToken cancellation);

    /// <summary>Asks the server to post hints of this folder to the URL.</summary>
    Task<PushSubscription> SubscribePushAsync(FolderId folder, Uri notificationUrl, int statusFrequencyMinutes, CancellationToken cancellation);

    /// <summary>Makes a subscription for <see cref="IExchangeConnector.ListenAsync"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="group">An existing group to join (its affinity is used), or null for a new one.</param>
    /// <param name="cancellation">Cancels the request.</param>
    Task<StreamingSubscription> SubscribeStreamingAsync(FolderId folder, SubscriptionGroup? group, CancellationToken cancellation);

    /// <summary>Ends a subscription; one that is already gone is no error.</summary>
    Task UnsubscribeAsync(string subscriptionId, SubscriptionGroup? group, CancellationToken cancellation);
}
