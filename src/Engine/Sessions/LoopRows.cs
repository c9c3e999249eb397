using System.Text.Json;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Sessions;

/// <summary>What the loop detector remembers on a pair's row, and the row of a pair in quarantine.</summary>
public static class LoopRows
{
    public static Churn? ChurnOf(ItemLink pair) => pair.Churn is null ? null : JsonSerializer.Deserialize(pair.Churn, CrmJson.Stored.Churn);

    public static string Write(Churn churn) => JsonSerializer.Serialize(churn, CrmJson.Stored.Churn);

    /// <summary>Equal for contents that mean the same.</summary>
    public static long FingerprintOf(ScheduleContent content) => MatchKeys.HashOf(ScheduleComparison.CanonicalText(content));

    /// <summary>The pair in quarantine; noted once, with its reason.</summary>
    public static ItemLink Quarantined(this SessionContext session, SessionCommit commit, ItemLink pair, string reason)
    {
        if (pair.QuarantinedAt is null)
        {
            commit.Activities.Add(new Activity
            {
                Id = session.Ids.NewId(), LinkId = session.LinkId, ItemId = pair.ItemId, At = session.UtcNow, Action = "Quarantine", Reason = reason, TraceId = session.TraceId,
            });
        }
        return session.Changed(pair, row => (row.QuarantinedAt, row.QuarantineReason) = (row.QuarantinedAt ?? session.UtcNow, reason));
    }
}
