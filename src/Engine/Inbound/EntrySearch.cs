using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Inbound;

/// <summary>Seeks the twins of Exchange items that have no pair, by stamp, global id and match rules, for a whole page at once (invariant 7).</summary>
public sealed class EntrySearch
{
    private readonly SessionContext _session;
    private IReadOnlyDictionary<Guid, Pair> _byIntent = new Dictionary<Guid, Pair>();
    private ILookup<GlobalObjectId, Pair> _byGlobalId = Enumerable.Empty<(GlobalObjectId Id, Pair Pair)>().ToLookup(x => x.Id, x => x.Pair);
    private IReadOnlyDictionary<GlobalObjectId, Guid> _meetings = new Dictionary<GlobalObjectId, Guid>();
    private ILookup<long, CrmItem> _twins = Enumerable.Empty<(long Hash, CrmItem Item)>().ToLookup(x => x.Hash, x => x.Item);
    private IReadOnlyDictionary<Guid, CrmItem> _items = new Dictionary<Guid, CrmItem>();
    private IReadOnlyDictionary<Guid, Pair> _ownByItem = new Dictionary<Guid, Pair>();
    private readonly HashSet<Guid> _alive = [];
    private readonly HashSet<Guid> _takenTwins = [];

    private EntrySearch(SessionContext session) => _session = session;

    public static async Task<EntrySearch> RunAsync(SessionContext session, IReadOnlyList<ExchangeItem> items, CancellationToken cancellation)
    {
        var search = new EntrySearch(session);
        var store = session.Store;
        Guid[] intents = [.. items.Where(search.IsOurs).Select(item => item.Stamp!.Value.IntentId).Distinct()];
        if (intents.Length > 0)
            search._byIntent = await store.FindPairsByIntentAsync(intents, cancellation);
        GlobalObjectId[] globalIds = [.. items.Where(item => item.GlobalObjectId is not null).Select(item => item.GlobalObjectId!.Value).Distinct()];
        if (globalIds.Length > 0)
        {
            search._byGlobalId = await store.FindPairsByGlobalIdAsync(session.Facts.Target.Id, globalIds, cancellation);
            search._meetings = await store.FindMeetingsAsync(session.Facts.Target.Id, globalIds, cancellation);
            // A buried pair has lost its id, but its place (link, item) is taken: what comes back takes it again.
            if (search._meetings.Count > 0)
                search._ownByItem = await store.FindPairsByItemAsync(session.LinkId, [.. search._meetings.Values.Distinct()], cancellation);
        }
        MatchKey[] keys = [.. items.Where(item => item.Role == SeriesRole.Single).Select(KeyOf).Distinct()];
        if (keys.Length > 0)
            search._twins = await store.FindUnpairedItemsAsync(session.LinkId, session.Facts.User.Id, keys, cancellation);
        Guid[] known = [.. search._byIntent.Values.Select(pair => pair.Link.ItemId)
            .Concat(search._byGlobalId.SelectMany(group => group).Select(pair => pair.Link.ItemId))
            .Concat(search._meetings.Values).Distinct()];
        if (known.Length > 0)
            search._items = await store.LoadItemsAsync(known, cancellation);
        await search.FindAliveAsync(cancellation);
        return search;
    }

    public EntryFacts FactsOf(ExchangeItem item, bool wasThereBefore = false, bool isToldApart = false)
    {
        var pair = PairOf(item);
        var ours = IsOurs(item) ? _byIntent.GetValueOrDefault(item.Stamp!.Value.IntentId) : null;
        var known = KnownItemOf(item);
        return new EntryFacts(
            item, ours?.Link, pair?.Link.LinkId == _session.LinkId, pair is not null && _alive.Contains(pair.Link.Id), ByGlobalId(item)?.Link,
            item.GlobalObjectId is { } id && _meetings.TryGetValue(id, out var meeting) ? meeting : null,
            known?.Item.IsDeleted ?? false, WasDeletedByPerson(known),
            pair is { Identity: null, Link.IntentState: not IntentState.Intended }, DeletionWaits(pair, known), isToldApart ? null : TwinOf(item)?.Item.Id, _session.Rules, _session.Now, wasThereBefore,
            pair is { Identity.GlobalObjectId: { } older } && item.GlobalObjectId is { } newer && older != newer.Value,
            _session.Rules.AsksTies && TiesOf(item).Count > 0);
    }

    /// <summary>A person deleted the item in the CRM, and this link has not carried it out yet.</summary>
    public bool DeletionWaits(Pair? pair, CrmItem? known) =>
        pair is { Identity: not null, Link.Tombstone: Tombstone.None } && pair.Link.LinkId == _session.LinkId
        && WasDeletedByPerson(known);

    private static bool WasDeletedByPerson(CrmItem? known) => known is { Item.IsDeleted: true } && !Actors.IsLink(known.Item.UpdatedBy);

    /// <summary>The pair that the item belonged to under another id: by our stamp, else by global id, this link's before others'.</summary>
    public Pair? PairOf(ExchangeItem item) =>
        IsOurs(item) && _byIntent.TryGetValue(item.Stamp!.Value.IntentId, out var pair) ? pair : ByGlobalId(item);

