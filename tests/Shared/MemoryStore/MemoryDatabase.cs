using CrmSync.Engine;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Tests.MemoryStore;

/// <summary>The tables of a link session, in memory: the store of seeded runs, behind the borders of the real ones and under the same compliance suites.</summary>
public sealed class MemoryDatabase(TimeProvider time, IdSource ids, int minLinkGapMs = 500)
{
    // Ids of Exchange are case-sensitive ASCII (invariant 8); the order of a language would call some of them equal.
    private static readonly Comparer<(Guid, string)> Ordinal =
        Comparer<(Guid, string)>.Create((one, other) => one.Item1.CompareTo(other.Item1) is var first and not 0 ? first : string.CompareOrdinal(one.Item2, other.Item2));

    /// <summary>One transaction at a time.</summary>
    public object Gate { get; } = new();

    public TimeProvider Time => time;

    public IdSource Ids => ids;

    public int MinLinkGapMs => minLinkGapMs;

    public Guid InstallId { get; } = ids.NewId();

    public MemoryTable<Guid, SyncTarget> Targets { get; } = new(row => row.Id);

    public MemoryTable<Guid, SyncLink> Links { get; } = new(row => row.Id);

    public MemoryTable<Guid, CrmUser> Users { get; } = new(row => row.Id);

    public MemoryTable<Guid, LinkState> States { get; } = new(row => row.LinkId);

    public MemoryTable<Guid, LinkWork> Works { get; } = new(row => row.LinkId);

    public MemoryTable<(Guid Link, MessageKind Kind, Guid Item), QueueMessage> Queue { get; } = new(row => (row.LinkId, row.Kind, row.ItemId));

    public MemoryTable<Guid, ScheduleItem> Items { get; } = new(row => row.Id);

    public MemoryTable<(Guid Item, Guid User), Participation> Participations { get; } = new(row => (row.ItemId, row.UserId));

    public MemoryTable<Guid, ItemLink> ItemLinks { get; } = new(row => row.Id);

    public MemoryTable<(Guid Pair, string Slot), ItemIdentity> Identities { get; } = new(row => (row.ItemLinkId, row.Slot), Ordinal);

    public MemoryTable<(Guid Target, string GlobalId), MeetingIdentity> Meetings { get; } = new(row => (row.TargetId, row.GlobalObjectId), Ordinal);

    public MemoryTable<(Guid Link, string Id), LinkInventory> Inventory { get; } = new(row => (row.LinkId, row.ExchangeId), Ordinal);

    public MemoryTable<(Guid Link, Guid Pair), PendingDelete> PendingDeletes { get; } = new(row => (row.LinkId, row.ItemLinkId));

    public MemoryTable<Guid, SyncConflict> Conflicts { get; } = new(row => row.Id);

    public List<ItemHistory> History { get; } = [];

    public List<Activity> Activities { get; } = [];

    /// <summary>Why the last stale commit was refused, for the story of a run.</summary>
    public string LastStale { get; internal set; } = "";

    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    /// <summary>Puts rows of any table, as a person or a migration would.</summary>
    public void Put(params object[] rows)
    {
        foreach (var row in rows)
        {
            switch (row)
            {
                case SyncTarget target: Targets.Put(target); break;
                case SyncLink link: Links.Put(link); break;
                case CrmUser user: Users.Put(user); break;
                case LinkState state: States.Put(state); break;
                case LinkWork work: Works.Put(work); break;
                case QueueMessage message: Queue.Put(message); break;
                case ScheduleItem item: Items.Put(item); break;
                case Participation part: Participations.Put(part); break;
                case ItemLink pair: ItemLinks.Put(pair); break;
                case ItemIdentity identity: Identities.Put(identity); break;
                default: throw new ArgumentException($"There is no table for {row.GetType().Name}.", nameof(rows));
            }
        }
    }

    /// <summary>All rows of a table, as copies.</summary>
    public List<TRow> RowsOf<TRow>()
        where TRow : class
    {
        IEnumerable<object> rows = typeof(TRow).Name switch
        {
            nameof(LinkWork) => Works.Rows,
            nameof(LinkState) => States.Rows,
            nameof(QueueMessage) => Queue.Rows,
            nameof(ScheduleItem) => Items.Rows,
            nameof(ItemLink) => ItemLinks.Rows,
            nameof(SyncConflict) => Conflicts.Rows,
            _ => throw new ArgumentException($"There is no table for {typeof(TRow).Name}."),
        };
        lock (Gate)
            return [.. rows.Cast<TRow>().Select(MemoryTable<Guid, TRow>.Copy)];
    }

    /// <summary>Pairs that may be written, by link and target: whom a change concerns. Messages of disabled links wait.</summary>
    public IEnumerable<ItemLink> OutboundPairs(Guid itemId) => ItemLinks.Rows.Where(pair =>
        pair.ItemId == itemId && Links.Peek(pair.LinkId) is { } link && (link.Direction & SyncDirection.Outbound) != 0
        && Targets.Peek(link.TargetId) is { } target && (DirectionOf(target, pair.Kind) & SyncDirection.Outbound) != 0);

    public static SyncDirection DirectionOf(SyncTarget target, ItemKind kind) => kind switch
    {
        ItemKind.Schedule => target.ScheduleDirection,
        ItemKind.Task => target.TaskDirection,
        _ => target.ContactDirection,
    };
}
