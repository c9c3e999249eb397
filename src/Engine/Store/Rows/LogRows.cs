namespace CrmSync.Engine.Store.Rows;

public enum ConflictState
{
    Settled = 0,

    /// <summary>Policy "ask": waits in the conflict inbox.</summary>
    Open = 1,
}

/// <summary>Both sides changed the same fields. The loser's values stay restorable. Table SyncConflict.</summary>
public sealed class SyncConflict
{
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

    public ConflictState State { get; set; }

    /// <summary>crm, exchange, or delete-against-edit outcomes.</summary>
    public string Decision { get; set; } = "";

    /// <summary>policy:NewestWins or user:NAME.</summary>
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
