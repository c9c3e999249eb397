using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Tests.Planning;

/// <summary>The whole table: what was agreed, what the CRM says and what Exchange says, each absent or one of three values, under every direction, policy and role.</summary>
public sealed class SyncPlannerTests
{
    private static readonly string?[] Values = [null, "A", "B", "C"];

    private static readonly SyncDirection[] Directions = [SyncDirection.Inbound, SyncDirection.Outbound, SyncDirection.TwoWay];

    private sealed record Case(string Agreed, string? Crm, string? Exchange, SyncDirection Direction, ConflictPolicy Policy, CopyRole Role, bool CrmIsNewer,
        DeleteConflictPolicy Deletes);

    private static IEnumerable<Case> Table() =>
        from agreed in Values
        where agreed is not null
        from crm in Values
        from exchange in Values
        from direction in Directions
        from policy in Enum.GetValues<ConflictPolicy>()
        from role in Enum.GetValues<CopyRole>()
        from newer in new[] { false, true }
        from deletes in Enum.GetValues<DeleteConflictPolicy>()
        select new Case(agreed, crm, exchange, direction, policy, role, newer, deletes);

    [Fact]
    public void Every_case_of_the_table_settles_within_three_rounds_and_then_plans_nothing()
    {
        var count = 0;
        foreach (var one in Table())
        {
            var sides = new Sides(one);
            for (var round = 0; round < 3 && sides.Step(); round++)
            {
            }
            sides.Step().ShouldBeFalse($"{one} is still moving: {sides}");
            count++;
        }
        count.ShouldBe(3 * 4 * 4 * 3 * 4 * 3 * 2 * 3);
    }

    [Fact]
    public void A_two_way_item_of_our_own_ends_equal_on_both_sides_or_gone_on_both()
    {
        foreach (var one in Table().Where(one => one is { Direction: SyncDirection.TwoWay, Role: CopyRole.Own }))
        {
            var sides = new Sides(one);
            for (var round = 0; round < 3 && sides.Step(); round++)
            {
            }
            if (sides.Contested == ScheduleFields.None)
                sides.Crm.ShouldBe(sides.Exchange, one.ToString());
            else
                (sides.Crm, sides.Exchange).ShouldBe((one.Crm, one.Exchange), $"{one}: what waits for a person stays as it is on both sides");
        }
    }

    [Fact]
    public void Only_a_policy_that_asks_leaves_anything_to_a_person_and_it_asks_about_nothing_but_real_clashes()
    {
        foreach (var one in Table())
        {
            var plan = SyncPlanner.Plan(new Sides(one).Facts());
            var isClash = one.Crm != one.Agreed && one.Exchange != one.Agreed && one.Crm != one.Exchange;
            var mayAsk = isClash && one is { Direction: SyncDirection.TwoWay, Role: CopyRole.Own }
                && (one.Crm is null || one.Exchange is null ? one.Deletes == DeleteConflictPolicy.Ask : one.Policy == ConflictPolicy.Ask);
            (plan.Asked != 0).ShouldBe(mayAsk, one.ToString());
        }
    }

    [Fact]
    public void An_edit_on_one_side_alone_reaches_the_other_whatever_the_policy()
    {
        foreach (var one in Table().Where(one => one is { Direction: SyncDirection.TwoWay, Role: CopyRole.Own, Crm: not null, Exchange: not null }))
        {
            var sides = new Sides(one);
            for (var round = 0; round < 3 && sides.Step(); round++)
            {
            }
            if (one.Crm == one.Agreed)
                sides.Crm.ShouldBe(one.Exchange, one.ToString());
            else if (one.Exchange == one.Agreed)
                sides.Crm.ShouldBe(one.Crm, one.ToString());
            else if (one.Crm != one.Exchange && one.Policy == ConflictPolicy.Ask)
                (sides.Crm, sides.Exchange).ShouldBe((one.Crm, one.Exchange), one.ToString());
            else if (one.Crm != one.Exchange)
                sides.Crm.ShouldBe(Winner(one), one.ToString());
        }
    }

    [Fact]
    public void A_loser_is_never_dropped_without_a_conflict()
    {
        foreach (var one in Table().Where(one => one is { Direction: SyncDirection.TwoWay, Role: CopyRole.Own }))
        {
            var sides = new Sides(one);
            for (var round = 0; round < 3 && sides.Step(); round++)
            {
            }
            foreach (var edit in new[] { one.Crm, one.Exchange }.Where(edit => edit is not null && edit != one.Agreed && edit != sides.Crm))
                sides.Conflicts.ShouldBeGreaterThan(0, $"{one}: the edit {edit} is gone");
        }
    }

    [Fact]
    public void On_a_link_that_only_sends_what_the_CRM_did_is_done_in_Exchange_whatever_the_policy_and_what_gave_way_is_kept()
    {
        foreach (var one in Table().Where(one => one is { Direction: SyncDirection.Outbound, Role: CopyRole.Own, Exchange: not null } && one.Crm != one.Agreed))
        {
            var sides = new Sides(one);
            for (var round = 0; round < 3 && sides.Step(); round++)
            {
            }
            sides.Exchange.ShouldBe(one.Crm, one.ToString());
            sides.Conflicts.ShouldBe(one.Exchange != one.Agreed && one.Exchange != one.Crm ? 1 : 0, one.ToString());
        }
    }

