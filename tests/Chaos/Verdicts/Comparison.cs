using System.Text.Json.Nodes;
using CrmSync.Testing;

namespace CrmSync.Chaos.Verdicts;

/// <summary>One person's calendar against the same person's items in the CRM, field by field.</summary>
/// <param name="isCalledOff">The CRM has deleted this meeting: what is left of it in attendees' calendars stays until they remove it.</param>
public sealed class Comparison(string person, List<string> differences, Func<string, bool> isCalledOff)
{
    public void Compare(IReadOnlyList<JsonNode> items, IReadOnlyList<OutlookItem> copies)
    {
        var inCrm = items.ToLookup(item => Ledger.KeyOf(item["subject"]!.ToString()));
        var inExchange = copies.ToLookup(copy => Ledger.KeyOf(copy.Subject));
        foreach (var copy in copies.Where(copy => !inCrm.Contains(Ledger.KeyOf(copy.Subject)) && !(copy.Subject!.StartsWith("Canceled: ", StringComparison.Ordinal) && isCalledOff(Ledger.KeyOf(copy.Subject)))))
            differences.Add($"{person}'s '{copy.Subject}' is in Exchange only");
        foreach (var item in items.Where(item => !inExchange.Contains(Ledger.KeyOf(item["subject"]!.ToString()))))
            differences.Add($"{person}'s '{item["subject"]}' is in the CRM only");
        foreach (var key in inCrm.Where(group => inExchange.Contains(group.Key)))
            Fields(key.First(), inExchange[key.Key].First());
    }

    private void Fields(JsonNode item, OutlookItem copy)
    {
        Equal(copy, "subject", Plain(copy.Subject), Plain(item["subject"]!.ToString()));
        Equal(copy, "location", copy.Location ?? "", item["location"]!.ToString());
        Equal(copy, "start", LoadPace.Iso(copy.Start!), LoadPace.Iso(item["start"]!.ToString()));
        Equal(copy, "end", LoadPace.Iso(copy.End!), LoadPace.Iso(item["end"]!.ToString()));
        Equal(copy, "attendees", Words(copy.Attendees.Select(attendee => attendee.Address)), Words(item["attendees"]!.AsArray().Select(attendee => attendee!["address"]!.ToString())));
        Equal(copy, "categories", Words(copy.Categories), Words(item["categories"]!.AsArray().Select(category => category!.ToString())));
        Equal(copy, "reminder", $"{(copy.ReminderIsSet ? copy.ReminderMinutes : null)}", $"{item["reminderMinutes"]}");
        Equal(copy, "show-as", copy.ShowAs?.ToLowerInvariant() ?? "", item["showAs"]!.ToString().ToLowerInvariant());
    }

    private void Equal(OutlookItem copy, string field, string exchange, string crm)
    {
        if (exchange != crm)
            differences.Add($"{person}'s '{copy.Subject}': {field} is '{exchange}' in Exchange and '{crm}' in the CRM");
    }

    private static string Plain(string? subject) => (subject ?? "").Replace("Canceled: ", "", StringComparison.Ordinal);

    private static string Words(IEnumerable<string> words) => string.Join(',', words.Order(StringComparer.Ordinal));
}
