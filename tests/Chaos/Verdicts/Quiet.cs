using System.Diagnostics;
using System.Text.Json.Nodes;
using CrmSync.Processes.Tests;
using Npgsql;

namespace CrmSync.Chaos.Verdicts;

/// <summary>Lets everything come to rest after the last fault: each link is looked at thrice more, then nothing may wait or be held.</summary>
public sealed class Quiet(Cluster cluster)
{
    private const string Busy =
        """SELECT (SELECT COUNT(*) FROM "ExchangeSyncQueue" WHERE "State" = 0) + (SELECT COUNT(*) FROM "LinkWork" WHERE "Owner" IS NOT NULL)""";

    /// <returns>How long it took; null: it did not come to rest within the bound.</returns>
    public async Task<TimeSpan?> WaitAsync(TimeSpan bound)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            using var api = cluster.Api(cluster.Servers[0], 30);
            // It may have been killed last, and have ended itself once more without files: on a slow machine it is still starting.
            await ProcessRig.EventuallyAsync(async () => await AnswersAsync(api), "the first server answers", (int)bound.TotalSeconds);
            for (var round = 0; round < 3; round++)
            {
                foreach (var link in await LinksAsync(api))
                    await ProcessRig.SendAsync(api, HttpMethod.Post, $"/api/v1/links/{link["id"]}/sync-now");
                // The folders are looked at every few seconds for ever: at rest for a moment is all that can be asked.
                await ProcessRig.EventuallyAsync(async () => await IsIdleAsync(), "nothing waits", (int)Math.Max(1, (bound - watch.Elapsed).TotalSeconds));
            }
            return watch.Elapsed;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public static Task<IReadOnlyList<JsonNode>> LinksAsync(HttpClient api) => ProcessRig.ListAsync(api, "/api/v1/links?limit=500");

    private static async Task<bool> AnswersAsync(HttpClient api)
    {
        try
        {
            await LinksAsync(api);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<bool> IsIdleAsync()
    {
        try
        {
            return (await cluster.Database.RowsAsync(Busy, row => row.GetInt64(0)))[0] == 0;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
