using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Chaos.Load;

/// <summary>What a call came to.</summary>
/// <param name="InDoubt">An earlier try was answered by nobody.</param>
public sealed record CrmAnswer(int Status, JsonNode Body, bool InDoubt)
{
    public bool IsDone => Status is >= 200 and < 300;
}

/// <summary>A caller of the REST API who wants an answer: asks whichever server lives, again with the same key, until one gives it.</summary>
public sealed class CrmClient(Cluster cluster, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<int, HttpClient> _servers = [];

    public async Task<CrmAnswer> CallAsync(HttpMethod method, string path, object? body = null, string? key = null, long? version = null)
    {
        for (var inDoubt = false; ;)
        {
            try
            {
                // A body also for a deletion: a call without one .NET 10 sends again by itself when its answer never comes, so that a server killed after the work looks as if it had refused the connection.
                using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Get ? null : JsonContent.Create(body ?? new { }) };
                if (key is not null)
                    request.Headers.Add("Idempotency-Key", key);
                if (version is not null)
                    request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
                using var response = await Server().SendAsync(request);
                var (status, text) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
                // 409 on a key: its first call still runs, or died with its server and is forgotten soon.
                if (status < 500 && !(status == 409 && text.Contains("Idempotency-Key", StringComparison.Ordinal)))
                    return new CrmAnswer(status, text.StartsWith('{') ? JsonNode.Parse(text)! : new JsonObject(), inDoubt);
                inDoubt |= status != 503;
            }
            catch (Exception unanswered) when (unanswered is HttpRequestException or TaskCanceledException or IOException)
            {
                // Refused connections did nothing; anything else may have.
                inDoubt |= unanswered is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
            }
            await Task.Delay(_random.Next(50, 300));
        }
    }

    public async Task<IReadOnlyList<JsonNode>> ItemsAsync(string person)
    {
        var answer = await CallAsync(HttpMethod.Get, $"/api/v1/schedule-items?user={person}&limit=500");
        return [.. answer.Body["items"]!.AsArray().Select(item => item!)];
    }

    private HttpClient Server()
    {
        var server = cluster.Servers[_random.Next(cluster.Servers.Count)];
        if (!_servers.TryGetValue(server.Number, out var http))
            _servers[server.Number] = http = cluster.Api(server);
        return http;
    }
}
