using System.Text;

namespace CrmSync.Processes.Tests;

/// <summary>Secrets go in and never come out (quality.md T5, T17): not into logs, not into answers, not into the database in plain.</summary>
public sealed class SecrecyTests(SharedServer shared)
{
    private const string First = "Plain-first-7QxW91";
    private const string Second = "Plain-second-4ZkR28";

    [Fact]
    public async Task Passwords_and_tokens_are_in_no_log_no_answer_and_not_in_the_database()
    {
        await shared.Rig.PostAsync("/control/accounts", new { name = "secret@contoso.test", password = Second, mayImpersonate = true });
        var (target, link) = await shared.LinkAsync("secrecy", new { userName = "secret@contoso.test", secret = First });
        (await shared.FailureAsync(link)).ShouldNotContain(First);
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Patch, $"/api/v1/targets/{target}", new { secret = Second });
        await shared.HealthyAsync(link);
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/targets/{target}/test?mailbox=secrecy@contoso.test");
        var token = (await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, "/api/v1/tokens", new { name = "secrecy", scopes = new[] { "items.read" } }))["token"]!.ToString();

        string[] secrets = [First, Second, Basic(First), Basic(Second), token, shared.Rig.Token];
        foreach (var path in new[]
        {
            "targets", $"targets/{target}", "links?limit=500", $"links/{link}", "audit?limit=500", "activity?limit=500", "conflicts", "queue", "people", "tokens", "me",
        })
        {
            var answer = await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Get, $"/api/v1/{path}");
            answer.Status.ShouldBe(200, path);
            Clean(answer.Text, $"GET {path}", secrets);
        }
        Clean(shared.Server.Output, "the console output", secrets);
        var files = Directory.GetFiles(shared.Rig.Data, "*", SearchOption.AllDirectories);
        files.ShouldContain(file => file.EndsWith("crmsync.db"));
        files.ShouldContain(file => file.EndsWith(".json"));
        foreach (var file in files)
            Clean(await PushEndpointTests.ReadSharedAsync(file), Path.GetFileName(file), secrets);
    }

    private static string Basic(string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"secret@contoso.test:{password}"));

    // Not by Shouldly: its message would show the secret's surroundings at length.
    private static void Clean(string text, string where, string[] secrets)
    {
        foreach (var secret in secrets)
            Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{where} holds a secret that begins with {secret[..6]}");
    }
}
