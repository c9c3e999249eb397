namespace CrmSync.Engine.Sessions;

/// <summary>Bounds of one link session (invariant 12).</summary>
public sealed class SessionOptions
{
    /// <summary>A claim is ours that long without renewal.</summary>
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>After that many pages of changes the link goes to the tail.</summary>
    public int MaxPages { get; set; } = 40;

    /// <summary>After that long the link goes to the tail.</summary>
    public int MaxSeconds { get; set; } = 20;

    /// <summary>Outbound messages taken at a time.</summary>
    public int MaxMessages { get; set; } = 200;

    /// <summary>Plans of one page or item that may turn stale before the session gives up and comes back later.</summary>
    public int MaxReplans { get; set; } = 5;

    /// <summary>An empty read after a hint is repeated once after this long: Exchange may hint before the change is readable.</summary>
    public int EmptyDeltaRepeatMs { get; set; } = 2000;

    /// <summary>Link sessions that run side by side in this process.</summary>
    public int Workers { get; set; } = 8;
}
