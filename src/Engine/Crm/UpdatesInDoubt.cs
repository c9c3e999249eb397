using CrmSync.Engine.Items;

namespace CrmSync.Engine.Crm;

/// <summary>What was sent to one copy and not answered, oldest first (ItemLink.SentSnapshot): one snapshot a line.</summary>
/// <remarks>All of them were sent on the ChangeKey that the pair still has, so that one at most has been or will be carried out, and nobody knows which (decision 6).</remarks>
public static class UpdatesInDoubt
{
    // Each costs a copy's whole content; who waits for that many answers is retried ever less often.
    private const int Max = 8;

    /// <summary>One more.</summary>
    public static string Add(string? known, ScheduleContent sent)
    {
        var lines = known?.Split('\n').ToList() ?? [];
        var line = ScheduleSnapshot.Write(sent);
        lines.Remove(line);
        lines.Add(line);
        return string.Join('\n', lines.TakeLast(Max));
    }

    /// <summary>Fields that Exchange says as one of them would have written them.</summary>
    public static ScheduleFields Explained(string? known, ScheduleContent exchange) =>
        known is null ? ScheduleFields.None
        : known.Split('\n').Aggregate(ScheduleFields.None, (fields, line) => fields | (ScheduleFields.All & ~ScheduleComparison.Difference(ScheduleSnapshot.Read(line), exchange)));
}
