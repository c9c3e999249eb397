using System.Text.Json.Nodes;
using CrmSync.Processes.Tests;
using CrmSync.Testing;
using System.Net.Http.Json;
using System.Text.Json;

namespace CrmSync.Chaos.Verdicts;

/// <summary>What a cluster at rest must show: nothing lost, nothing doubled, nothing stuck, both sides equal.</summary>
public sealed class Checks(Cluster cluster, Ledger ledger, IReadOnlyList<string> people)
{
    private readonly Dictionary<string, List<(string Person, OutlookItem Copy)>> _copies = [];
    private readonly Dictionary<string, JsonNode> _items = [];
    private readonly HashSet<string> _inConflict = [];

    public List<string> Lost { get; } = [];

    public List<string> Doubled { get; } = [];

    public List<string> Stuck { get; } = [];

    /// <summary>Processes that ended by themselves.</summary>
    public IEnumerable<string> Deaths => cluster.Servers.SelectMany(server => server.Deaths);

    /// <summary>Living items at the end, and their copies in all calendars.</summary>
    public (int Items, int Copies) Living => (_items.Count, _copies.Values.Sum(copies => copies.Count));

    public bool AreGood => Lost.Count + Doubled.Count + Stuck.Count == 0;

    public async Task CheckAsync(bool isAtRest)
    {
        if (!isAtRest)
            Stuck.Add("the queue did not become empty, or a lease was held, within the bound");
        using var api = cluster.Api(cluster.Servers[0], 30);
        await new StuckChecks(cluster, Stuck).CheckAsync(api);
        await ReadAsync(api);
        await EditsAsync(api);
        Fates();
        await MailsAsync();
    }

    // Reads both sides and compares them, person by person.
    private async Task ReadAsync(HttpClient api)
    {
        foreach (var person in people)
        {
            var items = await ProcessRig.ListAsync(api, $"/api/v1/schedule-items?user={person}&limit=500");
            var copies = await cluster.Outlook(person).ListAsync();
            foreach (var item in items)
                _items.TryAdd(item["id"]!.ToString(), item);
            foreach (var group in copies.GroupBy(copy => Ledger.KeyOf(copy.Subject)))
            {
                if (group.Count() > 1)
                    Doubled.Add($"{group.Count()} x '{group.Key}' in the calendar of {person}");
                (_copies.TryGetValue(group.Key, out var list) ? list : _copies[group.Key] = []).Add((person, group.First()));
            }
            new Comparison(person, Lost, key => ledger.Knows(key) && ledger.Of(key).IsCalledOff).Compare(items, copies);
        }
        foreach (var group in _items.Values.GroupBy(item => Ledger.KeyOf(item["subject"]!.ToString())).Where(group => group.Count() > 1))
            Doubled.Add($"{group.Count()} x '{group.Key}' in the CRM");
    }

    // The last edit of each field is there, or lost a recorded conflict.
    private async Task EditsAsync(HttpClient api)
    {
        var kept = (await PagesAsync(api, "/api/v1/conflicts")).ToLookup(conflict => conflict["itemId"]!.ToString());
        foreach (var item in _items.Values)
        {
            var subject = item["subject"]!.ToString();
            var key = Ledger.KeyOf(subject);
            if (!ledger.Knows(key))
            {
                Doubled.Add($"'{subject}' in the CRM was made by nobody");
                continue;
            }
            var values = kept[item["id"]!.ToString()].SelectMany(ValuesOf).ToHashSet();
            if (values.Count > 0)
                _inConflict.Add(key);
            var final = new Dictionary<string, string> { ["location"] = item["location"]!.ToString(), ["start"] = LoadPace.Iso(item["start"]!.ToString()) };
            if (!subject.StartsWith("Canceled: ", StringComparison.Ordinal))
                final["subject"] = subject;
            foreach (var (field, value) in final)
            {
                if (ledger.Of(key).Objection(key, field, value, values) is { } objection)
                    Lost.Add(objection);
            }
        }
    }

    private void Fates()
    {
        var inCrm = _items.Values.Select(item => Ledger.KeyOf(item["subject"]!.ToString())).ToHashSet();
        foreach (var key in ledger.Items)
        {
            if (ledger.Of(key).MustLive() is not { } must)
                continue;
            foreach (var (side, lives) in new[] { ("the CRM", inCrm.Contains(key)), ("Exchange", _copies.ContainsKey(key)) })
            {
                if (must && !lives)
                    Lost.Add($"'{key}' was deleted by nobody, or edited after that, and is gone from {side}; known of it: {string.Join(", ", ledger.Of(key).Deeds.Select(deed => $"{deed.Deed} in {deed.Side} {deed.Began}-{deed.Ended}"))}");
                if (!must && lives)
                    Doubled.Add($"'{key}' was deleted and is still in {side}");
            }
        }
    }

    // One invitation of ours per meeting and attendee, no more updates than there were edits.
    private async Task MailsAsync()
    {
        var mails = (await cluster.Simulator.GetFromJsonAsync<List<SentMail>>("/control/mails", new JsonSerializerOptions(JsonSerializerDefaults.Web)))!;
        foreach (var group in mails.Where(mail => mail.Cause != "Outlook").GroupBy(mail => (mail.Kind, Item: Ledger.KeyOf(mail.Subject), mail.To)))
        {
            var most = group.Key.Kind switch { "request" => 1, "update" => ledger.Knows(group.Key.Item) ? ledger.Of(group.Key.Item).Edits : 0, _ => int.MaxValue };
            if (group.Count() > most)
                Doubled.Add($"{group.Count()} mails '{group.Key.Kind}' to {group.Key.To} for '{group.Key.Item}', at most {most} expected");
        }
    }

    private static IEnumerable<string> ValuesOf(JsonNode conflict) => conflict["fields"]!.AsArray().SelectMany(field => new[] { field!["crm"], field["exchange"] })
        .Where(value => value is not null).Select(value => value is JsonObject time && time["start"] is { } start ? LoadPace.Iso(start.ToString()) : value!.ToString());

    private static async Task<List<JsonNode>> PagesAsync(HttpClient api, string path)
    {
        var all = new List<JsonNode>();
        for (string? after = null; ;)
        {
            var page = await ProcessRig.SendAsync(api, HttpMethod.Get, $"{path}?limit=500{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}");
            all.AddRange(page["items"]!.AsArray().Select(node => node!));
            after = page["next"]?.ToString();
            if (after is null)
                return all;
        }
    }

    private sealed record SentMail(string To, string Kind, string? Subject, string? Cause);
}
