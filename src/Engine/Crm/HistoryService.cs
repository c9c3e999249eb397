using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>Which items. Both parts are optional and combine; case does not matter.</summary>
/// <param name="Subject">A part of the subject.</param>
/// <param name="Person">A part of the owner's name or address.</param>
public sealed record HistoryFilter(string? Subject = null, string? Person = null);

/// <summary>An item of which replaced versions are kept.</summary>
/// <param name="Versions">How many of them.</param>
/// <param name="LastAt">When the newest of them was replaced.</param>
/// <param name="LastBy">By whom, in words.</param>
public sealed record ChangedItem(Guid ItemId, string Subject, string Owner, DateTime StartUtc, bool IsDeleted, int Versions, DateTime LastAt, string LastBy);

/// <summary>A change that replaced a version of an item.</summary>
/// <param name="Version">The version that was replaced: what an undo returns to.</param>
/// <param name="By">Who did it, in words: a name, or the mailbox whose link did.</param>
/// <param name="Side">crm or exchange.</param>
/// <param name="RunId">The run that did it; null: a person's edit.</param>
/// <param name="Reason">Which rule.</param>
/// <param name="Fields">What differs between <paramref name="Before"/> and <paramref name="After"/>.</param>
/// <param name="After">Null where the next version is not kept any more, or is not to be seen.</param>
/// <param name="IsMasked">It was somebody else's private item then: its values are not shown.</param>
public sealed record HistoryEntry(
    long Version, DateTime At, string By, string Side, Guid? RunId, string Reason, ScheduleFields Fields, ScheduleContent? Before, ScheduleContent? After, bool Deleted, bool Restored,
    bool IsMasked);

/// <summary>What was replaced, for people (requirement O9): which items, and what each change made of them.</summary>
public sealed class HistoryService(CrmSyncStore store, ScheduleItemService items)
{
    /// <summary>Items with kept versions that the viewer may see, the latest start first.</summary>
    public async Task<Page<ChangedItem>> ListAsync(Viewer viewer, HistoryFilter filter, string? after, int max, CancellationToken cancellation)
    {
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var visible = ScheduleAccess.Visible(database, viewer, null);
        var found = database.ScheduleItems.AsNoTracking()
            .Where(item => visible.Any(part => part.ItemId == item.Id) && database.History.Any(row => row.ItemId == item.Id));
        if (filter.Subject?.Trim().ToLowerInvariant() is { Length: > 0 } subject)
            found = found.Where(item => item.Subject.ToLower().Contains(subject));
        if (filter.Person?.Trim().ToLowerInvariant() is { Length: > 0 } person)
        {
            found = found.Where(item => database.Users.Any(user => user.Id == item.OwnerId
                && (user.Name.Contains(person) || user.Mail.Contains(person) || user.DisplayName.ToLower().Contains(person))));
        }
        if (PageKey.Read(after) is var (at, last))
            found = found.Where(item => item.StartUtc < at || (item.StartUtc == at && item.Id < last));
        var rows = await found.OrderByDescending(item => item.StartUtc).ThenByDescending(item => item.Id).Take(max + 1)
            .Select(item => new { item.Id, item.Subject, item.StartUtc, item.IsDeleted, Owner = database.Users.Where(user => user.Id == item.OwnerId).Select(user => user.DisplayName).FirstOrDefault() })
            .ToListAsync(cancellation);
        var page = PageKey.Cut(rows, max, row => PageKey.Write(row.StartUtc, row.Id));
        var ids = page.Items.Select(row => row.Id).ToArray();
        var kept = (await database.History.AsNoTracking().Where(row => ids.Contains(row.ItemId))
            .Select(row => new { row.ItemId, row.Version, row.At, row.ReplacedBy }).ToListAsync(cancellation)).ToLookup(row => row.ItemId);
        var newest = kept.ToDictionary(group => group.Key, group => group.MaxBy(row => row.Version)!);
        var names = await NamesAsync(database, newest.Values.Select(row => row.ReplacedBy), cancellation);
        return new Page<ChangedItem>(
            [
                .. page.Items.Where(row => newest.ContainsKey(row.Id)).Select(row => new ChangedItem(
                    row.Id, row.Subject, row.Owner ?? "", row.StartUtc, row.IsDeleted, kept[row.Id].Count(), newest[row.Id].At, names(newest[row.Id].ReplacedBy))),
            ], page.Next);
    }

