using System.Globalization;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Many mailboxes with many appointments, for load. Values repeat on purpose, so that 100,000 items stay cheap.</summary>
public static class SeedData
{
    private static readonly string[] Subjects = ["Review", "Planning", "Customer call", "Stand-up", "Interview", "Workshop", "One to one", "Training"];
    private static readonly string[] Places = ["Room Berlin", "Room Paris", "Online", "Canteen"];

    private const string BodyLine = "Agenda point, to be prepared by all who take part. ";

    /// <summary>Length of a seeded body in characters, unless another is wished.</summary>
    public const int BodyLength = 2040;

    public static void Fill(Organisation organisation, int mailboxes, int items, int bodyLength = BodyLength)
    {
        for (var i = 1; i <= mailboxes; i++)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"user{i}@contoso.test");
            Items(organisation, organisation.FindMailbox(address) ?? organisation.AddMailbox(address, $"User {i}", DemoData.Password), items, bodyLength);
        }

        if (organisation.FindMailbox(DemoData.ServiceAccount) == null)
            organisation.AddAccount(new Account(DemoData.ServiceAccount, DemoData.Password) { MayImpersonate = true, Mailbox = organisation.AddMailbox(DemoData.ServiceAccount, "CRM synchronization") });
    }

    public static void Items(Organisation organisation, Mailbox mailbox, int count, int bodyLength = BodyLength)
    {
        var random = organisation.Random;
        var body = BodyText.Store(string.Concat(Enumerable.Repeat(BodyLine, bodyLength / BodyLine.Length + 1))[..bodyLength], isHtml: false);
        var zone = new Node("t", "StartTimeZone").With("Id", mailbox.TimeZoneId);
        var endZone = new Node("t", "EndTimeZone").With("Id", mailbox.TimeZoneId);
        var organizer = Node.Types("Organizer", "", Attendees.Mailbox(organisation, mailbox.Address, null));
        var first = organisation.Now.UtcDateTime.Date.AddDays(-180);
        for (var i = 0; i < count; i++)
        {
            var item = organisation.NewItem(ItemKind.CalendarItem, mailbox);
            var values = item.Values;
            var start = new DateTimeOffset(first.AddDays(random.Next(0, 720)).AddMinutes(30 * random.Next(12, 36)), TimeSpan.Zero);
            values.Set("ItemClass", "IPM.Appointment");
            values.Set("Subject", string.Create(CultureInfo.InvariantCulture, $"{Subjects[random.Next(Subjects.Length)]} {i + 1}"));
            values.Set("Sensitivity", "Normal");
            values.Set("Body", body);
            values.Set("Importance", "Normal");
            values.Set("ReminderIsSet", "true");
            values.Set("ReminderMinutesBeforeStart", "15");
            values.Set("UID", Identifiers.Uid(random));
            values.Set("Start", ExchangeTime.Format(start));
            values.Set("End", ExchangeTime.Format(start.AddMinutes(30 * random.Next(1, 5))));
            values.Set("IsAllDayEvent", "false");
            values.Set("LegacyFreeBusyStatus", "Busy");
            values.Set("Location", Places[random.Next(Places.Length)]);
            values.Set("IsMeeting", "false");
            values.Set("IsCancelled", "false");
            values.Set("MeetingRequestWasSent", "false");
            values.Set("IsResponseRequested", "true");
            values.Set("MyResponseType", "Unknown");
            values.Set("Organizer", organizer);
            values.Set("AppointmentSequenceNumber", "0");
            values.Set("AppointmentState", "0");
            values.Set("StartTimeZone", zone);
            values.Set("EndTimeZone", endZone);
            values.Set("AllowNewTimeProposal", "true");
            organisation.Insert(item, mailbox["calendar"], mailbox.DisplayName);
        }
    }
}
