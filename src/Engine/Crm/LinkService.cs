using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>A link with what the engine knows about it.</summary>
/// <param name="RunningOn">The worker that holds it now.</param>
public sealed record LinkView(
    SyncLink Link, LinkState State, string TargetName, string UserName, string UserDisplayName,
    bool IsPaused, string? RunningOn, int Waiting, int DeadLetters, int HeldDeletes);

/// <summary>All parts are optional and combine.</summary>
/// <param name="Text">Part of mailbox, folder or person.</param>
public sealed record LinkFilter(
    Guid? TargetId = null, Guid? UserId = null, LinkHealth? Health = null, bool? IsPaused = null, bool? IsEnabled = null, string? Text = null);

/// <summary>Configuration and operation of links.</summary>
public sealed class LinkService(CrmSyncStore store, QueueSignal signal)
{
    /// <summary>By mailbox and id.</summary>
    /// <param name="after"><see cref="Page{T}.Next"/> of the page before.</param>
    public async Task<Page<LinkView>> ListAsync(LinkFilter filter, string? after, int max, CancellationToken cancellation)
    {
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var links = LinkQueries.Matching(database, filter);
        if (LinkQueries.ReadKey(after) is var (mailbox, last))
            links = links.Where(link => link.Mailbox.CompareTo(mailbox) > 0 || (link.Mailbox == mailbox && link.Id > last));
        var page = PageKey.Cut(
            await links.OrderBy(link => link.Mailbox).ThenBy(link => link.Id).Take(max + 1).ToListAsync(cancellation), max, LinkQueries.KeyOf);
        return new Page<LinkView>(await LinkQueries.ViewsAsync(database, page.Items, cancellation), page.Next);
    }

    public async Task<int> CountAsync(LinkFilter filter, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await LinkQueries.Matching(database, filter).CountAsync(cancellation);
    }

