using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SessionOptions = CrmSync.Engine.Sessions.SessionOptions;

namespace CrmSync.Roads.Tests;

/// <summary>What the acceptance cases need beside the usual: thousands of edits without a round trip each, and a hand on the wire.</summary>
public sealed partial class RoadRig
{
    private static readonly HashSet<string> WriteOperations = ["CreateItem", "UpdateItem", "DeleteItem", "MoveItem", "SendItem", "CopyItem"];

    /// <summary>The exchange itself, for large mailboxes and for what no client is told.</summary>
    public SimulatedExchange Exchange => _simulator.Services.GetRequiredService<SimulatedExchange>();

    /// <summary>Stands between the engine and the network; set before the first request.</summary>
    public HttpMessageHandler? Wire { get; set; }

    public EwsOptions? EwsOptions { get; set; }

    /// <summary>A person with Outlook, in this process.</summary>
    public OutlookUser Person(string person) => new(Exchange, Address(person));

    /// <summary>Requests of an operation that Exchange has answered so far.</summary>
    public long Requests(string operation) => Exchange.Requests.ByOperation.GetValueOrDefault(operation);

    /// <summary>Many items of one person, queued like single ones or not at all (items from before the link).</summary>
    public async Task<IReadOnlyList<Guid>> CreateManyInCrmAsync(string person, IEnumerable<ScheduleContent> contents, bool send = true)
    {
        var made = new List<Guid>();
        foreach (var batch in contents.Chunk(500))
        {
            await using var db = await DbAsync();
            var user = await db.Users.SingleAsync(row => row.Name == person);
            var ids = new List<Guid>();
            foreach (var content in batch)
            {
                var item = new ScheduleItem { Id = Guid.CreateVersion7(), Version = 1, OwnerId = user.Id, UpdatedBy = $"user:{person}", CreatedAt = DateTime.UtcNow, UpdatedAt = DateTime.UtcNow };
                ScheduleRows.Apply(content, ScheduleFields.Shared, item);
                var personal = new Participation { ItemId = item.Id, UserId = user.Id };
                ScheduleRows.ApplyPersonal(content, ScheduleFields.Personal, personal);
                db.AddRange(item, personal);
                ids.Add(item.Id);
            }
            await db.SaveChangesAsync();
            made.AddRange(ids);
            if (!send)
                continue;
            var home = await db.Links.SingleAsync(link => link.UserId == user.Id && link.IsHome);
            await Queue.EnqueueAsync([.. ids.Select(id => new QueueRequest(MessageKind.Outbound, home.Id, id))], CancellationToken.None);
        }
        return made;
    }

    /// <summary>Makes the worker live on in another "process", with borders of its own.</summary>
    public LinkWorker WorkerOn(ILinkSessionStore store, ILinkQueue queue, IConnectors? connectors = null, SessionOptions? options = null) =>
        NewWorker(store, queue, connectors ?? this, options);

    public async Task<LinkState> StateAsync(SyncLink link)
    {
        await using var db = await DbAsync();
        return await db.LinkStates.AsNoTracking().SingleAsync(state => state.LinkId == link.Id);
    }

    /// <summary>The content that the CRM holds, as the item's owner sees it.</summary>
    public async Task<Dictionary<Guid, ScheduleContent>> ContentsAsync()
    {
        await using var db = await DbAsync();
        var personal = await db.Participations.AsNoTracking().ToDictionaryAsync(row => (row.ItemId, row.UserId));
        return (await ItemsAsync()).ToDictionary(item => item.Id, item => ScheduleRows.ToContent(item, personal.GetValueOrDefault((item.Id, item.OwnerId))));
    }
}

/// <summary>A hand on the wire: sees every request of the engine and may answer otherwise.</summary>
public sealed class Wiretap : DelegatingHandler
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<WireRequest> _seen = new();

    public Wiretap() : base(new SocketsHttpHandler())
    {
    }

    public IReadOnlyCollection<WireRequest> Seen => _seen;

    /// <summary>Changes the request before it is sent; null: as it is.</summary>
    public Func<WireRequest, string>? Rewrite { get; set; }

    /// <summary>Changes the text of the answer; null: as it is.</summary>
    public Func<WireRequest, string, string>? Answer { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var at = body.IndexOf(":Body>", StringComparison.Ordinal);
        var operation = body[(body.IndexOf(':', at + 6) + 1)..].Split(' ', '>', '/')[0];
        var seen = new WireRequest(operation, request.Headers.GetValues("X-AnchorMailbox").First(), body, DateTime.UtcNow);
        _seen.Enqueue(seen);
        if (Rewrite?.Invoke(seen) is { } other && other != body)
            request.Content = new StringContent(other, System.Text.Encoding.UTF8, "text/xml");
        var response = await base.SendAsync(request, cancellationToken);
        if (Answer is null)
            return response;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (Answer(seen, text) is var changed && changed != text)
            response.Content = new StringContent(changed, System.Text.Encoding.UTF8, "text/xml");
        return response;
    }
}

public sealed record WireRequest(string Operation, string Mailbox, string Body, DateTime At);
