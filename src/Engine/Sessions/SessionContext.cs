using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using NodaTime;

namespace CrmSync.Engine.Sessions;

/// <summary>Another worker holds the link now: this session ends without touching anything.</summary>
public sealed class LeaseLostException(Guid linkId) : Exception($"The lease of link {linkId} was lost to another worker.");

/// <summary>Rows kept changing under the plan; the session gives way and comes back.</summary>
public sealed class StalePlanException(string what) : Exception($"{what} kept changing while it was planned.");

/// <summary>What all steps of one link session share.</summary>
public sealed class SessionContext(
    LinkFacts facts, LinkLease lease, IExchangeMailbox mailbox, ConnectorCapabilities capabilities, ILinkSessionStore store,
    TimeProvider time, IdSource ids, SessionOptions options, string? traceId)
{
    private readonly long _startedAt = time.GetTimestamp();

    public LinkFacts Facts { get; } = facts;

    public LinkLease Lease { get; } = lease;

    public IExchangeMailbox Mailbox { get; } = mailbox;

    public ConnectorCapabilities Capabilities { get; } = capabilities;

    public ILinkSessionStore Store { get; } = store;

    public IdSource Ids { get; } = ids;

    public SessionOptions Options { get; } = options;

    public string? TraceId { get; } = traceId;

    public Guid LinkId => Facts.Link.Id;

    /// <summary>Names what this session does, so that it can be found and undone as a whole.</summary>
    public Guid RunId { get; } = ids.NewId();

    public LinkRules Rules { get; } = LinkRules.Of(facts.Target, facts.Link);

    public LinkGuards Guards { get; } = LinkGuards.Of(facts.Target, facts.Link);

    /// <summary>The state as last committed; steps change it and commit it.</summary>
    public LinkState State => Facts.State;

    public Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    public FolderId Folder => new(State.ResolvedFolderId ?? throw new InvalidOperationException("The folder is resolved when the session starts."));

    public TimeSpan RequestTimeout => TimeSpan.FromSeconds(Facts.Target.RequestTimeoutSeconds);

    public bool BudgetIsSpent(int pages) =>
        pages >= Options.MaxPages || time.GetElapsedTime(_startedAt) >= TimeSpan.FromSeconds(Options.MaxSeconds);

    /// <summary>Saves a step. False: rows were not at the planned version; plan again.</summary>
    public async Task<bool> CommitAsync(SessionCommit commit, CancellationToken cancellation)
    {
        commit.TraceId = TraceId;
        switch (await Store.CommitAsync(Lease, commit, cancellation))
        {
            case CommitOutcome.Committed:
                foreach (var activity in commit.Activities)
                    EngineMetrics.ItemsSaved(activity.Action, activity.Count);
                return true;
            case CommitOutcome.Stale:
                return false;
            default:
                throw new LeaseLostException(LinkId);
        }
    }

    /// <summary>The item as this link's person sees it.</summary>
    public ScheduleContent ContentOf(CrmItem item) => ScheduleRows.ToContent(item.Item, ParticipationOf(item));

    public Participation? ParticipationOf(CrmItem item) => item.Participations.FirstOrDefault(p => p.UserId == Facts.User.Id);

    public CopyRole RoleOf(ScheduleItem item) => RoleOf(item, LinkId);

    /// <summary>What a link's copy of an item may say.</summary>
    public static CopyRole RoleOf(ScheduleItem item, Guid linkId) =>
        item.AuthorityLinkId is null ? CopyRole.Own
        : item.AuthorityLinkId != linkId ? CopyRole.Attendee
        : item.AuthorityIsOrganizer ? CopyRole.Own
        : CopyRole.AttendeeAuthority;

    public Activity Note(PlanAction action, string reason, Guid? itemId, int count = 1) => new()
    {
        Id = Ids.NewId(), LinkId = LinkId, ItemId = itemId, At = UtcNow, Action = action.ToString(), Reason = reason, Count = count, TraceId = TraceId, RunId = RunId,
    };
}
