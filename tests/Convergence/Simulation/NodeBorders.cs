using CrmSync.Convergence.Stores;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.ExchangeSimulator.Hosting;

namespace CrmSync.Convergence.Simulation;

/// <summary>A node's way to Exchange: takes its time in both directions, now and then a very long time.</summary>
public sealed class NodeNetwork(World world, Node node) : DelegatingHandler(new InProcessHandler(world.Exchange))
{
    /// <summary>What a dead sender's request takes: longer than its time limit and its sender's lease, so that others are at work when it arrives.</summary>
    public static readonly TimeSpan LongTravel = TimeSpan.FromSeconds(45);

    // Whoever no longer waits has lost the answer only: the request goes on, and may arrive when somebody else has taken over.
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        node.MustLive();
        if (request.Headers.TryGetValues("X-AnchorMailbox", out var anchor))
            world.Watch.Sends(node, anchor.First(), "a request");
        var (operation, mailbox) = await OperationAsync(request);
        if (operation == "CreateItem")
            world.Watch.Creates(node, mailbox, await request.Content!.ReadAsStringAsync(cancellationToken));
        var name = $"{operation} {mailbox}";
        node.Pass($"{name}: not sent");
        var travel = world.TravelTime();
        if (node.DiesWithin($"{name}: under way"))
            travel = LongTravel;
        var (response, hint) = await TravelAsync(request, travel, operation, mailbox).WaitAsync(cancellationToken);
        if (hint is { } wait && mailbox.Length > 0)
            world.Watch.AskedToWait(node, World.Address(mailbox), wait);
        return response;
    }

    private async Task<(HttpResponseMessage Response, TimeSpan? Hint)> TravelAsync(HttpRequestMessage request, TimeSpan travel, string operation, string mailbox)
    {
        world.UnderWay.Add(request);
        HttpResponseMessage response;
        try
        {
            response = await ArriveAsync(request, travel, operation, mailbox);
        }
        finally
        {
            world.UnderWay.Remove(request);
        }
        var hint = (int)response.StatusCode < 400 ? null : await HintAsync(response);
        await Task.Delay(world.TravelTime(), world.Time, CancellationToken.None);
        await node.ResumedAsync();
        node.MustLive();
        return (response, hint);
    }

    private async Task<HttpResponseMessage> ArriveAsync(HttpRequestMessage request, TimeSpan travel, string operation, string mailbox)
    {
        var name = $"{operation} {mailbox}";
        await Task.Delay(travel, world.Time, CancellationToken.None);
        if (node.IsOnlooker && !World.IsRead(operation))
            world.Watch.Violations.Add($"O8 a dry run sent {operation}");
        var mails = world.Exchange.Organisation.Mails.Count;
        // A slow server may take its time between the request and its answer.
        string[] there = operation == "FindItem" ? [.. IntentsIn(mailbox)] : [];
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            world.Requested(name, "no answer", mails);
            throw;
        }
        if (operation == "SyncFolderItems")
            await world.HalfReads.CutAsync(request, response, World.Address(mailbox));
        if (operation == "FindItem")
            world.Watch.LookedFor(node, mailbox, await request.Content!.ReadAsStringAsync(), there.Intersect(IntentsIn(mailbox)));
        world.Requested(name, $"{(int)response.StatusCode}", mails);
        node.Pass($"{name}: not answered");
        return response;
    }

    // Which creates of ours lie in the calendar.
    private IEnumerable<string> IntentsIn(string mailbox) =>
        world.Exchange.Organisation.FindMailbox(World.Address(mailbox))!["calendar"].Items
            .SelectMany(item => item.Extended.Where(property => property.Path.Key.EndsWith("CrmSyncIntent", StringComparison.Ordinal)).SelectMany(property => property.Values));

    // How long a busy server asks to be left alone (ews/protocol.md section 10), in either of its two forms.
    private static async Task<TimeSpan?> HintAsync(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter?.Delta is { } after)
            return after;
        var text = await response.Content.ReadAsStringAsync();
        var at = text.IndexOf("BackOffMilliseconds\">", StringComparison.Ordinal);
        return at < 0 ? null : TimeSpan.FromMilliseconds(int.Parse(text[(at + 21)..].Split('<')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string NameIn(ReadOnlySpan<byte> envelope)
    {
        var body = envelope[(envelope.IndexOf(":Body>"u8) + 6)..];
        var element = body[(body.IndexOf((byte)':') + 1)..];
        return System.Text.Encoding.ASCII.GetString(element[..element.IndexOfAny(" >/"u8)]);
    }

    // The element under the body and the mailbox by its anchor: enough for the story.
    private static async Task<(string Operation, string Mailbox)> OperationAsync(HttpRequestMessage request)
    {
        return (NameIn(await request.Content!.ReadAsByteArrayAsync()), request.Headers.TryGetValues("X-AnchorMailbox", out var anchor) ? anchor.First().Split('@')[0] : "");
    }
}

/// <summary>The connector of a server that takes only small requests.</summary>
public sealed class SmallConnector(IExchangeConnector connector, int size) : IExchangeConnector
{
    public ConnectorCapabilities Capabilities { get; } = connector.Capabilities with
    {
        MaxChangesPerPage = size, MaxReadBatch = Math.Min(size, connector.Capabilities.MaxReadBatch), MaxWriteBatch = Math.Min(size, connector.Capabilities.MaxWriteBatch),
    };

    public IExchangeMailbox Open(string mailbox) => connector.Open(mailbox);

    public IAsyncEnumerable<StreamSignal> ListenAsync(IReadOnlyList<StreamingSubscription> subscriptions, TimeSpan connectionTime, CancellationToken cancellation) =>
        connector.ListenAsync(subscriptions, connectionTime, cancellation);

    public IAsyncEnumerable<ConnectionStep> TestAsync(string mailbox, CancellationToken cancellation) => connector.TestAsync(mailbox, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A node's way to the database: a pause between any two statements can outlast a lease.</summary>
public sealed class NodeStore(World world, Node node) : ILinkSessionStore
{
    private ILinkSessionStore Store => world.Store.Sessions;

    public Task<DateTime> NowAsync(CancellationToken cancellation) => AskAsync(() => Store.NowAsync(cancellation));

    public Task<LinkFacts?> LoadLinkAsync(Guid linkId, CancellationToken cancellation) => AskAsync(() => Store.LoadLinkAsync(linkId, cancellation));

    public Task<IReadOnlyList<QueueMessage>> LoadDueMessagesAsync(Guid linkId, int max, CancellationToken cancellation) => AskAsync(() => Store.LoadDueMessagesAsync(linkId, max, cancellation));

    public Task<IReadOnlyDictionary<ItemId, Pair>> FindPairsAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation) =>
        AskAsync(() => Store.FindPairsAsync(linkId, ids, cancellation));

    public Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByItemAsync(Guid linkId, IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) =>
        AskAsync(() => Store.FindPairsByItemAsync(linkId, itemIds, cancellation));

    public Task<IReadOnlyDictionary<Guid, Pair>> FindPairsByIntentAsync(IReadOnlyCollection<Guid> intentIds, CancellationToken cancellation) =>
        AskAsync(() => Store.FindPairsByIntentAsync(intentIds, cancellation));

    public Task<ILookup<Guid, Pair>> FindAllPairsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) => AskAsync(() => Store.FindAllPairsAsync(itemIds, cancellation));

    public Task<ILookup<GlobalObjectId, Pair>> FindPairsByGlobalIdAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation) =>
        AskAsync(() => Store.FindPairsByGlobalIdAsync(targetId, ids, cancellation));

    public Task<IReadOnlyList<Pair>> FindUnseenPairsAsync(Guid linkId, int generation, int max, CancellationToken cancellation) =>
        AskAsync(() => Store.FindUnseenPairsAsync(linkId, generation, max, cancellation));

    public Task<int> CountPairsAsync(Guid linkId, CancellationToken cancellation) => AskAsync(() => Store.CountPairsAsync(linkId, cancellation));

    public Task<OutboundWaiting> CountOutboundAsync(Guid linkId, CancellationToken cancellation) => AskAsync(() => Store.CountOutboundAsync(linkId, cancellation));

    public Task<IReadOnlyDictionary<GlobalObjectId, Guid>> FindMeetingsAsync(Guid targetId, IReadOnlyCollection<GlobalObjectId> ids, CancellationToken cancellation) =>
        AskAsync(() => Store.FindMeetingsAsync(targetId, ids, cancellation));

    public Task<IReadOnlyDictionary<Guid, CrmItem>> LoadItemsAsync(IReadOnlyCollection<Guid> itemIds, CancellationToken cancellation) => AskAsync(() => Store.LoadItemsAsync(itemIds, cancellation));

    public Task<ILookup<long, CrmItem>> FindUnpairedItemsAsync(Guid linkId, Guid userId, IReadOnlyCollection<MatchKey> keys, CancellationToken cancellation) =>
        AskAsync(() => Store.FindUnpairedItemsAsync(linkId, userId, keys, cancellation));

    public Task<IReadOnlyList<Guid>> FindUnsentItemsAsync(Guid linkId, Guid userId, DateTime? fromUtc, int max, CancellationToken cancellation) =>
        AskAsync(() => Store.FindUnsentItemsAsync(linkId, userId, fromUtc, max, cancellation));

    public Task<ILookup<long, LinkInventory>> FindInventoryByMatchAsync(Guid linkId, IReadOnlyCollection<long> matchHashes, CancellationToken cancellation) =>
        AskAsync(() => Store.FindInventoryByMatchAsync(linkId, matchHashes, cancellation));

    public Task<IReadOnlyDictionary<ItemId, LinkInventory>> FindInventoryAsync(Guid linkId, IReadOnlyCollection<ItemId> ids, CancellationToken cancellation) =>
        AskAsync(() => Store.FindInventoryAsync(linkId, ids, cancellation));

    public Task<IReadOnlyList<(PendingDelete Delete, Pair Pair)>> LoadPendingDeletesAsync(Guid linkId, CancellationToken cancellation) =>
        AskAsync(() => Store.LoadPendingDeletesAsync(linkId, cancellation));

    public async Task<CommitOutcome> CommitAsync(LinkLease lease, SessionCommit commit, CancellationToken cancellation)
    {
        if (world.PauseBeforeCommit() is { } pause)
            node.Pause(pause);
        await node.ResumedAsync();
        node.MustLive();
        if (node.IsOnlooker)
            world.Watch.Violations.Add("O8 a dry run saved something");
        node.Pass("commit: not done");
        CommitOutcome outcome;
        try
        {
            outcome = await Store.CommitAsync(lease, commit, cancellation);
        }
        catch
        {
            world.Watch.CommitUnknown(lease);
            throw;
        }
        world.Committed(lease, commit, outcome);
        if (outcome == CommitOutcome.LeaseLost)
            world.Watch.LostLease(node, world.MailboxOf(lease.LinkId));
        node.Pass("commit: done");
        return outcome;
    }

    private Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        node.MustLive();
        return ask();
    }
}

