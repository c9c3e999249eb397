using System.Text;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Calendars.Mime;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>clients.md 1 point 8: calendar items created, changed and read as bare iCalendar.</summary>
public sealed class MimeTests : IAsyncLifetime
{
    private const string Zone = """
        BEGIN:VTIMEZONE
        TZID:Europe/Berlin
        BEGIN:STANDARD
        DTSTART:19961027T030000
        TZOFFSETFROM:+0200
        TZOFFSETTO:+0100
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:19810329T020000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0200
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
        END:DAYLIGHT
        END:VTIMEZONE
        """;

    private const string Series = """
        BEGIN:VEVENT
        UID:series-1@example.test
        DTSTART;TZID=Europe/Berlin:20260316T090000
        DTEND;TZID=Europe/Berlin:20260316T100000
        RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4
        EXDATE;TZID=Europe/Berlin:20260330T090000
        SUMMARY:Weekly\, with comma
        END:VEVENT
        BEGIN:VEVENT
        UID:series-1@example.test
        RECURRENCE-ID;TZID=Europe/Berlin:20260323T090000
        DTSTART;TZID=Europe/Berlin:20260324T140000
        DTEND;TZID=Europe/Berlin:20260324T150000
        SUMMARY:Moved
        END:VEVENT
        """;

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Calendar(string events, string zone = Zone) => $"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{zone}\n{events}\nEND:VCALENDAR\n".ReplaceLineEndings("\r\n");

    private static string Mime(string text) => $"<t:MimeContent>{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}</t:MimeContent>";

    private Task<XElement> Create(string text, string more = "", string send = "SendToNone", string header = "") =>
        _exchange.Call($"<m:CreateItem SendMeetingInvitations=\"{send}\"><m:Items><t:CalendarItem>{Mime(text)}{more}</t:CalendarItem></m:Items></m:CreateItem>", header: header);

    private async Task<string> ReadMime(string id)
    {
        var item = await _exchange.Get(id, shape: "IdOnly", more: "<t:IncludeMimeContent>true</t:IncludeMimeContent>");
        return Encoding.UTF8.GetString(Convert.FromBase64String(item.Descendants(T + "MimeContent").Single().Value));
    }

    private async Task<List<string>> View()
    {
        var view = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2026-05-01T00:00:00Z\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
        return view.Descendants(T + "CalendarItem").Select(i => $"{i.Element(T + "CalendarItemType")!.Value} {i.Element(T + "Start")!.Value[5..16]} {i.Element(T + "Subject")!.Value}").ToList();
    }

    private static string Value(XElement answer, string element) => answer.Descendants(T + element).First().Value;

    [Fact]
    public async Task An_event_becomes_an_appointment_with_all_it_says()
    {
        var id = ItemId(await Create(Calendar("""
            BEGIN:VEVENT
            UID:one@example.test
            DTSTART;TZID=Europe/Berlin:20260316T090000
            DURATION:PT90M
            SUMMARY:Long
              text \; escaped
            DESCRIPTION:Line one\nLine two
            LOCATION:Room\, Berlin
            CLASS:PRIVATE
            PRIORITY:1
            TRANSP:TRANSPARENT
            CATEGORIES:Red,Blue\,ish
            BEGIN:VALARM
            TRIGGER:-PT30M
            ACTION:DISPLAY
            END:VALARM
            END:VEVENT
            """))).Id;
        var item = await _exchange.Get(id);
        Value(item, "Subject").ShouldBe("Long text ; escaped");
        Value(item, "UID").ShouldBe("one@example.test");
        Value(item, "Start").ShouldBe("2026-03-16T08:00:00Z");
        Value(item, "End").ShouldBe("2026-03-16T09:30:00Z");
        Value(item, "StartTimeZoneId").ShouldBe("W. Europe Standard Time");
        Value(item, "Body").ShouldBe("Line one\nLine two");
        Value(item, "Location").ShouldBe("Room, Berlin");
        Value(item, "Sensitivity").ShouldBe("Private");
        Value(item, "Importance").ShouldBe("High");
        Value(item, "LegacyFreeBusyStatus").ShouldBe("Free");
        item.Descendants(T + "Categories").Single().Elements().Select(e => e.Value).ShouldBe(["Red", "Blue,ish"]);
        Value(item, "ReminderIsSet").ShouldBe("true");
        Value(item, "ReminderMinutesBeforeStart").ShouldBe("30");
    }

