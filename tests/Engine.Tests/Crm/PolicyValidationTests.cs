using CrmSync.Engine.Crm;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Crm;

/// <summary>A policy that contradicts itself is refused with thing, cause and cure.</summary>
public sealed class PolicyValidationTests
{
    [Theory]
    [InlineData("organizer", ConflictPolicy.CrmWins, SyncDirection.TwoWay, "Exchange alone sets it")]
    [InlineData("responses", ConflictPolicy.Ask, SyncDirection.TwoWay, "Exchange alone sets it")]
    [InlineData("shared", ConflictPolicy.CrmWins, SyncDirection.TwoWay, "There is no field 'shared'")]
    [InlineData("titel", ConflictPolicy.CrmWins, SyncDirection.TwoWay, "There is no field 'titel'")]
    [InlineData("subject", ConflictPolicy.CrmWins, SyncDirection.Inbound, "only brings items into the CRM")]
    [InlineData("subject", ConflictPolicy.ExchangeWins, SyncDirection.Outbound, "only sends items to Exchange")]
    [InlineData("subject", ConflictPolicy.Ask, SyncDirection.Inbound, "nothing to ask")]
    public void A_policy_of_a_field_that_cannot_be_kept_is_refused(string field, ConflictPolicy policy, SyncDirection direction, string cause)
    {
        var problem = TargetValidation.Check(Target(direction, field, policy)).ShouldHaveSingleItem();
        problem.Field.ShouldBe($"fieldPolicies.{field}");
        problem.Cause.ShouldContain(cause);
        problem.Cure.ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("subject", ConflictPolicy.Ask)]
    [InlineData("Time", ConflictPolicy.CrmWins)]
    [InlineData("organizer", ConflictPolicy.ExchangeWins)]
    public void A_policy_that_can_be_kept_is_taken(string field, ConflictPolicy policy) =>
        TargetValidation.Check(Target(SyncDirection.TwoWay, field, policy)).ShouldBeEmpty();

    [Fact]
    public void Two_names_of_one_field_are_refused()
    {
        var target = Target(SyncDirection.TwoWay, "subject", ConflictPolicy.Ask);
        target.FieldPolicies!["Subject"] = ConflictPolicy.CrmWins;
        TargetValidation.Check(target).ShouldAllBe(problem => problem.Cause == "The field is named twice.");
    }

    [Fact]
    public void A_target_whose_items_travel_one_way_only_cannot_ask_and_the_side_that_is_never_written_cannot_win()
    {
        var target = Target(SyncDirection.Inbound);
        (target.TaskDirection, target.ContactDirection) = (SyncDirection.Inbound, SyncDirection.Off);
        (target.ConflictPolicy, target.DeletePolicy) = (ConflictPolicy.CrmWins, DeleteConflictPolicy.Ask);
        TargetValidation.Check(target).Select(problem => problem.Field).ShouldBe(["conflictPolicy", "deletePolicy"]);
    }

    private static SyncTarget Target(SyncDirection direction, string? field = null, ConflictPolicy policy = ConflictPolicy.NewestWins) => new()
    {
        Name = "Contoso", UserName = "sync", ScheduleDirection = direction, FieldPolicies = field is null ? null : new() { [field] = policy },
    };
}
