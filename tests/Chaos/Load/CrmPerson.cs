using System.Text.Json.Nodes;

namespace CrmSync.Chaos.Load;

/// <summary>Somebody at the CRM who makes, changes and deletes items of all people through the REST API.</summary>
public sealed class CrmPerson(Cluster cluster, Ledger ledger, IReadOnlyList<string> people, int seed)
{
    private const string Items = "/api/v1/schedule-items";
    private readonly Random _random = new(seed);
    private readonly CrmClient _crm = new(cluster, seed);

    public async Task WorkAsync(LoadPace pace, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var person = people[_random.Next(people.Count)];
            var items = await _crm.ItemsAsync(person);
            var what = _random.Next(100);
            if (items.Count < pace.MaxItems && (what < 12 || items.Count == 0))
                await CreateAsync(person);
            else if (items.Count > 0 && what < 95)
                await EditAsync(items[_random.Next(items.Count)]);
            else if (items.Count > 0)
                await DeleteAsync(items[_random.Next(items.Count)]);
            await pace.RestAsync(_random, stop);
        }
    }

    private async Task CreateAsync(string person)
    {
        var number = ledger.NextNumber();
        var (subject, location, start) = ($"C{number}", $"place {number}", LoadPace.StartOf(number));
        var guests = LoadPace.Guests(_random, people, person);
        var attempt = ledger.Begin(subject, Side.Crm)!;
        var made = await _crm.CallAsync(HttpMethod.Post, Items, new
        {
            owner = person, subject, location, start = LoadPace.Iso(start), end = LoadPace.Iso(start.AddMinutes(30)), timeZone = "UTC",
            attendees = guests.Select(guest => new { address = Cluster.Address(guest), name = guest }),
        }, $"create-{subject}");
        if (!made.IsDone)
            throw new InvalidOperationException($"The create of {subject} was refused: {made.Status} {made.Body}");
        ledger.Acknowledge(attempt, null, new Dictionary<string, string> { ["subject"] = subject, ["location"] = location, ["start"] = LoadPace.Iso(start) }, guests.Count > 0, made.InDoubt);
    }

    private async Task EditAsync(JsonNode item)
    {
        var key = Ledger.KeyOf(item["subject"]!.ToString());
        if (!ledger.Knows(key) || ledger.Begin(key, Side.Crm) is not { } attempt)
            return;
        var number = ledger.NextNumber();
        var start = LoadPace.StartOf(number);
        var (edit, field, value) = _random.Next(4) switch
        {
            0 => (new JsonObject { ["subject"] = $"{key}~{number}" }, "subject", $"{key}~{number}"),
            1 => (new JsonObject { ["location"] = $"place {number}" }, "location", $"place {number}"),
            2 => (new JsonObject { ["start"] = LoadPace.Iso(start), ["end"] = LoadPace.Iso(start.AddMinutes(30)) }, "start", LoadPace.Iso(start)),
            _ => (new JsonObject { ["categories"] = new JsonArray($"category {number % 5}") }, "", ""),
        };
        var version = item["version"]!.GetValue<long>();
        for (var (inDoubt, tries) = (false, 0); ; tries++)
        {
            var done = await _crm.CallAsync(HttpMethod.Patch, $"{Items}/{item["id"]}", edit, $"edit-{number}-{tries}", version);
            inDoubt |= done.InDoubt;
            // Somebody else was faster, or our own call whose answer was lost: the item tells.
            if (done.Status == 412)
            {
                var now = await _crm.CallAsync(HttpMethod.Get, $"{Items}/{item["id"]}");
                if (now.IsDone && !(inDoubt && field != "" && now.Body[field]!.ToString() == value))
                {
                    version = now.Body["version"]!.GetValue<long>();
                    continue;
                }
                done = now;
            }
            if (done.IsDone)
                ledger.Acknowledge(attempt, field == "" ? Deed.SlightEdit : Deed.Edit, field == "" ? null : new Dictionary<string, string> { [field] = value }, inDoubt: inDoubt);
            else if (inDoubt)
                ledger.Acknowledge(attempt, Deed.SlightEdit, inDoubt: true); // Gone meanwhile: whether the edit came first nobody knows.
            else
                ledger.Refuse(attempt);
            return;
        }
    }

    private async Task DeleteAsync(JsonNode item)
    {
        var key = Ledger.KeyOf(item["subject"]!.ToString());
        if (!ledger.Knows(key) || ledger.Begin(key, Side.Crm) is not { } attempt)
            return;
        var gone = await _crm.CallAsync(HttpMethod.Delete, $"{Items}/{item["id"]}", version: null);
        if (gone.IsDone || (gone.Status == 404 && gone.InDoubt))
            ledger.Acknowledge(attempt, Deed.Deletion, inDoubt: gone.InDoubt);
        else
            ledger.Refuse(attempt);
    }
}
