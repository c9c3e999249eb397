using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Exchange.Ews;

/// <summary>One mailbox over EWS.</summary>
public sealed class EwsMailbox : IExchangeMailbox
{
    // Conditions in one search, and hits that are looked at in Deleted Items.
    private const int MaxConditions = 100;
    private const int MaxDeletedCopies = 10;
    private const int FolderPageSize = 500;
    private const int ItemPageSize = 250;

    // A calendar view takes two years at most, and cannot be paged.
    private const int MaxInPeriod = 500;
    private static readonly Duration LongestPeriod = Duration.FromDays(CalendarPeriod.MaxYears * 365);
    private static readonly Duration ShortestPeriod = Duration.FromMinutes(1);

    private readonly EwsConnector _connector;
    // A timestamp, since nobody sets that clock; one word, since a page is read while another is saved.
    private long _restUntil;

    internal EwsMailbox(EwsConnector connector, string address) => (_connector, Address) = (connector, address);

    public string Address { get; }

    public TimeSpan RestsFor
    {
        get
        {
            var until = Volatile.Read(ref _restUntil);
            var time = _connector.Channel.Time;
            var rest = until == 0 ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), until);
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    public Task<FolderInfo> FindDefaultFolderAsync(ItemKind kind, CancellationToken cancellation) =>
        SendAsync(new GetFolder(FolderRef.Of(kind)), cancellation);

    public Task<FolderInfo> GetFolderAsync(FolderId folder, CancellationToken cancellation) => SendAsync(new GetFolder(FolderRef.Of(folder)), cancellation);

    public async Task<IReadOnlyList<FolderInfo>> ListFoldersAsync(CancellationToken cancellation)
    {
        var all = new List<FolderInfo>();
        FolderPage page;
        do
        {
            page = await SendAsync(new FindFolder(FolderRef.Named("msgfolderroot"), all.Count, FolderPageSize), cancellation);
            all.AddRange(page.Folders);
        }
        while (!page.IsLast && page.Folders.Count > 0);
        return FolderTree.ParentsFirst(all);
    }

    public Task<ChangePage> ReadChangesAsync(FolderId folder, Cursor? cursor, int maxChanges, CancellationToken cancellation) =>
        SendAsync(new SyncFolderItems(folder, cursor, Math.Clamp(maxChanges, 1, 512)), cancellation);

