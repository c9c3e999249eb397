using CrmSync.ExchangeSimulator.Calendars;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>A stretch of time in somebody's calendar.</summary>
public sealed record BusyTime(DateTimeOffset Start, DateTimeOffset End, string Status, StoredItem Item);

/// <summary>What a calendar holds between two moments, occurrences among it, in the order of its start.</summary>
public static class BusyTimes
{
    public static List<BusyTime> Of(MailFolder calendar, DateTimeOffset from, DateTimeOffset to) => CalendarView.Of(calendar, from, to)
        .ConvertAll(e => e.Open()).ConvertAll(i => new BusyTime(i.Time("Start")!.Value, i.Time("End")!.Value, i.Values.Text("LegacyFreeBusyStatus") ?? "Busy", i));
}
