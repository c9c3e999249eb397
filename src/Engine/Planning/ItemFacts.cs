using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Planning;

/// <summary>Whose copy of a meeting this link's folder holds, seen from the CRM item.</summary>
public enum CopyRole
{
    /// <summary>An appointment, or the organizer's own copy: all writable fields may be written, and it speaks for the item.</summary>
    Own = 0,

    /// <summary>An attendee's copy that speaks for the meeting because the organizer's is not linked. Its shared fields come in, none go out.</summary>
    AttendeeAuthority = 1,

    /// <summary>An attendee's copy beside the authority: only personal fields travel.</summary>
    Attendee = 2,
}

/// <summary>What a link allows, resolved from target and link.</summary>
public sealed record LinkRules(
    SyncDirection Direction,
    ConflictPolicy Conflicts,
    MailPolicy Mail,
    IReadOnlyCollection<ShowAs>? AcceptedShowAs,
    IReadOnlyCollection<Sensitivity>? AcceptedSensitivities,
    int? WindowDaysBack,
    int? WindowDaysAhead)
{
    /// <summary>Policies of single fields; the others follow <see cref="Conflicts"/>.</summary>
    public IReadOnlyDictionary<ScheduleFields, ConflictPolicy>? FieldPolicies { get; init; }

    public DeleteConflictPolicy Deletes { get; init; }

    /// <summary>Items that ended before do not enter and are not sent first; null: all.</summary>
    public Instant? StartsAt { get; init; }

    public bool KeepsApart { get; init; }

    /// <summary>Several twins that fit equally well wait for a person; else the first is taken.</summary>
    public bool AsksTies { get; init; }

    public MergePolicies Policies => new(Conflicts, FieldPolicies);

    public bool Inbound => (Direction & SyncDirection.Inbound) != 0;

    public bool Outbound => (Direction & SyncDirection.Outbound) != 0;

    public static LinkRules Of(SyncTarget target, SyncLink link) => new(
        link.Direction & link.Kind switch
        {
            ItemKind.Task => target.TaskDirection,
            ItemKind.Contact => target.ContactDirection,
            _ => target.ScheduleDirection,
        },
        target.ConflictPolicy, target.MailPolicy, link.AcceptedShowAs, link.AcceptedSensitivities, link.WindowDaysBack, link.WindowDaysAhead)
    {
        FieldPolicies = target.FieldPolicies is not { Count: > 0 } own ? null
            : own.Where(entry => FieldNames.Find(entry.Key) is not null).ToDictionary(entry => FieldNames.Find(entry.Key)!.Value, entry => entry.Value),
        Deletes = target.DeletePolicy,
        StartsAt = link.StartDate is { } day ? TimeZones.FindOrUtc(link.DefaultZone).AtStartOfDay(LocalDate.FromDateOnly(day)).ToInstant() : null,
        KeepsApart = link.FirstSync == FirstSyncPolicy.KeepApart,
        AsksTies = link.FirstSync == FirstSyncPolicy.Ask,
    };
}

/// <summary>The CRM's side of an item, as the link's person sees it.</summary>
/// <param name="IsCrmBorn">Made in the CRM: rules never withdraw it (invariant 16).</param>
/// <param name="HasOtherCopies">Another link holds a living copy.</param>
public sealed record CrmSide(ScheduleContent Content, long Version, bool IsDeleted, bool IsCrmBorn, bool HasOtherCopies, Instant ChangedAt);

/// <summary>What Exchange says: the item, that it is gone, or nothing newer than the base.</summary>
public abstract record ExchangeSide
{
    /// <summary>Read just now.</summary>
    public sealed record Present(ExchangeItem Item) : ExchangeSide;

    /// <summary>Proven gone (invariant 10).</summary>
    public sealed record Gone : ExchangeSide;

    /// <summary>Not read: taken to be as last agreed. The ChangeKey on the write proves it.</summary>
    public sealed record AsAgreed : ExchangeSide;
}

/// <summary>All that the plan of one paired item depends on.</summary>
/// <param name="Agreed">Base snapshot; null when twins meet for the first time.</param>
/// <param name="AgreedVersion">CRM version at which both sides agreed.</param>
/// <param name="Contested">Fields that wait for a person's decision: they travel in neither direction.</param>
/// <param name="Invite">Whether the invitation of this copy is still to go out.</param>
public sealed record ItemFacts(
    CrmSide Crm,
    ExchangeSide Exchange,
    ScheduleContent? Agreed,
    long AgreedVersion,
    CopyRole Role,
    InviteState Invite,
    Tombstone Tombstone,
    LinkRules Rules,
    Instant Now,
    ScheduleFields Contested = ScheduleFields.None);
