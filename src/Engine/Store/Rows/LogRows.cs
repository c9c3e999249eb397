namespace CrmSync.Engine.Store.Rows;

public enum ConflictState
{
    Settled = 0,

    /// <summary>Policy "ask": waits in the conflict inbox.</summary>
    Open = 1,
}

public enum ConflictKind
{
    /// <summary>Both sides changed the same fields.</summary>
    Edits = 0,

    /// <summary>The CRM deleted the item, Exchange had changed it.</summary>
    DeletedInCrm = 1,

    /// <summary>Exchange deleted the item, the CRM had changed it.</summary>
    DeletedInExchange = 2,
}

/// <summary>Both sides changed the same fields. The loser's values stay restorable. Table SyncConflict.</summary>
public sealed class SyncConflict
{
    /// <summary><see cref="DecidedBy"/> of a conflict that ended without a person or a policy.</summary>
    public const string ByEngine = "engine";

    /// <summary>How <see cref="Decision"/> ends where an edit was kept against a deletion.</summary>
    public const string EditKept = "edit kept over deletion";

    /// <summary>How it ends where the deletion was carried out.</summary>
    public const string DeletionWins = "deletion wins over edit";

    public Guid Id { get; set; }

    public Guid LinkId { get; set; }

    public Guid ItemId { get; set; }

    public DateTime At { get; set; }

    /// <summary>Names of the fields in conflict, comma-separated.</summary>
    public string Fields { get; set; } = "";

    /// <summary>JSON snapshots; the base is null for an adoption.</summary>
    public string? BaseValues { get; set; }

    public string CrmValues { get; set; } = "{}";

    public string ExchangeValues { get; set; } = "{}";

    public ConflictKind Kind { get; set; }

    public ConflictState State { get; set; }

    /// <summary>In words: who won which fields, or which of deletion and edit.</summary>
    public string Decision { get; set; } = "";

    /// <summary>Fields that the CRM's values won, comma-separated; the other fields are Exchange's, or a person's own.</summary>
    public string CrmWon { get; set; } = "";

    /// <summary>Null while it is open.</summary>
    public DateTime? DecidedAt { get; set; }

    /// <summary>policy:NewestWins, user:NAME, or engine when both sides came to agree.</summary>
    public string DecidedBy { get; set; } = "";
}

/// <summary>A version of an item that was replaced. Table ItemHistory.</summary>
public sealed class ItemHistory
{
    public Guid Id { get; set; }

    public Guid ItemId { get; set; }

    public long Version { get; set; }

    public DateTime At { get; set; }

    public string ReplacedBy { get; set; } = "";

    /// <summary>Where the change came from: crm (a person or program here) or exchange.</summary>
    public string Side { get; set; } = "crm";

    /// <summary>The run that replaced it; null: a person's edit.</summary>
    public Guid? RunId { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>JSON of the replaced ScheduleItem row and its participations.</summary>
    public string Snapshot { get; set; } = "{}";
}

/// <summary>A decision about an item or a link, with its reason. Table Activity.</summary>
public sealed class Activity
{
    public Guid Id { get; set; }

    public Guid? LinkId { get; set; }

    public Guid? ItemId { get; set; }

    public DateTime At { get; set; }

    /// <summary>A PlanAction's name, or an engine event.</summary>
    public string Action { get; set; } = "";

    public string Reason { get; set; } = "";

    /// <summary>The run (one link session) that decided it.</summary>
    public Guid? RunId { get; set; }

    /// <summary>How many items one row speaks for.</summary>
    public int Count { get; set; } = 1;

    public string? TraceId { get; set; }
}

/// <summary>Who changed which setting. Append-only with a hash chain. Table AuditLog.</summary>
public sealed class AuditLog
{
    public long Number { get; set; }

    public DateTime At { get; set; }

    public string Actor { get; set; } = "";

    public string? Address { get; set; }

    public string Action { get; set; } = "";

    public string Subject { get; set; } = "";

    /// <summary>JSON, secrets masked.</summary>
    public string? Before { get; set; }

    public string? After { get; set; }

    /// <summary>SHA-256 over the previous row's hash and this row's fields, hex.</summary>
    public string Hash { get; set; } = "";
}
