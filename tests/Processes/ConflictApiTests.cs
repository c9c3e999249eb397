using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>The conflict inbox through the API of a running server.</summary>
public sealed class ConflictApiTests(SharedServer shared)
{
    [Fact]
    public async Task A_conflict_is_listed_with_all_three_values_decided_once_and_its_loser_restored()
    {
        var (_, link) = await shared.LinkAsync("inbox", new { conflictPolicy = "crmWins", fieldPolicies = new { subject = "ask" } });
        await shared.HealthyAsync(link);
        var made = await shared.Rig.Outlook("inbox").CreateAsync(new { subject = "Plan", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await shared.ArrivesAsync("inbox", "Plan");
        var id = (await shared.ItemsAsync("inbox")).Single()["id"]!.ToString();
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/pause");
        await shared.Rig.Outlook("inbox").UpdateAsync(made.Id, new { subject = "Outlook's" });
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Patch, $"/api/v1/schedule-items/{id}", new { subject = "The CRM's" });
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/resume");

        JsonNode? open = null;
        await ProcessRig.EventuallyAsync(
            async () => (open = (await ProcessRig.ListAsync(shared.Api, $"/api/v1/conflicts?linkId={link}&state=open")).SingleOrDefault()) is not null, "the conflict waits");
        var field = open!["fields"]!.AsArray().Single()!;
        (field["field"]!.ToString(), field["base"]!.ToString(), field["crm"]!.ToString(), field["exchange"]!.ToString()).ShouldBe(("subject", "Plan", "The CRM's", "Outlook's"));
        var path = $"/api/v1/conflicts/{open["id"]}";

        ShouldRefuse(await PostAsync($"{path}/resolve", new { choices = new { } }), 400, "missing: subject");
        ShouldRefuse(await PostAsync($"{path}/resolve", new { choices = new { location = "crm" } }), 400, "not contested");
        ShouldRefuse(await PostAsync($"{path}/resolve", new { choices = new { subject = "value" } }), 400, "'values'");
        ShouldRefuse(await PostAsync($"{path}/resolve", new { choices = new { subject = "crm" } }, ("If-Match", "\"0123456789abcdef\"")), 412, "changed again");
        ShouldRefuse(await PostAsync($"{path}/restore", new { }), 409, "open");
        (await PostAsync($"{path}/resolve", new { choices = new { subject = "value" }, values = new { subject = "Agreed" } })).Status.ShouldBe(200);
        await ProcessRig.EventuallyAsync(async () => (await shared.Rig.Outlook("inbox").SingleAsync()).Subject == "Agreed", "the decision is in Outlook");

        ShouldRefuse(await PostAsync($"{path}/resolve", new { all = "crm" }), 409, "settled already");
        ShouldRefuse(await PostAsync($"{path}/restore", new { fields = new[] { "subjekt" } }), 400, "subjekt");
        ShouldRefuse(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/conflicts/{Guid.NewGuid()}"), 404, "no conflict");
    }

    [Fact]
    public async Task A_policy_that_contradicts_itself_is_refused_with_thing_cause_and_cure()
    {
        var answer = await PostAsync("/api/v1/targets", new
        {
            name = "Contradiction", url = $"{shared.Rig.SimulatorUrl}/EWS/Exchange.asmx", userName = "sync@contoso.test", secret = "demo", scheduleDirection = "inbound",
            fieldPolicies = new { subject = "crmWins", organizer = "ask" },
        });
        ShouldRefuse(answer, 400, "never written to Exchange");
        var errors = JsonNode.Parse(answer.Text)!["errors"]!.AsArray();
        errors.Select(error => error!["field"]!.ToString()).ShouldBe(["fieldPolicies.organizer", "fieldPolicies.subject"]);
        errors.ShouldAllBe(error => error!["cure"]!.ToString().Length > 10);
    }

    [Fact]
    public async Task A_word_that_is_no_policy_is_refused_with_those_that_are()
    {
        var (target, link) = await shared.LinkAsync("words", new { conflictPolicy = "crmWins" });

        var patched = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Patch, $"/api/v1/targets/{target}", JsonContent.Create(new { conflictPolicy = "loudestWins" }));
        ShouldRefuse(patched, 400, "conflictPolicy: The value does not fit. Use one of crmWins, exchangeWins, newestWins, ask.");
        var approved = await PostAsync($"/api/v1/links/{link}/approve", new { kind = "everything", count = 1 });
        ShouldRefuse(approved, 400, "kind: The value does not fit.");

        (patched.Text + approved.Text).ShouldNotContain("CrmSync.", customMessage: "our types are nobody's business");
    }

    [Fact]
    public async Task Words_of_the_query_are_taken_as_bodies_write_them_in_any_case_and_unknown_ones_are_refused()
    {
        foreach (var path in new[] { "queue?state=deadLetter&kind=checkUp", "queue?state=DEADLETTER", "links?health=held", "conflicts?state=settled" })
            (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/{path}")).Status.ShouldBe(200, path);
        foreach (var path in new[] { "queue?state=dead", "queue?state=1", "links?health=ill" })
            ShouldRefuse(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/{path}"), 400, path.Split('=')[1]);
        var document = await shared.Api.GetStringAsync("/openapi/v1.json");
        JsonNode.Parse(document)!["paths"]!["/api/v1/queue"]!["get"]!["parameters"]!.AsArray().Single(one => one!["name"]!.ToString() == "state")!["schema"]!["enum"]!.ToJsonString()
            .ShouldBe("""["waiting","deadLetter"]""");
    }

    private Task<(int Status, string Type, string Text)> PostAsync(string path, object body, params (string, string)[] headers) =>
        ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, path, JsonContent.Create(body), headers);

    private static void ShouldRefuse((int Status, string Type, string Text) answer, int status, string word)
    {
        answer.Status.ShouldBe(status, answer.Text);
        answer.Text.ShouldContain(word, Case.Insensitive);
    }
}
