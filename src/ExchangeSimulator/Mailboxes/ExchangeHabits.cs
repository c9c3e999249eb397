namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// Habits of Exchange that nobody here could verify against a real server (marked [B] in protocol.md). Each default is the believed value;
/// a test bench can switch it to see whether a client depends on it.
/// </summary>
public sealed record ExchangeHabits
{
    public static readonly ExchangeHabits Believed = new();

    /// <summary>The 31st of a short month is its last day, 29 February is the 28th in other years (protocol.md 6).</summary>
    public bool ShortMonthsUseTheirLastDay { get; init; } = true;

    /// <summary>Another pattern, time of day, length or zone of a series throws its exceptions and deletions away; another range alone does not (protocol.md 6; the latter seen in OfficeDev/ews-managed-api issue 235).</summary>
    public bool PatternChangeDropsExceptions { get; init; } = true;

    /// <summary>IsRecurring is true on occurrences and exceptions only, not on the master (protocol.md 6).</summary>
    public bool MasterIsRecurring { get; init; }

    /// <summary>Answer to the id or index of a deleted occurrence (protocol.md 6 names the code; whether also for its id is believed).</summary>
    public string DeletedOccurrenceCode { get; init; } = "ErrorCalendarOccurrenceIsDeletedFromRecurrence";

    /// <summary>Before the subject of a cancelled meeting; localised in the real server (protocol.md 6).</summary>
    public string CancelledPrefix { get; init; } = "Canceled: ";

    /// <summary>An all-day item made without a show-as is Free (protocol.md 6 believes Busy over EWS).</summary>
    public bool AllDayIsFree { get; init; }

    /// <summary>A created appointment has a reminder although none was asked for.</summary>
    public bool ReminderByDefault { get; init; }

    /// <summary>AlwaysOverwrite without a ChangeKey is refused, as documented; 2010 and later are believed to accept it (protocol.md 3).</summary>
    public bool AlwaysOverwriteNeedsChangeKey { get; init; }

    /// <summary>The organizer's named properties travel to the attendees' copies.</summary>
    public bool CopiesCarryNamedProperties { get; init; }

    /// <summary>Named properties go along when an item is copied (protocol.md 5).</summary>
    public bool CopyKeepsNamedProperties { get; init; } = true;

    /// <summary>Text properties in lists are cut at this many bytes of UTF-8; 0 leaves them whole (protocol.md 5, FindItem).</summary>
    public int ListTextBytes { get; init; } = 512;

    /// <summary>Most items on a page of a list with a restriction, from 2013 on; 0 for the 1000 of any list (protocol.md 10).</summary>
    public int RestrictedPage { get; init; } = 250;

    /// <summary>MeetingTimeZone can be set only by requests of versions before 2010 (protocol.md 6).</summary>
    public bool MeetingTimeZoneIsOfOldVersions { get; init; } = true;

    /// <summary>A calendar view refuses a restriction or a sort order beside it (protocol.md 5).</summary>
    public bool ViewRefusesConditions { get; init; } = true;
}
