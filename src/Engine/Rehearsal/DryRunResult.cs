using CrmSync.Engine.Planning;

namespace CrmSync.Engine.Rehearsal;

/// <summary>One thing that the run would do.</summary>
/// <param name="Side">crm or exchange.</param>
/// <param name="Action">create, change, delete, match, skip or tie.</param>
/// <param name="Subject">Null for private items.</param>
/// <param name="Mails">Mails to attendees that it causes.</param>
public sealed record DryRunEntry(string Side, string Action, Guid? ItemId, string? Subject, DateTime? StartUtc, string Reason, int Mails = 0);

/// <summary>What a run would do, counted in full and listed up to a bound.</summary>
/// <param name="Counts">By side and action, for example <c>crm.create</c>; <c>mails</c> is all mails to attendees.</param>
/// <param name="Skipped">How many items would not enter, by reason.</param>
/// <param name="IsCut">There is more than <paramref name="Entries"/> lists.</param>
/// <param name="Tally">The digest by which the real run is compared.</param>
public sealed record DryRunResult(
    IReadOnlyDictionary<string, int> Counts, IReadOnlyDictionary<string, int> Skipped, IReadOnlyList<DryRunEntry> Entries, bool IsCut, RunTally Tally);
