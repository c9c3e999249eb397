namespace CrmSync.Engine.Store.Rows;

public enum MessageKind
{
    /// <summary>Look at this folder. ItemId is empty.</summary>
    Inbound = 0,

    /// <summary>Send this item.</summary>
    Outbound = 1,

    /// <summary>Queue this item for all its links, in batches.</summary>
    FanOut = 2,

    /// <summary>Read this pair from Exchange and compare, whatever its ChangeKey says.</summary>
    CheckUp = 3,
}

public enum MessageState
{
    Waiting = 0,

    /// <summary>Parked for a person: inspect, retry or discard.</summary>
    DeadLetter = 1,
}

/// <summary>One thing to do for a link. Unique by (LinkId, Kind, ItemId): a further wish raises the revision. Table ExchangeSyncQueue.</summary>
public sealed class QueueMessage
{
    public Guid Id { get; set; }

    public MessageKind Kind { get; set; }

    public Guid LinkId { get; set; }

    /// <summary>The CRM item; the empty id means the folder.</summary>
    public Guid ItemId { get; set; }

    /// <summary>Raised by each enqueue; completion deletes only the revision that was read, so no wake-up is lost.</summary>
    public long Revision { get; set; }

    public int Priority { get; set; }

    public MessageState State { get; set; }

    public int Attempts { get; set; }

    /// <summary>Milliseconds since 1970 on the database's clock.</summary>
    public long NotBeforeMs { get; set; }

    public long EnqueuedAtMs { get; set; }

    /// <summary>Why the last attempt failed, in plain words.</summary>
    public string? Error { get; set; }

    public string? ErrorCode { get; set; }

    /// <summary>W3C trace id from the notification or the API call to the write.</summary>
    public string? TraceId { get; set; }
}
