namespace CrmSync.Engine.Store.Rows;

public enum DryRunState
{
    Running = 0,
    Done = 1,
    Failed = 2,
    Cancelled = 3,
}

/// <summary>A rehearsal of a link's next run: what it would do. Table DryRun.</summary>
public sealed class DryRun
{
    public Guid Id { get; set; }

    public Guid LinkId { get; set; }

    public DryRunState State { get; set; }

    public string By { get; set; } = "";

    public DateTime StartedAt { get; set; }

    /// <summary>The last sign of life, or its end.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Items of the folder looked at so far.</summary>
    public int Read { get; set; }

    /// <summary>Somebody asked for its end.</summary>
    public bool IsCancelling { get; set; }

    /// <summary>Why it failed: thing, cause, cure.</summary>
    public string? Error { get; set; }

    /// <summary>JSON (Rehearsal.DryRunResult); null until it is done.</summary>
    public string? Result { get; set; }
}
