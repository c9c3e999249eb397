using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Roads.Tests;

/// <summary>Policies over the wire: who wins, what is merged, and what waits for a person (Q10, Q11, case E20).</summary>
public sealed class ConflictTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_asked_field_waits_untouched_on_both_sides_while_the_items_other_changes_flow_until_a_person_decides(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var (made, id) = await PairAsync(rig, target => target.ConflictPolicy = ConflictPolicy.Ask);

        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "Outlook's", location = "Roof" });
        await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's", Importance = Importance.High });
        await SettleAsync(rig);

        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        var outlook = await rig.Outlook("anna").SingleAsync();
        (item.Subject, item.Location, item.Importance).ShouldBe(("The CRM's", "Roof", Importance.High));
        (outlook.Subject, outlook.Location, outlook.Importance).ShouldBe(("Outlook's", "Roof", "High"));
        var open = await SingleAsync(rig, ConflictState.Open);
        (open.Row.Fields, open.Base!.Subject, open.Crm!.Subject, open.Exchange!.Subject).ShouldBe(("Subject", "Plan", "The CRM's", "Outlook's"));
        await rig.ShouldBeQuietAsync();

        // Newer edits of either side belong into the same conflict.
        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "Outlook's second" });
        await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's second" });
        await SettleAsync(rig);
        var newer = await SingleAsync(rig, ConflictState.Open);
        (newer.Row.Id, newer.Row.At, newer.Base!.Subject, newer.Crm!.Subject, newer.Exchange!.Subject).ShouldBe(
            (open.Row.Id, open.Row.At, "Plan", "The CRM's second", "Outlook's second"));
        await rig.ShouldBeQuietAsync();

        var decisions = rig.Get<ConflictDecisions>();
        var late = await decisions.ResolveAsync(Operator, newer.Row.Id, open.Tag, Take(ConflictSide.Crm), null, CancellationToken.None);
        late.Problem!.Kind.ShouldBe(ProblemKind.Stale);
        var done = await decisions.ResolveAsync(Operator, newer.Row.Id, newer.Tag, Take(ConflictSide.Crm), null, CancellationToken.None);
        (done.Value!.Row.State, done.Value.Row.DecidedBy).ShouldBe((ConflictState.Settled, "user:olga"));
        await SettleAsync(rig);
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("The CRM's second");
        (await rig.ItemsAsync()).Single().Subject.ShouldBe("The CRM's second");
        (await decisions.ResolveAsync(Operator, newer.Row.Id, null, Take(ConflictSide.Crm), null, CancellationToken.None)).Problem!.Text.ShouldContain("settled already");
        await rig.ShouldBeQuietAsync();

        (await decisions.RestoreAsync(Operator, newer.Row.Id, null, false, null, CancellationToken.None)).Problem.ShouldBeNull();
        await SettleAsync(rig);
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Outlook's second", "the loser is back on both sides");
        (await decisions.RestoreAsync(Operator, newer.Row.Id, null, false, null, CancellationToken.None)).Problem!.Text.ShouldContain("changed again since");
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData(ConflictSide.Exchange, "Outlook's")]
    [InlineData(ConflictSide.Value, "Mine")]
    public async Task A_person_may_take_Exchanges_value_or_write_another_one(ConflictSide side, string expected)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, target => target.FieldPolicies = new() { ["subject"] = ConflictPolicy.Ask });
        await ContestAsync(rig, made.Id, id);
        var open = await SingleAsync(rig, ConflictState.Open);

        var missing = await rig.Get<ConflictDecisions>().ResolveAsync(
            Operator, open.Row.Id, open.Tag, new ConflictDecision(new Dictionary<ScheduleFields, ConflictSide>()), null, CancellationToken.None);
        missing.Problem!.Text.ShouldContain("missing: subject");
        var decision = Take(side) with { Values = content => (content with { Subject = "Mine" }, ScheduleFields.Subject) };
        (await rig.Get<ConflictDecisions>().ResolveAsync(Operator, open.Row.Id, open.Tag, decision, null, CancellationToken.None)).Problem.ShouldBeNull();
        await SettleAsync(rig);

        (await rig.ItemsAsync()).Single().Subject.ShouldBe(expected);
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe(expected);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_edit_in_Outlook_after_the_decision_asks_again_instead_of_being_overwritten()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, target => target.ConflictPolicy = ConflictPolicy.Ask);
        await ContestAsync(rig, made.Id, id);
        var open = await SingleAsync(rig, ConflictState.Open);
        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "Outlook once more" });
        (await rig.Get<ConflictDecisions>().ResolveAsync(Operator, open.Row.Id, open.Tag, Take(ConflictSide.Crm), null, CancellationToken.None)).Problem.ShouldBeNull();
        await SettleAsync(rig);

        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("Outlook once more");
        var again = await SingleAsync(rig, ConflictState.Open);
        again.Row.Id.ShouldNotBe(open.Row.Id);
        again.Exchange!.Subject.ShouldBe("Outlook once more");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_conflict_ends_by_itself_when_both_sides_come_to_say_the_same()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, target => target.ConflictPolicy = ConflictPolicy.Ask);
        await ContestAsync(rig, made.Id, id);
        await rig.Outlook("anna").UpdateAsync(made.Id, new { subject = "The CRM's" });
        await SettleAsync(rig);
        var ended = await SingleAsync(rig, ConflictState.Settled);
        (ended.Row.DecidedBy, ended.Row.Decision).ShouldBe((SyncConflict.ByEngine, "both sides agree again"));
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Categories_of_both_sides_are_kept_and_different_lines_of_a_text_are_merged()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, _ => { });
        await rig.ChangeInCrmAsync(id, content => content with { Body = new ItemBody(BodyFormat.Text, "Agenda\nTop 1\nTop 2"), Categories = ["Red", "Old"] });
        await SettleAsync(rig);

        await rig.Outlook("anna").UpdateAsync(made.Id, new { body = "Agenda of Monday\r\nTop 1\r\nTop 2", categories = new[] { "Red", "Old", "Outlook" } });
        await rig.ChangeInCrmAsync(id, content => content with { Body = new ItemBody(BodyFormat.Text, "Agenda\nTop 1\nTop 2\nTop 3"), Categories = ["Red", "CRM"] });
        await SettleAsync(rig);

        var outlook = await rig.Outlook("anna").SingleAsync();
        outlook.Categories.Order().ShouldBe(["CRM", "Outlook", "Red"]);
        outlook.Body!.ReplaceLineEndings("\n").Trim().ShouldBe("Agenda of Monday\nTop 1\nTop 2\nTop 3");
        (await rig.ItemsAsync()).Single().Body.ReplaceLineEndings("\n").Trim().ShouldBe("Agenda of Monday\nTop 1\nTop 2\nTop 3");
        (await ListAsync(rig, ConflictState.Settled)).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Theory]
    [InlineData(DeleteConflictPolicy.DeleteWins, false)]
    [InlineData(DeleteConflictPolicy.Ask, true)]
    [InlineData(DeleteConflictPolicy.Ask, false)]
    public async Task Deleted_in_the_CRM_and_edited_in_Outlook_follows_the_policy_and_the_loser_can_be_brought_back(DeleteConflictPolicy policy, bool keep)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, target => target.DeletePolicy = policy);
        await rig.Outlook("anna").UpdateAsync(made.Id, new { location = "edited" });
        await rig.ChangeInCrmAsync(id, content => content, delete: true);
        await SettleAsync(rig);
        if (policy == DeleteConflictPolicy.Ask)
        {
            (await rig.Outlook("anna").SingleAsync()).Location.ShouldBe("edited");
            (await rig.ItemsAsync()).ShouldBeEmpty();
            await rig.ShouldBeQuietAsync();
            await DecideAsync(rig, ConflictKind.DeletedInCrm, keep);
        }
        await ShouldHaveEndedAsync(rig, keep, "edited", keep ? "exchange" : "crm");
    }

    [Theory]
    [InlineData(DeleteConflictPolicy.DeleteWins, false)]
    [InlineData(DeleteConflictPolicy.Ask, true)]
    [InlineData(DeleteConflictPolicy.Ask, false)]
    public async Task Deleted_in_Outlook_and_edited_in_the_CRM_follows_the_policy_and_the_loser_can_be_brought_back(DeleteConflictPolicy policy, bool keep)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (made, id) = await PairAsync(rig, target => target.DeletePolicy = policy);
        await rig.Outlook("anna").DeleteAsync(made.Id);
        await rig.ChangeInCrmAsync(id, content => content with { Location = "edited" });
        await SettleAsync(rig);
        if (policy == DeleteConflictPolicy.Ask)
        {
            (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("edited");
            (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
            await rig.ShouldBeQuietAsync();
            await DecideAsync(rig, ConflictKind.DeletedInExchange, keep);
        }
        await ShouldHaveEndedAsync(rig, keep, "edited", keep ? "crm" : "exchange");
    }

    private static async Task DecideAsync(RoadRig rig, ConflictKind kind, bool keep)
    {
        var open = await SingleAsync(rig, ConflictState.Open);
        open.Row.Kind.ShouldBe(kind);
        var undecided = await rig.Get<ConflictDecisions>().ResolveAsync(Operator, open.Row.Id, open.Tag, Take(ConflictSide.Crm), null, CancellationToken.None);
        undecided.Problem!.Text.ShouldContain("'keep'");
        (await rig.Get<ConflictDecisions>().ResolveAsync(Operator, open.Row.Id, open.Tag, Take(ConflictSide.Crm) with { Keep = keep }, null, CancellationToken.None)).Problem.ShouldBeNull();
        await SettleAsync(rig);
    }

    private static async Task ShouldHaveEndedAsync(RoadRig rig, bool kept, string location, string winner)
    {
        (await rig.ItemsAsync()).Select(item => item.Location).ShouldBe(kept ? [location] : []);
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).ShouldBe(kept ? [location] : []);
        await rig.ShouldBeQuietAsync();
        var settled = await SingleAsync(rig, ConflictState.Settled);
        if (settled.Row.DecidedBy.StartsWith("policy", StringComparison.Ordinal))
            settled.Row.Decision.ShouldStartWith(winner);

        (await rig.Get<ConflictDecisions>().RestoreAsync(Operator, settled.Row.Id, null, false, null, CancellationToken.None)).Problem.ShouldBeNull();
        await SettleAsync(rig);
        (await rig.ItemsAsync()).Select(item => item.Location).ShouldBe(kept ? [] : [location], "the loser is back");
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).ShouldBe(kept ? [] : [location]);
        await rig.ShouldBeQuietAsync();
    }

    private static async Task<(OutlookItem Item, Guid Id)> PairAsync(RoadRig rig, Action<SyncTarget> change)
    {
        await rig.ConfigureAsync(change);
        await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "Plan", location = "A", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        return (made, (await rig.ItemsAsync()).Single().Id);
    }

    private static async Task ContestAsync(RoadRig rig, string outlookId, Guid id)
    {
        await rig.Outlook("anna").UpdateAsync(outlookId, new { subject = "Outlook's" });
        await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's" });
        await SettleAsync(rig);
    }

    private static async Task SettleAsync(RoadRig rig)
    {
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(4));
        rig.LastFailure.ShouldBeNull();
    }

    private static ConflictDecision Take(ConflictSide side) => new(new Dictionary<ScheduleFields, ConflictSide> { [ScheduleFields.Subject] = side });

    private static async Task<IReadOnlyList<ConflictView>> ListAsync(RoadRig rig, ConflictState state) =>
        (await rig.Get<ConflictService>().ListAsync(Operator, new LogFilter(State: state), null, 50, CancellationToken.None)).Items;

    private static async Task<ConflictView> SingleAsync(RoadRig rig, ConflictState state) => (await ListAsync(rig, state)).ShouldHaveSingleItem();
}
