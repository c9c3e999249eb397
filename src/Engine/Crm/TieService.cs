using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A CRM item that a tie's Exchange item may be.</summary>
/// <param name="Content">Null where it is somebody else's private item.</param>
public sealed record TieCandidate(Guid ItemId, ScheduleContent? Content);

/// <summary>An item of Exchange that is not synchronized although items of the CRM have its subject, start and end.</summary>
/// <param name="Id">Within the link.</param>
/// <param name="Subject">Null for items that are not Normal in sensitivity.</param>
/// <param name="Waits">The link's first sync asks a person about it; false: the link keeps older items apart, and a person may still pair it.</param>
public sealed record TieView(string Id, Guid LinkId, string? Subject, DateTime? StartUtc, bool Waits, IReadOnlyList<TieCandidate> Candidates)
{
    /// <summary>What Exchange says now; null where it was not asked.</summary>
    public ScheduleContent? Exchange { get; init; }

    /// <summary>Changes with each edit in Exchange; null where it was not asked.</summary>
    public string? Tag { get; init; }
}

/// <summary>The possible twins of a link, for the people who decide about them.</summary>
public sealed class TieService(CrmSyncStore store, IConnectors connectors)
{
    // What the planner writes (Planning.SkipReason); the CRM does not know its room.
    private const string Tie = "Tie";
    private const string KeptApart = "KeptApart";
    private const int MaxRounds = 20;

