using System.Net;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The same server without a network: what seeded runs stand on.</summary>
public sealed class InProcessTests
{
    private const string Create = "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Subject>A</t:Subject></t:CalendarItem></m:Items></m:CreateItem>";

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    }

    private static (SimulatedExchange Exchange, HttpClient Client) Start(int seed)
    {
        var exchange = new SimulatedExchange(new SimulatorOptions { Seed = seed, Time = new StandingClock(), MaxNotificationDelay = TimeSpan.Zero });
        DemoData.Seed(exchange.Organisation);
        return (exchange, new HttpClient(new InProcessHandler(exchange)) { BaseAddress = new Uri("http://simulator.test") });
    }

    private static async Task<string> Post(HttpClient client, string operation)
    {
        using var response = await client.SendAsync(Request(Envelope(operation)));
        return await response.Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task The_same_seed_and_requests_give_the_same_bytes()
    {
        var answers = new List<string>();
        foreach (var seed in new[] { 5, 5, 6 })
        {
            var (exchange, client) = Start(seed);
            answers.Add(await Post(client, Create));
            exchange.Dispose();
        }

        answers[1].ShouldBe(answers[0]);
        answers[2].ShouldNotBe(answers[0]);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_run_with_its_faults()
    {
        async Task<string> Run(int seed)
        {
            var (exchange, client) = Start(seed);
            exchange.Faults.Swarm(seed);
            // What needs a moving clock would wait for ever here.
            foreach (var rule in exchange.Faults.Rules.Where(r => r.Kind is "delay" or "late" or "drip"))
                exchange.Faults.Clear(rule.Id);
            var run = new System.Text.StringBuilder();
            var state = "";
            for (var i = 0; i < 60; i++)
            {
                try
                {
                    var text = await Post(client, i % 3 == 2 ? $"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId><m:SyncState>{state}</m:SyncState><m:MaxChangesReturned>20</m:MaxChangesReturned></m:SyncFolderItems>" : Create);
                    run.Append(text);
                    if (System.Text.RegularExpressions.Regex.Match(text, "SyncState>([^<]+)</") is { Success: true } found)
                        state = found.Groups[1].Value;
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    run.Append(e.GetType().Name);
                }
            }

            exchange.Dispose();
            return run.ToString();
        }

        foreach (var seed in Enumerable.Range(1, 12))
            (await Run(seed)).ShouldBe(await Run(seed), $"seed {seed}");
        (await Run(3)).ShouldNotBe(await Run(4));
    }

    [Fact]
    public async Task Faults_strike_here_as_over_http()
    {
        var (exchange, client) = Start(1);
        exchange.Faults.Add(new() { Kind = "lose-reply-after-commit", Count = 1 });
        var before = exchange.Organisation.ItemCount;
        await Should.ThrowAsync<HttpRequestException>(() => Post(client, Create));
        exchange.Organisation.ItemCount.ShouldBe(before + 1);
        exchange.Faults.Add(new() { Kind = "truncate", Count = 1 });
        await Should.ThrowAsync<HttpRequestException>(() => Post(client, Create));
        exchange.Dispose();
    }

    [Fact]
    public async Task A_stream_flows_and_ends_when_its_reader_lets_go()
    {
        var (exchange, client) = Start(1);
        var subscribed = XDocument.Parse(await Post(client, "<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>"));
        var id = subscribed.Descendants(M + "SubscriptionId").Single().Value;
        var request = Request(Envelope($"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{id}</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>30</m:ConnectionTimeout></m:GetStreamingEvents>"));
        using (var stream = new StreamReading(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)))
        {
            (await stream.Next())!.Descendants(M + "ConnectionStatus").Single().Value.ShouldBe("OK");
            await Post(client, Create);
            (await stream.Next())!.Descendants(T + "CreatedEvent").ShouldHaveSingleItem();
        }

        for (var i = 0; i < 200 && exchange.Streams.Count > 0; i++)
            await Task.Delay(10);
        exchange.Streams.Count.ShouldBe(0);
        exchange.Dispose();
    }

    [Fact]
    public async Task Nobody_is_let_in_without_credentials()
    {
        var (exchange, client) = Start(1);
        (await client.PostAsync("/EWS/Exchange.asmx", new StringContent("<a/>"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        exchange.Dispose();
    }
}
