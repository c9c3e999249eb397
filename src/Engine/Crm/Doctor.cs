using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Something that is not as it should be.</summary>
/// <param name="Check">Which invariant.</param>
/// <param name="Examples">A few ids, for a person to look at.</param>
public sealed record Finding(string Check, int Count, IReadOnlyList<string> Examples, string Cause, string Cure)
{
    /// <summary>The links that the examples belong to, where they belong to one.</summary>
    public IReadOnlyList<FindingLink> Links { get; init; } = [];
}

/// <summary>A link that a finding is about.</summary>
public sealed record FindingLink(Guid LinkId, Guid TargetId, string Mailbox);

/// <summary>Checks what must always hold, in the database alone, and says for each breach what to do. It changes nothing.</summary>
public sealed class Doctor(CrmSyncStore store, AuditLogWriter audit)
{
    private const int MaxExamples = 5;

    /// <summary>For people: only those who may read logs.</summary>
    public async Task<Outcome<IReadOnlyList<Finding>>> CheckAsync(Viewer viewer, CancellationToken cancellation) =>
        ConfigurationAccess.RefuseOperation(viewer) is { } refusal ? refusal : new Outcome<IReadOnlyList<Finding>>(await CheckAsync(cancellation), null);

    public async Task<IReadOnlyList<Finding>> CheckAsync(CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        var findings = new List<Finding>();
        async Task LookAsync(string check, IQueryable<Breach> breaches, string cause, string cure)
        {
            if (await breaches.CountAsync(cancellation) is not (> 0 and var count))
                return;
            var examples = await breaches.Take(MaxExamples).ToListAsync(cancellation);
            findings.Add(new Finding(check, count, [.. examples.Select(breach => breach.Id.ToString())], cause, cure)
            {
                Links = await LinksAsync(db, examples.Select(breach => breach.LinkId), cancellation),
            });
        }

        await LookAsync("orphaned pairs", db.ItemLinks.Where(pair => !db.ScheduleItems.Any(item => item.Id == pair.ItemId) || !db.Links.Any(link => link.Id == pair.LinkId)).Select(pair => new Breach { Id = pair.Id, LinkId = pair.LinkId }),
            "A pair's item or link is gone.", "Run a full re-sync of the link: pairs without an item are removed by it. If its link is gone, restore the database from a backup and report it.");
        await LookAsync("orphaned identities", db.ItemIdentities.Where(identity => !db.ItemLinks.Any(pair => pair.Id == identity.ItemLinkId)).Select(identity => new Breach { Id = identity.ItemLinkId, LinkId = identity.LinkId }),
            "An Exchange id belongs to no pair.", "Harmless; run a full re-sync of the link, and report it.");
        await LookAsync("doubled identities", db.ItemIdentities.Where(identity => db.ItemIdentities.Any(other => other.LinkId == identity.LinkId && other.IdHash == identity.IdHash
                && other.ExchangeId == identity.ExchangeId && other.Slot == identity.Slot && other.ItemLinkId != identity.ItemLinkId)).Select(identity => new Breach { Id = identity.ItemLinkId, LinkId = identity.LinkId }),
            "Two pairs claim one Exchange item.", "Delete the wrong one of the two CRM items, then run a full re-sync of the link.");
        await LookAsync("deleted items with living pairs that nothing works on", Living(db).Where(pair => pair.Contested == 0 && pair.QuarantinedAt == null
                && db.ScheduleItems.Any(item => item.Id == pair.ItemId && item.IsDeleted && item.AuthorityLinkId == pair.LinkId && item.AuthorityIsOrganizer)
                && !db.Queue.Any(message => message.LinkId == pair.LinkId && message.ItemId == pair.ItemId)).Select(pair => new Breach { Id = pair.Id, LinkId = pair.LinkId }),
            "The CRM deleted them, their copies live, and no message waits.", "Run a check-up of the link: it compares the pairs and carries the deletion out.");
        var (unsent, unsentPairs) = await UnsentEdits.FindAsync(db, MaxExamples, cancellation);
        if (unsent > 0)
        {
            findings.Add(new Finding("edits that were never sent", unsent, [.. unsentPairs.Select(pair => $"{pair.PairId}")],
                "The CRM item says what its pair has not agreed on, and no message waits.", "Run a check-up of the link: unequal pairs are compared and repaired.")
            {
                Links = await LinksAsync(db, unsentPairs.Select(pair => pair.LinkId), cancellation),
            });
        }
        await LookAsync("dead letters", db.Queue.Where(message => message.State == MessageState.DeadLetter).Select(message => new Breach { Id = message.Id, LinkId = message.LinkId }),
            "Exchange refused them too often.", "Look at the error in the queue, mend its cause, then retry or discard them.");
        await LookAsync("quarantine", db.ItemLinks.Where(pair => pair.QuarantinedAt != null).Select(pair => new Breach { Id = pair.Id, LinkId = pair.LinkId }),
            "Items are left alone: a loop, or never readable.", "The link and GET /api/v1/quarantine say why; release them when the cause is mended.");
        var longAgo = store.UtcNow.AddDays(-7);
        await LookAsync("conflicts open for a week", db.Conflicts.Where(conflict => conflict.State == ConflictState.Open && conflict.At < longAgo).Select(conflict => new Breach { Id = conflict.Id, LinkId = conflict.LinkId }),
            "Nobody has decided.", "Decide them in the conflict inbox, or choose a policy that does.");
        await LookAsync("links that fail", db.LinkStates.Where(state => state.Health == LinkHealth.Failing).Select(state => new Breach { Id = state.LinkId, LinkId = state.LinkId }),
            "Account, mailbox, folder or network; the link's lastError says which.", "Run the connection test of the target, mend the step that fails; the link comes back by itself.");
        await LookAsync("links that wait for a person", db.LinkStates.Where(state => state.Health == LinkHealth.Held).Select(state => new Breach { Id = state.LinkId, LinkId = state.LinkId }),
            "A guard holds masses of deletes, changes or mails.", "Look at the link's holds; approve them, or mend the cause and run a full re-sync.");
        await StuckLeasesAsync(db, findings, cancellation);
        if (await audit.FindBreakAsync(cancellation) is { } number)
            findings.Add(new Finding("audit log", 1, [$"{number}"], "A row of the audit log is not as it was written, or its predecessor is missing.", "Somebody changed the table by hand. Compare it with a backup."));
        return findings;
    }