/// <summary>A node's way to the queue.</summary>
public sealed class NodeQueue(World world, Node node) : ILinkQueue, IFanOut
{
    private ILinkQueue Queue => Living().Queue;

    public Task EnqueueAsync(IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation) => Queue.EnqueueAsync(requests, cancellation);

    public async Task<LinkLease?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        var claimed = await Queue.ClaimAsync(owner, lease, cancellation);
        if (claimed is not null)
        {
            world.Watch.Claimed(claimed);
            world.Watch.HasLease(node, world.MailboxOf(claimed.LinkId));
            node.Pass("claim: done");
        }
        return claimed;
    }

    public Task<LinkLease?> ClaimLinkAsync(Guid linkId, string owner, TimeSpan lease, CancellationToken cancellation) => Queue.ClaimLinkAsync(linkId, owner, lease, cancellation);

    public async Task<bool> RenewAsync(LinkLease lease, TimeSpan length, CancellationToken cancellation)
    {
        await node.ResumedAsync();
        node.Pass("renewal: not done");
        return await Queue.RenewAsync(lease, length, cancellation);
    }

    public async Task ReleaseAsync(LinkLease lease, TimeSpan notBefore, CancellationToken cancellation)
    {
        node.Pass("release: not done");
        await Queue.ReleaseAsync(lease, notBefore, cancellation);
        node.Pass("release: done");
    }

    public Task DeferAsync(Guid targetId, string? mailbox, TimeSpan delay, CancellationToken cancellation)
    {
        node.Pass("back-off: not done");
        return Queue.DeferAsync(targetId, mailbox, delay, cancellation);
    }

    public Task<TimeSpan?> NextReadyInAsync(CancellationToken cancellation) => Queue.NextReadyInAsync(cancellation);

    public async Task<CommitOutcome> ExpandAsync(LinkLease lease, QueueMessage message, CancellationToken cancellation)
    {
        node.Pass("fan-out: not done");
        var outcome = await Living().FanOut.ExpandAsync(lease, message, cancellation);
        node.Pass("fan-out: done");
        return outcome;
    }

    private IWorldStore Living()
    {
        node.MustLive();
        return world.Store;
    }
}
