using System.Diagnostics;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>Case E33 with real processes: kill -9 at random moments of a stream of edits on both sides. (200 random points: tests/Roads, KillTests.)</summary>
public sealed class KillTests(CrashRig rig) : IClassFixture<CrashRig>
{
    private const int Kills = 6;
    private const int Seed = 33;

    [Fact]
    public async Task A_server_that_is_killed_at_random_moments_loses_no_change_and_applies_none_twice()
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        // Subject by the CRM, location by Outlook: each value once in the world.
        var expected = new Dictionary<string, (string Subject, string Location)>();
        var ids = new Dictionary<string, string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var moment = random.Next(20, 700);
            var killing = Task.Run(async () =>
            {
                await Task.Delay(moment);
                await rig.KillAsync();
            });
            for (var i = 0; i < 4; i++)
            {
                var name = $"k{kill}-{i}";
                var made = await rig.CallAsync(HttpMethod.Post, "/api/v1/schedule-items", new
                {
                    owner = "anna", subject = name, start = "2027-01-11T09:00:00", end = "2027-01-11T10:00:00", attendees = i % 2 == 0 ? new[] { new { address = "ben@contoso.test" } } : [],
                }, name);
                (ids[name], expected[name]) = (made["id"]!.ToString(), (name, ""));
                await rig.Outlook("anna").CreateAsync(new { subject = $"{name} in Outlook", start = "2027-01-12T09:00:00Z", end = "2027-01-12T10:00:00Z" });
                expected[$"{name} in Outlook"] = ($"{name} in Outlook", "");
                foreach (var known in ids.Keys.Where(_ => random.Next(4) == 0).ToList())
                {
                    expected[known] = expected[known] with { Subject = $"{known} {kill}{i}" };
                    await rig.CallAsync(HttpMethod.Patch, $"/api/v1/schedule-items/{ids[known]}", new { subject = expected[known].Subject }, $"{known}-{kill}{i}");
                }
                foreach (var copy in (await rig.Outlook("anna").ListAsync()).Where(_ => random.Next(8) == 0))
                {
                    var key = expected.Single(entry => entry.Key == copy.Subject || (copy.Subject!.Split(' ')[0] == entry.Key && !copy.Subject.EndsWith("Outlook", StringComparison.Ordinal))).Key;
                    expected[key] = expected[key] with { Location = $"room {kill}{i}" };
                    await rig.Outlook("anna").UpdateAsync(copy.Id, new { location = expected[key].Location, send = "none" });
                }
            }
            await killing;
            (await rig.CallAsync(HttpMethod.Get, "/api/v1/me")).ShouldNotBeNull();
        }

        string[] wanted = [.. expected.Values.Select(value => $"{value.Subject} @ {value.Location}").Order(StringComparer.Ordinal)];
        var settling = Stopwatch.StartNew();
        try
        {
            await rig.SettleAsync(async () => await rig.QueueIsEmptyAsync() && (await CopiesAsync()).SequenceEqual(wanted) && (await ItemsAsync()).SequenceEqual(wanted), "both sides hold every change");
        }
        catch (TimeoutException)
        {
            // What is missing says more than that something is; so does what the engine leaves alone.
            TestContext.Current.TestOutputHelper!.WriteLine($"in quarantine: {(await rig.CallAsync(HttpMethod.Get, "/api/v1/quarantine")).ToJsonString()}");
            (await CopiesAsync()).ShouldBe(wanted, "Exchange");
            (await ItemsAsync()).ShouldBe(wanted, "the CRM");
            throw;
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"at rest after {settling.Elapsed.TotalSeconds:0.0} s");
        (await CopiesAsync()).ShouldBe(wanted);
        (await ItemsAsync()).ShouldBe(wanted);
        (await rig.MailsAsync("")).GroupBy(mail => (mail.Kind, mail.Subject)).Where(same => same.Count() > 1).ShouldBeEmpty("each real change mails ben once");
        rig.Restarts.ShouldBe(Kills);

        // Two more polls write nothing.
        var keys = (await rig.Outlook("anna").ListAsync()).Select(copy => $"{copy.Id} {copy.ChangeKey}").Order(StringComparer.Ordinal).ToList();
        var versions = await VersionsAsync();
        await Task.Delay(2500);
        (await rig.Outlook("anna").ListAsync()).Select(copy => $"{copy.Id} {copy.ChangeKey}").Order(StringComparer.Ordinal).ShouldBe(keys);
        (await VersionsAsync()).ShouldBe(versions);
    }

    private async Task<IEnumerable<JsonNode>> AllAsync() => (await rig.CallAsync(HttpMethod.Get, "/api/v1/schedule-items?limit=500"))["items"]!.AsArray().Select(item => item!);

    private async Task<string[]> ItemsAsync() => [.. (await AllAsync()).Select(item => $"{item["subject"]} @ {item["location"]}").Order(StringComparer.Ordinal)];

    private async Task<string[]> VersionsAsync() => [.. (await AllAsync()).Select(item => $"{item["id"]} {item["version"]}").Order(StringComparer.Ordinal)];

    private async Task<string[]> CopiesAsync() => [.. (await rig.Outlook("anna").ListAsync()).Select(copy => $"{copy.Subject} @ {copy.Location}").Order(StringComparer.Ordinal)];
}
