using System.Xml;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Crm;

/// <summary>What a schedule item may hold: the bounds of Exchange and of quality.md T19. Pure.</summary>
public static class ScheduleValidation
{
    public const int MaxSubject = 255;
    public const int MaxLocation = 255;
    public const int MaxBody = 1024 * 1024;
    public const int MaxAttendees = 2000;
    public const int MaxCategories = 50;

    // Four weeks is the longest that Outlook offers by a long way; the bound keeps a typo from becoming a negative number in Exchange.
    public const int MaxReminderMinutes = 10 * 366 * 24 * 60;

    public static IReadOnlyList<FieldProblem> Check(ScheduleContent content, ScheduleFields fields)
    {
        var problems = new List<FieldProblem>();
        bool Has(ScheduleFields field) => (fields & field) != 0;
        void Add(string field, string cause, string cure) => problems.Add(new FieldProblem(field, cause, cure));
        void Text(string field, string? value, int max)
        {
            if (value is null)
                return;
            if (value.Length > max)
                Add(field, $"It has {value.Length} characters; {max} are allowed.", "Shorten it.");
            if (value.Any(c => !XmlConvert.IsXmlChar(c) && !char.IsSurrogate(c)))
                Add(field, "It contains control characters that Exchange cannot store.", "Remove them.");
        }

        if (Has(ScheduleFields.Subject))
            Text("subject", content.Subject, MaxSubject);
        if (Has(ScheduleFields.Location))
            Text("location", content.Location, MaxLocation);
        if (Has(ScheduleFields.Body))
            Text("body", content.Body.Value, MaxBody);
        if (Has(ScheduleFields.Time))
            CheckTime(content.Time, Add);
        if (Has(ScheduleFields.Attendees))
            CheckAttendees(content.Attendees, Add);
        if (Has(ScheduleFields.Categories))
        {
            if (content.Categories.Count > MaxCategories)
                Add("categories", $"There are {content.Categories.Count}; {MaxCategories} are allowed.", "Remove some.");
            foreach (var category in content.Categories)
                Text("categories", category, 255);
        }
        if (Has(ScheduleFields.Reminder) && content.ReminderMinutes is < 0 or > MaxReminderMinutes)
            Add("reminderMinutes", $"{content.ReminderMinutes} is not between 0 and {MaxReminderMinutes}.", "Give minutes before the start, or null for no reminder.");
        if ((fields & ScheduleFields.ReadOnlyInExchange) is not ScheduleFields.None and var readOnly)
            Add(readOnly.ToString(), "It is set by Exchange alone.", "Leave it out.");
        return problems;
    }

    private static void CheckTime(ScheduleTime time, Action<string, string, string> add)
    {
        if (TimeZones.Find(time.StartZone) is null)
            add("startZone", $"'{time.StartZone}' is no known time zone.", "Use an IANA id such as Europe/Berlin or a Windows id such as W. Europe Standard Time.");
        if (TimeZones.Find(time.EndZone) is null)
            add("endZone", $"'{time.EndZone}' is no known time zone.", "Use an IANA id such as Europe/Berlin or a Windows id such as W. Europe Standard Time.");
        if (time.End < time.Start)
            add("end", "It lies before the start.", "Give an end that is not before the start.");
        if (time.IsAllDay && time.EndWall.Date <= time.StartWall.Date)
            add("end", "An all-day item ends on the day after its last day.", "Give an end date after the start date.");
        if (time.StartWall.Year is < 1900 or > 4000 || time.EndWall.Year is < 1900 or > 4000)
            add("start", "The years 1900 to 4000 are allowed.", "Check the year.");
    }

    private static void CheckAttendees(IReadOnlyList<Attendee> attendees, Action<string, string, string> add)
    {
        if (attendees.Count > MaxAttendees)
            add("attendees", $"There are {attendees.Count}; {MaxAttendees} are allowed.", "Invite a distribution list instead.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var attendee in attendees)
        {
            var address = attendee.Who.Address;
            if (!IsAddress(address))
                add("attendees", $"'{address}' is no mail address.", "Give an address such as anna@contoso.test.");
            else if (!seen.Add(address))
                add("attendees", $"{address} is there twice.", "Name each person once.");
        }
    }

    /// <summary>Something before and after one @, without blanks or control characters.</summary>
    public static bool IsAddress(string? address) =>
        address is { Length: > 2 and <= 320 } && address.IndexOf('@') is > 0 and var at && at == address.LastIndexOf('@') && at < address.Length - 1
        && !address.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '<' or '>' or '"');
}