    /// <summary>The CRM item that this is, by whatever found it: this link's own pair before the meeting, the meeting before another link's pair, the twin last.</summary>
    public CrmItem? KnownItemOf(ExchangeItem item)
    {
        var pair = PairOf(item)?.Link;
        var id = pair?.LinkId == _session.LinkId ? pair.ItemId
            : item.GlobalObjectId is { } global && _meetings.TryGetValue(global, out var meeting) ? meeting
            : pair?.ItemId;
        return id is { } known ? _items.GetValueOrDefault(known) : TwinOf(item);
    }

    /// <summary>Which CRM items the page's meetings are known as.</summary>
    public IReadOnlyDictionary<GlobalObjectId, Guid> Meetings => _meetings;

    /// <summary>The twin by subject, start and end. Each is given away once; with several the one least different is taken.</summary>
    public CrmItem? TwinOf(ExchangeItem item) => item.Role != SeriesRole.Single ? null
        : _twins[KeyOf(item).Hash]
            .Where(twin => !_takenTwins.Contains(twin.Item.Id) && Matches(twin, item))
            .OrderBy(twin => System.Numerics.BitOperations.PopCount((uint)ScheduleComparison.Difference(_session.ContentOf(twin), item.Content)))
            .ThenBy(twin => twin.Item.CreatedAt)
            .FirstOrDefault();

    /// <summary>Twins as good as the one that <see cref="TwinOf"/> takes: a person may want another one.</summary>
    public IReadOnlyList<Guid> TiesOf(ExchangeItem item)
    {
        if (TwinOf(item) is not { } best)
            return [];
        int Distance(CrmItem twin) => System.Numerics.BitOperations.PopCount((uint)ScheduleComparison.Difference(_session.ContentOf(twin), item.Content));
        return [.. _twins[KeyOf(item).Hash].Where(twin => twin.Item.Id != best.Item.Id && !_takenTwins.Contains(twin.Item.Id) && Matches(twin, item) && Distance(twin) == Distance(best)).Select(twin => twin.Item.Id)];
    }

    public void Take(CrmItem twin) => _takenTwins.Add(twin.Item.Id);

    private bool IsOurs(ExchangeItem item) => item.Stamp is { } stamp && stamp.InstallId == _session.Facts.InstallId;

    private Pair? ByGlobalId(ExchangeItem item)
    {
        if (item.GlobalObjectId is not { } id)
            return null;
        var found = _byGlobalId[id].OrderBy(pair => pair.Link.Tombstone != Tombstone.None).ThenBy(pair => pair.Link.Id).ToList();
        return found.FirstOrDefault(pair => pair.Link.LinkId == _session.LinkId)
            ?? (_meetings.TryGetValue(id, out var meeting) ? _ownByItem.GetValueOrDefault(meeting) : null)
            ?? found.FirstOrDefault();
    }

    // Equal hashes are only a hint; the values decide. An item with a meeting identity of its own is no twin of another meeting.
    private static bool Matches(CrmItem twin, ExchangeItem item) =>
        string.Equals(twin.Item.Subject.Trim(), item.Content.Subject.Trim(), StringComparison.OrdinalIgnoreCase)
        && twin.Item.StartUtc == item.Content.Time.Start.ToDateTimeUtc()
        && twin.Item.EndUtc == item.Content.Time.End.ToDateTimeUtc()
        && twin.Item.IsAllDay == item.Content.Time.IsAllDay;

    private static MatchKey KeyOf(ExchangeItem item) =>
        new(item.Content.Subject, item.Content.Time.Start.ToDateTimeUtc(), item.Content.Time.End.ToDateTimeUtc());

    // Is the item still there under the id that its pair knows? In our own mailbox Exchange is asked; of others our memory is taken.
    private async Task FindAliveAsync(CancellationToken cancellation)
    {
        var pairs = _byIntent.Values.Concat(_byGlobalId.SelectMany(group => group)).Concat(_ownByItem.Values).DistinctBy(pair => pair.Link.Id)
            .Where(pair => pair.Link.Tombstone == Tombstone.None && pair.Identity is not null).ToList();
        var here = pairs.Where(pair => pair.Link.LinkId == _session.LinkId).ToList();
        _alive.UnionWith(pairs.Where(pair => pair.Link.LinkId != _session.LinkId).Select(pair => pair.Link.Id));
        foreach (var batch in here.Chunk(_session.Capabilities.MaxReadBatch))
        {
            var reads = await _session.Mailbox.ReadKeysAsync([.. batch.Select(pair => new ItemId(pair.Identity!.ExchangeId))], cancellation);
            // Taken for alive, what only moved would enter a second time (found by seed 8398).
            if (reads.FirstOrDefault(read => read.Refusal is { IsTransient: true })?.Refusal is { } busy)
                throw new ExchangeResponseException(busy.Code, $"{_session.Mailbox.Address}: an item could not be told from its copy just now: {busy.Text}") { BackOff = busy.BackOff };
            for (var i = 0; i < batch.Length; i++)
            {
                if (reads[i].Refusal is not { IsGone: true })
                    _alive.Add(batch[i].Link.Id);
            }
        }
    }
}
