using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>The people and meetings of the demo: four mailboxes, a service account, this week's appointments.</summary>
public static class DemoData
{
    public const string Password = "demo";
    public const string ServiceAccount = "sync@contoso.test";

    public static void Seed(Organisation organisation)
    {
        var anna = organisation.AddMailbox("anna@contoso.test", "Anna Albers", Password);
        var ben = organisation.AddMailbox("ben@contoso.test", "Ben Brandt", Password);
        var carla = organisation.AddMailbox("carla@contoso.test", "Carla Conti", Password);
        organisation.AddMailbox("room.berlin@contoso.test", "Room Berlin", Password).IsRoom = true;
        organisation.AddAccount(new Account(ServiceAccount, Password) { MayImpersonate = true, Mailbox = organisation.AddMailbox(ServiceAccount, "CRM synchronization") });

        var zone = ExchangeTime.FindZone(anna.TimeZoneId)!;
        var today = TimeZoneInfo.ConvertTime(organisation.Now, zone).Date;
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        Add(organisation, anna, "Weekly planning", monday.AddHours(9), 60, "Room Berlin", ["ben@contoso.test", "carla@contoso.test"]);
        Add(organisation, anna, "Customer visit Fabrikam", monday.AddDays(1).AddHours(13), 120, "Fabrikam, Hamburg", []);
        Add(organisation, ben, "Design review", monday.AddDays(2).AddHours(10), 45, "Online", ["anna@contoso.test"]);
        Add(organisation, ben, "Dentist", monday.AddDays(3).AddHours(8), 60, "", [], "Private");
        Add(organisation, carla, "Offer for Northwind", monday.AddDays(3).AddHours(15), 90, "Office", ["anna@contoso.test"]);
        Add(organisation, carla, "Lunch", monday.AddDays(4).AddHours(12), 60, "", []);
        AddAllDay(organisation, anna, "Trade fair", monday.AddDays(4));
    }

    private static void Add(Organisation organisation, Mailbox mailbox, string subject, DateTime start, int minutes, string location, string[] attendees, string sensitivity = "Normal")
    {
        var element = Node.Types("CalendarItem", "", Node.Types("Subject", subject), Node.Types("Sensitivity", sensitivity));
        Times(element, mailbox, start, start.AddMinutes(minutes));
        element.Children.Add(Node.Types("Location", location));
        element.Children.Add(Node.Types("ReminderIsSet", "true"));
        if (attendees.Length > 0)
            element.Children.Add(Node.Types("RequiredAttendees", "", [.. attendees.Select(a => Node.Types("Attendee", "", Node.Types("Mailbox", "", Node.Types("EmailAddress", a))))]));
        Actions(organisation, mailbox).Create(ItemKind.CalendarItem, element, mailbox["calendar"], attendees.Length > 0 ? SendTo.AllAndSaveCopy : SendTo.None);
    }

    private static void AddAllDay(Organisation organisation, Mailbox mailbox, string subject, DateTime day)
    {
        var element = Node.Types("CalendarItem", "", Node.Types("Subject", subject), Node.Types("IsAllDayEvent", "true"), Node.Types("LegacyFreeBusyStatus", "Free"));
        Times(element, mailbox, day, day.AddDays(1));
        Actions(organisation, mailbox).Create(ItemKind.CalendarItem, element, mailbox["calendar"], SendTo.None);
    }

    private static void Times(Node element, Mailbox mailbox, DateTime start, DateTime end)
    {
        element.Children.Add(Node.Types("Start", start.ToString("s")));
        element.Children.Add(Node.Types("End", end.ToString("s")));
        element.Children.Add(new Node("t", "StartTimeZone").With("Id", mailbox.TimeZoneId));
        element.Children.Add(new Node("t", "EndTimeZone").With("Id", mailbox.TimeZoneId));
    }

    private static ItemActions Actions(Organisation organisation, Mailbox mailbox) =>
        new(organisation, new EditContext(new Caller(organisation.FindAccount(mailbox.Address)!, mailbox, false), ExchangeTime.FindZone(mailbox.TimeZoneId)), "seed");
}
