namespace CrmSync.Engine.Store;

public sealed class RetentionOptions
{
    public int ActivityDays { get; set; } = 30;

    public int HistoryDays { get; set; } = 90;

    /// <summary>How long a deletion is remembered, so that a later edit does not bring the item back.</summary>
    public int TombstoneDays { get; set; } = 180;

    public int PushTokenHours { get; set; } = 48;

    public int IdempotencyHours { get; set; } = 24;
}

/// <summary>Deletes rows past their time, in batches, so that no table grows without bound (invariant 12).</summary>
public interface IRetention
{
    Task RunAsync(CancellationToken cancellation);
}
