using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A schedule item as a viewer sees it.</summary>
/// <param name="Row">The shared row; its Version is the ETag.</param>
/// <param name="Personal">The participation whose personal fields <paramref name="Content"/> shows; null when that person takes no part.</param>
/// <param name="Participants">CRM people who have the item.</param>
public sealed record ScheduleItemView(ScheduleItem Row, Participation? Personal, ScheduleContent Content, IReadOnlyList<Guid> Participants);

/// <summary>Which items. The period takes items that overlap it; null is open.</summary>
public sealed record ScheduleQuery(Guid? UserId = null, DateTime? FromUtc = null, DateTime? ToUtc = null, string? After = null, int Max = 100, bool WithDeleted = false);

/// <summary>Schedule items for API and pages. Each write also queues, in the same transaction (the outbox).</summary>
public sealed class ScheduleItemService(CrmSyncStore store, QueueSignal signal)
{
    private const int MaxTries = 4;

    /// <summary>A new item of a person: queued for that person's home link.</summary>
    /// <param name="id">The id that it shall have, made from the caller's idempotency key; an item that has it already is the answer. Null: a new one.</param>
    public async Task<Outcome<ScheduleItemView>> CreateAsync(
        Viewer viewer, Guid ownerId, ScheduleContent content, string? traceId, CancellationToken cancellation, Guid? id = null)
    {
        if (Problem.Of(ScheduleValidation.Check(content, ScheduleFields.All & ~ScheduleFields.ReadOnlyInExchange)) is { } invalid)
            return invalid;
        var outcome = await store.WriteAsync<Outcome<ScheduleItemView>>(
            async transaction =>
            {
                var owner = await transaction.Database.Users.AsNoTracking().FirstOrDefaultAsync(user => user.Id == ownerId, cancellation);
                if (owner is null)
                    return (false, NoSuch("owner", ownerId));
                if (!ScheduleAccess.MayWrite(viewer, ownerId))
                    return (false, ScheduleAccess.Forbidden);
                if (id is { } known && await transaction.Database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == known && item.OwnerId == ownerId, cancellation) is { } made)
                {
                    var people = await transaction.Database.Participations.AsNoTracking().Where(part => part.ItemId == known).ToListAsync(cancellation);
                    return (false, ViewOf(made, people, ownerId));
                }
                var row = new ScheduleItem { Id = id ?? store.Ids.NewId(), Version = 1, OwnerId = ownerId, Origin = ItemOrigin.Crm, CreatedAt = store.UtcNow };
                Stamp(row, viewer);
                // As Exchange will answer it: the mailbox's owner organizes what is born there.
                var whole = content with { Organizer = new MailAddress(owner.Mail, owner.DisplayName), OwnResponse = ResponseOf(content), IsCancelled = false, OnlineMeetingUrl = null };
                ScheduleRows.Apply(whole, ScheduleFields.All, row);
                var personal = new Participation { ItemId = row.Id, UserId = ownerId };
                ScheduleRows.ApplyPersonal(whole, ScheduleFields.All, personal);

                var requests = await ScheduleOutbox.RequestsAsync(transaction.Database, row, null, traceId, cancellation);
                await QueueWriter.LockAsync(transaction, requests.Select(request => request.LinkId), cancellation);
                await ItemWriter.WriteAsync(transaction, [new ItemWrite(row, 0, [personal], [], null)], cancellation);
                await QueueWriter.PutAsync(transaction, requests, cancellation);
                return (true, ViewOf(row, [personal], ownerId));
            },
            cancellation);
        return Woken(outcome);
    }

    /// <summary>Changes the named fields.</summary>
    /// <param name="expectedVersion">The version that the caller saw; null: whatever it is now.</param>
    /// <param name="userId">Whose personal fields are meant; null: the viewer's, else the owner's.</param>
    public Task<Outcome<ScheduleItemView>> PatchAsync(
        Viewer viewer, Guid id, long? expectedVersion, ScheduleContent content, ScheduleFields fields, Guid? userId, string? traceId, CancellationToken cancellation)
    {
        if (Problem.Of(ScheduleValidation.Check(content, fields)) is { } invalid)
            return Task.FromResult<Outcome<ScheduleItemView>>(invalid);
        return ChangeAsync(viewer, id, expectedVersion, "edited", fields, userId, traceId, (row, personal, before) =>
        {
            ScheduleRows.Apply(content, fields, row);
            ScheduleRows.ApplyPersonal(content, fields, personal);
            if ((fields & ScheduleFields.Attendees) != 0 && personal.UserId == row.OwnerId)
                personal.Response = ResponseOf(content);
            return ScheduleComparison.Difference(before, ScheduleRows.ToContent(row, personal)) != ScheduleFields.None;
        }, cancellation);
    }

    /// <summary>Marks the item as deleted; its copies in Exchange follow.</summary>
    public Task<Outcome<ScheduleItemView>> DeleteAsync(Viewer viewer, Guid id, long? expectedVersion, string? traceId, CancellationToken cancellation) =>
        ChangeAsync(viewer, id, expectedVersion, "deleted", ScheduleFields.Shared, null, traceId, (row, _, _) => row.IsDeleted = true, cancellation);

    public async Task<Outcome<ScheduleItemView>> GetAsync(Viewer viewer, Guid id, Guid? userId, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var row = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == id, cancellation);
        if (row is null)
            return NoSuch("schedule item", id);
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == id).ToListAsync(cancellation);
        if (!await ScheduleAccess.MaySeeAsync(database, viewer, row, people, cancellation))
            return NoSuch("schedule item", id);
        return ViewOf(row, people, ScheduleAccess.WhoseView(viewer, row, people, userId));
    }

    /// <summary>By start and id. Private items of others are left out.</summary>
    public async Task<Page<ScheduleItemView>> ListAsync(Viewer viewer, ScheduleQuery query, CancellationToken cancellation)
    {
        var max = PageKey.Bounded(query.Max);
        await using var database = await store.ReadAsync(cancellation);
        var visible = ScheduleAccess.Visible(database, viewer, query.UserId);
        var items = database.ScheduleItems.AsNoTracking().Where(item => visible.Any(part => part.ItemId == item.Id));
        if (!query.WithDeleted)
            items = items.Where(item => !item.IsDeleted);
        if (query.FromUtc is { } from)
            items = items.Where(item => item.EndUtc > from || item.StartUtc >= from);
        if (query.ToUtc is { } to)
            items = items.Where(item => item.StartUtc < to);
        if (PageKey.Read(query.After) is var (at, last))
            items = items.Where(item => item.StartUtc > at || (item.StartUtc == at && item.Id > last));
        var rows = await items.OrderBy(item => item.StartUtc).ThenBy(item => item.Id).Take(max + 1).ToListAsync(cancellation);
        var page = PageKey.Cut(rows, max, row => PageKey.Write(row.StartUtc, row.Id));
        var ids = page.Items.Select(row => row.Id).ToArray();
        var people = (await database.Participations.AsNoTracking().Where(part => ids.Contains(part.ItemId)).ToListAsync(cancellation)).ToLookup(part => part.ItemId);
        return new Page<ScheduleItemView>(
            [.. page.Items.Select(row => ViewOf(row, [.. people[row.Id]], ScheduleAccess.WhoseView(viewer, row, [.. people[row.Id]], query.UserId)))], page.Next);
    }

    /// <summary>Replaced versions, newest first, each as far as the viewer may see it: without other people's participations; "null" where it was somebody else's private item.</summary>
    public async Task<Outcome<IReadOnlyList<ItemHistory>>> HistoryAsync(Viewer viewer, Guid id, long? beforeVersion, int max, CancellationToken cancellation)
    {
        var view = await GetAsync(viewer, id, null, cancellation);
        if (view.Problem is { } problem)
            return problem;
        await using var database = await store.ReadAsync(cancellation);
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == id).ToListAsync(cancellation);
        var whose = ScheduleAccess.WhoseView(viewer, view.Value!.Row, people, null);
        var rows = await database.History.AsNoTracking()
            .Where(row => row.ItemId == id && (beforeVersion == null || row.Version < beforeVersion))
            .OrderByDescending(row => row.Version).Take(PageKey.Bounded(max)).ToListAsync(cancellation);
        foreach (var row in rows)
            row.Snapshot = ReplacedVersions.ShownTo(viewer, whose, row);
        return rows;
    }

    private async Task<Outcome<ScheduleItemView>> ChangeAsync(
        Viewer viewer, Guid id, long? expectedVersion, string reason, ScheduleFields fields, Guid? userId, string? traceId,
        Func<ScheduleItem, Participation, ScheduleContent, bool> change, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            var (outcome, isStale) = await store.WriteAsync<(Outcome<ScheduleItemView>, bool)>(
                async transaction =>
                {
                    var database = transaction.Database;
                    var row = await database.ScheduleItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == id, cancellation);
                    if (row is null || row.IsDeleted)
                        return (false, (NoSuch("schedule item", id), false));
                    var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == id).ToListAsync(cancellation);
                    if (!await ScheduleAccess.MaySeeAsync(database, viewer, row, people, cancellation))
                        return (false, (NoSuch("schedule item", id), false));
                    var whose = ScheduleAccess.WhoseView(viewer, row, people, userId);
                    if (ScheduleAccess.Refuse(viewer, row, people, fields, whose) is { } refusal)
                        return (false, (refusal, false));
                    if (expectedVersion is { } expected && expected != row.Version)
                        return (false, (Stale(id, expected, row.Version), false));

                    var replaced = ScheduleRows.WriteReplaced(row, people);
                    var version = row.Version;
                    var personal = people.FirstOrDefault(part => part.UserId == whose) ?? new Participation { ItemId = id, UserId = whose };
                    var before = ScheduleRows.ToContent(row, personal);
                    if (!change(row, personal, before))
                        return (false, (ViewOf(row, people, whose), false));
                    row.Version = version + 1;
                    Stamp(row, viewer);
                    var history = new ItemHistory
                    {
                        Id = store.Ids.NewId(), ItemId = id, Version = version, At = store.UtcNow, ReplacedBy = viewer.Actor, Reason = reason, Snapshot = replaced,
                    };
                    var isPersonalOnly = (fields & ScheduleFields.Shared) == 0;
                    var requests = await ScheduleOutbox.RequestsAsync(database, row, isPersonalOnly ? whose : null, traceId, cancellation);
                    await QueueWriter.LockAsync(transaction, requests.Select(request => request.LinkId), cancellation);
                    // A person whose copy was withdrawn does not take part again because somebody edits the subject.
                    Participation[] upserts = people.Contains(personal) || (fields & ScheduleFields.Personal) != 0 ? [personal] : [];
                    if (!await ItemWriter.WriteAsync(transaction, [new ItemWrite(row, version, upserts, [], history)], cancellation))
                        return (false, (Stale(id, version, version + 1), true));
                    await QueueWriter.PutAsync(transaction, requests, cancellation);
                    return (true, (ViewOf(row, [.. people.Union(upserts)], whose), false));
                },
                cancellation);
            // A session changed the item between our read and our write. Without a version to keep to, the change is simply made again.
            if (!isStale || expectedVersion is not null || tries == MaxTries)
                return Woken(outcome);
        }
    }

    private void Stamp(ScheduleItem row, Viewer viewer) => (row.UpdatedAt, row.UpdatedBy) = (store.UtcNow, viewer.Actor);

    private Outcome<ScheduleItemView> Woken(Outcome<ScheduleItemView> outcome)
    {
        if (outcome.IsDone)
            signal.Wake();
        return outcome;
    }

    private static AttendeeResponse ResponseOf(ScheduleContent content) => content.HasAttendees ? AttendeeResponse.Organizer : AttendeeResponse.Unknown;

    private static ScheduleItemView ViewOf(ScheduleItem row, IReadOnlyList<Participation> people, Guid whose)
    {
        var personal = people.FirstOrDefault(part => part.UserId == whose);
        return new ScheduleItemView(row, personal, ScheduleRows.ToContent(row, personal), [.. people.Select(part => part.UserId)]);
    }

    private static Problem NoSuch(string what, Guid id) => new(ProblemKind.NotFound, $"There is no {what} {id}.");

    private static Problem Stale(Guid id, long expected, long actual) =>
        new(ProblemKind.Stale, $"Schedule item {id} is at version {actual}, not {expected}: somebody changed it. Read it again, then repeat the change.");
}
