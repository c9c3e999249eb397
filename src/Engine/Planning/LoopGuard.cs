using CrmSync.Engine.Items;

namespace CrmSync.Engine.Planning;

/// <summary>How often a pair was rewritten of late: what the loop detector remembers.</summary>
/// <param name="Since">When the hour began.</param>
/// <param name="Rewrites">Writes since then that looked like a loop's.</param>
/// <param name="LastWasOut">The last write went to Exchange.</param>
/// <param name="Seen">Fingerprints of the last contents, the newest at the end.</param>
/// <param name="Sent">Fields that we wrote to Exchange and Exchange has not changed since.</param>
/// <param name="Turns">How often Exchange changed other fields right after a write of ours.</param>
public sealed record Churn(DateTime Since, int Rewrites, bool LastWasOut, IReadOnlyList<long> Seen, ScheduleFields Sent = ScheduleFields.None, int Turns = 0);

/// <summary>What the loop detector says about a write.</summary>
/// <param name="Next">To be remembered when the write is carried out.</param>
/// <param name="Reason">Why the pair goes into quarantine instead; null: it does not.</param>
public sealed record LoopVerdict(Churn Next, string? Reason);

/// <summary>Finds items that two programs keep rewriting (case E7). Pure.</summary>
/// <remarks>
/// A write looks like a loop's when it changes from the other side what we have just written, or brings back a content that was there within the hour. Edits
/// that go one way, however many, are people's; so are edits of different fields in turn, unless there are <see cref="TurnsToARewrite"/> times as many. Two
/// people who edit the same field on both sides in turn trip it too after the limit; the next edit of either lifts the quarantine.
/// </remarks>
public static class LoopGuard
{
    private const int Remembered = 8;

    /// <summary>So many edits of other fields, each right after a write of ours, weigh as much as one rewrite: two programs can answer each other in different fields.</summary>
    public const int TurnsToARewrite = 4;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <param name="isOut">The write goes to Exchange.</param>
    /// <param name="fields">What it changes.</param>
    /// <param name="content">Fingerprint of what it writes.</param>
    /// <param name="limit">Rewrites an hour that pass; 0: not looked for.</param>
    public static LoopVerdict Judge(Churn? before, bool isOut, ScheduleFields fields, long content, DateTime now, int limit)
    {
        var churn = before is null || before.Since + Window <= now ? new Churn(now, 0, isOut, []) : before;
        var undoes = churn.Seen.Contains(content) || (!isOut && (churn.Sent & fields) != 0);
        var turns = churn.Turns + (!isOut && churn.LastWasOut && churn.Seen.Count > 0 && !undoes ? 1 : 0);
        var rewrites = churn.Rewrites + (undoes || (turns > churn.Turns && turns % TurnsToARewrite == 0) ? 1 : 0);
        var next = new Churn(
            churn.Since, rewrites, isOut, [.. churn.Seen.Append(content).TakeLast(Remembered)], isOut ? churn.Sent | fields : churn.Sent & ~fields, turns);
        return limit > 0 && rewrites > limit
            ? new LoopVerdict(next, $"rewritten {rewrites} times within an hour from both sides in turn: two programs undo each other's changes, or the item never keeps what is written. It is left alone until somebody edits or releases it.")
            : new LoopVerdict(next, null);
    }

    /// <summary>Whether a content is news to a pair in quarantine: then somebody has edited it.</summary>
    public static bool IsNews(Churn? churn, long content) => churn is null || !churn.Seen.Contains(content);
}
