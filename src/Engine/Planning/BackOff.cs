namespace CrmSync.Engine.Planning;

/// <summary>How long a failed message waits. Pure, but for the jitter that is handed in.</summary>
public static class BackOff
{
    public const int MaxAttempts = 10;

    private static readonly TimeSpan Cap = TimeSpan.FromMinutes(15);

    /// <summary>2 s, doubling to 15 min, with up to 20 % of jitter on top; never less than the server asked for.</summary>
    /// <param name="attempts">Failures so far, this one included.</param>
    /// <param name="asked">What the server asked for.</param>
    /// <param name="jitter">In [0, 1).</param>
    public static TimeSpan DelayOf(int attempts, TimeSpan? asked, double jitter)
    {
        var doubled = TimeSpan.FromSeconds(2 * Math.Pow(2, Math.Min(Math.Max(attempts - 1, 0), 20)));
        var own = doubled < Cap ? doubled : Cap;
        var chosen = asked is { } hint && hint > own ? hint : own;
        return chosen * (1 + 0.2 * jitter);
    }
}
