using CrmSync.Engine.Items;

namespace CrmSync.Engine.Store.Rows;

public enum IntentState
{
    /// <summary>The item was born in Exchange or adopted; we never created it there.</summary>
    None = 0,

    /// <summary>The will to create is committed, nothing was sent.</summary>
    Intended = 1,

    /// <summary>An attempt was sent; whether it arrived is not known yet.</summary>
    Sent = 2,

    /// <summary>The attempt that lives is known.</summary>
    Confirmed = 3,
}

public enum InviteState
{
    /// <summary>Nobody is to be invited, or others invite.</summary>
    None = 0,

    /// <summary>Created silently; the invitation is still to go out.</summary>
    Pending = 1,

    Sent = 2,
}

public enum Tombstone
{
    None = 0,
    DeletedInCrm = 1,
    DeletedInExchange = 2,

    /// <summary>Rules no longer admit it; the Exchange item lives on.</summary>
    Withdrawn = 3,

    /// <summary>Deleted in Exchange while the link only sent; the CRM item lives on. The deletion is weighed when the link may receive.</summary>
    NotBroughtIn = 4,
}

/// <summary>The memory of one pair: a CRM item and its copy in one link's folder. Unique (LinkId, ItemId). Table ItemLink.</summary>
public sealed class ItemLink
{
    public Guid Id { get; set; }

    public Guid LinkId { get; set; }

    public Guid ItemId { get; set; }

    public ItemKind Kind { get; set; }

    /// <summary>The copy is where CRM changes of the item go.</summary>
    public bool IsHome { get; set; }

    /// <summary>The CRM version at which both sides last agreed.</summary>
    public long CrmVersion { get; set; }

    /// <summary>The mapped fields as both sides last agreed on them, JSON (ScheduleSnapshot); null for an intent that was never confirmed.</summary>
    public string? BaseSnapshot { get; set; }

    public int MappingVersion { get; set; }

    public Guid? IntentId { get; set; }

    /// <summary>Number of the last send.</summary>
    public int Attempt { get; set; }

    /// <summary>The attempt that lives in Exchange; an item with another one is our own stray (invariant 6).</summary>
    public int? ConfirmedAttempt { get; set; }

    public IntentState IntentState { get; set; }

    /// <summary>When a create or a delete was sent whose answer is not recorded, by the database's clock; null: nothing is in doubt.</summary>
    public DateTime? SentAt { get; set; }

    /// <summary>The base as it will be when an update that was sent has been carried out, one JSON a line, see <see cref="Crm.UpdatesInDoubt"/>; null: none is in doubt. What Exchange says like one of these is our own write.</summary>
    public string? SentSnapshot { get; set; }

    public InviteState InviteState { get; set; }

    public Tombstone Tombstone { get; set; }

    /// <summary>Fields that wait for a person's decision (policy "ask"): they travel in neither direction until then.</summary>
    public ScheduleFields Contested { get; set; }

    /// <summary>The open conflict that names them; null when nothing is contested.</summary>
    public Guid? OpenConflictId { get; set; }

    /// <summary>How often it was rewritten of late, JSON (Planning.Churn); null: never.</summary>
    public string? Churn { get; set; }

    /// <summary>In quarantine since then: its changes travel in neither direction until somebody edits or releases it.</summary>
    public DateTime? QuarantinedAt { get; set; }

    public string? QuarantineReason { get; set; }

    /// <summary>No read has seen the item yet: we made it, and a person may have deleted it before the folder was read again.</summary>
    public const int NeverSeen = -1;

    /// <summary>The full read that last saw the Exchange item (mark and sweep); <see cref="NeverSeen"/> until one has.</summary>
    public int SeenGeneration { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>A row to change while the loaded one stays as it was.</summary>
    public ItemLink Copy() => (ItemLink)MemberwiseClone();
}

/// <summary>What the pair's item is called in Exchange, per slot. Key (ItemLinkId, Slot); looked up by (LinkId, IdHash). Table ItemIdentity.</summary>
public sealed class ItemIdentity
{
    public Guid ItemLinkId { get; set; }

    /// <summary>Empty for the item itself or a series' master, else the occurrence's original wall-clock start.</summary>
    public string Slot { get; set; } = "";

    public Guid LinkId { get; set; }

    /// <summary>ews or graph.</summary>
    public string Protocol { get; set; } = "ews";

    /// <summary>EwsId, RestId, RestImmutableEntryId ...</summary>
    public string IdFormat { get; set; } = "EwsId";

    /// <summary>Case-sensitive.</summary>
    public required string ExchangeId { get; set; }

    /// <summary>First 8 bytes of SHA-256 of the id: what is indexed.</summary>
    public long IdHash { get; set; }

    public string ChangeKey { get; set; } = "";

    public string? GlobalObjectId { get; set; }

    public long? GlobalIdHash { get; set; }
}

/// <summary>Which CRM item a meeting is, for everybody of the organisation. Unique (TargetId, GlobalObjectId); the loser of a race adopts.</summary>
public sealed class MeetingIdentity
{
    public Guid TargetId { get; set; }

    public required string GlobalObjectId { get; set; }

    public Guid ItemId { get; set; }
}

/// <summary>An item of a folder that is not paired: a possible twin, or skipped with its reason. Key (LinkId, IdHash, ExchangeId). Table LinkInventory.</summary>
public sealed class LinkInventory
{
    public Guid LinkId { get; set; }

    public long IdHash { get; set; }

    public required string ExchangeId { get; set; }

    public string ChangeKey { get; set; } = "";

    public string? GlobalObjectId { get; set; }

    public Guid? IntentId { get; set; }

    public int? Attempt { get; set; }

    /// <summary>Hash of subject, start and end, by which twins are sought.</summary>
    public long? MatchHash { get; set; }

    /// <summary>Why it does not enter: a SkipReason's name; null when it merely waits.</summary>
    public string? SkipReason { get; set; }

    /// <summary>For people; absent for items that are not Normal in sensitivity (quality.md T14).</summary>
    public string? Subject { get; set; }

    public DateTime? StartUtc { get; set; }

    public int SeenGeneration { get; set; }

    public DateTime UpdatedAt { get; set; }
}

public enum PendingDeleteState
{
    /// <summary>Found on a page; planned when the read is complete.</summary>
    Pending = 0,

    /// <summary>Over the guard's share: a person is asked.</summary>
    Held = 1,
}

/// <summary>A deletion that was seen but not yet proven. Key (LinkId, ItemLinkId). Table PendingDelete.</summary>
public sealed class PendingDelete
{
    public Guid LinkId { get; set; }

    public Guid ItemLinkId { get; set; }

    public PendingDeleteState State { get; set; }

    public DateTime FoundAt { get; set; }
}
