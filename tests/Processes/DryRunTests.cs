using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>Dry runs through the API and on the command line of a running installation.</summary>
public sealed class DryRunTests(SharedServer shared)
{
    [Fact]
    public async Task A_dry_run_is_started_followed_read_and_printed_on_the_command_line()
    {
        var (_, link) = await shared.LinkAsync("rehearsal", link: new { isEnabled = false });
        await shared.Rig.Outlook("rehearsal").CreateAsync(new { subject = "Future", start = "2027-02-01T09:00:00Z", end = "2027-02-01T10:00:00Z" });
        await shared.Rig.Outlook("rehearsal").CreateAsync(new { subject = "Long ago", start = "2020-02-01T09:00:00Z", end = "2020-02-01T10:00:00Z" });

        var started = await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/dry-run");
        JsonNode? done = null;
        await ProcessRig.EventuallyAsync(
            async () => (done = await ProcessRig.SendAsync(shared.Api, HttpMethod.Get, $"/api/v1/dry-runs/{started["id"]}"))["state"]!.ToString() == "done", "the dry run is done");
        done!["counts"]!["crm.create"]!.GetValue<int>().ShouldBe(1);
        done["skipped"]!["OutsideWindow"]!.GetValue<int>().ShouldBe(1, "a link starts from today unless it is told otherwise");
        (await shared.ItemsAsync("rehearsal")).ShouldBeEmpty();
        (await ProcessRig.SendAsync(shared.Api, HttpMethod.Get, $"/api/v1/links/{link}/dry-run"))["id"]!.ToString().ShouldBe(started["id"]!.ToString());

        var (code, output) = await ServerProcess.CommandAsync(shared.Rig.Environment, ["dry-run", link, "--data", shared.Rig.Data]);
        code.ShouldBe(0, output);
        output.ShouldContain("crm.create");
        output.ShouldContain("skipped: OutsideWindow");
        (code, output) = await ServerProcess.CommandAsync(shared.Rig.Environment, ["dry-run", "no-such-mailbox", "--data", shared.Rig.Data]);
        code.ShouldBe(2);
        output.ShouldContain("There is no link 'no-such-mailbox'");

        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Delete, $"/api/v1/dry-runs/{started["id"]}")).Status.ShouldBe(409);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/dry-runs/{Guid.NewGuid()}")).Status.ShouldBe(404);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{Guid.NewGuid()}/dry-run")).Status.ShouldBe(404);
    }
}