    public async Task<LinkView?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var link = await database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation);
        return link is null ? null : (await LinkQueries.ViewsAsync(database, [link], cancellation))[0];
    }

    /// <summary>A new link: its state and work rows are made with it, and its first read is queued.</summary>
    /// <param name="settings">Id, Version and times of it are ignored.</param>
    public Task<Outcome<LinkView>> CreateAsync(Viewer viewer, SyncLink settings, CancellationToken cancellation) =>
        SaveAsync(viewer, null, null, settings, cancellation);

    /// <summary>Person, target, mailbox, folder and kind of a link stay as they are: another folder is another link.</summary>
    public Task<Outcome<LinkView>> UpdateAsync(Viewer viewer, Guid id, long? expectedVersion, SyncLink settings, CancellationToken cancellation) =>
        SaveAsync(viewer, id, expectedVersion, settings, cancellation);

    public Task<Outcome<LinkView>> PauseAsync(Viewer viewer, Guid id, string? reason, CancellationToken cancellation) =>
        OperateAsync(viewer, id, "link.pause", (transaction, _) => SetPausedAsync(transaction, id, true, viewer.Actor, reason, cancellation), cancellation);

    /// <summary>Goes on, with a look at the folder: hints may have been missed.</summary>
    public Task<Outcome<LinkView>> ResumeAsync(Viewer viewer, Guid id, CancellationToken cancellation) => OperateAsync(
        viewer, id, "link.resume",
        async (transaction, link) =>
        {
            await SetPausedAsync(transaction, id, false, null, null, cancellation);
            await QueueWriter.PutAsync(transaction, [Look(link)], cancellation);
        },
        cancellation);

    /// <summary>Looks at the folder now, also while the link is in back-off.</summary>
    public Task<Outcome<LinkView>> SyncNowAsync(Viewer viewer, Guid id, CancellationToken cancellation) =>
        OperateAsync(viewer, id, "link.sync-now", (transaction, link) => QueueWriter.PutAsync(transaction, [Look(link)], cancellation), cancellation);

    /// <summary>Forgets the position in the change feed and reads the whole folder again (mark and sweep). Pairs are kept.</summary>
    public Task<Outcome<LinkView>> ResyncAsync(Viewer viewer, Guid id, CancellationToken cancellation) =>
        OperateAsync(viewer, id, "link.full-resync", (transaction, link) => LinkReread.ReadAnewAsync(transaction, [link], cancellation), cancellation);

    /// <summary>Removes the link with its memory of pairs. Items stay on both sides.</summary>
    public async Task<Outcome<SyncLink>> RemoveAsync(Viewer viewer, Guid id, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        return await store.WriteAsync<Outcome<SyncLink>>(
            async transaction =>
            {
                await LinkQueries.FenceAsync(transaction, id, cancellation);
                var link = await transaction.Database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (link is null)
                    return (false, NoSuchLink(id));
                await LinkQueries.RemoveAsync(transaction.Database, id, store.UtcNow, cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, "link.remove", NameOf(link), JsonOf(link), null, cancellation);
                return (true, link);
            },
            cancellation);
    }

    private async Task<Outcome<LinkView>> SaveAsync(Viewer viewer, Guid? id, long? expectedVersion, SyncLink settings, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        var (saved, problem) = await store.WriteAsync<(SyncLink?, Problem?)>(
            async transaction =>
            {
                var database = transaction.Database;
                var known = id is null ? null : await database.Links.FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (id is not null && known is null)
                    return (false, (null, NoSuchLink(id.Value)));
                if (known is not null && expectedVersion is { } expected && expected != known.Version)
                    return (false, (null, ConfigurationAccess.Stale("Link", NameOf(known), expected, known.Version)));
                var link = known ?? new SyncLink
                {
                    Id = store.Ids.NewId(), TargetId = settings.TargetId, UserId = settings.UserId, Mailbox = (settings.Mailbox ?? "").Trim().ToLowerInvariant(),
                    FolderId = settings.FolderId, Kind = settings.Kind, CreatedAt = store.UtcNow,
                };
                var (before, old) = known is null ? (null, null) : (JsonOf(known), known.Copy());
                LinkValidation.CopySettings(settings, link);
                if (Problem.Of(await LinkValidation.CheckAsync(database, link, cancellation)) is { } invalid)
                    return (false, (null, invalid));
                link.Version++;
                link.UpdatedAt = store.UtcNow;
                if (known is null)
                    database.AddRange(link, new LinkState { LinkId = link.Id });
                await database.SaveChangesAsync(cancellation);
                if (old is not null && LinkReread.IsNeeded(old, link))
                    await LinkReread.WeighAnewAsync(transaction, [link], cancellation);
                else
                    await QueueWriter.PutAsync(transaction, [Look(link)], cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, known is null ? "link.create" : "link.update", NameOf(link), before, JsonOf(link), cancellation);
                return (true, (link, null));
            },
            cancellation);
        if (problem is not null)
            return problem;
        signal.Wake();
        return (await FindAsync(saved!.Id, cancellation))!;
    }

    internal async Task<Outcome<LinkView>> OperateAsync(
        Viewer viewer, Guid id, string action, Func<StoreTransaction, SyncLink, Task> operate, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseOperation(viewer) is { } refusal)
            return refusal;
        var isDone = await store.WriteAsync<bool>(
            async transaction =>
            {
                var link = await transaction.Database.Links.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (link is null)
                    return (false, false);
                await operate(transaction, link);
                await AuditLogWriter.AppendAsync(transaction, viewer, action, NameOf(link), null, null, cancellation);
                return (true, true);
            },
            cancellation);
        if (!isDone)
            return NoSuchLink(id);
        signal.Wake();
        return await FindAsync(id, cancellation) is { } view ? view : NoSuchLink(id);
    }

    private static async Task SetPausedAsync(StoreTransaction transaction, Guid id, bool isPaused, string? by, string? reason, CancellationToken cancellation)
    {
        await transaction.Database.LinkWorks.Where(work => work.LinkId == id).ExecuteUpdateAsync(set => set.SetProperty(work => work.IsPaused, isPaused), cancellation);
        await transaction.Database.LinkStates.Where(state => state.LinkId == id).ExecuteUpdateAsync(
            set => set.SetProperty(state => state.PausedBy, by).SetProperty(state => state.PausedReason, reason), cancellation);
    }

    internal static QueueRequest Look(SyncLink link) => new(MessageKind.Inbound, link.Id, Guid.Empty, QueueSql.PersonPriority);

    private static string NameOf(SyncLink link) => $"{link.Mailbox} {link.FolderName}";

    private static string JsonOf(SyncLink link) => JsonSerializer.Serialize(link, CrmJson.Stored.SyncLink);

    private static Problem NoSuchLink(Guid id) => new(ProblemKind.NotFound, $"There is no link {id}.");
}