    [Fact]
    public async Task A_series_comes_with_its_excluded_dates_and_changed_occurrences()
    {
        await Create(Calendar(Series));
        (await View()).ShouldBe(["Occurrence 03-16T08:00 Weekly, with comma", "Exception 03-24T13:00 Moved", "Occurrence 04-06T07:00 Weekly, with comma"]);
        Changes(await _exchange.Sync(null)).ShouldBe(["Create"]);
    }

    [Fact]
    public async Task What_the_request_says_beside_the_mime_content_wins()
    {
        const string tag = "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x10f3\" PropertyType=\"String\"/><t:Value>one.ics</t:Value></t:ExtendedProperty>";
        var id = ItemId(await Create(Calendar(Series), "<t:ReminderIsSet>true</t:ReminderIsSet>" + tag + "<t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus>")).Id;
        var item = await _exchange.Get(id);
        Value(item, "ReminderIsSet").ShouldBe("true");
        Value(item, "LegacyFreeBusyStatus").ShouldBe("OOF");
        var found = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo><t:ExtendedFieldURI PropertyTag=\"0x10f3\" PropertyType=\"String\"/><t:FieldURIOrConstant><t:Constant Value=\"one.ics\"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
        ItemId(found).Id.ShouldBe(id);
    }

    [Fact]
    public async Task What_is_read_is_bare_icalendar_with_the_zone_the_rule_and_the_changed_occurrences()
    {
        var id = ItemId(await Create(Calendar(Series))).Id;
        var text = await ReadMime(id);
        text.ShouldStartWith("BEGIN:VCALENDAR\r\n");
        text.ShouldContain("TZID:W. Europe Standard Time\r\n");
        text.ShouldContain("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\n");
        text.ShouldContain("DTSTART;TZID=W. Europe Standard Time:20260316T090000\r\n");
        text.ShouldContain("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;WKST=MO;COUNT=4\r\n");
        text.ShouldContain("EXDATE;TZID=W. Europe Standard Time:20260330T090000\r\n");
        text.ShouldContain("RECURRENCE-ID;TZID=W. Europe Standard Time:20260323T090000\r\n");
        text.ShouldContain("SUMMARY;LANGUAGE=en-US:Weekly\\, with comma\r\n");
        text.Split("\r\n").ShouldAllBe(l => Encoding.UTF8.GetByteCount(l) <= 75);
    }

    [Fact]
    public async Task What_was_written_can_be_read_back_as_the_same_series()
    {
        var first = ItemId(await Create(Calendar(Series))).Id;
        var before = await View();
        var text = await ReadMime(first);
        await _exchange.Delete(first, "HardDelete");
        await Create(text);
        (await View()).ShouldBe(before);
    }

