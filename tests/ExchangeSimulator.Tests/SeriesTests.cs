using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 3, 4, 5, 6 and 12 points 2, 3, 7, 16: recurring series over the wire.</summary>
public sealed class SeriesTests : IAsyncLifetime
{
    private const string Berlin = "<t:StartTimeZone Id=\"W. Europe Standard Time\"/><t:EndTimeZone Id=\"W. Europe Standard Time\"/>";
    private const string Weekly = "<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Numbered(int count, string start = "2026-03-16") =>
        $"<t:NumberedRecurrence><t:StartDate>{start}</t:StartDate><t:NumberOfOccurrences>{count}</t:NumberOfOccurrences></t:NumberedRecurrence>";

    /// <summary>Mondays at nine in Berlin: 16, 23 March in winter time, 30 March and 6 April in summer time.</summary>
    private Task<(string Id, string Key)> Mondays(int count = 4, string pattern = Weekly, string more = "", string send = "SendToNone") => _exchange.CreateMeeting(
        times: "<t:Start>2026-03-16T09:00:00</t:Start><t:End>2026-03-16T10:00:00</t:End>", after: more + $"<t:Recurrence>{pattern}{Numbered(count)}</t:Recurrence>" + Berlin, send: send);

    private static string ByIndex(string master, int index, string? key = null) =>
        $"<t:OccurrenceItemId RecurringMasterId=\"{master}\"{(key == null ? "" : $" ChangeKey=\"{key}\"")} InstanceIndex=\"{index}\"/>";

    private Task<XElement> GetBy(string id, string shape = "AllProperties") =>
        _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>{shape}</t:BaseShape></m:ItemShape><m:ItemIds>{id}</m:ItemIds></m:GetItem>");

    private Task<XElement> UpdateBy(string id, string changes, string mode = "AlwaysOverwrite", string send = "SendToNone") =>
        _exchange.Call($"<m:UpdateItem ConflictResolution=\"{mode}\" SendMeetingInvitationsOrCancellations=\"{send}\"><m:ItemChanges><t:ItemChange>{id}<t:Updates>{changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>");

    private Task<XElement> DeleteBy(string id, string send = "SendToNone", string user = "anna@contoso.test") =>
        _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"{send}\"><m:ItemIds>{id}</m:ItemIds></m:DeleteItem>", user);

    private static string Move(string start, string end) => Set("calendar:Start", $"<t:Start>{start}</t:Start>") + Set("calendar:End", $"<t:End>{end}</t:End>");

    private async Task<List<string>> View(string from, string to, string user = "anna@contoso.test")
    {
        var view = await _exchange.Call($"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"{from}\" EndDate=\"{to}\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>", user);
        return view.Descendants(T + "CalendarItem").Select(i => $"{i.Element(T + "CalendarItemType")!.Value} {i.Element(T + "Start")!.Value} {i.Element(T + "Subject")!.Value}").ToList();
    }

    private static string Value(XElement answer, string element) => answer.Descendants(T + element).First().Value;

    [Fact]
    public async Task A_view_shows_occurrences_in_wall_clock_time_over_the_change_to_summer_time()
    {
        await Mondays();
        (await View("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).ShouldBe(
            ["Occurrence 2026-03-16T08:00:00Z Plan", "Occurrence 2026-03-23T08:00:00Z Plan", "Occurrence 2026-03-30T07:00:00Z Plan", "Occurrence 2026-04-06T07:00:00Z Plan"]);
        (await View("2026-03-23T08:30:00Z", "2026-03-30T07:00:00Z")).ShouldBe(["Occurrence 2026-03-23T08:00:00Z Plan"]);
        (await View("2026-03-23T09:00:00Z", "2026-03-30T07:00:01Z")).ShouldBe(["Occurrence 2026-03-30T07:00:00Z Plan"]);
    }

    [Fact]
    public async Task The_master_tells_its_first_and_last_occurrence_and_what_became_of_single_ones()
    {
        var (id, _) = await Mondays();
        await UpdateBy(ByIndex(id, 2), Move("2026-03-24T13:00:00Z", "2026-03-24T14:00:00Z"));
        await DeleteBy(ByIndex(id, 3));
        var master = await _exchange.Get(id);
        Value(master, "CalendarItemType").ShouldBe("RecurringMaster");
        master.Descendants(T + "FirstOccurrence").Single().Element(T + "Start")!.Value.ShouldBe("2026-03-16T08:00:00Z");
        master.Descendants(T + "LastOccurrence").Single().Element(T + "End")!.Value.ShouldBe("2026-04-06T08:00:00Z");
        var modified = master.Descendants(T + "ModifiedOccurrences").Single().Elements().Single();
        modified.Elements().Skip(1).Select(e => e.Value).ShouldBe(["2026-03-24T13:00:00Z", "2026-03-24T14:00:00Z", "2026-03-23T08:00:00Z"]);
        modified.Element(T + "ItemId")!.Attribute("ChangeKey")!.Value.ShouldBe(ItemId(master).Key);
        master.Descendants(T + "DeletedOccurrence").Single().Element(T + "Start")!.Value.ShouldBe("2026-03-30T07:00:00Z");
        (await View("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).ShouldBe(
            ["Occurrence 2026-03-16T08:00:00Z Plan", "Exception 2026-03-24T13:00:00Z Plan", "Occurrence 2026-04-06T07:00:00Z Plan"]);
    }

    [Fact]
    public async Task An_occurrence_is_found_by_its_index_and_its_master_by_its_id()
    {
        var (id, _) = await Mondays();
        var third = await GetBy(ByIndex(id, 3));
        Value(third, "Start").ShouldBe("2026-03-30T07:00:00Z");
        Value(third, "OriginalStart").ShouldBe("2026-03-30T07:00:00Z");
        Value(third, "RecurrenceId").ShouldBe("2026-03-30T07:00:00Z");
        Value(third, "CalendarItemType").ShouldBe("Occurrence");
        Value(third, "IsRecurring").ShouldBe("true");
        third.Descendants(T + "Recurrence").ShouldBeEmpty();
        var occurrence = ItemId(third);
        occurrence.Id.ShouldNotBe(id);
        occurrence.Key.ShouldBe(ItemId(await _exchange.Get(id)).Key);
        ItemId(await _exchange.Get(occurrence.Id)).Id.ShouldBe(occurrence.Id);
        ItemId(await GetBy($"<t:RecurringMasterItemId OccurrenceId=\"{occurrence.Id}\"/>")).Id.ShouldBe(id);
    }

    [Fact]
    public async Task Indexes_beyond_the_range_deleted_ones_and_singles_have_their_own_errors()
    {
        var (id, _) = await Mondays();
        var second = ItemId(await GetBy(ByIndex(id, 2)));
        await DeleteBy(ByIndex(id, 2));
        Code(await GetBy(ByIndex(id, 2))).ShouldBe("ErrorCalendarOccurrenceIsDeletedFromRecurrence");
        Code(await GetBy($"<t:ItemId Id=\"{second.Id}\"/>")).ShouldBe("ErrorCalendarOccurrenceIsDeletedFromRecurrence");
        Code(await GetBy(ByIndex(id, 5))).ShouldBe("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange");
        Code(await GetBy(ByIndex(id, 0))).ShouldBe("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange");
        var (single, _) = await _exchange.CreateMeeting();
        Code(await GetBy(ByIndex(single, 1))).ShouldBe("ErrorCalendarCannotUseIdForRecurringMasterId");
        Code(await GetBy($"<t:RecurringMasterItemId OccurrenceId=\"{single}\"/>")).ShouldBe("ErrorCalendarCannotUseIdForOccurrenceId");
        Value(await GetBy(ByIndex(id, 3)), "Start").ShouldBe("2026-03-30T07:00:00Z");
    }

    [Fact]
    public async Task A_changed_occurrence_is_an_update_of_the_master_and_moves_the_key_of_all()
    {
        var (id, key) = await Mondays();
        var sync = await _exchange.Sync(null);
        Changes(sync).ShouldBe(["Create"]);
        var update = await UpdateBy(ByIndex(id, 2, key), Set("calendar:Location", "<t:Location>Room 2</t:Location>"), mode: "NeverOverwrite");
        Code(update).ShouldBe("NoError");
        var after = await _exchange.Sync(State(sync));
        Changes(after).ShouldBe(["Update"]);
        ItemId(after).ShouldBe((id, ItemId(update).Key));
        ItemId(update).Key.ShouldNotBe(key);
        ItemId(await GetBy(ByIndex(id, 1))).Key.ShouldBe(ItemId(update).Key);
        Code(await UpdateBy(ByIndex(id, 1, key), Set("calendar:Location", "<t:Location>Room 3</t:Location>"), mode: "NeverOverwrite")).ShouldBe("ErrorIrresolvableConflict");
    }

    [Fact]
    public async Task A_deleted_occurrence_stays_deleted_and_nothing_lands_in_deleted_items()
    {
        var (id, _) = await Mondays();
        var sync = await _exchange.Sync(null);
        Code(await DeleteBy(ByIndex(id, 1))).ShouldBe("NoError");
        Changes(await _exchange.Sync(State(sync))).ShouldBe(["Update"]);
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["deleteditems"].Count.ShouldBe(0);
        await _exchange.Update(id, ItemId(await _exchange.Get(id)).Key, Set("item:Subject", "<t:Subject>Other</t:Subject>"));
        (await View("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")).ShouldBe(["Occurrence 2026-03-23T08:00:00Z Other", "Occurrence 2026-03-30T07:00:00Z Other"]);
        Value(await _exchange.Get(id), "Start").ShouldBe("2026-03-16T08:00:00Z");
    }

    [Fact]
    public async Task An_exception_keeps_its_own_values_and_takes_the_rest_from_the_master()
    {
        var (id, _) = await Mondays();
        await UpdateBy(ByIndex(id, 2), Set("item:Subject", "<t:Subject>Special</t:Subject>"));
        await _exchange.Update(id, ItemId(await _exchange.Get(id)).Key, Set("item:Subject", "<t:Subject>Renamed</t:Subject>") + Set("calendar:Location", "<t:Location>Hall</t:Location>"));
        var exception = await GetBy(ByIndex(id, 2));
        Value(exception, "Subject").ShouldBe("Special");
        Value(exception, "Location").ShouldBe("Hall");
        Value(await GetBy(ByIndex(id, 1)), "Subject").ShouldBe("Renamed");
    }

    [Fact]
    public async Task An_exception_has_its_own_extended_properties_and_can_clear_a_property()
    {
        const string field = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"x\" PropertyType=\"String\"/>";
        var (id, _) = await Mondays();
        await _exchange.Update(id, ItemId(await _exchange.Get(id)).Key, Set("calendar:Location", "<t:Location>Hall</t:Location>"));
        await UpdateBy(ByIndex(id, 2), $"<t:SetItemField>{field}<t:CalendarItem><t:ExtendedProperty>{field}<t:Value>1</t:Value></t:ExtendedProperty></t:CalendarItem></t:SetItemField><t:DeleteItemField><t:FieldURI FieldURI=\"calendar:Location\"/></t:DeleteItemField>");
        Task<XElement> Read(int index) => _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:AdditionalProperties>{field}</t:AdditionalProperties></m:ItemShape><m:ItemIds>{ByIndex(id, index)}</m:ItemIds></m:GetItem>");
        (await Read(2)).Descendants(T + "Location").ShouldBeEmpty();
        Value(await Read(2), "Value").ShouldBe("1");
        Value(await Read(1), "Location").ShouldBe("Hall");
        (await Read(1)).Descendants(T + "ExtendedProperty").ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_pattern_throws_exceptions_away_but_a_longer_range_keeps_them()
    {
        var (id, _) = await Mondays();
        await UpdateBy(ByIndex(id, 2), Set("item:Subject", "<t:Subject>Special</t:Subject>"));
        await DeleteBy(ByIndex(id, 3));
        Task Repeat(string pattern, int count) => UpdateBy($"<t:ItemId Id=\"{id}\"/>", Set("calendar:Recurrence", $"<t:Recurrence>{pattern}{Numbered(count)}</t:Recurrence>"));
        await Repeat(Weekly, 6);
        var longer = await _exchange.Get(id);
        longer.Descendants(T + "ModifiedOccurrences").Single().Elements().Count().ShouldBe(1);
        longer.Descendants(T + "DeletedOccurrences").Single().Elements().Count().ShouldBe(1);
        await Repeat("<t:DailyRecurrence><t:Interval>2</t:Interval></t:DailyRecurrence>", 4);
        var daily = await _exchange.Get(id);
        daily.Descendants(T + "ModifiedOccurrences").ShouldBeEmpty();
        daily.Descendants(T + "DeletedOccurrences").ShouldBeEmpty();
        daily.Descendants(T + "LastOccurrence").Single().Element(T + "Start")!.Value.ShouldBe("2026-03-22T08:00:00Z");
    }

    [Fact]
    public async Task Where_the_habit_is_switched_off_another_pattern_keeps_the_exceptions_that_fit()
    {
        await using var exchange = await StartAsync(o => o with { Habits = o.Habits with { PatternChangeDropsExceptions = false } });
        var (id, _) = await exchange.CreateMeeting(times: "<t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-16T10:00:00Z</t:End>", after: $"<t:Recurrence>{Weekly}{Numbered(4)}</t:Recurrence>");
        await exchange.Call($"<m:DeleteItem DeleteType=\"HardDelete\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds>{ByIndex(id, 2)}</m:ItemIds></m:DeleteItem>");
        await exchange.Update(id, null, Set("calendar:Recurrence", $"<t:Recurrence><t:DailyRecurrence><t:Interval>7</t:Interval></t:DailyRecurrence>{Numbered(4)}</t:Recurrence>"), "AlwaysOverwrite");
        (await exchange.Get(id)).Descendants(T + "DeletedOccurrence").Count().ShouldBe(1);
    }

    [Fact]
    public async Task The_start_moves_to_the_first_date_of_the_pattern()
    {
        var (id, _) = await _exchange.CreateMeeting(
            times: "<t:Start>2026-03-11T09:00:00</t:Start><t:End>2026-03-11T10:00:00</t:End>", after: $"<t:Recurrence>{Weekly}{Numbered(4, "2026-03-11")}</t:Recurrence>" + Berlin);
        var master = await _exchange.Get(id);
        Value(master, "Start").ShouldBe("2026-03-16T08:00:00Z");
        Value(master, "End").ShouldBe("2026-03-16T09:00:00Z");
        Value(master, "StartDate").ShouldBe("2026-03-16+01:00");
    }

    [Fact]
    public async Task Moving_the_start_of_a_series_moves_all_its_occurrences()
    {
        var (id, key) = await Mondays();
        Code(await _exchange.Update(id, key, Move("2026-03-23T10:00:00Z", "2026-03-23T11:00:00Z"))).ShouldBe("NoError");
        (await View("2026-03-01T00:00:00Z", "2026-04-05T00:00:00Z")).ShouldBe(["Occurrence 2026-03-23T10:00:00Z Plan", "Occurrence 2026-03-30T09:00:00Z Plan"]);
    }

    [Fact]
    public async Task An_occurrence_may_neither_reach_its_neighbours_days_nor_overlap_them()
    {
        var (id, _) = await Mondays();
        Code(await UpdateBy(ByIndex(id, 2), Move("2026-03-30T05:00:00Z", "2026-03-30T06:00:00Z"))).ShouldBe("ErrorOccurrenceCrossingBoundary");
        Code(await UpdateBy(ByIndex(id, 2), Move("2026-03-16T20:00:00Z", "2026-03-16T21:00:00Z"))).ShouldBe("ErrorOccurrenceCrossingBoundary");
        Code(await UpdateBy(ByIndex(id, 2), Move("2026-03-29T05:00:00Z", "2026-03-30T08:00:00Z"))).ShouldBe("ErrorOccurrenceTimeSpanTooBig");
        Code(await UpdateBy(ByIndex(id, 2), Move("2026-03-29T05:00:00Z", "2026-03-29T08:00:00Z"))).ShouldBe("NoError");
        await DeleteBy(ByIndex(id, 3));
        Code(await UpdateBy(ByIndex(id, 2), Move("2026-03-30T05:00:00Z", "2026-03-30T06:00:00Z"))).ShouldBe("NoError");
    }

    [Theory]
    [InlineData("<t:EndDateRecurrence><t:StartDate>2026-03-17</t:StartDate><t:EndDate>2026-03-18</t:EndDate></t:EndDateRecurrence>", "ErrorRecurrenceHasNoOccurrence")]
    [InlineData("<t:EndDateRecurrence><t:StartDate>2026-03-16</t:StartDate><t:EndDate>4501-01-01</t:EndDate></t:EndDateRecurrence>", "ErrorRecurrenceEndDateTooBig")]
    [InlineData("<t:NumberedRecurrence><t:StartDate>2026-03-16</t:StartDate><t:NumberOfOccurrences>1000</t:NumberOfOccurrences></t:NumberedRecurrence>", "ErrorCalendarOutOfRange")]
    public async Task A_range_that_cannot_be_is_refused(string range, string code) =>
        Code(await _exchange.Call($"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-16T10:00:00Z</t:End><t:Recurrence>{Weekly}{range}</t:Recurrence></t:CalendarItem></m:Items></m:CreateItem>")).ShouldBe(code);

    [Fact]
    public async Task Occurrences_that_overlap_each_other_are_too_long() =>
        Code(await _exchange.Call($"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-24T10:00:00Z</t:End><t:Recurrence>{Weekly}{Numbered(4)}</t:Recurrence></t:CalendarItem></m:Items></m:CreateItem>")).ShouldBe("ErrorOccurrenceTimeSpanTooBig");

    [Fact]
    public async Task The_last_occurrence_left_cannot_be_deleted_alone()
    {
        var (id, _) = await Mondays(2);
        Code(await DeleteBy(ByIndex(id, 1))).ShouldBe("NoError");
        Code(await DeleteBy(ByIndex(id, 2))).ShouldBe("ErrorRecurrenceHasNoOccurrence");
        Code(await _exchange.Delete(id)).ShouldBe("NoError");
    }

    [Fact]
    public async Task An_occurrence_can_be_neither_moved_nor_copied_and_has_no_pattern_of_its_own()
    {
        var (id, _) = await Mondays();
        var occurrence = ItemId(await GetBy(ByIndex(id, 2))).Id;
        foreach (var operation in new[] { "MoveItem", "CopyItem" })
        {
            Code(await _exchange.Call($"<m:{operation}><m:ToFolderId><t:DistinguishedFolderId Id=\"deleteditems\"/></m:ToFolderId><m:ItemIds><t:ItemId Id=\"{occurrence}\"/></m:ItemIds></m:{operation}>"))
                .ShouldBe("ErrorCalendarCannotMoveOrCopyOccurrence");
        }

        Code(await UpdateBy(ByIndex(id, 2), Set("calendar:Recurrence", $"<t:Recurrence>{Weekly}{Numbered(3)}</t:Recurrence>"))).ShouldBe("ErrorInvalidPropertySet");
    }

    [Fact]
    public async Task An_all_day_series_stays_on_midnight_of_its_zone()
    {
        await _exchange.CreateMeeting(
            times: "<t:Start>2026-03-28T00:00:00</t:Start><t:End>2026-03-29T00:00:00</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>",
            after: $"<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>{Numbered(3, "2026-03-28")}</t:Recurrence>" + Berlin);
        (await View("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).ShouldBe(
            ["Occurrence 2026-03-27T23:00:00Z Plan", "Occurrence 2026-03-28T23:00:00Z Plan", "Occurrence 2026-03-29T22:00:00Z Plan"]);
    }

    [Fact]
    public async Task A_series_without_pattern_becomes_a_single_item_again()
    {
        var (id, key) = await Mondays();
        await _exchange.Update(id, key, "<t:DeleteItemField><t:FieldURI FieldURI=\"calendar:Recurrence\"/></t:DeleteItemField>");
        Value(await _exchange.Get(id), "CalendarItemType").ShouldBe("Single");
        (await View("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).ShouldBe(["Single 2026-03-16T08:00:00Z Plan"]);
    }

    [Fact]
    public async Task Ranges_give_the_master_and_the_occurrences_asked_for()
    {
        var (id, _) = await Mondays();
        var answer = await GetBy($"<t:RecurringMasterItemIdRanges Id=\"{id}\"><t:Ranges><t:Range Start=\"2026-03-20T00:00:00Z\" Count=\"2\"/></t:Ranges></t:RecurringMasterItemIdRanges>");
        answer.Descendants(T + "CalendarItemType").Select(e => e.Value).ShouldBe(["RecurringMaster", "Occurrence", "Occurrence"]);
    }

    [Fact]
    public async Task The_global_object_id_of_an_occurrence_carries_its_date_and_the_clean_one_does_not()
    {
        var (id, _) = await Mondays();
        const string fields = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"Meeting\" PropertyId=\"3\" PropertyType=\"Binary\"/><t:ExtendedFieldURI DistinguishedPropertySetId=\"Meeting\" PropertyId=\"35\" PropertyType=\"Binary\"/>";
        var answer = await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>{fields}</t:AdditionalProperties></m:ItemShape><m:ItemIds>{ByIndex(id, 3)}</m:ItemIds></m:GetItem>");
        var ids = answer.Descendants(T + "Value").Select(v => Convert.ToHexString(Convert.FromBase64String(v.Value))).ToList();
        ids[0][32..40].ShouldBe("07EA031E");
        ids[1][32..40].ShouldBe("00000000");
    }

    [Fact]
    public async Task A_view_of_a_daily_series_without_end_stays_within_its_window()
    {
        await _exchange.CreateMeeting(times: "<t:Start>1990-01-01T09:00:00Z</t:Start><t:End>1990-01-01T10:00:00Z</t:End>", after: "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence><t:StartDate>1990-01-01</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
        (await View("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z")).Count.ShouldBe(30);
        (await _exchange.Get((await _exchange.Sync(null)).Descendants(T + "ItemId").Single().Attribute("Id")!.Value)).Descendants(T + "LastOccurrence").ShouldBeEmpty();
    }
}