    public Task<IReadOnlyList<ItemRead>> ReadItemsAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation) =>
        ReadAsync(ids, idsOnly: false, cancellation);

    public Task<IReadOnlyList<ItemRead>> ReadKeysAsync(IReadOnlyList<ItemId> ids, CancellationToken cancellation) =>
        ReadAsync(ids, idsOnly: true, cancellation);

    public async Task<IReadOnlyList<ExchangeItem>> FindByIntentAsync(
        FolderId folder, Guid installId, IReadOnlyList<Guid> intents, CancellationToken cancellation)
    {
        var wanted = intents.ToHashSet();
        var found = new List<ItemId>();
        foreach (var some in intents.Chunk(MaxConditions))
        {
            var conditions = some.Select(intent => (StampProperties.Intent, StampProperties.Text(intent))).ToList();
            found.AddRange(await FindAllAsync(FolderRef.Of(folder), conditions, cancellation));
        }
        var items = await ReadItemsAsync(found, cancellation);
        // What was found and cannot be read has arrived: to leave it out would have it created again (found by seed 9).
        if (items.FirstOrDefault(read => read.Refusal is { IsGone: false })?.Refusal is { } unread)
            throw new ExchangeResponseException(unread.Code, $"{Address}: an item that we created could not be read: {unread.Text}") { BackOff = unread.BackOff };
        return
        [
            .. items.Select(read => read.Item).OfType<ExchangeItem>()
                .Where(item => item.Stamp is { } stamp && stamp.InstallId == installId && wanted.Contains(stamp.IntentId)),
        ];
    }

    public async Task<ExchangeItem?> FindDeletedAsync(Guid? intent, Guid installId, GlobalObjectId? globalObjectId, CancellationToken cancellation)
    {
        var conditions = new List<(ExtendedField, string)>();
        if (intent is { } wanted)
            conditions.Add((StampProperties.Intent, StampProperties.Text(wanted)));
        if (globalObjectId is { } global)
            conditions.Add((ExtendedField.CleanGlobalObjectId, global.Value));
        if (conditions.Count == 0)
            return null;
        var page = await SendAsync(new FindItem(FolderRef.Named("deleteditems"), conditions, 0, MaxDeletedCopies, newestFirst: true), cancellation);
        if (page.Items.Count == 0)
            return null;
        var items = await ReadItemsAsync([.. page.Items.Select(item => item.Id)], cancellation);
        if (items.FirstOrDefault(read => read.Refusal is { IsTransient: true })?.Refusal is { } busy)
            throw new ExchangeResponseException(busy.Code, $"{Address}: a deleted item could not be read just now: {busy.Text}") { BackOff = busy.BackOff };
        return items.Select(read => read.Item).OfType<ExchangeItem>()
            .Where(item => (item.Stamp is { } stamp && stamp.IntentId == intent && stamp.InstallId == installId)
                || (globalObjectId is not null && item.GlobalObjectId == globalObjectId))
            .OrderByDescending(item => item.LastModified)
            .FirstOrDefault();
    }

    public Task<IReadOnlyList<WriteResult>> CreateAsync(
        FolderId folder, IReadOnlyList<ItemCreate> items, InvitationMail mail, CancellationToken cancellation) =>
        WriteAsync(items, new CreateItem(folder, items, mail), cancellation);

    public async Task<IReadOnlyList<WriteResult>> UpdateAsync(IReadOnlyList<ItemUpdate> items, InvitationMail mail, CancellationToken cancellation)
    {
        var filled = items.Where(UpdateItem.HasContent).ToList();
        var sent = await WriteAsync(filled, new UpdateItem(filled, mail), cancellation);
        // An update of nothing is not sent and changes nothing.
        var next = 0;
        return [.. items.Select(item => UpdateItem.HasContent(item) ? sent[next++] : new WriteResult(item.Id, item.Key, null))];
    }

    public Task<IReadOnlyList<WriteResult>> DeleteAsync(
        IReadOnlyList<ItemId> ids, CancellationMail mail, bool purge, CancellationToken cancellation) =>
        WriteAsync(ids, new DeleteItem(ids, mail, purge), cancellation);

    public Task<IReadOnlyList<WriteResult>> MoveAsync(IReadOnlyList<ItemId> ids, FolderId folder, CancellationToken cancellation) =>
        WriteAsync(ids, new MoveItem(ids, folder), cancellation);

    public Task<PushSubscription> SubscribePushAsync(FolderId folder, Uri notificationUrl, int statusFrequencyMinutes, CancellationToken cancellation) =>
        SendAsync(Subscribe.ForPush(FolderRef.Of(folder), notificationUrl, statusFrequencyMinutes), cancellation);

    public Task<StreamingSubscription> SubscribeStreamingAsync(FolderId folder, SubscriptionGroup? group, CancellationToken cancellation) =>
        SubscribeStreamingAsync(FolderRef.Of(folder), group, cancellation);

    public async Task UnsubscribeAsync(string subscriptionId, SubscriptionGroup? group, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(new Unsubscribe(subscriptionId), cancellation, group is null ? null : new Affinity(group.AnchorMailbox, group.AffinityCookie));
        }
        catch (ExchangeResponseException refusal) when (ResponseCodes.IsSubscriptionGone(refusal.Code))
        {
            // Refused by a fault instead of in its response message; gone all the same.
        }
    }

    /// <summary>People whose name or address matches; empty when nobody does.</summary>
    public Task<IReadOnlyList<MailAddress>> ResolveNamesAsync(string entry, CancellationToken cancellation) => SendAsync(new ResolveNames(entry), cancellation);

    /// <summary>The time zones that the server knows. Exchange 2010 and later.</summary>
    public Task<IReadOnlyList<ServerTimeZone>> GetServerTimeZonesAsync(CancellationToken cancellation) => SendAsync(new GetServerTimeZones(), cancellation);

    /// <summary>What overlaps the period: single items and the occurrences of series. Long periods are asked in parts, and so is a part that the server cuts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The period ends before it begins.</exception>
    /// <exception cref="ExchangeResponseException">The folder is no calendar, or cannot be read.</exception>
    public async Task<IReadOnlyList<ItemId>> ListPeriodAsync(FolderId folder, Instant from, Instant to, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        // What spans the edge of two parts is in both.
        var found = new Dictionary<ItemId, int>();
        var open = new Stack<CalendarPeriod>([new(from, to)]);
        while (open.TryPop(out var part))
        {
            var length = part.To - part.From;
            if (length <= LongestPeriod)
            {
                var page = await SendAsync(new FindItem(FolderRef.Of(folder), part, MaxInPeriod), cancellation);
                foreach (var item in page.Items)
                    found.TryAdd(item.Id, found.Count);
                if (page.IsLast || length <= ShortestPeriod)
                    continue;
            }
            var middle = part.From + length / 2;
            open.Push(new(middle, part.To));
            open.Push(new(part.From, middle));
        }
        return [.. found.OrderBy(item => item.Value).Select(item => item.Key)];
    }

    internal async Task<StreamingSubscription> SubscribeStreamingAsync(FolderRef folder, SubscriptionGroup? group, CancellationToken cancellation)
    {
        var affinity = new Affinity(group?.AnchorMailbox ?? Address, group?.AffinityCookie);
        var subscription = await SendAsync(Subscribe.ForStreaming(folder), cancellation, affinity);
        return new(subscription.SubscriptionId, Address, affinity.ToGroup());
    }

    internal async Task<TResult> SendAsync<TResult>(EwsOperation<TResult> operation, CancellationToken cancellation, Affinity? affinity = null)
    {
        var time = _connector.Channel.Time;
        if (RestsFor is var rest && rest > TimeSpan.Zero)
            throw new ExchangeResponseException(ResponseCodes.ErrorServerBusy, $"{Address}: the server has asked to be left alone for another {Math.Ceiling(rest.TotalSeconds)} s. {operation.Name} was not sent.") { BackOff = rest };
        var url = await _connector.UrlOfAsync(Address, cancellation);
        try
        {
            return await _connector.Channel.SendAsync(operation, _connector.Channel.Context(url, Address), affinity, cancellation);
        }
        catch (ExchangeException busy) when (busy.BackOff is { } asked)
        {
            // What the session has under way beside this request stops too: the next page is read while the last one is worked on (found by seed 3267).
            Volatile.Write(ref _restUntil, time.GetTimestamp() + (long)(asked.TotalSeconds * time.TimestampFrequency));
            throw;
        }
    }

    private async Task<List<ItemId>> FindAllAsync(FolderRef folder, IReadOnlyList<(ExtendedField, string)> conditions, CancellationToken cancellation)
    {
        var found = new List<ItemId>();
        FoundPage page;
        do
        {
            page = await SendAsync(new FindItem(folder, conditions, found.Count, ItemPageSize, newestFirst: false), cancellation);
            found.AddRange(page.Items.Select(item => item.Id));
        }
        while (!page.IsLast && page.Items.Count > 0);
        return found;
    }

    private async Task<IReadOnlyList<ItemRead>> ReadAsync(IReadOnlyList<ItemId> ids, bool idsOnly, CancellationToken cancellation)
    {
        if (ids.Count <= EwsConnector.MaxBatch)
            return ids.Count == 0 ? [] : await SendAsync(new GetItem(ids, idsOnly), cancellation);
        var results = new List<ItemRead>(ids.Count);
        foreach (var some in ids.Chunk(EwsConnector.MaxBatch))
            results.AddRange(await SendAsync(new GetItem(some, idsOnly), cancellation));
        return results;
    }

    // A write is one request or none: were it cut in two, a failure of the second would hide the results of the first.
    private async Task<IReadOnlyList<WriteResult>> WriteAsync<TItem>(IReadOnlyList<TItem> items, WriteOperation operation, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items.Count, EwsConnector.MaxBatch, nameof(items));
        return items.Count == 0 ? [] : await SendAsync(operation, cancellation);
    }
}