    /// <summary>In the order of the inventory's key. A page may be shorter than asked for while others follow.</summary>
    public async Task<Outcome<Page<TieView>>> ListAsync(Viewer viewer, Guid linkId, string? after, int max, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        if (await database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == linkId, cancellation) is not { } link)
            return NoLink(linkId);
        var found = new List<TieView>();
        // Items that merely start together are no twins: a page may be all of those.
        for (var round = 0; round < MaxRounds; round++)
        {
            var rows = Possible(database, link);
            if (long.TryParse(after, System.Globalization.CultureInfo.InvariantCulture, out var last))
                rows = rows.Where(row => row.IdHash > last);
            var page = PageKey.Cut(await rows.OrderBy(row => row.IdHash).Take(max + 1).ToListAsync(cancellation), max, row => PageKey.Write(row.IdHash));
            var candidates = await CandidatesAsync(database, viewer, link, page.Items, cancellation);
            found.AddRange(page.Items.Where(row => candidates[row.MatchHash!.Value].Any()).Select(row => ViewOf(row, candidates)));
            after = page.Next;
            if (after is null || found.Count > 0)
                break;
        }
        return new Page<TieView>(found, after);
    }

    /// <summary>How many there are, up to five hundred that are looked at.</summary>
    public async Task<int> CountAsync(Guid linkId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        if (await database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == linkId, cancellation) is not { } link)
            return 0;
        var rows = await Possible(database, link).Select(row => new { row.StartUtc, row.MatchHash }).Take(PageKey.MaxRows).ToListAsync(cancellation);
        var starts = rows.Select(row => row.StartUtc!.Value).Distinct().ToArray();
        var hashes = (await Unpaired(database, link).Where(item => starts.Contains(item.StartUtc)).Select(item => new { item.Subject, item.StartUtc, item.EndUtc }).ToListAsync(cancellation))
            .Select(item => MatchKeys.HashOf(item.Subject, item.StartUtc, item.EndUtc)).ToHashSet();
        return rows.Count(row => hashes.Contains(row.MatchHash!.Value));
    }

    /// <summary>One tie with what Exchange says about it now.</summary>
    public async Task<Outcome<TieView>> FindAsync(Viewer viewer, Guid linkId, string id, CancellationToken cancellation)
    {
        var scene = await LookAsync(viewer, linkId, id, cancellation);
        return scene.Problem is { } problem ? problem : scene.Value!.View;
    }

    /// <summary>The tie with all that a decision about it needs.</summary>
    internal async Task<Outcome<TieScene>> LookAsync(Viewer viewer, Guid linkId, string id, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        await using var database = await store.ReadAsync(cancellation);
        if (await database.Links.AsNoTracking().FirstOrDefaultAsync(one => one.Id == linkId, cancellation) is not { } link)
            return NoLink(linkId);
        if (!long.TryParse(id, System.Globalization.CultureInfo.InvariantCulture, out var hash) || await Possible(database, link).FirstOrDefaultAsync(one => one.IdHash == hash, cancellation) is not { } row)
            return NotThere(id);
        var candidates = await CandidatesAsync(database, viewer, link, [row], cancellation);
        if (!candidates[row.MatchHash!.Value].Any())
            return NotThere(id);
        var target = await database.Targets.AsNoTracking().FirstAsync(one => one.Id == link.TargetId, cancellation);
        var read = await ReadAsync(target, link, row, cancellation);
        if (read.Problem is { } unreadable)
            return unreadable;
        var exchange = read.Value!;
        if (exchange.Content.Sensitivity is Sensitivity.Private or Sensitivity.Confidential && !viewer.SeesPrivate && viewer.UserId != link.UserId)
            return new Problem(ProblemKind.Forbidden, "This is a private item of the mailbox's owner. Only its owner may decide about it.");
        var view = ViewOf(row, candidates) with { Exchange = exchange.Content, Tag = Convert.ToHexStringLower(BitConverter.GetBytes(MatchKeys.HashOf(exchange.Key.Value))) };
        return new TieScene(link, row, exchange, view);
    }

    private async Task<Outcome<ExchangeItem>> ReadAsync(SyncTarget target, SyncLink link, LinkInventory row, CancellationToken cancellation)
    {
        try
        {
            var read = (await connectors.For(target).Open(link.Mailbox).ReadItemsAsync([new ItemId(row.ExchangeId)], cancellation))[0];
            return read.Item is { } item ? item
                : read.Refusal is { IsGone: true } ? new Problem(ProblemKind.NotFound, $"The item is gone from {link.Mailbox}. The next read of the folder forgets it.")
                : new Problem(ProblemKind.Conflict, $"Exchange cannot give the item in {link.Mailbox}: {read.Refusal?.Code}: {read.Refusal?.Text} Nothing was changed; try again later.");
        }
        catch (Exception fault) when (fault is ExchangeException or Access.SecretUnreadableException or NotSupportedException)
        {
            return new Problem(ProblemKind.Conflict, $"{link.Mailbox} cannot be read: {fault.Message} Nothing was changed. Mend the cause (the connection test helps), then decide.");
        }
    }

    // Equal starts are sought in the database; the hash over subject, start and end decides.
    private static IQueryable<LinkInventory> Possible(CrmSyncDbContext database, SyncLink link)
    {
        var unpaired = Unpaired(database, link);
        return database.Inventory.AsNoTracking().Where(row => row.LinkId == link.Id && (row.SkipReason == Tie || row.SkipReason == KeptApart) && row.MatchHash != null
            && unpaired.Any(item => item.StartUtc == row.StartUtc));
    }

    private static IQueryable<ScheduleItem> Unpaired(CrmSyncDbContext database, SyncLink link) => database.ScheduleItems.AsNoTracking()
        .Where(item => !item.IsDeleted && (item.OwnerId == link.UserId || database.Participations.Any(part => part.ItemId == item.Id && part.UserId == link.UserId))
            && !database.ItemLinks.Any(pair => pair.LinkId == link.Id && pair.ItemId == item.Id));

    private static async Task<ILookup<long, TieCandidate>> CandidatesAsync(
        CrmSyncDbContext database, Viewer viewer, SyncLink link, IReadOnlyCollection<LinkInventory> rows, CancellationToken cancellation)
    {
        var starts = rows.Select(row => row.StartUtc!.Value).Distinct().ToArray();
        var hashes = rows.Select(row => row.MatchHash!.Value).ToHashSet();
        var items = (await Unpaired(database, link).Where(item => starts.Contains(item.StartUtc)).OrderBy(item => item.CreatedAt).ThenBy(item => item.Id).ToListAsync(cancellation))
            .Select(item => (Item: item, Hash: MatchKeys.HashOf(item.Subject, item.StartUtc, item.EndUtc))).Where(item => hashes.Contains(item.Hash)).ToList();
        var ids = items.Select(item => item.Item.Id).ToArray();
        var parts = await database.Participations.AsNoTracking().Where(part => part.UserId == link.UserId && ids.Contains(part.ItemId)).ToDictionaryAsync(part => part.ItemId, cancellation);
        return items.ToLookup(item => item.Hash, item =>
        {
            var personal = parts.GetValueOrDefault(item.Item.Id);
            var isMasked = personal is not null && ScheduleAccess.IsPrivate(personal) && !viewer.SeesPrivate && viewer.UserId != link.UserId;
            return new TieCandidate(item.Item.Id, isMasked ? null : ScheduleRows.ToContent(item.Item, personal));
        });
    }

    private static TieView ViewOf(LinkInventory row, ILookup<long, TieCandidate> candidates) =>
        new(PageKey.Write(row.IdHash), row.LinkId, row.Subject, row.StartUtc, row.SkipReason == Tie, [.. candidates[row.MatchHash!.Value]]);

    private static Problem NoLink(Guid id) => new(ProblemKind.NotFound, $"There is no link {id}.");

    private static Problem NotThere(string id) => new(ProblemKind.NotFound, $"There is no tie {id} on this link: it was decided, or one of its items was changed or deleted meanwhile.");
}

/// <summary>A tie as a decision finds it.</summary>
internal sealed record TieScene(SyncLink Link, LinkInventory Row, ExchangeItem Exchange, TieView View);
