using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Tests.Planning;

/// <summary>Small contents to plan with.</summary>
internal static class Contents
{
    public static readonly Instant Now = Instant.FromUtc(2026, 11, 20, 12, 0);

    public static ScheduleContent Of(string subject, string location = "", int hour = 9) => new()
    {
        Subject = subject, Location = location, Time = TimeZones.Timed(new LocalDateTime(2026, 11, 23, hour, 0), new LocalDateTime(2026, 11, 23, hour + 1, 0), "Europe/Berlin"),
    };

    /// <summary>A content in which each field has one of a few values, so that sides agree and differ often.</summary>
    public static ScheduleContent Random(Random random) => new()
    {
        Subject = Pick(random, "a", "b", "c"),
        Body = new ItemBody(BodyFormat.Text, Pick(random, "", "x", "y")),
        Time = Of("", hour: random.Next(8, 11)).Time,
        Location = Pick(random, "", "l", "m"),
        Importance = (Importance)random.Next(3),
        Attendees = [.. new[] { "ann@x.test", "bob@x.test" }.Where(_ => random.Next(2) == 0).Select(who => new Attendee(new MailAddress(who), (AttendeeRole)random.Next(2)))],
        ShowAs = (ShowAs)random.Next(4),
        Sensitivity = (Sensitivity)random.Next(2),
        Categories = [.. new[] { "red", "blue" }.Where(_ => random.Next(2) == 0)],
        ReminderMinutes = random.Next(3) switch { 0 => null, 1 => 0, _ => 15 },
    };

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
