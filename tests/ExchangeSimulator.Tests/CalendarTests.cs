using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 6: times, zones, all-day items, recurring masters, calendar views.</summary>
public sealed class CalendarTests : IAsyncLifetime
{
    private const string Berlin = "<t:StartTimeZone Id=\"W. Europe Standard Time\"/><t:EndTimeZone Id=\"W. Europe Standard Time\"/>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    [Fact]
    public async Task A_time_without_offset_is_wall_clock_time_of_the_start_zone_and_comes_back_in_utc()
    {
        var (id, _) = await _exchange.CreateMeeting(times: "<t:Start>2026-07-01T09:00:00</t:Start><t:End>2026-07-01T10:00:00</t:End>", after: Berlin);
        var read = await _exchange.Get(id);
        read.Descendants(T + "Start").Single().Value.ShouldBe("2026-07-01T07:00:00Z");
        read.Descendants(T + "StartWallClock").Single().Value.ShouldBe("2026-07-01T09:00:00+02:00");
        read.Descendants(T + "StartTimeZoneId").Single().Value.ShouldBe("W. Europe Standard Time");
        read.Descendants(T + "Duration").Single().Value.ShouldBe("PT1H");
    }

    [Fact]
    public async Task With_a_zone_context_times_are_read_and_written_in_that_zone()
    {
        const string header = "<t:TimeZoneContext><t:TimeZoneDefinition Id=\"W. Europe Standard Time\"/></t:TimeZoneContext>";
        var created = ItemId(await _exchange.Call("<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Start>2026-01-05T09:00:00</t:Start><t:End>2026-01-05T10:00:00</t:End></t:CalendarItem></m:Items></m:CreateItem>", header: header));
        (await _exchange.Get(created.Id)).Descendants(T + "Start").Single().Value.ShouldBe("2026-01-05T08:00:00Z");
        (await _exchange.Get(created.Id, header: header)).Descendants(T + "Start").Single().Value.ShouldBe("2026-01-05T09:00:00+01:00");
    }

    [Fact]
    public async Task A_time_in_the_daylight_gap_moves_forward_one_hour()
    {
        var (id, _) = await _exchange.CreateMeeting(times: "<t:Start>2026-03-29T02:30:00</t:Start><t:End>2026-03-29T05:00:00</t:End>", after: Berlin);
        (await _exchange.Get(id)).Descendants(T + "StartWallClock").Single().Value.ShouldBe("2026-03-29T03:30:00+02:00");
    }

    [Fact]
    public async Task An_all_day_item_snaps_to_midnight_of_its_creation_zone()
    {
        var (id, _) = await _exchange.CreateMeeting(times: "<t:Start>2026-03-10T09:00:00</t:Start><t:End>2026-03-11T10:00:00</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>", after: Berlin);
        var read = await _exchange.Get(id);
        read.Descendants(T + "Start").Single().Value.ShouldBe("2026-03-09T23:00:00Z");
        read.Descendants(T + "End").Single().Value.ShouldBe("2026-03-11T23:00:00Z");
    }

    [Fact]
    public async Task An_end_before_its_start_and_an_endless_item_are_refused()
    {
        string Create(string start, string end) => $"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Start>{start}</t:Start><t:End>{end}</t:End></t:CalendarItem></m:Items></m:CreateItem>";
        Code(await _exchange.Call(Create("2026-03-10T09:00:00Z", "2026-03-10T08:00:00Z"))).ShouldBe("ErrorCalendarEndDateIsEarlierThanStartDate");
        Code(await _exchange.Call(Create("2026-03-10T09:00:00Z", "2032-03-10T08:00:00Z"))).ShouldBe("ErrorCalendarDurationIsTooLong");
    }

