using CrmSync.Engine;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.Tests.MemoryStore;

namespace CrmSync.Convergence.Stores;

/// <summary>The database in memory, with the CRM's edits in their plainest form: the row, its history and its outbox in one step. Rights and validation are the services' own tests.</summary>
public sealed class MemoryWorldStore : IWorldStore
{
    private readonly MemoryDatabase _db;
    private readonly MemoryQueue _queue;

    public MemoryWorldStore(TimeProvider time, IdSource ids)
    {
        _db = new MemoryDatabase(time, ids, minLinkGapMs: 500);
        _queue = new MemoryQueue(_db);
        Sessions = new MemorySessionStore(_db, _queue);
    }

    public ILinkSessionStore Sessions { get; }

    public ILinkQueue Queue => _queue;

    public IFanOut FanOut => _queue;

    public string WhyStale => _db.LastStale;

    public Task PutAsync(object[] rows)
    {
        _db.Put(rows);
        return Task.CompletedTask;
    }

    public Task<Guid> CreateAsync(Guid owner, string ownerMail, ScheduleContent content)
    {
        var row = new ScheduleItem { Id = _db.Ids.NewId(), Version = 1, OwnerId = owner, Origin = ItemOrigin.Crm, CreatedAt = _db.UtcNow, UpdatedAt = _db.UtcNow, UpdatedBy = "user" };
        var whole = content with { Organizer = new MailAddress(ownerMail, _db.Users.Peek(owner)!.DisplayName), OwnResponse = content.HasAttendees ? AttendeeResponse.Organizer : AttendeeResponse.Unknown };
        ScheduleRows.Apply(whole, ScheduleFields.All, row);
        var personal = new Participation { ItemId = row.Id, UserId = owner };
        ScheduleRows.ApplyPersonal(whole, ScheduleFields.All, personal);
        Save(new ItemWrite(row, 0, [personal], [], null));
        return Task.FromResult(row.Id);
    }

    public Task<string?> PatchAsync(Guid id, ScheduleContent content, ScheduleFields fields) => Change(id, (row, personal) =>
    {
        var before = ScheduleRows.ToContent(row, personal);
        ScheduleRows.Apply(content, fields, row);
        ScheduleRows.ApplyPersonal(content, fields, personal);
        return ScheduleComparison.Difference(before, ScheduleRows.ToContent(row, personal)) != ScheduleFields.None;
    }, fields);

    public Task<string?> DeleteAsync(Guid id) => Change(id, (row, _) => row.IsDeleted = true, ScheduleFields.Shared);

    public Task<IReadOnlyList<ScheduleItem>> ItemsAsync() => Rows(_db.Items.Rows);

    public Task<IReadOnlyList<Participation>> ParticipationsAsync() => Rows(_db.Participations.Rows);

    public Task<IReadOnlyList<ItemLink>> PairsAsync() => Rows(_db.ItemLinks.Rows);

    public Task<IReadOnlyList<ItemIdentity>> IdentitiesAsync() => Rows(_db.Identities.Rows);

    public Task<IReadOnlyList<LinkInventory>> InventoryAsync() => Rows(_db.Inventory.Rows);

    public Task<IReadOnlyList<QueueMessage>> MessagesAsync() => Rows(_db.Queue.Rows);

    public Task<IReadOnlyList<LinkState>> StatesAsync() => Rows(_db.States.Rows);

    public Task<IReadOnlyList<SyncConflict>> ConflictsAsync() => Rows(_db.Conflicts.Rows);

    public Task<IReadOnlyList<ItemHistory>> HistoryAsync() => Rows(_db.History);

    public Task<IReadOnlyList<Activity>> ActivitiesAsync() => Rows(_db.Activities);

    public IWorldDesk? Desk => null;

    public Task SetPlanAsync(Guid linkId, string plan)
    {
        _db.States.Update(state => state.LinkId == linkId, state => state.Plan = plan);
        return Task.CompletedTask;
    }

    public Task<bool> IsBusyAsync() => Task.FromResult(_db.Queue.Rows.Any(message => message.State == MessageState.Waiting && _db.Links.Peek(message.LinkId) is { IsEnabled: true }) || _db.Works.Rows.Any(work => work.Owner is not null));

    public Task<string> DescribeQueueAsync() => Task.FromResult(string.Join("; ", _db.Queue.Rows.Select(message => $"{message.Kind} {message.State} attempts {message.Attempts} {message.Error}"))
        + string.Join("; ", _db.Works.Rows.Where(work => work.Owner is not null).Select(work => $"leased by {work.Owner}")));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task<IReadOnlyList<T>> Rows<T>(IEnumerable<T> rows) => Task.FromResult<IReadOnlyList<T>>([.. rows]);

    private Task<string?> Change(Guid id, Func<ScheduleItem, Participation, bool> change, ScheduleFields fields)
    {
        if (_db.Items.Read(id) is not { IsDeleted: false } row)
            return Task.FromResult<string?>("gone");
        var people = _db.Participations.Read(part => part.ItemId == id);
        // Who deleted their copy is not brought back into the meeting by somebody's edit.
        var whose = people.Count == 0 || people.Any(part => part.UserId == row.OwnerId) ? row.OwnerId : people[0].UserId;
        // As the service: whoever does not organize a meeting changes nothing that is the organizer's.
        if (row is { AuthorityLinkId: not null, AuthorityIsOrganizer: false } && (fields & ScheduleFields.Shared) != 0 && ScheduleRows.ToContent(row, null).HasAttendees)
            return Task.FromResult<string?>("organised elsewhere");
        var replaced = ScheduleRows.WriteReplaced(row, people);
        var version = row.Version;
        var known = people.FirstOrDefault(part => part.UserId == whose);
        var personal = known ?? new Participation { ItemId = id, UserId = whose };
        if (!change(row, personal))
            return Task.FromResult<string?>(null);
        (row.Version, row.UpdatedAt, row.UpdatedBy) = (version + 1, _db.UtcNow, "user");
        Participation[] upserts = known is not null || (fields & ScheduleFields.Personal) != 0 ? [personal] : [];
        var history = new ItemHistory { Id = _db.Ids.NewId(), ItemId = id, Version = version, At = _db.UtcNow, ReplacedBy = "user", Reason = "edited", Snapshot = replaced };
        Save(new ItemWrite(row, version, upserts, [], history), (fields & ScheduleFields.Shared) == 0 ? whose : null);
        return Task.FromResult<string?>(null);
    }

    private void Save(ItemWrite write, Guid? onlyUser = null)
    {
        var item = write.Row;
        var requests = write.PlannedVersion == 0 ? [] : _queue.FanOut([item.Id], null, null);
        if (onlyUser is { } user)
            requests.RemoveAll(request => request.Kind == MessageKind.Outbound && _db.Links.Peek(request.LinkId)!.UserId != user);
        if (item.Origin == ItemOrigin.Crm)
        {
            requests.AddRange(_db.Links.Rows
                .Where(link => link.IsHome && link.UserId == item.OwnerId && !_db.ItemLinks.Rows.Any(pair => pair.ItemId == item.Id && pair.LinkId == link.Id))
                .Select(link => new QueueRequest(MessageKind.Outbound, link.Id, item.Id)));
        }
        MemoryCommit.WriteItems(_db, [write]);
        _queue.Put(requests);
    }
}
