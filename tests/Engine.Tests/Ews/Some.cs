using System.Text;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>Things that tests need some of.</summary>
internal static class Some
{
    public static readonly Stamp Stamp = new(new("11111111-1111-4111-8111-111111111111"), new("22222222-2222-4222-8222-222222222222"), 3);

    public static RequestContext Context(string version = "Exchange2013_SP1", AccessType access = AccessType.Impersonation) =>
        new(new("https://mail.contoso.test/EWS/Exchange.asmx"), "anna@contoso.test", "sync@contoso.test", "Basic", access, new(version));

    public static SyncTarget Target(string? url = "http://127.0.0.1:1/EWS/Exchange.asmx") =>
        new() { Name = "contoso", Url = url, UserName = "sync@contoso.test", RequestTimeoutSeconds = 20 };

    public static ScheduleContent Meeting() => new()
    {
        Subject = "Quarterly review",
        Body = new(BodyFormat.Html, "<html><body><p>Agenda &amp; more</p></body></html>"),
        Time = TimeZones.Timed(new(2026, 3, 10, 10, 0), new(2026, 3, 10, 11, 0), "W. Europe Standard Time"),
        Location = "Room 1",
        Importance = Importance.High,
        Attendees =
        [
            new(new("ben@contoso.test", "Ben"), AttendeeRole.Required),
            new(new("carla@contoso.test"), AttendeeRole.Optional),
            new(new("room.berlin@contoso.test", "Berlin"), AttendeeRole.Resource),
        ],
        ShowAs = ShowAs.WorkingElsewhere,
        Sensitivity = Sensitivity.Private,
        Categories = ["CRM", "Customers"],
        ReminderMinutes = 15,
    };

    public static ScheduleContent Bare() => new() { Time = TimeZones.AllDay(new LocalDate(2026, 3, 10), new LocalDate(2026, 3, 12), "America/New_York") };

    public static byte[] Envelope<T>(EwsOperation<T> operation, RequestContext context)
    {
        using var writer = new RequestWriter(context);
        return writer.Envelope(operation.Write).ToArray();
    }

    public static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