    [Fact]
    public async Task A_recurring_master_keeps_its_pattern_and_its_dates_come_back_with_an_offset()
    {
        const string recurrence = "<t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday Friday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-09</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>";
        var (id, _) = await _exchange.CreateMeeting(times: "<t:Start>2026-03-09T09:00:00</t:Start><t:End>2026-03-09T10:00:00</t:End>", after: recurrence + Berlin);
        var read = await _exchange.Get(id);
        read.Descendants(T + "CalendarItemType").Single().Value.ShouldBe("RecurringMaster");
        read.Descendants(T + "IsRecurring").Single().Value.ShouldBe("false");
        read.Descendants(T + "DaysOfWeek").Single().Value.ShouldBe("Monday Friday");
        read.Descendants(T + "StartDate").Single().Value.ShouldBe("2026-03-09+01:00");
        Changes(await _exchange.Sync(null)).ShouldBe(["Create"]);
    }

    [Fact]
    public async Task A_calendar_view_gives_what_overlaps_in_order_of_start_and_no_masters()
    {
        await _exchange.CreateMeeting("<t:Subject>late</t:Subject>", "<t:Start>2026-03-10T15:00:00Z</t:Start><t:End>2026-03-10T16:00:00Z</t:End>");
        await _exchange.CreateMeeting("<t:Subject>across</t:Subject>", "<t:Start>2026-03-09T23:00:00Z</t:Start><t:End>2026-03-10T01:00:00Z</t:End>");
        await _exchange.CreateMeeting("<t:Subject>before</t:Subject>", "<t:Start>2026-03-09T22:00:00Z</t:Start><t:End>2026-03-10T00:00:00Z</t:End>");
        var view = await _exchange.Call(View("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"));
        view.Descendants(T + "Subject").Select(s => s.Value).ShouldBe(["across", "late"]);
        Code(await _exchange.Call(View("2026-03-10T00:00:00Z", "2029-03-11T00:00:00Z"))).ShouldBe("ErrorCalendarViewRangeTooBig");
        Code(await _exchange.Call(View("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z", "inbox"))).ShouldBe("ErrorCalendarFolderIsInvalidForCalendarView");
    }

    [Fact]
    public async Task Listing_pages_sorts_and_gives_no_bodies()
    {
        foreach (var name in new[] { "b", "c", "a" })
            await _exchange.CreateMeeting($"<t:Subject>{name}</t:Subject><t:Body BodyType=\"Text\">x</t:Body>");
        var page = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:IndexedPageItemView MaxEntriesReturned=\"2\" Offset=\"1\" BasePoint=\"Beginning\"/><m:SortOrder><t:FieldOrder Order=\"Ascending\"><t:FieldURI FieldURI=\"item:Subject\"/></t:FieldOrder></m:SortOrder><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
        page.Descendants(T + "Subject").Select(s => s.Value).ShouldBe(["b", "c"]);
        page.Descendants(T + "Body").ShouldBeEmpty();
        var root = page.Descendants(M + "RootFolder").Single();
        root.Attribute("TotalItemsInView")!.Value.ShouldBe("3");
        root.Attribute("IndexedPagingOffset")!.Value.ShouldBe("3");
        root.Attribute("IncludesLastItemInRange")!.Value.ShouldBe("true");
    }

    [Fact]
    public async Task The_wrong_folder_for_a_kind_is_refused() =>
        Code(await _exchange.Call("<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId><t:DistinguishedFolderId Id=\"tasks\"/></m:SavedItemFolderId><m:Items><t:CalendarItem/></m:Items></m:CreateItem>"))
            .ShouldBe("ErrorCannotCreateCalendarItemInNonCalendarFolder");

    [Fact]
    public async Task Time_zones_come_with_periods_and_transitions()
    {
        var zones = await _exchange.Call("<m:GetServerTimeZones ReturnFullTimeZoneData=\"true\"><m:Ids><t:Id>W. Europe Standard Time</t:Id><t:Id>UTC</t:Id></m:Ids></m:GetServerTimeZones>");
        zones.Descendants(T + "TimeZoneDefinition").Select(z => z.Attribute("Id")!.Value).ShouldBe(["W. Europe Standard Time", "UTC"]);
        zones.Descendants(T + "RecurringDayTransition").Count().ShouldBe(2);
        zones.Descendants(T + "Period").First().Attribute("Bias")!.Value.ShouldBe("-PT1H");
    }

    private static string View(string from, string to, string folder = "calendar") =>
        $"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"{from}\" EndDate=\"{to}\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"{folder}\"/></m:ParentFolderIds></m:FindItem>";
}
