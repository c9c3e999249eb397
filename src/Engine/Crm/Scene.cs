using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>An item with the pair that a person decides about, inside the transaction that carries the decision out.</summary>
internal sealed class Scene
{
    private readonly CrmSyncStore _store;
    private readonly StoreTransaction _transaction;
    private readonly Viewer _viewer;
    private readonly SyncLink _link;
    private readonly IReadOnlyList<Participation> _people;

    private Scene(CrmSyncStore store, StoreTransaction transaction, Viewer viewer, SyncLink link, ScheduleItem row, IReadOnlyList<Participation> people, ItemLink? pair)
    {
        (_store, _transaction, _viewer, _link, Row, _people, Pair) = (store, transaction, viewer, link, row, people, pair);
        Content = ScheduleRows.ToContent(row, people.FirstOrDefault(part => part.UserId == link.UserId));
    }

    public ScheduleItem Row { get; }

    /// <summary>The living pair whose open conflict is decided; null when it is not contested.</summary>
    public ItemLink? Pair { get; }

    /// <summary>The item as the link's person sees it.</summary>
    public ScheduleContent Content { get; }

    /// <summary>What shall be: the item's fields, whether it lives, and what becomes of its pair.</summary>
    /// <param name="IsDeleted">Null leaves that alone.</param>
    /// <param name="Decision">For the conflict's row, in words.</param>
    internal sealed record Edit(ScheduleContent Content, ScheduleFields Fields, bool? IsDeleted, string Reason, string Decision)
    {
        public ScheduleFields CrmWon { get; init; }

        /// <summary>The pair's base from now on; null leaves it alone.</summary>
        public ScheduleContent? Agreed { get; init; }

        /// <summary>The copy in Exchange is gone: the pair becomes a tombstone, and starts over if the item lives.</summary>
        public bool Buries { get; init; }

        /// <summary>The conflict was open and is settled by this.</summary>
        public bool Closes { get; init; }
    }

    public static async Task<Scene> LoadAsync(
        CrmSyncStore store, StoreTransaction transaction, Viewer viewer, SyncConflict conflict, SyncLink link, ScheduleItem row, CancellationToken cancellation)
    {
        var database = transaction.Database;
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == row.Id).ToListAsync(cancellation);
        var pair = await database.ItemLinks.AsNoTracking().FirstOrDefaultAsync(
            one => one.LinkId == conflict.LinkId && one.ItemId == conflict.ItemId && one.OpenConflictId == conflict.Id, cancellation);
        return new Scene(store, transaction, viewer, link, row, people, pair);
    }

    /// <summary>False: the item was changed in this moment.</summary>
    public async Task<bool> WriteAsync(Edit edit, string? traceId, CancellationToken cancellation)
    {
        var database = _transaction.Database;
        var row = Row.Copy();
        var wasDeleted = Row.IsDeleted;
        ScheduleRows.Apply(edit.Content, edit.Fields & ScheduleFields.Shared, row);
        row.IsDeleted = edit.IsDeleted ?? row.IsDeleted;
        (row.Version, row.UpdatedAt, row.UpdatedBy) = (row.Version + 1, _store.UtcNow, _viewer.Actor);

        if (edit.Buries && Pair is not null)
            Pair.Tombstone = Tombstone.DeletedInExchange;
        var revival = edit.IsDeleted == false ? await RevivalAsync(row, edit, traceId, cancellation) : [];
        List<QueueRequest> requests = [.. await ScheduleOutbox.RequestsAsync(database, row, null, traceId, cancellation), .. revival];
        if (Pair is { } asked)
            requests.Add(new QueueRequest(edit.Buries ? MessageKind.Outbound : MessageKind.CheckUp, asked.LinkId, row.Id, TraceId: traceId));
        await QueueWriter.LockAsync(_transaction, [.. requests.Select(request => request.LinkId), _link.Id], cancellation);
        foreach (var link in revival.Select(request => request.LinkId).Append(_link.Id).Distinct())
            await LinkQueries.FenceAsync(_transaction, link, cancellation);
        if (!await WriteItemAsync(row, edit, cancellation))
            return false;
        if (Pair is { } pair && edit.Closes)
        {
            (pair.Contested, pair.OpenConflictId, pair.UpdatedAt) = (ScheduleFields.None, null, _store.UtcNow);
            if (edit.Agreed is { } agreed)
                pair.BaseSnapshot = ScheduleSnapshot.Write(agreed);
            await _transaction.WriteAsync([pair], WriteMode.Upsert, cancellation);
        }
        if (wasDeleted || edit.Buries)
            await CopyRevival.ReviveAsync(database, row, revival, cancellation);
        await QueueWriter.PutAsync(_transaction, requests, cancellation);
        return true;
    }

    public static Task SettleAsync(CrmSyncDbContext database, SyncConflict conflict, Edit edit, Viewer viewer, DateTime now, CancellationToken cancellation)
    {
        var rows = database.Conflicts.Where(row => row.Id == conflict.Id);
        var crmWon = edit.CrmWon.ToString();
        // The loser that came back is the winner now: its rival can be brought back in turn.
        return edit.Closes
            ? rows.ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, ConflictState.Settled).SetProperty(row => row.Decision, edit.Decision).SetProperty(row => row.CrmWon, crmWon)
                    .SetProperty(row => row.DecidedBy, viewer.Actor).SetProperty(row => row.DecidedAt, (DateTime?)now),
                cancellation)
            : rows.ExecuteUpdateAsync(set => set.SetProperty(row => row.DecidedBy, $"{conflict.DecidedBy}; loser restored by {viewer.Actor}"), cancellation);
    }

    private async Task<bool> WriteItemAsync(ScheduleItem row, Edit edit, CancellationToken cancellation)
    {
        Participation[] upserts = [];
        if ((edit.Fields & ScheduleFields.Personal) != 0)
        {
            var personal = new Participation { ItemId = row.Id, UserId = _link.UserId };
            ScheduleRows.ApplyPersonal(Content.WithFieldsOf(edit.Content, edit.Fields), ScheduleFields.Personal, personal);
            upserts = [personal];
        }
        var history = new ItemHistory
        {
            Id = _store.Ids.NewId(), ItemId = row.Id, Version = Row.Version, At = _store.UtcNow, ReplacedBy = _viewer.Actor, Reason = edit.Reason,
            Snapshot = ScheduleRows.WriteReplaced(Row, _people),
        };
        return await ItemWriter.WriteAsync(_transaction, [new ItemWrite(row, Row.Version, upserts, [], history)], cancellation);
    }

    private async Task<List<QueueRequest>> RevivalAsync(ScheduleItem row, Edit edit, string? traceId, CancellationToken cancellation)
    {
        var requests = await CopyRevival.RequestsAsync(_transaction.Database, row, traceId, cancellation);
        // The contested pair is buried in this very transaction.
        if (edit.Buries && Pair is { } pair)
            requests.Add(new QueueRequest(MessageKind.Outbound, pair.LinkId, row.Id, TraceId: traceId));
        return requests;
    }
}
