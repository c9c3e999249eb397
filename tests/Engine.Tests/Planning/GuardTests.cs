using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Planning;

public sealed class GuardTests
{
    private static readonly GuardLimits Limits = new(Percent: 30, Minimum: 5, Count: 500, AllMinimum: 4);
    private static readonly DateTime Now = new(2026, 11, 20, 12, 0, 0, DateTimeKind.Utc);

    private static GuardVerdict Judge(int number, int pairs, LinkHold? held = null, HoldApproval? approval = null, GuardLimits? limits = null) =>
        MassGuard.Judge(HoldKind.DeletesInCrm, number, pairs, limits ?? Limits with { AllMinimum = 0 }, held, approval, Now);

    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(6, 100, true)]
    [InlineData(30, 100, true)]
    [InlineData(31, 100, false)]
    [InlineData(100, 100, false)]
    [InlineData(500, 10_000, true)]
    [InlineData(501, 10_000, false)]
    public void Deletes_over_the_share_or_the_number_are_held_and_a_few_never_are(int deletes, int pairs, bool mayProceed) => Judge(deletes, pairs).MayProceed.ShouldBe(mayProceed);

    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(4, 4, false)]
    [InlineData(5, 6, true)]
    public void All_items_at_once_are_an_accident_also_where_they_are_few(int number, int pairs, bool mayProceed)
    {
        var verdict = Judge(number, pairs, limits: Limits);
        verdict.MayProceed.ShouldBe(mayProceed);
        if (!mayProceed)
            verdict.Reason.ShouldContain("looks like an accident");
    }

    [Fact]
    public void A_person_can_approve_what_the_guard_holds_for_so_many_and_for_so_long()
    {
        var held = new LinkHold(HoldKind.DeletesInCrm, 100, 100, "", Now.AddMinutes(-5));
        HoldApproval Approval(int count, double hours, DateTime? since) => new(HoldKind.DeletesInCrm, count, Now.AddHours(hours), "user:olga", Now, since);

        Judge(100, 100, held, Approval(100, 1, held.Since)).ShouldBe(new GuardVerdict(true, "100 of 100 items, approved by user:olga", ByApproval: true));
        Judge(90, 100, null, Approval(100, 1, null)).MayProceed.ShouldBeTrue("a standing permission");
        Judge(100, 100, held, Approval(100, -1, held.Since)).Reason.ShouldContain("user:olga approved 100 until 2026-11-20 11:00 UTC, which has passed");
        Judge(101, 101, held, Approval(100, 1, held.Since)).Reason.ShouldContain("it has become more");
        Judge(100, 100, held with { Since = Now }, Approval(100, 1, held.Since)).MayProceed.ShouldBeFalse("a permission for another hold");
    }

    [Fact]
    public void The_mail_budget_holds_what_is_beyond_it_until_the_hour_is_over_or_a_person_lets_it_through()
    {
        var budget = new MailBudget(null, 0).Take(150, 200, null, Now).ShouldNotBeNull();
        budget.Take(51, 200, null, Now.AddMinutes(59)).ShouldBeNull();
        budget.Take(50, 200, null, Now.AddMinutes(59))!.Sent.ShouldBe(200);
        budget.Take(51, 200, null, Now.AddMinutes(61))!.Sent.ShouldBe(51);
        budget.Take(0, 0, null, Now).ShouldNotBeNull("what mails nobody is never held");
        budget.Take(90, 200, new HoldApproval(HoldKind.Mails, 40, Now.AddHours(1), "user:olga", Now, null), Now)!.Sent.ShouldBe(240);
        budget.Take(90, 200, new HoldApproval(HoldKind.Mails, 40, Now.AddSeconds(-1), "user:olga", Now, null), Now).ShouldBeNull();
    }

    [Fact]
    public void Two_programs_that_undo_each_other_are_found_after_the_limit_and_a_person_who_edits_often_is_not()
    {
        static string? Run(IEnumerable<(bool IsOut, long Content)> writes, ScheduleFields answered = ScheduleFields.Subject)
        {
            Churn? churn = null;
            foreach (var (isOut, content) in writes)
            {
                var verdict = LoopGuard.Judge(churn, isOut, isOut ? ScheduleFields.Subject : answered, content, Now, limit: 5);
                if (verdict.Reason is { } reason)
                    return reason;
                churn = verdict.Next;
            }
            return null;
        }

        Run(Enumerable.Range(0, 40).Select(n => (false, (long)n))).ShouldBeNull("somebody works on an item in Outlook");
        Run(Enumerable.Range(0, 40).Select(n => (true, (long)n))).ShouldBeNull("somebody works on an item in the CRM");
        Run(Enumerable.Range(0, 12).Select(n => (n % 2 == 0, (long)n))).ShouldNotBeNull("each write is answered from the other side");
        Run(Enumerable.Range(0, 10).Select(n => (n % 2 == 0, (long)n))).ShouldBeNull("five an hour pass");
        Run(Enumerable.Range(0, 10).Select(n => (false, n % 2L))).ShouldNotBeNull("two contents in turn");
        Run(Enumerable.Range(0, 40).Select(n => (n % 2 == 0, (long)n)), ScheduleFields.Location).ShouldBeNull("one edits the subject in the CRM, another the room in Outlook");
        Run(Enumerable.Range(0, 60).Select(n => (n % 2 == 0, (long)n)), ScheduleFields.Location).ShouldNotBeNull("nobody does that thirty times an hour");
        LoopGuard.Judge(new Churn(Now.AddHours(-1), 5, true, [1]), isOut: false, ScheduleFields.Subject, 1, Now, 5).Reason.ShouldBeNull("the hour is over");
    }

    [Fact]
    public void Delays_double_to_a_quarter_of_an_hour_and_never_fall_below_what_the_server_asked_for()
    {
        BackOff.DelayOf(1, null, 0).ShouldBe(TimeSpan.FromSeconds(2));
        BackOff.DelayOf(4, null, 0).ShouldBe(TimeSpan.FromSeconds(16));
        BackOff.DelayOf(50, null, 0).ShouldBe(TimeSpan.FromMinutes(15));
        BackOff.DelayOf(1, TimeSpan.FromSeconds(297), 0.999).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(297));
        BackOff.DelayOf(1, null, 0.999).ShouldBeLessThan(TimeSpan.FromSeconds(2.4));
    }

    [Fact]
    public void Only_what_attendees_care_about_mails_them_and_only_for_the_future()
    {
        var meeting = Contents.Of("m") with { Attendees = [new Attendee(new MailAddress("bob@x.test"), AttendeeRole.Required)] };
        InvitationMail Mail(ScheduleFields changed, MailPolicy policy = MailPolicy.Invite, ScheduleContent? content = null) =>
            MailDecision.OfUpdate(content ?? meeting, content ?? meeting, changed, policy, Contents.Now);

        Mail(ScheduleFields.Time).ShouldBe(InvitationMail.ToAll);
        Mail(ScheduleFields.Attendees).ShouldBe(InvitationMail.ToChanged);
        Mail(ScheduleFields.Personal).ShouldBe(InvitationMail.None);
        Mail(ScheduleFields.Time, MailPolicy.Silent).ShouldBe(InvitationMail.None);
        Mail(ScheduleFields.Time, content: Contents.Of("nobody invited")).ShouldBe(InvitationMail.None);
        MailDecision.OfUpdate(meeting, meeting, ScheduleFields.Time, MailPolicy.Invite, meeting.Time.End).ShouldBe(InvitationMail.None, "past items mail nobody");
        MailDecision.OfDelete(meeting, wasInvited: false, MailPolicy.Invite, Contents.Now).ShouldBe(CancellationMail.None, "who was never invited is not cancelled on");
    }

    [Fact]
    public void A_late_attempt_of_ours_is_a_stray_and_a_copy_with_the_living_attempt_is_a_persons_own()
    {
        var intent = new ItemLink { IntentId = Guid.NewGuid(), IntentState = IntentState.Confirmed, ConfirmedAttempt = 2 };
        PlanAction Enter(int attempt, bool originalIsAlive, IntentState state = IntentState.Confirmed)
        {
            intent.IntentState = state;
            var item = new ExchangeItem(
                new ItemId("i"), new ChangeKey("k"), SeriesRole.Single, null, false, true, false, Contents.Now, new Stamp(Guid.Empty, intent.IntentId!.Value, attempt), Contents.Of("x"));
            return EntryPlanner.Plan(new EntryFacts(
                item, intent, OnThisLink: true, originalIsAlive, null, null, false, false, false, DeletionWaits: false, null,
                new LinkRules(SyncDirection.TwoWay, ConflictPolicy.NewestWins, MailPolicy.Invite, null, null, null, null), Contents.Now)).Action;
        }

        Enter(1, originalIsAlive: true).ShouldBe(PlanAction.RemoveStray);
        Enter(2, originalIsAlive: true).ShouldBe(PlanAction.Import);
        Enter(2, originalIsAlive: false).ShouldBe(PlanAction.Rebind);
        Enter(1, originalIsAlive: false, IntentState.Sent).ShouldBe(PlanAction.ConfirmIntent);
    }
}
