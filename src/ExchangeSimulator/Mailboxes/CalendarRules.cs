using System.Globalization;
using System.Xml;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>What Exchange settles by itself when a calendar item is saved (protocol.md 6).</summary>
public static class CalendarRules
{
    private static readonly string[] TimeElements = ["Start", "End", "IsAllDayEvent", "StartTimeZone", "EndTimeZone"];
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(5 * 365 + 2);

    public static void Finish(Organisation organisation, StoredItem item, bool isNew, IReadOnlySet<string> changed, TimeZoneInfo contextZone)
    {
        Zones.Check(item.Values.Element("StartTimeZone"));
        Zones.Check(item.Values.Element("EndTimeZone"));
        SetTimes(organisation, item, isNew, changed, contextZone);
        if (isNew)
            SetDefaults(organisation, item);
        if (item.Occurrence != null)
            FinishOccurrence(item, changed);
        else
            FinishSeries(item, isNew, changed, contextZone);
        SetMeetingState(item);
    }

    private static void FinishOccurrence(StoredItem item, IReadOnlySet<string> changed)
    {
        if (changed.Contains("Recurrence"))
            throw ExchangeError.InvalidPropertySet("calendar:Recurrence");
        if (changed.Overlaps(TimeElements))
            SeriesRules.CheckOccurrence(item);
    }

    private static void FinishSeries(StoredItem item, bool isNew, IReadOnlySet<string> changed, TimeZoneInfo contextZone)
    {
        if (!item.Values.Has("Recurrence"))
        {
            item.Series = null;
            return;
        }

        var hasNewRange = isNew || changed.Contains("Recurrence");
        if (!hasNewRange && !changed.Overlaps(TimeElements))
            return;
        var zone = Zones.Of(item, "StartTimeZone") ?? contextZone;
        DateOnly? start = !hasNewRange && changed.Contains("Start") ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(item.Time("Start")!.Value, zone).DateTime) : null;
        SeriesRules.Settle(item, zone, start, item.Mailbox.Habits);
    }

    /// <summary>IsOrganizer of a copy: what the owner of the mailbox is for this item.</summary>
    public static bool IsOrganizer(StoredItem item) => (item.AppointmentState() & 2) == 0;

    public static int AppointmentState(this StoredItem item) => int.Parse(item.Values.Text("AppointmentState") ?? "0", CultureInfo.InvariantCulture);

    public static string ItemType(StoredItem item)
    {
        if (item.Occurrence is { } occurrence)
            return occurrence.IsException ? "Exception" : "Occurrence";
        return item.Series != null ? "RecurringMaster" : "Single";
    }

    private static void SetTimes(Organisation organisation, StoredItem item, bool isNew, IReadOnlySet<string> changed, TimeZoneInfo contextZone)
    {
        var values = item.Values;
        if (isNew && !values.Has("StartTimeZone"))
        {
            var zone = values.Element("MeetingTimeZone")?["Id"] ?? (contextZone == TimeZoneInfo.Utc ? "UTC" : contextZone.Id);
            values.Set("StartTimeZone", new Node("t", "StartTimeZone").With("Id", zone));
        }

        // Told again on masters only, in its own form.
        values.Set("MeetingTimeZone", null);
        if (!values.Has("EndTimeZone"))
            values.Set("EndTimeZone", new Node("t", "EndTimeZone").With("Id", values.Element("StartTimeZone")?["Id"] ?? "UTC"));
        var startZone = Zones.Of(item, "StartTimeZone") ?? contextZone;
        var start = Resolve(item, "Start", startZone);
        var end = Resolve(item, "End", Zones.Of(item, "EndTimeZone") ?? startZone);
        if (start == null)
        {
            // Exchange gives an item without times the next half hour.
            var now = organisation.Now.UtcDateTime;
            start = new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, now.Minute < 30 ? 30 : 0, 0, TimeSpan.Zero).AddHours(now.Minute < 30 ? 0 : 1);
        }

        end ??= start.Value.AddMinutes(30);
        if (values.IsTrue("IsAllDayEvent"))
            (start, end) = Snap(start.Value, end.Value, startZone);
        if (end < start)
            throw new ExchangeError("ErrorCalendarEndDateIsEarlierThanStartDate", "The end date is earlier than the start date.");
        if (end - start > MaxDuration)
            throw new ExchangeError("ErrorCalendarDurationIsTooLong", "The duration of the calendar item is too long.");
        values.Set("Start", ExchangeTime.Format(start.Value));
        values.Set("End", ExchangeTime.Format(end.Value));
    }

    private static DateTimeOffset? Resolve(StoredItem item, string element, TimeZoneInfo zone) =>
        item.Values.Text(element) is { } text ? ExchangeTime.Parse(text, zone) : null;

    /// <summary>Start back to midnight, end forward to midnight, in the creation zone; at least one day.</summary>
    private static (DateTimeOffset Start, DateTimeOffset End) Snap(DateTimeOffset start, DateTimeOffset end, TimeZoneInfo zone)
    {
        var first = TimeZoneInfo.ConvertTime(start, zone).DateTime.Date;
        var lastLocal = TimeZoneInfo.ConvertTime(end, zone).DateTime;
        var last = lastLocal.TimeOfDay == TimeSpan.Zero ? lastLocal : lastLocal.Date.AddDays(1);
        if (last <= first)
            last = first.AddDays(1);
        return (ExchangeTime.FromWallClock(first, zone), ExchangeTime.FromWallClock(last, zone));
    }

    private static void SetDefaults(Organisation organisation, StoredItem item)
    {
        ItemEditor.SetDefault(item, "UID", Identifiers.Uid(organisation.Random));
        ItemEditor.SetDefault(item, "IsAllDayEvent", "false");
        ItemEditor.SetDefault(item, "LegacyFreeBusyStatus", item.Mailbox.Habits.AllDayIsFree && item.Values.IsTrue("IsAllDayEvent") ? "Free" : "Busy");
        ItemEditor.SetDefault(item, "IsResponseRequested", "true");
        ItemEditor.SetDefault(item, "AllowNewTimeProposal", "true");
        ItemEditor.SetDefault(item, "ReminderIsSet", item.Mailbox.Habits.ReminderByDefault ? "true" : "false");
        ItemEditor.SetDefault(item, "ReminderMinutesBeforeStart", "15");
        ItemEditor.SetDefault(item, "IsCancelled", "false");
        ItemEditor.SetDefault(item, "MeetingRequestWasSent", "false");
        ItemEditor.SetDefault(item, "AppointmentSequenceNumber", "0");
        ItemEditor.SetDefault(item, "AppointmentState", "0");
        if (!item.Values.Has("Organizer"))
            item.Values.Set("Organizer", Node.Types("Organizer", "", Attendees.Mailbox(organisation, item.Mailbox.Address, null)));
    }

    /// <summary>A meeting is what has attendees; bit 1 of AppointmentState says so.</summary>
    private static void SetMeetingState(StoredItem item)
    {
        var state = item.AppointmentState();
        if ((state & 2) != 0)
            return;
        var isMeeting = Attendees.Of(item).Count > 0;
        state = isMeeting ? state | 1 : state & ~1;
        item.Values.Set("AppointmentState", state.ToString(CultureInfo.InvariantCulture));
        item.Values.Set("IsMeeting", isMeeting);
        item.Values.Set("MyResponseType", isMeeting ? "Organizer" : "Unknown");
    }

    public static string Duration(StoredItem item) =>
        XmlConvert.ToString(item.Time("End").GetValueOrDefault() - item.Time("Start").GetValueOrDefault());
}
