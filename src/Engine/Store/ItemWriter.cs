using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>The one writer of item tables (invariant 17): rows, participations and history, as sets of up to 512.</summary>
public static class ItemWriter
{
    /// <summary>False: a row was not at its planned version, or an insert's id exists. Then the transaction must not be committed.</summary>
    public static async Task<bool> WriteAsync(StoreTransaction transaction, IReadOnlyCollection<ItemWrite> writes, CancellationToken cancellation)
    {
        if (writes.Count == 0)
            return true;
        // Sorted by id, so that two writers of the same items meet in the same order.
        var ordered = writes.OrderBy(write => write.Row.Id).ToList();
        foreach (var write in ordered)
        {
            if (write.Row.Version != write.PlannedVersion + 1)
                throw new ArgumentException($"Item {write.Row.Id} is planned at version {write.PlannedVersion} but its row says {write.Row.Version}.", nameof(writes));
        }
        ScheduleItem[] inserts = [.. ordered.Where(write => write.PlannedVersion == 0).Select(write => write.Row)];
        ScheduleItem[] updates = [.. ordered.Where(write => write.PlannedVersion > 0).Select(write => write.Row)];
        if (await transaction.WriteAsync(inserts, WriteMode.InsertIfAbsent, cancellation) != inserts.Length
            || await transaction.WriteAsync(updates, WriteMode.UpdatePlannedVersion, cancellation) != updates.Length)
        {
            return false;
        }
        await transaction.WriteAsync<Participation>([.. ordered.SelectMany(write => write.Upserts)], WriteMode.Upsert, cancellation);
        foreach (var write in ordered.Where(write => write.RemovedParticipants.Count > 0))
        {
            var (item, people) = (write.Row.Id, write.RemovedParticipants);
            await transaction.Database.Participations.Where(row => row.ItemId == item && people.Contains(row.UserId)).ExecuteDeleteAsync(cancellation);
        }
        await transaction.WriteAsync<ItemHistory>([.. ordered.Select(write => write.History).OfType<ItemHistory>()], WriteMode.Insert, cancellation);
        return true;
    }
}
