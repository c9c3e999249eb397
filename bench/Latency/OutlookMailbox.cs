using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.Latency;

/// <summary>A person who edits appointments of one mailbox.</summary>
public sealed class OutlookMailbox
{
    private readonly Simulator _simulator;
    private readonly string _address;
    private readonly List<(string ExchangeId, Guid ItemId)> _items;

    private OutlookMailbox(Simulator simulator, string address, List<(string ExchangeId, Guid ItemId)> items) => (_simulator, _address, _items) = (simulator, address, items);

    public static async Task<OutlookMailbox> OpenAsync(Simulator simulator, string address, IReadOnlyDictionary<string, Guid> known)
    {
        var list = (await simulator.Control.GetFromJsonAsync<JsonArray>($"mailboxes/{address}/items"))!;
        return new(simulator, address, [.. list.Select(item => item!["id"]!.GetValue<string>()).Select(id => (id, known[id]))]);
    }

    /// <summary>Gives an appointment another subject, and the watch the moment at which Exchange wrote it.</summary>
    public async Task EditAsync(string subject, int turn, RowWatch watch, CancellationToken stop)
    {
        var (exchangeId, itemId) = _items[turn % _items.Count];
        watch.Expect(itemId, subject);
        var answer = await _simulator.Control.PatchAsync(
            $"mailboxes/{_address}/item?id={Uri.EscapeDataString(exchangeId)}", JsonContent.Create(new { subject }), stop);
        answer.EnsureSuccessStatusCode();
        using var item = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
        watch.Written(itemId, subject, item.RootElement.GetProperty("writtenAt").GetDateTimeOffset());
    }
}
