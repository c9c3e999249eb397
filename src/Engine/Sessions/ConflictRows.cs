using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Sessions;

/// <summary>Makes the rows that remember conflicts: settled ones with the loser's values, open ones that wait for a person. No decisions here.</summary>
public static class ConflictRows
{
    /// <summary>Saves what a plan says about conflicts, and keeps the pair's open conflict in step with it: a newer edit updates it, agreement ends it.</summary>
    /// <param name="pair">The changed copy of the pair that the commit saves.</param>
    /// <param name="exchange">What Exchange says; null when the item is gone there.</param>
    public static void AddConflicts(this SessionContext session, SessionCommit commit, ItemLink pair, ItemPlan plan, ItemFacts facts, ScheduleContent? exchange)
    {
        var settled = plan.Conflicts & ~plan.Asked;
        if (settled != 0)
            commit.Conflicts.Add(session.SettledConflict(pair.ItemId, plan, settled, facts.Agreed, facts.Crm.Content, exchange));
        if (plan.Asked == 0)
        {
            session.EndConflict(commit, pair, "both sides agree again");
            return;
        }
        pair.Contested = plan.Asked;
        pair.OpenConflictId ??= session.Ids.NewId();
        commit.Conflicts.Add(new SyncConflict
        {
            Id = pair.OpenConflictId.Value,
            LinkId = session.LinkId,
            ItemId = pair.ItemId,
            At = session.UtcNow,
            Fields = (plan.Conflicts & plan.Asked).ToString(),
            BaseValues = facts.Agreed is null ? null : ScheduleSnapshot.Write(facts.Agreed),
            CrmValues = ScheduleSnapshot.Write(facts.Crm.Content),
            ExchangeValues = exchange is null ? NoValues : ScheduleSnapshot.Write(exchange),
            Kind = facts.Crm.IsDeleted ? ConflictKind.DeletedInCrm : exchange is null ? ConflictKind.DeletedInExchange : ConflictKind.Edits,
            State = ConflictState.Open,
            Decision = "waits for a person",
        });
    }

    /// <summary>The pair's open conflict, if there is one, is over.</summary>
    public static void EndConflict(this SessionContext session, SessionCommit commit, ItemLink pair, string decision)
    {
        if (pair.OpenConflictId is not { } open)
            return;
        commit.EndedConflicts.Add(new ConflictEnd(open, decision, session.UtcNow));
        (pair.Contested, pair.OpenConflictId) = (ScheduleFields.None, null);
    }

    /// <summary>The pair as a tombstone. What was asked about it is asked no longer.</summary>
    public static ItemLink Buried(this SessionContext session, SessionCommit commit, ItemLink pair, Tombstone tombstone) => session.Changed(pair, row =>
    {
        row.Tombstone = tombstone;
        session.EndConflict(commit, row, "the item is gone");
    });

    /// <summary>The pair as one that was never sent: its item is made anew in Exchange, under a new intent.</summary>
    public static ItemLink StartedOver(this SessionContext session, SessionCommit commit, ItemLink pair, string why) => session.Changed(pair, row =>
    {
        (row.IntentState, row.IntentId, row.ConfirmedAttempt, row.BaseSnapshot, row.SentSnapshot, row.InviteState) = (IntentState.None, null, null, null, null, InviteState.None);
        session.EndConflict(commit, row, why);
    });

    public static SyncConflict SettledConflict(
        this SessionContext session, Guid itemId, ItemPlan plan, ScheduleFields fields, ScheduleContent? agreed, ScheduleContent crm, ScheduleContent? exchange)
    {
        var (kind, decision, rule) = plan.Action switch
        {
            PlanAction.RestoreInCrm => (ConflictKind.DeletedInCrm, $"exchange: {SyncConflict.EditKept}", $"{session.Rules.Deletes}"),
            PlanAction.RecreateInExchange or PlanAction.KeepInCrm => (ConflictKind.DeletedInExchange, $"crm: {SyncConflict.EditKept}", $"{session.Rules.Deletes}"),
            PlanAction.DeleteInCrm => (ConflictKind.DeletedInExchange, $"exchange: {SyncConflict.DeletionWins}", $"{session.Rules.Deletes}"),
            PlanAction.DeleteInExchange => (ConflictKind.DeletedInCrm, $"crm: {SyncConflict.DeletionWins}", $"{session.Rules.Deletes}"),
            _ => (ConflictKind.Edits, Winners(fields, plan.CrmWon), string.Join(", ", fields.Each().Select(field => session.Rules.Policies.Of(field)).Distinct())),
        };
        return new SyncConflict
        {
            Id = session.Ids.NewId(),
            LinkId = session.LinkId,
            ItemId = itemId,
            At = session.UtcNow,
            Fields = fields.ToString(),
            BaseValues = agreed is null ? null : ScheduleSnapshot.Write(agreed),
            CrmValues = ScheduleSnapshot.Write(crm),
            ExchangeValues = exchange is null ? NoValues : ScheduleSnapshot.Write(exchange),
            Kind = kind,
            Decision = decision,
            CrmWon = (plan.CrmWon & fields).ToString(),
            DecidedBy = $"policy:{rule}",
            DecidedAt = session.UtcNow,
        };
    }

    /// <summary>The id of the one conflict that an item in Exchange, as it is now, can stand for.</summary>
    public static Guid IdOf(Guid linkId, ExchangeItem item) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{linkId:N} {item.Id.Value} {item.Key.Value}")).AsSpan(0, 16), bigEndian: true);

    /// <summary>The values of a side that has no item.</summary>
    public const string NoValues = "{}";

    private static string Winners(ScheduleFields fields, ScheduleFields crmWon) =>
        (crmWon & fields) == fields ? "crm"
        : (crmWon & fields) == 0 ? "exchange"
        : $"crm: {crmWon & fields}; exchange: {fields & ~crmWon}";
}
