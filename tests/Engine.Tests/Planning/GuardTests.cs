using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Planning;

public sealed class GuardTests
{
    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(6, 100, true)]
    [InlineData(30, 100, true)]
    [InlineData(31, 100, false)]
    [InlineData(100, 100, false)]
    public void Deletes_over_the_share_are_held_and_a_few_never_are(int deletes, int pairs, bool mayProceed) =>
        DeleteGuard.Judge(deletes, pairs, percent: 30, minimum: 5, isApproved: false).MayProceed.ShouldBe(mayProceed);

    [Fact]
    public void A_person_can_approve_what_the_guard_holds() =>
        DeleteGuard.Judge(100, 100, 30, 5, isApproved: true).MayProceed.ShouldBeTrue();

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
                item, intent, OnThisLink: true, originalIsAlive, null, null, false, false, false, null,
                new LinkRules(SyncDirection.TwoWay, ConflictPolicy.NewestWins, MailPolicy.Invite, null, null, null, null), Contents.Now)).Action;
        }

        Enter(1, originalIsAlive: true).ShouldBe(PlanAction.RemoveStray);
        Enter(2, originalIsAlive: true).ShouldBe(PlanAction.Import);
        Enter(2, originalIsAlive: false).ShouldBe(PlanAction.Rebind);
        Enter(1, originalIsAlive: false, IntentState.Sent).ShouldBe(PlanAction.ConfirmIntent);
    }
}
