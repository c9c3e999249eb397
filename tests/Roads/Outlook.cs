using System.Net.Http.Json;
using System.Text.Json;

namespace CrmSync.Testing;

/// <summary>A person with Outlook: edits a mailbox of the simulator through its control API.</summary>
public sealed class Outlook(HttpClient http, string mailbox)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public string Mailbox => mailbox;

    public async Task<OutlookItem> CreateAsync(object edit) => await ReadAsync(await http.PostAsJsonAsync($"/control/mailboxes/{mailbox}/items", edit, Json));

    public async Task<OutlookItem> UpdateAsync(string id, object edit) =>
        await ReadAsync(await http.PatchAsJsonAsync($"/control/mailboxes/{mailbox}/item?id={Uri.EscapeDataString(id)}", edit, Json));

    public async Task DeleteAsync(string id, string send = "none") =>
        (await http.DeleteAsync($"/control/mailboxes/{mailbox}/item?id={Uri.EscapeDataString(id)}&send={send}")).EnsureSuccessStatusCode();

    public async Task<IReadOnlyList<OutlookItem>> ListAsync(string folder = "calendar") =>
        (await http.GetFromJsonAsync<List<OutlookItem>>($"/control/mailboxes/{mailbox}/items?folder={folder}&limit=100000", Json))!;

    public async Task<OutlookItem> SingleAsync() => (await ListAsync()).ShouldHaveSingleItem();

    public async Task PostAsync(string what) => (await http.PostAsync($"/control/mailboxes/{mailbox}/{what}", null)).EnsureSuccessStatusCode();

    private static async Task<OutlookItem> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonSerializer.Deserialize<OutlookItem>(text, Json)!;
    }
}

public sealed record OutlookAttendee(string Address, string? Name, string Response, string List);

public sealed record OutlookItem(
    string Id, string ChangeKey, string? Uid, string? Subject, string? Body, string? Location, string? Start, string? End, string? TimeZone, bool IsAllDay,
    string? ShowAs, string? Sensitivity, string? Importance, bool ReminderIsSet, int? ReminderMinutes, IReadOnlyList<string> Categories,
    IReadOnlyList<OutlookAttendee> Attendees, bool IsOrganizer, bool IsMeeting, bool IsCancelled, bool MeetingRequestWasSent, string? MyResponse);

public sealed record Mail(string To, string Kind, string? Subject);
