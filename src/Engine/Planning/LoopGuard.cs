namespace CrmSync.Engine.Planning;

/// <summary>How often a pair was rewritten of late: what the loop detector remembers.</summary>
/// <param name="Since">When the hour began.</param>
/// <param name="Rewrites">Writes since then that looked like a loop's.</param>
/// <param name="LastWasOut">The last write went to Exchange.</param>
/// <param name="Seen">Fingerprints of the last contents, the newest at the end.</param>
public sealed record Churn(DateTime Since, int Rewrites, bool LastWasOut, IReadOnlyList<long> Seen);

/// <summary>What the loop detector says about a write.</summary>
/// <param name="Next">To be remembered when the write is carried out.</param>
/// <param name="Reason">Why the pair goes into quarantine instead; null: it does not.</param>
public sealed record LoopVerdict(Churn Next, string? Reason);

/// <summary>Finds items that two programs keep rewriting (case E7). Pure.</summary>
/// <remarks>
/// A write looks like a loop's when it answers our own write from the other side, or brings back a content that was there within the hour. Edits that go one
/// way, however many, are people's. Two people who edit both sides in turn trip it too after the limit; the next edit of either lifts the quarantine.
/// </remarks>
public static class LoopGuard
{
    private const int Remembered = 8;
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <param name="isOut">The write goes to Exchange.</param>
    /// <param name="content">Fingerprint of what it writes.</param>
    /// <param name="limit">Rewrites an hour that pass; 0: not looked for.</param>
    public static LoopVerdict Judge(Churn? before, bool isOut, long content, DateTime now, int limit)
    {
        var churn = before is null || before.Since + Window <= now ? new Churn(now, 0, isOut, []) : before;
        var looksLikeLoop = churn.Seen.Contains(content) || (!isOut && churn.LastWasOut && churn.Seen.Count > 0);
        var rewrites = churn.Rewrites + (looksLikeLoop ? 1 : 0);
        var next = churn with { Rewrites = rewrites, LastWasOut = isOut, Seen = [.. churn.Seen.Append(content).TakeLast(Remembered)] };
        return limit > 0 && rewrites > limit
            ? new LoopVerdict(next, $"rewritten {rewrites} times within an hour from both sides in turn: two programs undo each other's changes, or the item never keeps what is written. It is left alone until somebody edits or releases it.")
            : new LoopVerdict(next, null);
    }

    /// <summary>Whether a content is news to a pair in quarantine: then somebody has edited it.</summary>
    public static bool IsNews(Churn? churn, long content) => churn is null || !churn.Seen.Contains(content);
}
