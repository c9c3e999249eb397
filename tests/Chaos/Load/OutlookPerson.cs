using System.Net;
using System.Net.Http.Json;
using CrmSync.Testing;

namespace CrmSync.Chaos.Load;

/// <summary>Somebody who works with everybody's Outlook in turn. Exchange is the truth: it always answers at once.</summary>
public sealed class OutlookPerson(Cluster cluster, Ledger ledger, IReadOnlyList<string> people, int seed)
{
    private readonly Random _random = new(seed);

    public async Task WorkAsync(LoadPace pace, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var person = people[_random.Next(people.Count)];
            var items = (await cluster.Outlook(person).ListAsync()).Where(item => !item.IsCancelled).ToList();
            var what = _random.Next(100);
            if (items.Count < pace.MaxItems && (what < 12 || items.Count == 0))
                await CreateAsync(person);
            else if (items.Count > 0)
                await TouchAsync(person, items[_random.Next(items.Count)], what);
            await pace.RestAsync(_random, stop);
        }
    }

    private async Task CreateAsync(string person)
    {
        var number = ledger.NextNumber();
        var (subject, location, start) = ($"O{number}", $"place {number}", LoadPace.StartOf(number));
        var guests = LoadPace.Guests(_random, people, person);
        var attempt = ledger.Begin(subject, Side.Exchange)!;
        await cluster.Outlook(person).CreateAsync(new
        {
            subject, location, start = LoadPace.Iso(start), end = LoadPace.Iso(start.AddMinutes(30)), timeZone = "UTC",
            required = guests.Count > 0 ? guests.Select(Cluster.Address) : null, send = "all",
        });
        ledger.Acknowledge(attempt, null, new Dictionary<string, string> { ["subject"] = subject, ["location"] = location, ["start"] = LoadPace.Iso(start) }, guests.Count > 0);
    }

    private async Task TouchAsync(string person, OutlookItem item, int what)
    {
        var key = Ledger.KeyOf(item.Subject);
        // Known once its creation was acknowledged.
        if (!ledger.Knows(key) || ledger.Begin(key, Side.Exchange) is not { } attempt)
            return;
        if (what >= 95 && (item.IsOrganizer || !item.IsMeeting))
            await DoAsync(attempt, Deed.Deletion, null, http => http.DeleteAsync($"{Path(person, "item", item)}&send=all"));
        else if (what >= 85 && item.IsMeeting && !item.IsOrganizer)
            await DoAsync(attempt, Deed.SlightEdit, null, http => http.PostAsync($"{Path(person, "item/respond", item)}&response={(what % 2 == 0 ? "Accept" : "Tentative")}&send=true", null));
        else
            await EditAsync(person, item, key, attempt);
    }

    private async Task EditAsync(string person, OutlookItem item, string key, Attempt attempt)
    {
        var number = ledger.NextNumber();
        var start = LoadPace.StartOf(number);
        var (edit, field, value) = _random.Next(6) switch
        {
            0 when item.IsOrganizer => ((object)new { subject = $"{key}~{number}" }, "subject", $"{key}~{number}"),
            1 when item.IsOrganizer => (new { location = $"place {number}" }, "location", $"place {number}"),
            2 when item.IsOrganizer => (new { start = LoadPace.Iso(start), end = LoadPace.Iso(start.AddMinutes(30)) }, "start", LoadPace.Iso(start)),
            3 => (new { showAs = (number % 3) switch { 0 => "Free", 1 => "Busy", _ => "Tentative" } }, "", ""),
            4 => (new { reminderIsSet = true, reminderMinutes = number % 60 + 1 }, "", ""),
            _ => (new { categories = new[] { $"category {number % 5}" } }, "", ""),
        };
        await DoAsync(attempt, field == "" ? Deed.SlightEdit : Deed.Edit, field == "" ? null : new Dictionary<string, string> { [field] = value },
            http => http.PatchAsJsonAsync(Path(person, "item", item), edit));
    }

    private async Task DoAsync(Attempt attempt, Deed deed, Dictionary<string, string>? fields, Func<HttpClient, Task<HttpResponseMessage>> call)
    {
        using var answer = await call(cluster.Simulator);
        if (answer.IsSuccessStatusCode)
            ledger.Acknowledge(attempt, deed, fields);
        else if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
            ledger.Refuse(attempt); // Deleted, or turned into something else, since it was listed.
        else
            throw new InvalidOperationException($"The simulator answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static string Path(string person, string what, OutlookItem item) => $"/control/mailboxes/{Cluster.Address(person)}/{what}?id={Uri.EscapeDataString(item.Id)}";
}