    /// <summary>The changes of one item, newest first.</summary>
    public async Task<Outcome<Page<HistoryEntry>>> ChangesAsync(Viewer viewer, Guid itemId, long? beforeVersion, int max, CancellationToken cancellation)
    {
        var view = await items.GetAsync(viewer, itemId, null, cancellation);
        if (view.Problem is { } problem)
            return problem;
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var people = await database.Participations.AsNoTracking().Where(part => part.ItemId == itemId).ToListAsync(cancellation);
        // One above the page on either side: what a version became is in the version after it.
        var rows = await database.History.AsNoTracking().Where(row => row.ItemId == itemId && (beforeVersion == null || row.Version <= beforeVersion))
            .OrderByDescending(row => row.Version).Take(max + 2).ToListAsync(cancellation);
        var versions = rows.ToDictionary(row => row.Version, row => ReplacedVersions.Read(row));
        versions.TryAdd(view.Value!.Row.Version, new ReplacedItem(view.Value.Row, people));
        var whose = ScheduleAccess.WhoseView(viewer, view.Value.Row, people, null);
        var names = await NamesAsync(database, rows.Select(row => row.ReplacedBy), cancellation);
        var page = PageKey.Cut([.. rows.Where(row => beforeVersion is null || row.Version < beforeVersion)], max, row => PageKey.Write(row.Version));
        return new Page<HistoryEntry>([.. page.Items.Select(row => ChangeOf(row, versions[row.Version], versions.GetValueOrDefault(row.Version + 1), whose, viewer, names))], page.Next);
    }

    private static HistoryEntry ChangeOf(ItemHistory row, ReplacedItem before, ReplacedItem? after, Guid whose, Viewer viewer, Func<string, string> names)
    {
        if (ReplacedVersions.IsMasked(before, viewer) || (after is not null && ReplacedVersions.IsMasked(after, viewer)))
            return new HistoryEntry(row.Version, row.At, names(row.ReplacedBy), row.Side, row.RunId, row.Reason, ScheduleFields.None, null, null, false, false, true);
        var was = ReplacedVersions.ContentOf(before, whose);
        var became = after is null ? null : ReplacedVersions.ContentOf(after, whose);
        return new HistoryEntry(
            row.Version, row.At, names(row.ReplacedBy), row.Side, row.RunId, row.Reason, became is null ? ScheduleFields.None : ScheduleComparison.Difference(was, became), was, became,
            after is { Item.IsDeleted: true } && !before.Item.IsDeleted, after is { Item.IsDeleted: false } && before.Item.IsDeleted, false);
    }

    /// <summary>Actors in words: a link by its mailbox, a person by name.</summary>
    internal static async Task<Func<string, string>> NamesAsync(CrmSyncDbContext database, IEnumerable<string> actors, CancellationToken cancellation)
    {
        Guid[] ids = [.. actors.Distinct().Select(Actors.LinkOf).OfType<Guid>()];
        var mailboxes = await database.Links.AsNoTracking().Where(link => ids.Contains(link.Id)).ToDictionaryAsync(link => link.Id, link => link.Mailbox, cancellation);
        return actor => Actors.IsLink(actor)
            ? Actors.LinkOf(actor) is { } link && mailboxes.TryGetValue(link, out var mailbox) ? mailbox : "a link that was removed"
            : actor.Replace("user:", "", StringComparison.Ordinal);
    }
}

/// <summary>Replaced versions as they were kept. Pure.</summary>
internal static class ReplacedVersions
{
    public static ReplacedItem Read(ItemHistory row) => JsonSerializer.Deserialize(row.Snapshot, CrmJson.Stored.ReplacedItem)!;

    public static ScheduleContent ContentOf(ReplacedItem item, Guid whose) => ScheduleRows.ToContent(item.Item, item.Participations.FirstOrDefault(part => part.UserId == whose));

    /// <summary>The stored version, as JSON, without what the viewer may not see.</summary>
    public static string ShownTo(Viewer viewer, Guid whose, ItemHistory row)
    {
        var item = Read(row);
        return IsMasked(item, viewer) ? "null"
            : viewer.SeesPrivate ? row.Snapshot
            : JsonSerializer.Serialize(item with { Participations = [.. item.Participations.Where(part => part.UserId == whose)] }, CrmJson.Stored.ReplacedItem);
    }

    /// <summary>Somebody's private item, and nobody has a copy of it that is not.</summary>
    public static bool IsMasked(ReplacedItem item, Viewer viewer) =>
        !viewer.SeesPrivate && item.Item.OwnerId != viewer.UserId && item.Participations.Count > 0
        && item.Participations.All(part => part.UserId != viewer.UserId && ScheduleAccess.IsPrivate(part));
}
