using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>A database that is away: said where people look, waited for, nothing lost.</summary>
public sealed class DatabaseTests
{
    [Fact]
    public async Task A_server_whose_database_is_down_at_start_says_so_and_comes_up_with_it()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var rig = await ProcessRig.StartAsync([], database.Connection);
        var server = rig.Start();
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        await ProcessRig.EventuallyAsync(async () => (await http.GetAsync("/health/live")).IsSuccessStatusCode, "the process lives", 90);
        await ProcessRig.EventuallyAsync(async () => (await ProcessRig.AnswerAsync(http, HttpMethod.Get, "/health/ready")).Text.Contains("no connection", StringComparison.Ordinal), "readiness names the cause");
        var ready = await ProcessRig.AnswerAsync(http, HttpMethod.Get, "/health/ready");
        ready.Status.ShouldBe(503);
        ready.Text.ShouldContain(new Uri("tcp://" + database.Connection.Split(';').First(part => part.StartsWith("Port=", StringComparison.Ordinal)).Replace("Port=", "127.0.0.1:")).Port.ToString(), Case.Insensitive, "and the place");
        server.HasExited.ShouldBeFalse();
        server.Output.ShouldContain("The database cannot be used yet");

        database.Open();
        await server.ReadyAsync();
    }

    [Fact]
    public async Task A_database_that_goes_away_in_the_middle_costs_no_edit()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        database.Open();
        await using var rig = await ProcessRig.StartAsync(["anna"], database.Connection);
        var server = rig.Start();
        await server.ReadyAsync();
        await rig.MakeTokenAsync();
        await rig.ArrangeAsync(server, null, "anna");
        using var api = rig.Api(server);
        var acknowledged = new List<string>();
        async Task<int> CreateAsync(string subject)
        {
            using var answer = await api.PostAsJsonAsync("/api/v1/schedule-items", new { owner = "anna", subject, start = "2027-01-11T09:00:00", end = "2027-01-11T10:00:00" });
            if (answer.IsSuccessStatusCode)
                acknowledged.Add(subject);
            else
                await RefusedAsync(answer);
            return (int)answer.StatusCode;
        }

        await CreateAsync("Before");
        await rig.Outlook("anna").CreateAsync(new { subject = "Outlook before", start = "2027-01-12T09:00:00Z", end = "2027-01-12T10:00:00Z" });
        await ProcessRig.EventuallyAsync(async () => (await rig.Outlook("anna").ListAsync()).Count == 2 && (await ProcessRig.ListAsync(api, "/api/v1/schedule-items")).Count == 2, "both are on both sides");

        // Edits go on while the connection breaks.
        var creating = Task.Run(async () =>
        {
            var refused = 0;
            for (var i = 0; refused < 3; i++)
                refused += await CreateAsync($"Edit {i}") == 503 ? 1 : 0;
        });
        await ProcessRig.EventuallyAsync(() => Task.FromResult(acknowledged.Count > 5), "edits are made");
        database.Close();
        await creating.WaitAsync(TimeSpan.FromSeconds(60));
        server.Output.ShouldContain("POST /api/v1/schedule-items: the database is away: ", Case.Sensitive, "the log names the cause of a refusal that the caller need not know");
        using (var anybody = new HttpClient { BaseAddress = new Uri(server.Url) })
            (await anybody.GetAsync("/health/live")).IsSuccessStatusCode.ShouldBeTrue("a database that is down is no reason to kill the process");
        (await ProcessRig.AnswerAsync(api, HttpMethod.Get, "/health/ready")).Status.ShouldBe(503);
        await rig.Outlook("anna").CreateAsync(new { subject = "Outlook meanwhile", start = "2027-01-13T09:00:00Z", end = "2027-01-13T10:00:00Z" });

        database.Open();
        var openedAt = Stopwatch.GetTimestamp();
        await server.ReadyAsync();
        await ProcessRig.EventuallyAsync(
            async () =>
            {
                // A connection that broke meanwhile may be noticed by the first request that uses it: it is told to come again, and comes again.
                var (status, _, text) = await ProcessRig.AnswerAsync(api, HttpMethod.Get, "/api/v1/schedule-items?limit=500");
                status.ShouldBeOneOf([200, 503], text);
                return status == 200 && text.Contains("Outlook meanwhile", StringComparison.Ordinal);
            },
            "what Outlook did meanwhile has arrived", 40);
        await ProcessRig.EventuallyAsync(
            async () => acknowledged.All((await rig.Outlook("anna").ListAsync()).Select(item => item.Subject!).ToHashSet().Contains), "every acknowledged edit is in Exchange", 40);
        TestContext.Current.TestOutputHelper!.WriteLine($"all is there {Stopwatch.GetElapsedTime(openedAt).TotalSeconds:0.0} s after the database came back");
        var outlook = await rig.Outlook("anna").ListAsync();
        var crm = await ProcessRig.ListAsync(api, "/api/v1/schedule-items?limit=500");
        outlook.Select(item => item.Subject).Distinct().Count().ShouldBe(outlook.Count, "nothing is doubled");
        crm.Select(item => item["subject"]!.ToString()).Order().ShouldBe(outlook.Select(item => item.Subject!).Order());
    }

    private static async Task RefusedAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(503, text);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        answer.Headers.RetryAfter.ShouldNotBeNull();
        JsonNode.Parse(text)!["title"]!.ToString().ShouldBe("The database is away");
    }
}
