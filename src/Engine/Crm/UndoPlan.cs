using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>What taking one change back means for an item as it is. Pure.</summary>
/// <param name="Was">What the item said before the change.</param>
/// <param name="Fields">What goes back: the fields of the change that do not say it already.</param>
/// <param name="Whose">Whose personal fields are meant.</param>
internal sealed record UndoPlan(ScheduleItem Row, List<Participation> People, ScheduleContent Was, ScheduleContent Now, ScheduleFields Fields, Guid Whose, bool Revives)
{
    /// <param name="row">The item as it is; null: it is gone.</param>
    /// <param name="kept">The version that was replaced and, where it was replaced in turn, the one after it.</param>
    public static Outcome<UndoPlan> Make(
        Viewer viewer, Guid itemId, long version, ScheduleItem? row, List<Participation> people, IReadOnlyCollection<ItemHistory> kept, bool overwrite)
    {
        if (row is null || kept.FirstOrDefault(old => old.Version == version) is not { } replaced)
            return new Problem(ProblemKind.NotFound, $"Version {version} of item {itemId} is not kept. Its history lists those that are.");
        bool MayChange(Guid person) => ScheduleAccess.MayWrite(viewer, person) || ConfigurationAccess.RefuseOperation(viewer) is null;
        if (!MayChange(row.OwnerId))
            return ScheduleAccess.Forbidden;
        var next = kept.FirstOrDefault(old => old.Version == version + 1);
        if (row.Version != version + 1 && next is null && !overwrite)
            return new Problem(ProblemKind.Conflict, $"What replaced version {version} is not kept, so nobody can tell what was changed since. Look at the item, then undo with 'overwrite'.");
        var before = ReplacedVersions.Read(replaced);
        var after = next is null ? new ReplacedItem(row, people) : ReplacedVersions.Read(next);
        var whose = WhoseOf(before, after, row.OwnerId);
        var hasLeft = !row.IsDeleted && before.Participations.Any(part => part.UserId == whose) && !people.Exists(part => part.UserId == whose);
        var (was, became, now) = (ReplacedVersions.ContentOf(before, whose), ReplacedVersions.ContentOf(after, whose), ReplacedVersions.ContentOf(new ReplacedItem(row, people), whose));
        var changed = ScheduleComparison.Difference(was, became);
        // Only the undo of the deletion itself: an older change says nothing about it, and whoever has left before it does not come back (found by seed 6840 on SQLite).
        var revives = !before.Item.IsDeleted && after.Item.IsDeleted && row.IsDeleted;
        var fields = changed & ScheduleComparison.Difference(was, now) & (hasLeft || !MayChange(whose) ? ~ScheduleFields.Personal : ScheduleFields.All);
        var moved = revives ? ScheduleFields.None : ScheduleComparison.Difference(became, now) & fields;
        if (moved != 0 && !overwrite)
            return new Problem(ProblemKind.Conflict, $"{moved} was changed again since version {version} (by {row.UpdatedBy}). Undoing would overwrite that: look at the item, then undo with 'overwrite'.");
        if (row.IsDeleted && !revives)
            return new Problem(ProblemKind.Conflict, "The item was deleted since. Undo the deletion first.");
        if (before.Item.IsDeleted && !row.IsDeleted)
            return new Problem(ProblemKind.Conflict, "Before that change the item was deleted. Delete it, if that is what you want.");
        if (row.AuthorityLinkId is not null && !row.AuthorityIsOrganizer && (changed & ScheduleFields.Shared & ~ScheduleFields.ReadOnlyInExchange) != 0)
            return new Problem(ProblemKind.Conflict, "Somebody outside of the CRM organizes this meeting: its fields are changed there.");
        if (fields == 0 && !revives && !MayChange(whose))
            return new Problem(ProblemKind.Forbidden, "That change was in another person's own fields: that person or an operator can take it back.");
        if (fields == 0 && hasLeft)
            return new Problem(ProblemKind.Conflict, "The person whom that change concerned takes no part in the meeting any more: their copy was deleted. Only its organizer can invite them again.");
        return fields == 0 && !revives
            ? new Problem(ProblemKind.Conflict, $"The item says already what version {version} said: there is nothing to undo.")
            : new UndoPlan(row, people, was, now, revives ? ScheduleFields.All : fields, whose, revives);
    }

