using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>Bad calls of the API: each ends in problem+json that names the cause, and changes nothing.</summary>
public sealed class ApiTests(SharedServer shared)
{
    private const string Items = "/api/v1/schedule-items";

    [Theory]
    [InlineData("{ \"subject\": ", 400, "JSON")]
    [InlineData("[]", 400, "object")]
    [InlineData("\"text\"", 400, "object")]
    [InlineData("{ \"owner\": \"api\", \"subjekt\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\" }", 400, "subjekt")]
    [InlineData("{ \"owner\": \"api\", \"subject\": 7, \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\" }", 400, "subject")]
    [InlineData("{ \"owner\": \"api\", \"subject\": \"x\", \"start\": \"soon\", \"end\": \"2027-01-11T10:00:00\" }", 400, "start")]
    [InlineData("{ \"owner\": \"api\", \"subject\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T08:00:00\" }", 400, "end")]
    [InlineData("{ \"owner\": \"api\", \"subject\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\", \"timeZone\": \"Mars/Base\" }", 400, "Mars/Base")]
    [InlineData("{ \"owner\": \"stranger\", \"subject\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\" }", 400, "stranger")]
    [InlineData("{ \"owner\": \"api\", \"subject\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\", \"showAs\": \"asleep\" }", 400, "showAs")]
    [InlineData("{ \"owner\": \"api\", \"subject\": \"x\", \"start\": \"2027-01-11T09:00:00\", \"end\": \"2027-01-11T10:00:00\", \"attendees\": [{ \"address\": \"no address\" }] }", 400, "address")]
    public async Task A_bad_body_is_refused_with_the_place_of_the_mistake(string body, int status, string word)
    {
        await PersonAsync("api");
        var answer = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, new StringContent(body, Encoding.UTF8, "application/json"));
        ShouldBeProblem(answer, status, word);
        (await shared.ItemsAsync("api")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_oversized_body_is_refused_and_another_kind_of_body_too()
    {
        var large = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, new StringContent($"{{ \"body\": \"{new string('x', 3_000_000)}\" }}", Encoding.UTF8, "application/json"), ("Expect", "100-continue"));
        ShouldBeProblem(large, 413, "");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, new StringContent("subject=x", Encoding.UTF8, "application/x-www-form-urlencoded")), 415, "application/json");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Put, Items), 405, "PUT");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, "/api/v1/nothing"), 404, "/api/v1/nothing");
        var deep = string.Concat(Enumerable.Repeat("[", 100_000));
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, new StringContent(deep, Encoding.UTF8, "application/json")), 400, "");
    }

    [Fact]
    public async Task A_change_with_an_outdated_ETag_is_refused_and_changes_nothing()
    {
        await PersonAsync("etag");
        var made = await MakeAsync("etag", "First", null);
        var path = $"{Items}/{made["id"]}";
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Patch, path, JsonContent.Create(new { subject = "Second" }), ("If-Match", "\"1\""))).Status.ShouldBe(200);

        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Patch, path, JsonContent.Create(new { subject = "Third" }), ("If-Match", "\"1\"")), 412, "version 2, not 1");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Delete, path, null, ("If-Match", "\"1\"")), 412, "version 2, not 1");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Patch, path, JsonContent.Create(new { subject = "Third" }), ("If-Match", "yesterday")), 400, "If-Match");
        (await ProcessRig.SendAsync(shared.Api, HttpMethod.Get, path))["subject"]!.ToString().ShouldBe("Second");
    }

    [Fact]
    public async Task A_key_makes_a_call_happen_once_also_when_it_is_sent_ten_times_at_once_and_refuses_another_body()
    {
        await PersonAsync("keys");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, JsonContent.Create(Edit("keys", "Once")), ("Idempotency-Key", "same"))));
        answers.Select(answer => answer.Status).ShouldAllBe(status => status == 201 || status == 409);
        answers.ShouldContain(answer => answer.Status == 201);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, JsonContent.Create(Edit("keys", "Once")), ("Idempotency-Key", "same"))).Status.ShouldBe(201);
        (await shared.ItemsAsync("keys")).ShouldHaveSingleItem();

        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, JsonContent.Create(Edit("keys", "Another")), ("Idempotency-Key", "same")), 422, "another path or body");
        ShouldBeProblem(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, Items, JsonContent.Create(Edit("keys", "x")), ("Idempotency-Key", new string('k', 300))), 400, "Idempotency-Key");
        (await shared.ItemsAsync("keys")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Without_a_living_token_of_the_right_scope_nothing_is_given()
    {
        using var nobody = new HttpClient { BaseAddress = new Uri(shared.Server.Url) };
        ShouldBeProblem(await ProcessRig.AnswerAsync(nobody, HttpMethod.Get, Items), 401, "token");
        ShouldBeProblem(await ProcessRig.AnswerAsync(nobody, HttpMethod.Get, $"{Items}?access_token={shared.Rig.Token}"), 401, "token");
        ShouldBeProblem(await WithAsync("crm_" + new string('0', 64)), 401, "token");
        ShouldBeProblem(await WithAsync("garbage"), 401, "token");

        var expired = await TokenAsync(new { name = "expired", scopes = new[] { "items.read" }, expiresAt = DateTime.UtcNow.AddSeconds(-1) });
        ShouldBeProblem(await WithAsync(expired.Token), 401, "token");

        var revoked = await TokenAsync(new { name = "revoked", scopes = new[] { "items.read" } });
        (await WithAsync(revoked.Token)).Status.ShouldBe(200);
        (await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Delete, $"/api/v1/tokens/{revoked.Id}")).Status.ShouldBe(204);
        ShouldBeProblem(await WithAsync(revoked.Token), 401, "token");

        var narrow = await TokenAsync(new { name = "narrow", scopes = new[] { "items.read", "tokens.write" } });
        using var reader = new HttpClient { BaseAddress = new Uri(shared.Server.Url) };
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", narrow.Token);
        ShouldBeProblem(await ProcessRig.AnswerAsync(reader, HttpMethod.Post, Items, JsonContent.Create(Edit("api", "x"))), 403, "items.write");
        ShouldBeProblem(await ProcessRig.AnswerAsync(reader, HttpMethod.Get, "/api/v1/targets"), 403, "targets.read");
        ShouldBeProblem(await ProcessRig.AnswerAsync(reader, HttpMethod.Get, "/api/v1/queue"), 403, "queue.read");
        ShouldBeProblem(await ProcessRig.AnswerAsync(reader, HttpMethod.Post, "/api/v1/tokens", JsonContent.Create(new { name = "more", scopes = new[] { "targets.write" } })), 403, "targets.write");
    }

    private async Task<(string Id, string Token)> TokenAsync(object body)
    {
        var made = await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, "/api/v1/tokens", body);
        return (made["details"]!["id"]!.ToString(), made["token"]!.ToString());
    }

    private async Task<(int Status, string Type, string Text)> WithAsync(string token)
    {
        using var http = new HttpClient { BaseAddress = new Uri(shared.Server.Url) };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return await ProcessRig.AnswerAsync(http, HttpMethod.Get, Items);
    }

    private static object Edit(string owner, string subject) => new { owner, subject, start = "2027-01-11T09:00:00", end = "2027-01-11T10:00:00" };

    private Task<JsonNode> MakeAsync(string owner, string subject, string? key) => ProcessRig.SendAsync(shared.Api, HttpMethod.Post, Items, Edit(owner, subject), key);

    private async Task PersonAsync(string name) => await ProcessRig.AnswerAsync(
        shared.Api, HttpMethod.Post, "/api/v1/people", JsonContent.Create(new { name, displayName = name, mail = $"{name}@contoso.test", timeZone = "Europe/Berlin" }));

    private static void ShouldBeProblem((int Status, string Type, string Text) answer, int status, string word)
    {
        answer.Status.ShouldBe(status, answer.Text);
        answer.Type.ShouldBe("application/problem+json", answer.Text);
        answer.Text.ShouldContain(word, Case.Insensitive);
        var problem = JsonNode.Parse(answer.Text)!;
        problem["title"]!.ToString().ShouldNotBeEmpty();
        problem["traceId"]!.ToString().ShouldNotBeEmpty();
        answer.Text.ShouldNotContain("   at ", Case.Sensitive, "no stack trace leaves the server");
    }
}
