using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Tests.Planning;

public sealed class ThreeWayMergeTests
{
    private const int Runs = 20_000;

    [Fact]
    public void Random_merges_lose_no_edit_without_a_conflict_and_leave_both_sides_equal()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < Runs; run++)
        {
            var (agreed, crm, exchange) = (Contents.Random(random), Contents.Random(random), Contents.Random(random));
            var policy = (ConflictPolicy)random.Next(3);
            var merge = ThreeWayMerge.Merge(agreed, crm, exchange, policy, Contents.Now, Contents.Now - Duration.FromSeconds(1));
            var why = $"seed {seed}, run {run}";

            var crmAfter = crm.WithFieldsOf(merge.Merged, merge.ToCrm);
            var exchangeAfter = exchange.WithFieldsOf(merge.Merged, merge.ToExchange);
            ScheduleComparison.Difference(crmAfter, exchangeAfter).ShouldBe(ScheduleFields.None, why);
            (merge.ToCrm & merge.ToExchange).ShouldBe(ScheduleFields.None, why);

            var byCrm = ScheduleComparison.Difference(agreed, crm);
            var byExchange = ScheduleComparison.Difference(agreed, exchange);
            var lost = ScheduleComparison.Difference(crm, crmAfter) & byCrm | ScheduleComparison.Difference(exchange, exchangeAfter) & byExchange;
            (lost & ~merge.Conflicts).ShouldBe(ScheduleFields.None, why);
            (merge.Conflicts & ~(byCrm & byExchange)).ShouldBe(ScheduleFields.None, why);
        }
    }

    [Fact]
    public void Swapping_the_sides_and_the_policy_swaps_the_result()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < Runs; run++)
        {
            var (agreed, left, right) = (Contents.Random(random), Contents.Random(random), Contents.Random(random));
            var one = ThreeWayMerge.Merge(agreed, left, right, ConflictPolicy.CrmWins, Contents.Now, Contents.Now);
            var other = ThreeWayMerge.Merge(agreed, right, left, ConflictPolicy.ExchangeWins, Contents.Now, Contents.Now);
            ScheduleComparison.Difference(one.Merged, other.Merged).ShouldBe(ScheduleFields.None, $"seed {seed}, run {run}");
            (one.ToCrm, one.ToExchange).ShouldBe((other.ToExchange, other.ToCrm), $"seed {seed}, run {run}");
        }
    }

    [Fact]
    public void Equal_sides_need_nothing_whatever_was_agreed()
    {
        var random = new Random(7);
        for (var run = 0; run < 1000; run++)
        {
            var same = Contents.Random(random);
            var merge = ThreeWayMerge.Merge(Contents.Random(random), same, same, ConflictPolicy.NewestWins, Contents.Now, Contents.Now);
            (merge.ToCrm, merge.ToExchange, merge.Conflicts).ShouldBe((ScheduleFields.None, ScheduleFields.None, ScheduleFields.None));
        }
    }

    [Fact]
    public void A_rewritten_HTML_body_is_no_change_but_a_changed_link_in_it_is()
    {
        var ours = Contents.Of("x") with { Body = new ItemBody(BodyFormat.Html, "<p>Join <a href=\"https://meet.test/1\">here</a></p>") };
        var rewritten = ours with { Body = new ItemBody(BodyFormat.Html, "<html><head><style>p{}</style></head><body>\r\n<p>Join\r\n<a href=\"https://meet.test/1\" target=\"_blank\">here</a></p>\r\n</body></html>") };
        var relinked = ours with { Body = new ItemBody(BodyFormat.Html, "<p>Join <a href=\"https://meet.test/2\">here</a></p>") };
        ScheduleComparison.Difference(ours, rewritten).ShouldBe(ScheduleFields.None);
        ScheduleComparison.Difference(ours, relinked).ShouldBe(ScheduleFields.Body);
    }

    [Theory]
    [InlineData("a\r\nb", "a\nb", true)]
    [InlineData("a  \nb\n\n", "a\nb", true)]
    [InlineData("a\nb", "a b", false)]
    public void Line_ends_and_trailing_blanks_of_plain_texts_do_not_count(string left, string right, bool same) =>
        BodyText.SameTextAs(new ItemBody(BodyFormat.Text, left), new ItemBody(BodyFormat.Text, right)).ShouldBe(same);

    [Fact]
    public void Sets_and_plain_texts_merge_by_their_parts_so_that_no_element_of_either_side_is_lost()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < Runs; run++)
        {
            var (agreed, crm, exchange) = (Contents.Random(random), Contents.Random(random), Contents.Random(random));
            var merge = ThreeWayMerge.Merge(agreed, crm, exchange, ConflictPolicy.ExchangeWins, Contents.Now, Contents.Now, byParts: ScheduleFields.All);
            var why = $"seed {seed}, run {run}";

            var crmAfter = crm.WithFieldsOf(merge.Merged, merge.ToCrm);
            ScheduleComparison.Difference(crmAfter, exchange.WithFieldsOf(merge.Merged, merge.ToExchange)).ShouldBe(ScheduleFields.None, why);
            (merge.Conflicts & ScheduleFields.Categories).ShouldBe(ScheduleFields.None, why);
            foreach (var name in new[] { "red", "blue" })
            {
                var wasAdded = !agreed.Categories.Contains(name) && (crm.Categories.Contains(name) || exchange.Categories.Contains(name));
                var wasRemoved = agreed.Categories.Contains(name) && !(crm.Categories.Contains(name) && exchange.Categories.Contains(name));
                crmAfter.Categories.Contains(name).ShouldBe(wasAdded || (agreed.Categories.Contains(name) && !wasRemoved), why);
            }
        }
    }

    [Fact]
    public void Attendees_that_either_side_invited_are_invited_and_only_two_roles_for_one_person_clash()
    {
        static Attendee Of(string who, AttendeeRole role = AttendeeRole.Required) => new(new MailAddress($"{who}@x.test"), role);
        var agreed = Contents.Of("m") with { Attendees = [Of("ann"), Of("bob")] };
        var crm = agreed with { Attendees = [Of("ann"), Of("carl")] };
        var exchange = agreed with { Attendees = [Of("ann", AttendeeRole.Optional) with { Response = AttendeeResponse.Accepted }, Of("bob"), Of("dora")] };

        var merge = ThreeWayMerge.Merge(agreed, crm, exchange, ConflictPolicy.CrmWins, Contents.Now, Contents.Now, byParts: ScheduleFields.All);

        merge.Conflicts.ShouldBe(ScheduleFields.None);
        merge.Merged.Attendees.Select(one => (one.Who.Address, one.Role, one.Response)).ShouldBe(
            [("ann@x.test", AttendeeRole.Optional, AttendeeResponse.Accepted), ("dora@x.test", AttendeeRole.Required, AttendeeResponse.Unknown), ("carl@x.test", AttendeeRole.Required, AttendeeResponse.Unknown)]);

        var resource = agreed with { Attendees = [Of("ann", AttendeeRole.Resource), Of("bob")] };
        ThreeWayMerge.Merge(agreed, resource, exchange, ConflictPolicy.CrmWins, Contents.Now, Contents.Now, byParts: ScheduleFields.All).Conflicts.ShouldBe(ScheduleFields.Attendees);
    }

    [Theory]
    [InlineData("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC")]
    [InlineData("a\nb\nc", "a\nb\nc\nd", "0\na\nb\nc", "0\na\nb\nc\nd")]
    [InlineData("a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd")]
    [InlineData("a", "b", "c", null)]
    [InlineData("a\nb", "a\nx", "a\ny", null)]
    [InlineData("", "x", "", "x")]
    public void Two_edits_of_different_lines_of_a_plain_text_are_both_kept_and_edits_of_the_same_line_clash(string agreed, string left, string right, string? merged) =>
        LineMerge.Merge(agreed, left, right)?.ReplaceLineEndings("\n").ShouldBe(merged);

    [Fact]
    public void Each_field_follows_its_own_policy_and_an_asked_one_stays_untouched_on_both_sides_while_the_others_travel()
    {
        var agreed = Contents.Of("a", "l");
        var crm = Contents.Of("crm", "crm", hour: 10) with { Importance = Importance.High };
        var exchange = Contents.Of("exchange", "exchange", hour: 11) with { ReminderMinutes = 5 };
        var policies = new MergePolicies(ConflictPolicy.Ask, new Dictionary<ScheduleFields, ConflictPolicy>
        {
            [ScheduleFields.Subject] = ConflictPolicy.CrmWins, [ScheduleFields.Location] = ConflictPolicy.ExchangeWins,
        });

        var merge = ThreeWayMerge.Merge(agreed, crm, exchange, policies, Contents.Now, Contents.Now);

        merge.Conflicts.ShouldBe(ScheduleFields.Subject | ScheduleFields.Location | ScheduleFields.Time);
        merge.Asked.ShouldBe(ScheduleFields.Time);
        merge.CrmWon.ShouldBe(ScheduleFields.Subject);
        (merge.ToExchange, merge.ToCrm).ShouldBe((ScheduleFields.Subject | ScheduleFields.Importance, ScheduleFields.Location | ScheduleFields.Reminder));
    }

    [Fact]
    public void What_is_contested_stays_so_until_both_sides_agree_whatever_the_base_says()
    {
        var (crm, exchange) = (Contents.Of("crm"), Contents.Of("exchange"));
        ThreeWayMerge.Merge(exchange, crm, exchange, ConflictPolicy.CrmWins, Contents.Now, Contents.Now, contested: ScheduleFields.Subject).Asked.ShouldBe(ScheduleFields.Subject);
        ThreeWayMerge.Merge(exchange, crm, crm, ConflictPolicy.CrmWins, Contents.Now, Contents.Now, contested: ScheduleFields.Subject).Asked.ShouldBe(ScheduleFields.None);
    }
}
