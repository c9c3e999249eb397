using System.Text.Json.Nodes;
using CrmSync.Processes.Tests;

namespace CrmSync.Chaos.Verdicts;

/// <summary>Nothing waits, nothing is parked, nothing is held; every link and every server is well, and the doctor agrees.</summary>
public sealed class StuckChecks(Cluster cluster, List<string> stuck)
{
    public async Task CheckAsync(HttpClient api)
    {
        foreach (var message in await ProcessRig.ListAsync(api, "/api/v1/queue?state=deadLetter"))
            stuck.Add($"dead letter of {message["mailbox"]}: {message["error"]}");
        foreach (var row in await ProcessRig.ListAsync(api, "/api/v1/quarantine"))
            stuck.Add($"in quarantine: {row.ToJsonString()}");
        foreach (var link in await Quiet.LinksAsync(api))
        {
            if (link["state"]!["health"]!.ToString() != "healthy")
                stuck.Add($"the link of {link["mailbox"]} is {link["state"]!["health"]}: {link["state"]!["lastError"]}");
        }
        foreach (var owner in await cluster.Database.RowsAsync(
            """SELECT "Mailbox" || ' by ' || "Owner" FROM "LinkWork" WHERE "Owner" IS NOT NULL AND "LeaseUntilMs" < (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint""", row => row.GetString(0)))
            stuck.Add($"an outlived lease: {owner}");
        stuck.AddRange(cluster.Servers.SelectMany(server => server.NeverReady).Select(process => $"did not become ready: {process}"));
        foreach (var server in cluster.Servers)
            await HealthAsync(server);
        var (code, output) = await cluster.DoctorAsync();
        if (code != 0)
            stuck.Add($"the doctor says: {output}");
    }

    private async Task HealthAsync(ServerNode server)
    {
        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            using var api = cluster.Api(server);
            var answer = await ProcessRig.AnswerAsync(api, HttpMethod.Get, path);
            if (answer.Status != 200)
                stuck.Add($"server {server.Number} answers {path} with {answer.Status} {answer.Text}");
        }
    }
}