    private async Task StuckLeasesAsync(CrmSyncDbContext db, List<Finding> findings, CancellationToken cancellation)
    {
        var ago = new DateTimeOffset(store.UtcNow.AddMinutes(-10)).ToUnixTimeMilliseconds();
        var stuck = await db.LinkWorks.AsNoTracking().Where(work => work.Owner != null && work.LeaseUntilMs < ago && work.ReadyAtMs != null && !work.IsPaused)
            .Select(work => new { work.LinkId, work.Owner }).ToListAsync(cancellation);
        if (stuck.Count > 0)
        {
            findings.Add(new Finding("stuck leases", stuck.Count, [.. stuck.Take(MaxExamples).Select(work => $"{work.LinkId} held by {work.Owner}")],
                "A worker died and no other one took its links over.", "Start a server on this database: it takes them over at once.")
            {
                Links = await LinksAsync(db, stuck.Select(work => work.LinkId), cancellation),
            });
        }
    }

    private static IQueryable<ItemLink> Living(CrmSyncDbContext db) =>
        db.ItemLinks.Where(pair => pair.Tombstone == Tombstone.None && db.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id));

    private static async Task<IReadOnlyList<FindingLink>> LinksAsync(CrmSyncDbContext db, IEnumerable<Guid> ids, CancellationToken cancellation)
    {
        Guid[] wanted = [.. ids.Distinct().Take(MaxExamples)];
        return await db.Links.AsNoTracking().Where(link => wanted.Contains(link.Id)).OrderBy(link => link.Mailbox)
            .Select(link => new FindingLink(link.Id, link.TargetId, link.Mailbox)).ToListAsync(cancellation);
    }

    private sealed class Breach
    {
        public Guid Id { get; init; }

        public Guid LinkId { get; init; }
    }
}