    [Fact]
    public void An_attendees_copy_never_carries_shared_fields_to_Exchange_and_never_deletes_the_meeting()
    {
        foreach (var one in Table().Where(one => one.Role != CopyRole.Own))
        {
            var plan = SyncPlanner.Plan(new Sides(one).Facts());
            (plan.ToExchange & ScheduleFields.Shared).ShouldBe(ScheduleFields.None, one.ToString());
            plan.Action.ShouldNotBe(PlanAction.DeleteInExchange, one.ToString());
            plan.Action.ShouldNotBe(PlanAction.RecreateInExchange, one.ToString());
        }
    }

    [Fact]
    public void A_link_writes_only_in_its_direction()
    {
        foreach (var one in Table())
        {
            var plan = SyncPlanner.Plan(new Sides(one).Facts());
            if ((one.Direction & SyncDirection.Outbound) == 0)
            {
                plan.ToExchange.ShouldBe(ScheduleFields.None, one.ToString());
                plan.Action.ShouldNotBeOneOf(PlanAction.DeleteInExchange, PlanAction.RecreateInExchange);
            }
            if ((one.Direction & SyncDirection.Inbound) == 0)
            {
                plan.ToCrm.ShouldBe(ScheduleFields.None, one.ToString());
                plan.Action.ShouldNotBeOneOf(PlanAction.DeleteInCrm, PlanAction.Leave, PlanAction.RestoreInCrm, PlanAction.Withdraw);
            }
        }
    }

    [Fact]
    public void Every_plan_carries_a_reason()
    {
        foreach (var one in Table())
            SyncPlanner.Plan(new Sides(one).Facts()).Reason.ShouldNotBeNullOrWhiteSpace(one.ToString());
    }

    private static string Winner(Case one) => one.Policy switch
    {
        ConflictPolicy.CrmWins => one.Crm!,
        ConflictPolicy.ExchangeWins => one.Exchange!,
        _ => one.CrmIsNewer ? one.Crm! : one.Exchange!,
    };

    /// <summary>Both sides and the memory between them; a step carries one plan out as the engine does.</summary>
    private sealed class Sides(Case start)
    {
        private ScheduleContent? _agreed = Contents.Of(start.Agreed);
        private ScheduleContent _crm = Contents.Of(start.Crm ?? start.Agreed);
        private ScheduleContent? _exchange = start.Exchange is null ? null : Contents.Of(start.Exchange);
        private bool _crmIsDeleted = start.Crm is null;
        private bool _isBuried;

        public int Conflicts { get; private set; }

        public ScheduleFields Contested { get; private set; }

        public string? Crm => _crmIsDeleted ? null : _crm.Subject;

        public string? Exchange => _exchange?.Subject;

        public ItemFacts Facts() => new(
            new CrmSide(_crm, 2, _crmIsDeleted, IsCrmBorn: false, HasOtherCopies: false, Contents.Now + Duration.FromMinutes(start.CrmIsNewer ? 1 : -1)),
            _exchange is null ? new ExchangeSide.Gone() : new ExchangeSide.Present(Item(_exchange)),
            _agreed, 1, start.Role, InviteState.None, Tombstone.None,
            new LinkRules(start.Direction, start.Policy, MailPolicy.Invite, null, null, null, null) { Deletes = start.Deletes }, Contents.Now, Contested);

        /// <summary>False: there was nothing to do.</summary>
        public bool Step()
        {
            if (_isBuried)
                return false;
            var plan = SyncPlanner.Plan(Facts());
            Conflicts += plan.Conflicts != 0 ? 1 : 0;
            Contested = plan.Asked;
            switch (plan.Action)
            {
                case PlanAction.Merge:
                    _agreed = SyncPlanner.AgreedAfter(Facts(), _exchange!, plan).WithFieldsOf(plan.Merged!, plan.ToExchange);
                    _exchange = _exchange!.WithFieldsOf(plan.Merged!, plan.ToExchange);
                    _crm = _crm.WithFieldsOf(plan.Merged!, plan.ToCrm);
                    return true;
                case PlanAction.StoreKey:
                    _agreed = SyncPlanner.AgreedAfter(Facts(), _exchange!, plan);
                    return false;
                case PlanAction.RestoreInCrm:
                    (_crm, _crmIsDeleted, _agreed) = (plan.Merged!, false, _exchange);
                    return true;
                case PlanAction.RecreateInExchange:
                    (_exchange, _agreed) = (plan.Merged, plan.Merged);
                    return true;
                case PlanAction.DeleteInCrm:
                    (_crmIsDeleted, _isBuried) = (true, true);
                    return true;
                case PlanAction.DeleteInExchange:
                    (_exchange, _isBuried) = (null, true);
                    return true;
                case PlanAction.Nothing or PlanAction.Ask:
                    return false;
                default:
                    _isBuried = true;
                    return true;
            }
        }

        public override string ToString() => $"CRM {Crm}, Exchange {Exchange}, agreed {_agreed?.Subject}";

        private static ExchangeItem Item(ScheduleContent content) => new(
            new ItemId("id"), new ChangeKey("key"), SeriesRole.Single, null, IsMeeting: false, IsOrganizer: true, MeetingRequestWasSent: false, Contents.Now, null, content);
    }
}
