using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>Undo, check-up and doctor through the API and on the command line.</summary>
public sealed class DoctorTests(SharedServer shared)
{
    [Fact]
    public async Task A_change_by_a_run_is_listed_undone_once_and_refused_when_it_was_changed_since()
    {
        var (_, link) = await shared.LinkAsync("undo");
        await shared.HealthyAsync(link);
        var made = await shared.Rig.Outlook("undo").CreateAsync(new { subject = "Before", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await shared.ArrivesAsync("undo", "Before");
        await shared.Rig.Outlook("undo").UpdateAsync(made.Id, new { subject = "After" });
        await shared.ArrivesAsync("undo", "After");
        var id = (await shared.ItemsAsync("undo")).Single()["id"]!.ToString();

        var run = (await ProcessRig.ListAsync(shared.Api, $"/api/v1/links/{link}/runs")).ShouldHaveSingleItem();
        var history = JsonNode.Parse(await shared.Api.GetStringAsync($"/api/v1/schedule-items/{id}/history"))!.AsArray().ShouldHaveSingleItem()!;
        (history["side"]!.ToString(), history["runId"]!.ToString()).ShouldBe(("exchange", run["runId"]!.ToString()));
        var planned = (await ProcessRig.ListAsync(shared.Api, $"/api/v1/runs/{run["runId"]}/undo")).ShouldHaveSingleItem()!;
        var preview = JsonNode.Parse(await shared.Api.GetStringAsync($"/api/v1/schedule-items/{id}/undo?version=1"))!["fields"]!.AsArray().ShouldHaveSingleItem()!;
        (preview["field"]!.ToString(), preview["now"]!.ToString(), preview["then"]!.ToString()).ShouldBe(("subject", "After", "Before"));
        (await ProcessRig.ListAsync(shared.Api, "/api/v1/history?subject=AFTER&person=undo")).ShouldHaveSingleItem()!["itemId"]!.ToString().ShouldBe(id);
        var undone = (await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/runs/{run["runId"]}/undo"))["items"]!.AsArray().ShouldHaveSingleItem()!;
        undone["problem"].ShouldBeNull();
        undone.ToJsonString().ShouldBe(planned.ToJsonString(), "the preview says what is done");
        await ProcessRig.EventuallyAsync(async () => (await shared.Rig.Outlook("undo").SingleAsync()).Subject == "Before", "the undo is in Outlook");

        var again = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/schedule-items/{id}/undo?version=1");
        (again.Status, again.Text).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(409), answer => answer.Text.ShouldContain("nothing to undo"));
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Patch, $"/api/v1/schedule-items/{id}", new { subject = "By hand" });
        var refused = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/schedule-items/{id}/undo?version=1");
        (refused.Status, refused.Text).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(409), answer => answer.Text.ShouldContain("changed again since"));
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/schedule-items/{id}/undo?version=77")).Status.ShouldBe(404);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/runs/{Guid.NewGuid()}/undo")).Status.ShouldBe(404);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/check-up")).Status.ShouldBe(200);
        await ProcessRig.EventuallyAsync(
            async () => (await ProcessRig.ListAsync(shared.Api, $"/api/v1/activity?linkId={link}&action=CheckUp")).Count > 0, "the check-up has reported");
        await ProcessRig.EventuallyAsync(
            async () => JsonNode.Parse(await shared.Api.GetStringAsync($"/api/v1/links/{link}/check-up"))! is var report && report["startedAt"] is not null && report["left"]!.GetValue<int>() == 0,
            "all pairs are compared");
        (await ProcessRig.ListAsync(shared.Api, $"/api/v1/links/{link}/ties")).ShouldBeEmpty();
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/links/{link}/ties/5")).Status.ShouldBe(404);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/ties/5/decide", System.Net.Http.Json.JsonContent.Create(new { }))).Text.ShouldContain("There is no tie 5 on this link");
        await ProcessRig.ListAsync(shared.Api, "/api/v1/doctor");
        var (code, output) = await ServerProcess.CommandAsync(shared.Rig.Environment, ["doctor", "--data", shared.Rig.Data]);
        code.ShouldBeOneOf(0, 1);
        output.ShouldContain(code == 0 ? "All is as it must be." : "Cure:");
    }
}
