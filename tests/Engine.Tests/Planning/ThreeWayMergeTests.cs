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
}
