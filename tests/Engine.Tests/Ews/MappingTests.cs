using System.Text;
using System.Text.RegularExpressions;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>Content through XML and back, for random contents and for the corners of the protocol.</summary>
public sealed class MappingTests
{
    private static readonly string[] Zones =
        ["W. Europe Standard Time", "Pacific Standard Time", "India Standard Time", "Nepal Standard Time", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo", "UTC"];

    [Fact]
    public async Task Any_content_survives_the_way_out_and_back()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < 1500; run++)
        {
            var content = RandomContent(random);
            var version = random.Next(2) == 0 ? "Exchange2013_SP1" : "Exchange2010_SP2";
            if (version == "Exchange2010_SP2" && content.ShowAs == ShowAs.WorkingElsewhere)
                content = content with { ShowAs = ShowAs.Busy };
            var item = await EchoAsync(content, version);
            // What XML cannot carry is dropped, on purpose.
            var expected = content with
            {
                Subject = WireText.Clean(content.Subject), Location = WireText.Clean(content.Location), Body = content.Body with { Value = WireText.Clean(content.Body.Value) },
            };
            var difference = ScheduleComparison.Difference(expected, item.Content) & ~ScheduleFields.OwnResponse;
            difference.ShouldBe(ScheduleFields.None, $"seed {seed}, run {run}: {expected} came back as {item.Content}");
            item.Content.Time.IsAllDay.ShouldBe(content.Time.IsAllDay);
            if (!content.Time.IsAllDay)
                TimeZones.Find(item.Content.Time.StartZone).ShouldBe(TimeZones.Find(TimeZones.ToWindowsId(content.Time.StartZone)), $"seed {seed}, run {run}");
            item.Content.Categories.ShouldBe(content.Categories, $"seed {seed}, run {run}: order of categories");
            item.Stamp.ShouldBe(Some.Stamp);
        }
    }

    [Theory]
    // Midnight in Berlin, summer and winter; in New York; in Auckland; in Apia, where UTC's date is the day before.
    [InlineData("2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z", "W. Europe Standard Time", "2026-07-01", "2026-07-02")]
    [InlineData("2026-01-14T23:00:00Z", "2026-01-16T23:00:00Z", "W. Europe Standard Time", "2026-01-15", "2026-01-17")]
    [InlineData("2026-07-01T04:00:00Z", "2026-07-02T04:00:00Z", "Eastern Standard Time", "2026-07-01", "2026-07-02")]
    [InlineData("2026-06-30T12:00:00Z", "2026-07-01T12:00:00Z", "New Zealand Standard Time", "2026-07-01", "2026-07-02")]
    [InlineData("2026-06-30T11:00:00Z", "2026-07-01T11:00:00Z", "Samoa Standard Time", "2026-07-01", "2026-07-02")]
    // A zone that nobody knows, and none at all: the nearest midnight.
    [InlineData("2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z", "tzone://Microsoft/Custom", "2026-07-01", "2026-07-02")]
    [InlineData("2026-07-01T05:00:00Z", "2026-07-02T05:00:00Z", null, "2026-07-01", "2026-07-02")]
    // The server's rules for a zone are an hour off ours: still the same day.
    [InlineData("2026-06-30T23:00:00Z", "2026-07-01T23:00:00Z", "W. Europe Standard Time", "2026-07-01", "2026-07-02")]
    // An item without length covers its day.
    [InlineData("2026-06-30T22:00:00Z", "2026-06-30T22:00:00Z", "W. Europe Standard Time", "2026-07-01", "2026-07-02")]
    public void The_dates_of_an_all_day_item_are_those_of_its_creation_zone(string start, string end, string? zone, string first, string last)
    {
        var time = TimeMapping.Read(TimeMapping.ReadInstant(start)!.Value, TimeMapping.ReadInstant(end)!.Value, isAllDay: true, zone, zone);
        time.StartWall.Date.ToString("uuuu-MM-dd", null).ShouldBe(first);
        time.EndWall.Date.ToString("uuuu-MM-dd", null).ShouldBe(last);
    }

    [Fact]
    public void An_all_day_item_in_a_zone_unknown_to_windows_keeps_its_dates()
    {
        var (start, _, startZone, _) = TimeMapping.Write(TimeZones.AllDay(new(2026, 7, 1), new(2026, 7, 2), "tzone://Microsoft/Custom"));
        startZone.ShouldBe("UTC");
        start.ShouldBe(Instant.FromUtc(2026, 7, 1, 0, 0));
    }

    [Theory]
    [InlineData("2026-03-10T09:00:00Z")]
    [InlineData("2026-03-10T10:00:00+01:00")]
    [InlineData("2026-03-10T09:00:00.000Z")]
    [InlineData("2026-03-10T09:00:00")]
    public void An_instant_is_read_in_every_spelling(string text) => TimeMapping.ReadInstant(text).ShouldBe(Instant.FromUtc(2026, 3, 10, 9, 0));

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("soon")]
    [InlineData("")]
    public void What_is_no_time_of_an_item_reads_as_none(string text) => TimeMapping.ReadInstant(text).ShouldBeNull();

    [Fact]
    public async Task Random_damage_to_an_answer_ends_as_malformed_xml_or_as_items_never_otherwise()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var good = await File.ReadAllBytesAsync(Path.Combine(Truth.Folder, "samples/GetItem/composed--calendar-partial-failure-resp.xml"), TestContext.Current.CancellationToken);
        for (var run = 0; run < 2000; run++)
        {
            var bad = good.ToArray();
            for (var hit = random.Next(1, 6); hit > 0; hit--)
                bad[random.Next(bad.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"0123456789<>/=\"&; ZT:-"[random.Next(22)];
            var fault = await Record.ExceptionAsync(async () =>
            {
                var operation = new GetItem([new("1"), new("2")], idsOnly: false);
                using var reader = new SoapReader(new MemoryStream(bad));
                await SoapEnvelope.ReadAsync(reader, operation, _ => { });
                operation.Finish(Some.Context());
            });
            (fault is null or System.Xml.XmlException or ExchangeException).ShouldBeTrue($"seed {seed}, run {run}: {fault}");
        }
    }

    [Theory]
    // AppointmentState, MyResponseType -> organizer?, own response, cancelled?
    [InlineData("<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>Organizer</t:MyResponseType><t:AppointmentState>1</t:AppointmentState>", true, true, AttendeeResponse.Organizer, false)]
    [InlineData("<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>Accept</t:MyResponseType><t:AppointmentState>3</t:AppointmentState>", true, false, AttendeeResponse.Accepted, false)]
    [InlineData("<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>NoResponseReceived</t:MyResponseType><t:AppointmentState>7</t:AppointmentState>", true, false, AttendeeResponse.NotResponded, true)]
    [InlineData("<t:IsMeeting>true</t:IsMeeting><t:IsCancelled>true</t:IsCancelled><t:MyResponseType>Decline</t:MyResponseType>", true, false, AttendeeResponse.Declined, true)]
    [InlineData("<t:IsMeeting>false</t:IsMeeting><t:MyResponseType>Organizer</t:MyResponseType><t:AppointmentState>0</t:AppointmentState>", false, true, AttendeeResponse.Unknown, false)]
    [InlineData("", false, true, AttendeeResponse.Unknown, false)]
    public async Task Whose_meeting_it_is_follows_from_state_and_response(string inner, bool isMeeting, bool isOrganizer, AttendeeResponse own, bool cancelled)
    {
        var item = await ReadAsync(Canned.Item("a", inner));
        (item.IsMeeting, item.IsOrganizer, item.Content.OwnResponse, item.Content.IsCancelled).ShouldBe((isMeeting, isOrganizer, own, cancelled));
    }

    [Theory]
    [InlineData("Single", SeriesRole.Single)]
    [InlineData("RecurringMaster", SeriesRole.Master)]
    [InlineData("Occurrence", SeriesRole.Occurrence)]
    [InlineData("Exception", SeriesRole.Exception)]
    public async Task The_role_in_a_series_is_the_calendar_item_type(string type, SeriesRole role) =>
        (await ReadAsync(Canned.Item("a", $"<t:IsRecurring>false</t:IsRecurring><t:CalendarItemType>{type}</t:CalendarItemType>"))).Role.ShouldBe(role);

    [Fact]
    public async Task A_reminder_that_is_not_set_is_none_whatever_its_minutes()
    {
        (await ReadAsync(Canned.Item("a", "<t:ReminderIsSet>false</t:ReminderIsSet><t:ReminderMinutesBeforeStart>15</t:ReminderMinutesBeforeStart>"))).Content.ReminderMinutes.ShouldBeNull();
        (await ReadAsync(Canned.Item("a", "<t:ReminderIsSet>true</t:ReminderIsSet><t:ReminderMinutesBeforeStart>0</t:ReminderMinutesBeforeStart>"))).Content.ReminderMinutes.ShouldBe(0);
    }

    [Fact]
    public async Task The_join_link_prefers_the_newer_property()
    {
        (await ReadAsync(Canned.Item("a", "<t:NetShowUrl>https://old</t:NetShowUrl><t:JoinOnlineMeetingUrl>https://new</t:JoinOnlineMeetingUrl>"))).Content.OnlineMeetingUrl.ShouldBe("https://new");
        (await ReadAsync(Canned.Item("a", "<t:NetShowUrl>https://old</t:NetShowUrl><t:JoinOnlineMeetingUrl/>"))).Content.OnlineMeetingUrl.ShouldBe("https://old");
        (await ReadAsync(Canned.Item("a"))).Content.OnlineMeetingUrl.ShouldBeNull();
    }

    [Theory]
    [InlineData("CrmSyncAttempt", "x")]
    [InlineData("CrmSyncInstall", "")]
    [InlineData("CrmSyncIntent", "not a guid")]
    public async Task A_damaged_stamp_is_no_stamp(string name, string value)
    {
        string Property(string property, string good) =>
            $"<t:ExtendedProperty><t:ExtendedFieldURI PropertySetId=\"6f0c4c0e-52a5-4b0c-9d0b-7b8f2a6e31c4\" PropertyName=\"{property}\" PropertyType=\"String\"/><t:Value>{(property == name ? value : good)}</t:Value></t:ExtendedProperty>";
        var id = Guid.Empty.ToString();
        (await ReadAsync(Canned.Item("a", Property("CrmSyncInstall", id) + Property("CrmSyncIntent", id) + Property("CrmSyncAttempt", "1")))).Stamp.ShouldBeNull();
    }

    [Fact]
    public async Task A_recorded_item_reads_as_it_was()
    {
        var item = await ReadAsync(File.OpenRead(Path.Combine(Truth.Folder, "samples/GetItem/composed--calendar-partial-failure-resp.xml")), 2);
        item.Content.Subject.ShouldBe("Quarterly review");
        item.Content.Body.ShouldBe(new(BodyFormat.Text, "Agenda"));
        item.Content.Attendees.ShouldBe([
            new(new("ben@contoso.example", "Ben Roth"), AttendeeRole.Required, AttendeeResponse.Accepted), new(new("kim@fabrikam.example", "Kim Lee"), AttendeeRole.Required)]);
        item.Content.Organizer.ShouldBe(new("anna@contoso.example", "Anna Berg"));
        item.Content.Time.ShouldBe(TimeZones.Timed(new(2026, 3, 10, 10, 0), new(2026, 3, 10, 11, 0), "W. Europe Standard Time"));
        item.LastModified.ShouldBe(Instant.FromUtc(2026, 3, 2, 9, 15));
    }

    // The written item, answered as a server that keeps everything would.
    private static async Task<ExchangeItem> EchoAsync(ScheduleContent content, string version)
    {
        var request = Some.Text(Some.Envelope(new CreateItem(new("F"), [new(Some.Stamp, content)], InvitationMail.None), Some.Context(version)));
        var written = Regex.Match(request, "<t:CalendarItem>.*</t:CalendarItem>", RegexOptions.Singleline).Value;
        return await ReadAsync(written.Replace("<t:CalendarItem>", "<t:CalendarItem><t:ItemId Id=\"a\" ChangeKey=\"k\"/>"));
    }

    private static Task<ExchangeItem> ReadAsync(string item) => ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(Canned.Items(item))), 1);

    private static async Task<ExchangeItem> ReadAsync(Stream answer, int count)
    {
        var operation = new GetItem([.. Enumerable.Range(0, count).Select(i => new ItemId($"{i}"))], idsOnly: false);
        using var reader = new SoapReader(answer);
        await SoapEnvelope.ReadAsync(reader, operation, _ => { });
        return operation.Finish(Some.Context())[0].Item.ShouldNotBeNull();
    }

    private static ScheduleContent RandomContent(Random random) => new()
    {
        Subject = RandomLine(random, 40),
        Body = new(random.Next(2) == 0 ? BodyFormat.Text : BodyFormat.Html, RandomText(random, 400)),
        Time = RandomTime(random),
        Location = RandomLine(random, 30),
        Importance = (Importance)random.Next(3),
        Attendees = [.. Enumerable.Range(0, random.Next(6)).Select(i => new Attendee(new($"p{i}@x{random.Next(9)}.test", random.Next(2) == 0 ? null : "N" + WireText.Clean(RandomLine(random, 10)).Trim()), (AttendeeRole)random.Next(3)))],
        ShowAs = (ShowAs)random.Next(5),
        Sensitivity = (Sensitivity)random.Next(4),
        Categories = [.. Enumerable.Range(0, random.Next(4)).Select(i => $"{i}{WireText.Clean(RandomLine(random, 8)).Trim()}")],
        ReminderMinutes = random.Next(3) == 0 ? null : random.Next(50_000),
    };

    private static ScheduleTime RandomTime(Random random)
    {
        var (from, to) = (Zones[random.Next(Zones.Length)], Zones[random.Next(Zones.Length)]);
        var day = new LocalDate(2020, 1, 1).PlusDays(random.Next(4000));
        var start = Instant.FromUtc(2020, 1, 1, 0, 0) + Duration.FromMinutes(random.Next(6_000_000));
        return random.Next(3) == 0
            ? TimeZones.AllDay(day, day.PlusDays(random.Next(1, 20)), from)
            : TimeZones.Timed(start, start + Duration.FromMinutes(random.Next(0, 3000)), from, to);
    }

    private static string RandomLine(Random random, int length) => RandomText(random, length).Replace('\r', ' ').Replace('\n', ' ');

    private static string RandomText(Random random, int length)
    {
        const string pool = "abc XYZ<>&\"'\t\r\n;]]>-\u00e4\u20ac\u4e2d\u0001\u001f\ufffe";
        var text = new StringBuilder();
        for (var i = random.Next(length + 1); i > 0; i--)
            text.Append(random.Next(20) == 0 ? "\U0001F600" : pool[random.Next(pool.Length)].ToString());
        return text.ToString();
    }
}
