using CrmSync.Engine.Items;

namespace CrmSync.Engine.Targets;

/// <summary>One CRM user's (or resource's) item kind tied to one folder of one mailbox: configuration only.</summary>
/// <remarks>Table SyncLink. What the engine learns while it works is in LinkState and LinkWork.</remarks>
public sealed class SyncLink
{
    public Guid Id { get; set; }

    /// <summary>Raised on each change of the settings; the API's ETag.</summary>
    public long Version { get; set; }

    public Guid TargetId { get; set; }

    /// <summary>Whose items these are in the CRM.</summary>
    public Guid UserId { get; set; }

    /// <summary>SMTP address of the mailbox, lower case.</summary>
    public required string Mailbox { get; set; }

    /// <summary>The folder's id as Exchange gave it; null means the mailbox's default folder of the kind.</summary>
    public string? FolderId { get; set; }

    /// <summary>What people call the folder; shown only.</summary>
    public string FolderName { get; set; } = "Calendar";

    public ItemKind Kind { get; set; }

    public SyncDirection Direction { get; set; } = SyncDirection.TwoWay;

    public bool IsEnabled { get; set; } = true;

    /// <summary>Items that this user makes in the CRM go here. At most one per (user, kind).</summary>
    public bool IsHome { get; set; } = true;

    /// <summary>Zone in which all-day items are written; Windows or IANA id.</summary>
    public string DefaultZone { get; set; } = "UTC";

    /// <summary>Raised when the meaning of the mapping changes: starts a full re-read (design.md section 4).</summary>
    public int MappingVersion { get; set; } = 1;

    /// <summary>Accepted show-as values of Exchange-born items; null accepts all (requirement L5).</summary>
    public List<ShowAs>? AcceptedShowAs { get; set; }

    /// <summary>Accepted sensitivities of Exchange-born items; null accepts all.</summary>
    public List<Sensitivity>? AcceptedSensitivities { get; set; }

    public int? WindowDaysBack { get; set; }

    public int? WindowDaysAhead { get; set; }

    /// <summary>What the first read does with items that are there already.</summary>
    public FirstSyncPolicy FirstSync { get; set; }

    /// <summary>Items that ended before this day do not take part. Null: all dates.</summary>
    public DateOnly? StartDate { get; set; }

    /// <summary>The target's guards, otherwise for this link; null: as the target says.</summary>
    public int? DeleteGuardPercent { get; set; }

    public int? DeleteGuardCount { get; set; }

    public int? ChangeGuardPercent { get; set; }

    public int? ChangeGuardCount { get; set; }

    public int? MailsPerHour { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>A row to change while the loaded one stays as it was; its lists are replaced, never changed.</summary>
    public SyncLink Copy() => (SyncLink)MemberwiseClone();
}
