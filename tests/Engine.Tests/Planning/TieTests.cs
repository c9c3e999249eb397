using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Planning;

/// <summary>What becomes of an Exchange item that several CRM items fit equally well.</summary>
public sealed class TieTests
{
    [Theory]
    [InlineData(true, true, true, PlanAction.Skip)]
    [InlineData(true, true, false, PlanAction.Adopt)]
    [InlineData(true, false, true, PlanAction.Adopt)]
    [InlineData(true, false, false, PlanAction.Adopt)]
    [InlineData(false, false, true, PlanAction.Import)]
    public void Only_a_link_that_asks_waits_and_only_where_several_fit(bool hasTwin, bool isTie, bool asks, PlanAction expected)
    {
        var item = new ExchangeItem(new ItemId("i"), new ChangeKey("k"), SeriesRole.Single, null, false, true, false, Contents.Now, null, Contents.Of("x"));
        var rules = new LinkRules(SyncDirection.TwoWay, ConflictPolicy.NewestWins, MailPolicy.Invite, null, null, null, null) { AsksTies = asks };
        var plan = EntryPlanner.Plan(new EntryFacts(item, null, false, false, null, null, false, false, false, false, hasTwin ? Guid.NewGuid() : null, rules, Contents.Now, IsTie: isTie));
        plan.Action.ShouldBe(expected);
        plan.Skipped.ShouldBe(expected == PlanAction.Skip ? SkipReason.Tie : null);
    }
}