    [Fact]
    public async Task Attendees_are_invited_and_the_organizer_is_the_owner()
    {
        await Create(
            Calendar("""
            BEGIN:VEVENT
            UID:meeting@example.test
            DTSTART:20260316T080000Z
            DTEND:20260316T090000Z
            SUMMARY:With people
            ORGANIZER:mailto:anna@contoso.test
            ATTENDEE;CN="Ben; B";PARTSTAT=NEEDS-ACTION:mailto:ben@contoso.test
            ATTENDEE;ROLE=OPT-PARTICIPANT:MAILTO:carla@contoso.test
            ATTENDEE;CUTYPE=ROOM:mailto:room.berlin@contoso.test
            END:VEVENT
            """),
            send: "SendToAllAndSaveCopy");
        _exchange.Organisation.Mails.Mails.Select(m => m.To.Split('@')[0]).ShouldBe(["ben", "carla", "room.berlin"], ignoreOrder: true);
        var item = _exchange.Organisation.FindMailbox("anna@contoso.test")!["calendar"].Items.Single();
        CalendarRules.IsOrganizer(item).ShouldBeTrue();
        item.Attendees("OptionalAttendees").Count().ShouldBe(1);
        item.Attendees("Resources").Count().ShouldBe(1);
        (await ReadMime(item.Id)).Replace("\r\n ", "").ShouldContain("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=\"Ben Brandt\":MAILTO:ben@contoso.test", Case.Sensitive);
    }

