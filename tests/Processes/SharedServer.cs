using System.Text.Json.Nodes;
using CrmSync.Processes.Tests;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace CrmSync.Processes.Tests;

/// <summary>One server on SQLite for all tests that need nothing of their own but people, links and targets.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public const string TargetSecret = "demo";

    public ProcessRig Rig { get; private set; } = null!;

    public ServerProcess Server { get; private set; } = null!;

    public HttpClient Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Rig = await ProcessRig.StartAsync(people: []);
        Rig.Environment["CRMSYNC_LogToFiles"] = "true";
        Server = Rig.Start();
        await Server.ReadyAsync();
        await Rig.MakeTokenAsync();
        Api = Rig.Api(Server);
    }

    /// <summary>A target of its own for one person, and the person's link.</summary>
    public async Task<(string Target, string Link)> LinkAsync(string person, object? target = null, bool withMailbox = true, object? link = null)
    {
        if (withMailbox)
            await Rig.AddMailboxAsync(person);
        var settings = System.Text.Json.JsonSerializer.SerializeToNode(target ?? new { })!.AsObject();
        settings["name"] = $"Target of {person}";
        settings["notifications"] ??= "poll";
        var made = await Rig.TargetAsync(Api, settings);
        return (made, await ProcessRig.LinkAsync(Api, made, person, link: link));
    }

    public async Task<JsonNode> StateAsync(string link) => (await ProcessRig.SendAsync(Api, HttpMethod.Get, $"/api/v1/links/{link}"))["state"]!;

    /// <summary>Waits until the link says that it fails; answers its words.</summary>
    public async Task<string> FailureAsync(string link)
    {
        await ProcessRig.EventuallyAsync(async () => (await StateAsync(link))["health"]!.ToString() == "failing", $"link {link} says that it fails");
        return (await StateAsync(link))["lastError"]!.ToString();
    }

    public Task HealthyAsync(string link) => ProcessRig.EventuallyAsync(
        async () => await StateAsync(link) is var state && state["health"]!.ToString() == "healthy" && state["isInventoryComplete"]!.GetValue<bool>(), $"link {link} is healthy");

    public async Task<IReadOnlyList<JsonNode>> ItemsAsync(string person) => await ProcessRig.ListAsync(Api, $"/api/v1/schedule-items?user={person}&limit=500");

    public Task ArrivesAsync(string person, string subject) => ProcessRig.EventuallyAsync(
        async () => (await ItemsAsync(person)).Any(item => item["subject"]!.ToString() == subject), $"'{subject}' of {person} is in the CRM");

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Rig.DisposeAsync();
    }
}
