using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Store;

/// <summary>One write of a CRM item. <see cref="PlannedVersion"/> 0 inserts; else the row must still be at that version.</summary>
/// <param name="Row">The whole row as it shall be, with Version = PlannedVersion + 1.</param>
/// <param name="Upserts">Participations to write.</param>
/// <param name="RemovedParticipants">People whose participation goes.</param>
/// <param name="History">The replaced version; null for an insert.</param>
public sealed record ItemWrite(
    ScheduleItem Row,
    long PlannedVersion,
    IReadOnlyList<Participation> Upserts,
    IReadOnlyList<Guid> RemovedParticipants,
    ItemHistory? History);

/// <summary>A message done: deleted if its revision is still the one that was read.</summary>
public sealed record MessageDone(Guid MessageId, long Revision);

/// <summary>A message that failed: tried again after the delay, or parked.</summary>
/// <param name="CountsAsAttempt">False for waits that are nobody's failure (throttling, a create in doubt).</param>
/// <param name="Revision">The revision that failed: a newer wish is not parked with it but tried at once. Null: whatever the row is now.</param>
public sealed record MessageRetry(
    Guid MessageId, long DelayMs, bool IsDeadLetter, string Error, string? ErrorCode, bool CountsAsAttempt = true, long? Revision = null);

/// <summary>A wish to do something for a link.</summary>
public sealed record QueueRequest(MessageKind Kind, Guid LinkId, Guid ItemId, int Priority = 0, string? TraceId = null, long DelayMs = 0);

/// <summary>Whose copy speaks for an item, written without a new version: bookkeeping, not an edit. Applied only while the item has no authority.</summary>
public sealed record AuthorityChange(Guid ItemId, Guid LinkId, bool IsOrganizer);

/// <summary>A meeting that the CRM made itself had reached an attendee, and the CRM through that copy, before its global id was recorded: the two items become the first one.</summary>
/// <param name="From">The item that the attendee's copy made; it ends, its pairs and participations move.</param>
/// <param name="To">The item that was made in the CRM.</param>
public sealed record MeetingTakeover(Guid TargetId, string GlobalObjectId, Guid From, Guid To);

/// <summary>An item with several twins as good as the one it was paired with. Not saved; a dry run shows it.</summary>
public sealed record MatchTie(string Subject, Guid Taken, IReadOnlyList<Guid> AsGood);

/// <summary>An open conflict that came to its end without a person: both sides agree again, or the item is gone.</summary>
public sealed record ConflictEnd(Guid ConflictId, string Decision, DateTime At);

/// <summary>All that one step of a session saves, as data: rows, pairs, cursor, acknowledgements, follow-up messages.</summary>
/// <remarks>Mutable while a step gathers it; handed once to <see cref="ILinkSessionStore.CommitAsync"/>.</remarks>
public sealed class SessionCommit
{
    public List<ItemWrite> Items { get; } = [];

    public List<AuthorityChange> Authorities { get; } = [];

    /// <summary>Inserted; one that exists for another item makes the commit Stale. The same row again is no error.</summary>
    public List<MeetingIdentity> Meetings { get; } = [];

    /// <summary>One whose meeting belongs to neither item any more makes the commit Stale.</summary>
    public List<MeetingTakeover> Takeovers { get; } = [];

    public List<ItemLink> ItemLinks { get; } = [];

    /// <summary>Removed with their identities and pending deletes.</summary>
    public List<Guid> RemovedItemLinks { get; } = [];

    public List<ItemIdentity> Identities { get; } = [];

    /// <summary>Pairs whose Exchange ids are dead: their identities go, the pairs stay.</summary>
    public List<Guid> RemovedIdentities { get; } = [];

    /// <summary>Pairs of the page that a full read saw unchanged: only their SeenGeneration is set.</summary>
    public List<Guid> SeenItemLinks { get; } = [];

    public int SeenGeneration { get; set; }

    /// <summary>The items of this step were reported by the folder's feed. A read of our own proves that an item is there, not that the feed will tell when it goes.</summary>
    public bool IsFromFeed { get; set; }

    public List<LinkInventory> Inventory { get; } = [];

    public List<string> RemovedInventory { get; } = [];

    /// <summary>After a complete full read: inventory rows that it did not see are removed.</summary>
    public bool SweepInventory { get; set; }

    public List<PendingDelete> PendingDeletes { get; } = [];

    public List<Guid> RemovedPendingDeletes { get; } = [];

    /// <summary>Upserted by id: an open conflict that both sides changed further keeps its time and its base.</summary>
    public List<SyncConflict> Conflicts { get; } = [];

    /// <summary>Open conflicts that no longer are: settled by the engine, with this in words.</summary>
    public List<ConflictEnd> EndedConflicts { get; } = [];

    public List<Activity> Activities { get; } = [];

    /// <summary>The link's state as it shall be; null leaves it alone. Due times are not written by it.</summary>
    public LinkState? State { get; set; }

    public List<MessageDone> Done { get; } = [];

    public List<MessageRetry> Retries { get; } = [];

    public List<QueueRequest> Enqueue { get; } = [];

    /// <summary>CRM items whose other links are to be told; the store resolves them to outbound messages, never to the lease's own link.</summary>
    public List<Guid> FanOut { get; } = [];

    /// <summary>CRM items that were restored: the pairs that other links had buried with them are to be looked at again. Resolved by the store.</summary>
    public List<Guid> Restored { get; } = [];

    /// <summary>For dry runs; the store does not save them.</summary>
    public List<MatchTie> Ties { get; } = [];

    public string? TraceId { get; set; }
}
