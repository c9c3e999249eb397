using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Pairs whose CRM item says something that should have been sent, and nothing waits to send it.</summary>
/// <remarks>
/// A newer version alone tells nothing: a colleague's copy that joins, an answer, another person's reminder raise it too. So the database names the candidates, and the
/// planner's own comparison decides.
/// </remarks>
internal static class UnsentEdits
{
    private const int Batch = 500;

    /// <returns>How many, and the first few.</returns>
    public static async Task<(int Count, IReadOnlyList<(Guid PairId, Guid LinkId)> Examples)> FindAsync(CrmSyncDbContext db, int maxExamples, CancellationToken cancellation)
    {
        var (count, examples, last) = (0, new List<(Guid, Guid)>(), Guid.Empty);
        while (true)
        {
            var after = last;
            var candidates = await (
                from pair in db.ItemLinks.AsNoTracking()
                join item in db.ScheduleItems.AsNoTracking() on pair.ItemId equals item.Id
                join link in db.Links.AsNoTracking() on pair.LinkId equals link.Id
                where pair.Id > after && pair.Tombstone == Tombstone.None && pair.IsHome && pair.QuarantinedAt == null && pair.BaseSnapshot != null && item.Version > pair.CrmVersion && !item.IsDeleted
                    && link.IsEnabled && (link.Direction & SyncDirection.Outbound) != 0
                    && db.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id)
                    && !db.Queue.Any(message => message.LinkId == pair.LinkId && message.ItemId == pair.ItemId)
                orderby pair.Id
                select new { pair, item, link.UserId }).Take(Batch).ToListAsync(cancellation);
            if (candidates.Count == 0)
                return (count, examples);
            last = candidates[^1].pair.Id;
            var ids = candidates.Select(candidate => candidate.item.Id).Distinct().ToArray();
            var people = (await db.Participations.AsNoTracking().Where(part => ids.Contains(part.ItemId)).ToListAsync(cancellation)).ToDictionary(part => (part.ItemId, part.UserId));
            foreach (var candidate in candidates)
            {
                var (pair, item) = (candidate.pair, candidate.item);
                var now = ScheduleRows.ToContent(item, people.GetValueOrDefault((item.Id, candidate.UserId)));
                var writable = SyncPlanner.Writable(SessionContext.RoleOf(item, pair.LinkId), outbound: true) & ~pair.Contested;
                if ((ScheduleComparison.Difference(ScheduleSnapshot.Read(pair.BaseSnapshot!), now) & writable) == 0)
                    continue;
                if (count++ < maxExamples)
                    examples.Add((pair.Id, pair.LinkId));
            }
        }
    }
}