    // A change of personal fields concerns one person; of several who take part, the one for whom something changed (found by seed 320 on SQLite).
    private static Guid WhoseOf(ReplacedItem before, ReplacedItem after, Guid owner)
    {
        var changed = before.Participations.FirstOrDefault(part =>
            ScheduleComparison.Difference(ReplacedVersions.ContentOf(before, part.UserId), ReplacedVersions.ContentOf(after, part.UserId)) is var fields && (fields & ScheduleFields.Personal) != 0);
        return changed?.UserId ?? (before.Participations.Any(part => part.UserId == owner) ? owner : before.Participations.FirstOrDefault()?.UserId ?? owner);
    }
}

/// <summary>The undo of a run on copies of its items: each step is planned on what the steps before it would have made.</summary>
internal sealed class UndoRehearsal
{
    private readonly Dictionary<Guid, ScheduleItem> _items;
    private readonly ILookup<Guid, Participation> _people;
    private readonly ILookup<Guid, ItemHistory> _kept;

    private UndoRehearsal(Dictionary<Guid, ScheduleItem> items, ILookup<Guid, Participation> people, ILookup<Guid, ItemHistory> kept) => (_items, _people, _kept) = (items, people, kept);

    public static async Task<UndoRehearsal> LoadAsync(CrmSyncDbContext database, Guid runId, CancellationToken cancellation)
    {
        var replaced = database.History.AsNoTracking().Where(row => row.RunId == runId);
        var kept = await database.History.AsNoTracking()
            .Where(row => replaced.Any(old => old.ItemId == row.ItemId && (old.Version == row.Version || old.Version + 1 == row.Version))).ToListAsync(cancellation);
        var items = await database.ScheduleItems.AsNoTracking().Where(item => replaced.Any(old => old.ItemId == item.Id)).ToDictionaryAsync(item => item.Id, cancellation);
        var people = await database.Participations.AsNoTracking().Where(part => replaced.Any(old => old.ItemId == part.ItemId)).ToListAsync(cancellation);
        return new UndoRehearsal(items, people.ToLookup(part => part.ItemId), kept.ToLookup(row => row.ItemId));
    }

    /// <summary>Null for somebody else's private item.</summary>
    public string? SubjectOf(Viewer viewer, Guid itemId) =>
        _items.GetValueOrDefault(itemId) is { } row && !ReplacedVersions.IsMasked(new ReplacedItem(row, [.. _people[itemId]]), viewer) ? row.Subject : null;

    public UndoneItem Undo(Viewer viewer, Guid itemId, long version, bool overwrite)
    {
        var row = _items.GetValueOrDefault(itemId);
        List<Participation> people = [.. _people[itemId]];
        var subject = SubjectOf(viewer, itemId);
        var planned = UndoPlan.Make(viewer, itemId, version, row, people, [.. _kept[itemId].Where(old => old.Version == version || old.Version == version + 1)], overwrite);
        if (planned.Value is not { } plan)
            return new UndoneItem(itemId, version, planned.Problem!.Text, subject, ScheduleFields.None);
        ScheduleRows.Apply(plan.Was, plan.Fields & ScheduleFields.Shared, row!);
        row!.IsDeleted &= !plan.Revives;
        if (people.FirstOrDefault(part => part.UserId == plan.Whose) is { } personal)
            ScheduleRows.ApplyPersonal(plan.Was, plan.Fields & ScheduleFields.Personal, personal);
        return new UndoneItem(itemId, version, null, subject, plan.Fields);
    }
}
