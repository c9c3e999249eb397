using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Store;

/// <summary>A claim of a link: time-limited, and fenced by its epoch (invariant 5).</summary>
public sealed record LinkLease(Guid LinkId, string Owner, long Epoch, string? Mailbox = null);

/// <summary>A pair with what its item is called in Exchange (the slot of the item itself).</summary>
public sealed record Pair(ItemLink Link, ItemIdentity? Identity);

/// <summary>A CRM item with the participations of all people, as the planner sees it.</summary>
public sealed record CrmItem(ScheduleItem Item, IReadOnlyList<Participation> Participations);

/// <summary>Everything about a link that a session starts from.</summary>
public sealed record LinkFacts(SyncTarget Target, SyncLink Link, LinkState State, CrmUser User, Guid InstallId);

public enum CommitOutcome
{
    Committed = 0,

    /// <summary>Another worker holds the link: drop everything, touch nothing.</summary>
    LeaseLost = 1,

    /// <summary>A row was not at the planned version, or a meeting identity was taken meanwhile: nothing was saved, read again and plan again.</summary>
    Stale = 2,
}

/// <summary>What waits to be sent to Exchange about items that are there already.</summary>
/// <param name="Deletes">Items deleted in the CRM.</param>
/// <param name="Changes">Living items.</param>
public sealed record OutboundWaiting(int Deletes, int Changes);

/// <summary>The border between a link session and its database. One compliance suite, inherited by every implementation.</summary>
public interface ILinkSessionStore
{
    /// <summary>The database's clock: the one clock that all nodes share, by which a send in doubt is waited out.</summary>
    Task<DateTime> NowAsync(CancellationToken cancellation);

    /// <summary>Null when the link or its target is gone or disabled.</summary>
    Task<LinkFacts?> LoadLinkAsync(Guid linkId, CancellationToken cancellation);

    /// <summary>Waiting messages of the link that are due, folder messages first, then by priority and age.</summary>
    Task<IReadOnlyList<QueueMessage>> LoadDueMessagesAsync(Guid linkId, int max, CancellationToken cancellation);

    /// <summary>Pairs of the link by Exchange id. Ids without a pair are absent from the result.</summary>
    Task<IReadOnlyDictionary<ItemId, Pair>> FindPairsAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation);

    /// <summary>Pairs of the link by CRM item.</summary>
    Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByItemAsync(Guid linkId, IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation);

    /// <summary>Pairs of any link by our intent: settles creates, finds moves.</summary>
    Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByIntentAsync(IReadOnlyCollection<Guid> intentIds, CancellationToken cancellation);

    /// <summary>All pairs of a CRM item, on all links.</summary>
    Task<ILookup<Guid, Pair>> FindAllPairsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation);

    /// <summary>Pairs of any link of the target that carry one of these clean global object ids.</summary>
    Task<ILookup<GlobalObjectId, Pair>> FindPairsByGlobalIdAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation);

    /// <summary>Living pairs of the link (no tombstone, with an identity) that the given full read has not seen.</summary>
    Task<IReadOnlyList<Pair>> FindUnseenPairsAsync(Guid linkId, int generation, int max, CancellationToken cancellation);

    /// <summary>How many living pairs the link has: the base of the mass-change guard.</summary>
    Task<int> CountPairsAsync(Guid linkId, CancellationToken cancellation);

    /// <summary>The link's waiting outbound messages about living pairs, due or not: what the guards of the way out count.</summary>
    Task<OutboundWaiting> CountOutboundAsync(Guid linkId, CancellationToken cancellation);

    Task<IReadOnlyDictionary<GlobalObjectId, Guid>> FindMeetingsAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation);

    /// <summary>CRM items with their participations, tombstones included.</summary>
    Task<IReadOnlyDictionary<Guid, CrmItem>> LoadItemsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation);

    /// <summary>Living items of a person that have no pair on this link and match by subject, start and end. Keyed by <see cref="MatchKeys.HashOf(string, DateTime, DateTime)"/>.</summary>
    Task<ILookup<long, CrmItem>> FindUnpairedItemsAsync(Guid linkId, Guid userId, IReadOnlyCollection<MatchKey> keys, CancellationToken cancellation);

    /// <summary>What waits to be sent when a link may send: living items that the person made in the CRM, that no link speaks for and that have no pair on this link; and those whose pair
    /// was started over or whose create never arrived, and which have no copy. Not those whose create is in doubt: their message goes on by itself.</summary>
    /// <param name="fromUtc">Of the former only items that end at this time or later; null: all.</param>
    Task<IReadOnlyList<Guid>> FindUnsentItemsAsync(Guid linkId, Guid userId, DateTime? fromUtc, int max, CancellationToken cancellation);

    /// <summary>Unpaired Exchange items of the link by match hash: twins of what is about to be created.</summary>
    Task<ILookup<long, LinkInventory>> FindInventoryByMatchAsync(Guid linkId, IReadOnlyCollection<long> matchHashes, CancellationToken cancellation);

    Task<IReadOnlyDictionary<ItemId, LinkInventory>> FindInventoryAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation);

    /// <summary>Pending and held deletes of the link with their pairs.</summary>
    Task<IReadOnlyList<(PendingDelete Delete, Pair Pair)>> LoadPendingDeletesAsync(Guid linkId, CancellationToken cancellation);

    /// <summary>One transaction; its first statement checks the lease's epoch (invariant 5). All or nothing.</summary>
    Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation);
}