    [Fact]
    public async Task An_event_of_another_organizer_is_an_attendees_copy()
    {
        var id = ItemId(await Create(Calendar("""
            BEGIN:VEVENT
            UID:foreign@example.test
            DTSTART:20260316T080000Z
            DTEND:20260316T090000Z
            ORGANIZER:mailto:boss@fabrikam.test
            ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@contoso.test
            END:VEVENT
            """))).Id;
        var item = await _exchange.Get(id);
        Value(item, "AppointmentState").ShouldBe("3");
        Value(item, "MyResponseType").ShouldBe("Accept");
        Value(item, "IsOrganizer").ShouldBe("false");
        _exchange.Organisation.Mails.Mails.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_all_day_event_is_a_date_in_the_zone_of_the_request_or_of_the_mailbox()
    {
        const string events = "BEGIN:VEVENT\nUID:day\nDTSTART;VALUE=DATE:20260316\nSUMMARY:Day\nEND:VEVENT";
        var id = ItemId(await Create(Calendar(events, ""))).Id;
        var item = await _exchange.Get(id);
        Value(item, "Start").ShouldBe("2026-03-15T23:00:00Z");
        Value(item, "End").ShouldBe("2026-03-16T23:00:00Z");
        Value(item, "IsAllDayEvent").ShouldBe("true");
        var there = ItemId(await Create(Calendar(events, ""), header: "<t:TimeZoneContext><t:TimeZoneDefinition Id=\"Eastern Standard Time\"/></t:TimeZoneContext>")).Id;
        Value(await _exchange.Get(there), "Start").ShouldBe("2026-03-16T04:00:00Z");
        (await ReadMime(id)).ShouldContain("DTSTART;VALUE=DATE:20260316\r\n");
    }

    [Fact]
    public async Task An_unknown_zone_is_recognised_by_its_rules()
    {
        var id = ItemId(await Create(Calendar("BEGIN:VEVENT\nUID:z\nDTSTART;TZID=My Own Zone:20260716T090000\nDTEND;TZID=My Own Zone:20260716T100000\nEND:VEVENT", Zone.Replace("Europe/Berlin", "My Own Zone")))).Id;
        var item = await _exchange.Get(id);
        Value(item, "Start").ShouldBe("2026-07-16T07:00:00Z");
        Value(item, "StartTimeZoneId").ShouldBe("W. Europe Standard Time");
    }

    [Fact]
    public async Task Changed_mime_content_replaces_what_the_old_one_said()
    {
        var id = ItemId(await Create(Calendar(Series))).Id;
        var update = await _exchange.Update(id, null, Set("item:MimeContent", Mime(Calendar("BEGIN:VEVENT\nUID:series-1@example.test\nDTSTART;TZID=Europe/Berlin:20260317T090000\nDTEND;TZID=Europe/Berlin:20260317T100000\nSUMMARY:Once\nEND:VEVENT"))), "AlwaysOverwrite");
        Code(update).ShouldBe("NoError");
        (await View()).ShouldBe(["Single 03-17T08:00 Once"]);
    }

    [Theory]
    [InlineData("not base64!", "ErrorMimeContentInvalidBase64String")]
    [InlineData("", "ErrorMimeContentInvalid")]
    [InlineData("QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo=", "ErrorMimeContentInvalid")]
    [InlineData("aGVsbG8=", "ErrorMimeContentInvalid")]
    public void Content_that_is_no_calendar_is_refused(string base64, string code)
    {
        var item = new StoredItem(ItemKind.CalendarItem, _exchange.Organisation.FindMailbox("anna@contoso.test")!, "x");
        Should.Throw<ExchangeError>(() => MimeContent.Read(base64, item.Mailbox, null)).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("FREQ=HOURLY")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1")]
    [InlineData("FREQ=DAILY;INTERVAL=99999")]
    [InlineData("FREQ=WEEKLY;BYDAY=XX")]
    public async Task A_rule_that_no_pattern_can_hold_is_refused(string rule) =>
        Code(await Create(Calendar($"BEGIN:VEVENT\nUID:r\nDTSTART:20260316T080000Z\nRRULE:{rule}\nEND:VEVENT"))).ShouldBe("ErrorMimeContentConversionFailed");

    [Theory]
    [InlineData("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday Tuesday Wednesday Thursday Friday</t:DaysOfWeek>")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2", "<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek>")]
    [InlineData("FREQ=MONTHLY;BYDAY=3MO", "<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek><t:DayOfWeekIndex>Third</t:DayOfWeekIndex>")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-1", "<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Day</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex>")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex>")]
    [InlineData("FREQ=YEARLY", "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>16</t:DayOfMonth><t:Month>March</t:Month>")]
    [InlineData("FREQ=YEARLY;INTERVAL=2", "<t:AbsoluteMonthlyRecurrence><t:Interval>24</t:Interval><t:DayOfMonth>16</t:DayOfMonth>")]
    public async Task Each_rule_becomes_the_pattern_that_outlook_would_keep(string rule, string pattern)
    {
        var id = ItemId(await Create(Calendar($"BEGIN:VEVENT\nUID:r\nDTSTART:20260316T080000Z\nDTEND:20260316T090000Z\nRRULE:{rule}\nEND:VEVENT"))).Id;
        var element = (await _exchange.Get(id)).Descendants(T + "Recurrence").Single().ToString(SaveOptions.DisableFormatting);
        System.Text.RegularExpressions.Regex.Replace(element, " xmlns:[mts]=\"[^\"]*\"", "").ShouldContain(pattern);
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_never_ends_in_another_error()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var mailbox = _exchange.Organisation.FindMailbox("anna@contoso.test")!;
        var good = Calendar(Series + "\nBEGIN:VEVENT\nUID:x\nDTSTART;VALUE=DATE:20260316\nDURATION:P1W\nATTENDEE;CN=\"a;b\":mailto:x@y.z\nBEGIN:VALARM\nTRIGGER:-P1DT2H\nEND:VALARM\nEND:VEVENT");
        string[] values = ["", ":", ";", "99999999T999999Z", "00010101", "FREQ=YEARLY;INTERVAL=999999999", "-P99999999D", "BEGIN:VEVENT\r\n", "END:VCALENDAR\r\n", "\\", "\"", "TZID=", "20260316T090000", "P1W", "+9999"];
        var read = 0;
        for (var i = 0; i < 5000; i++)
        {
            var text = new StringBuilder(good);
            for (var n = random.Next(0, 5); n > 0 && text.Length > 40; n--)
            {
                var at = random.Next(text.Length - 30);
                if (random.Next(2) == 0)
                    text.Remove(at, random.Next(1, 30));
                text.Insert(at, random.Next(3) == 0 ? ((char)random.Next(1, 300)).ToString() : values[random.Next(values.Length)]);
            }

            try
            {
                EventReader.Read(text.ToString(), mailbox, null);
                read++;
            }
            catch (ExchangeError)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"round {i} of seed {seed}: {e}\n{text}");
            }
        }

        read.ShouldBeGreaterThan(500);
    }
}
