using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>Habits marked [B] in protocol.md: each with its believed value, and what happens when it is switched.</summary>
public sealed class HabitTests
{
    private const string Monthly = "<t:Recurrence><t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth></t:AbsoluteMonthlyRecurrence><t:NumberedRecurrence><t:StartDate>2026-01-31</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>";
    private const string LastOfJanuary = "<t:Start>2026-01-31T09:00:00Z</t:Start><t:End>2026-01-31T10:00:00Z</t:End>";
    private const string Field = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"x\" PropertyType=\"String\"/>";

    private static Task<TestExchange> With(Func<CrmSync.ExchangeSimulator.Mailboxes.ExchangeHabits, CrmSync.ExchangeSimulator.Mailboxes.ExchangeHabits> change) =>
        StartAsync(o => o with { Habits = change(o.Habits) });

    private static string Value(XElement answer, string element) => answer.Descendants(T + element).First().Value;

    private static string Find(string restriction = "", string view = "", string properties = "") =>
        $"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape>{properties}</m:ItemShape>{view}{(restriction.Length == 0 ? "" : $"<m:Restriction>{restriction}</m:Restriction>")}<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>";

    private static string Invited(string name) => $"<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>{name}@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>";

    [Theory]
    [InlineData(true, "2026-03-31T09:00:00Z")]
    [InlineData(false, "2026-05-31T09:00:00Z")]
    public async Task The_31st_of_a_short_month_is_its_last_day(bool habit, string last)
    {
        await using var exchange = await With(h => h with { ShortMonthsUseTheirLastDay = habit });
        var (id, _) = await exchange.CreateMeeting(times: LastOfJanuary, after: Monthly);
        (await exchange.Get(id)).Descendants(T + "LastOccurrence").Single().Element(T + "Start")!.Value.ShouldBe(last);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_master_does_not_call_itself_recurring(bool habit)
    {
        await using var exchange = await With(h => h with { MasterIsRecurring = habit });
        var (id, _) = await exchange.CreateMeeting(times: LastOfJanuary, after: Monthly);
        Value(await exchange.Get(id), "IsRecurring").ShouldBe(habit ? "true" : "false");
    }

    [Theory]
    [InlineData("ErrorCalendarOccurrenceIsDeletedFromRecurrence")]
    [InlineData("ErrorItemNotFound")]
    public async Task A_deleted_occurrence_answers_with_its_code(string code)
    {
        await using var exchange = await With(h => h with { DeletedOccurrenceCode = code });
        var (id, _) = await exchange.CreateMeeting(times: LastOfJanuary, after: Monthly);
        var occurrence = $"<t:OccurrenceItemId RecurringMasterId=\"{id}\" InstanceIndex=\"2\"/>";
        await exchange.Call($"<m:DeleteItem DeleteType=\"HardDelete\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds>{occurrence}</m:ItemIds></m:DeleteItem>");
        Code(await exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>{occurrence}</m:ItemIds></m:GetItem>")).ShouldBe(code);
    }

    [Theory]
    [InlineData("Canceled: ")]
    [InlineData("Abgesagt: ")]
    public async Task A_cancelled_meeting_is_marked_in_its_subject(string prefix)
    {
        await using var exchange = await With(h => h with { CancelledPrefix = prefix });
        var (id, _) = await exchange.CreateMeeting(after: Invited("ben"), send: "SendToAllAndSaveCopy");
        await exchange.Delete(id, send: "SendToAllAndSaveCopy");
        exchange.Organisation.FindMailbox("ben@contoso.test")!["calendar"].Items.Single().Subject.ShouldBe(prefix + "Plan");
    }

    [Theory]
    [InlineData(false, "Busy")]
    [InlineData(true, "Free")]
    public async Task An_all_day_item_made_over_ews_is_busy(bool habit, string expected)
    {
        await using var exchange = await With(h => h with { AllDayIsFree = habit });
        var (id, _) = await exchange.CreateMeeting(after: "<t:IsAllDayEvent>true</t:IsAllDayEvent>");
        Value(await exchange.Get(id), "LegacyFreeBusyStatus").ShouldBe(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_created_appointment_has_no_reminder_unless_asked_for(bool habit)
    {
        await using var exchange = await With(h => h with { ReminderByDefault = habit });
        var (id, _) = await exchange.CreateMeeting();
        Value(await exchange.Get(id), "ReminderIsSet").ShouldBe(habit ? "true" : "false");
    }

    [Theory]
    [InlineData(false, "NoError")]
    [InlineData(true, "ErrorChangeKeyRequiredForWriteOperations")]
    public async Task AlwaysOverwrite_goes_on_without_a_change_key(bool habit, string code)
    {
        await using var exchange = await With(h => h with { AlwaysOverwriteNeedsChangeKey = habit });
        var (id, _) = await exchange.CreateMeeting();
        Code(await exchange.Update(id, null, Set("item:Subject", "<t:Subject>B</t:Subject>"), "AlwaysOverwrite")).ShouldBe(code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Named_properties_of_the_organizer_stay_at_home(bool habit)
    {
        await using var exchange = await With(h => h with { CopiesCarryNamedProperties = habit });
        await exchange.CreateMeeting($"<t:Subject>A</t:Subject><t:ExtendedProperty>{Field}<t:Value>1</t:Value></t:ExtendedProperty>", after: Invited("ben"), send: "SendToAllAndSaveCopy");
        exchange.Organisation.FindMailbox("ben@contoso.test")!["calendar"].Items.Single().Extended.Count.ShouldBe(habit ? 1 : 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Named_properties_go_along_when_an_item_is_copied(bool habit)
    {
        await using var exchange = await With(h => h with { CopyKeepsNamedProperties = habit });
        var (id, _) = await exchange.CreateMeeting($"<t:Subject>A</t:Subject><t:ExtendedProperty>{Field}<t:Value>1</t:Value></t:ExtendedProperty>");
        var copy = ItemId(await exchange.Call($"<m:CopyItem><m:ToFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:ToFolderId><m:ItemIds><t:ItemId Id=\"{id}\"/></m:ItemIds></m:CopyItem>")).Id;
        (await exchange.Get(copy, more: $"<t:AdditionalProperties>{Field}</t:AdditionalProperties>")).Descendants(T + "ExtendedProperty").Count().ShouldBe(habit ? 1 : 0);
    }

    [Theory]
    [InlineData(512, 170)]
    [InlineData(0, 300)]
    public async Task Long_texts_are_cut_in_lists_but_not_when_the_item_is_read(int bytes, int characters)
    {
        await using var exchange = await With(h => h with { ListTextBytes = bytes });
        var (id, _) = await exchange.CreateMeeting($"<t:Subject>{new string('€', 300)}</t:Subject>");
        Value(await exchange.Call(Find()), "Subject").Length.ShouldBe(characters);
        Value(await exchange.Get(id), "Subject").Length.ShouldBe(300);
    }

    [Theory]
    [InlineData(true, "ErrorInvalidRestriction")]
    [InlineData(false, "NoError")]
    public async Task A_calendar_view_refuses_a_restriction(bool habit, string code)
    {
        await using var exchange = await With(h => h with { ViewRefusesConditions = habit });
        await exchange.CreateMeeting("<t:Subject>keep</t:Subject>");
        await exchange.CreateMeeting("<t:Subject>drop</t:Subject>");
        var answer = await exchange.Call(Find(
            "<t:IsEqualTo><t:FieldURI FieldURI=\"item:Subject\"/><t:FieldURIOrConstant><t:Constant Value=\"keep\"/></t:FieldURIOrConstant></t:IsEqualTo>",
            "<m:CalendarView StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2026-04-01T00:00:00Z\"/>"));
        Code(answer).ShouldBe(code);
        answer.Descendants(T + "CalendarItem").Count().ShouldBe(habit ? 0 : 1);
    }

    [Theory]
    [InlineData(2, 2, "false")]
    [InlineData(0, 3, "true")]
    public async Task A_page_of_a_restricted_list_is_shorter(int most, int given, string isLast)
    {
        await using var exchange = await With(h => h with { RestrictedPage = most });
        for (var i = 0; i < 3; i++)
            await exchange.CreateMeeting();
        var root = (await exchange.Call(Find("<t:Exists><t:FieldURI FieldURI=\"item:Subject\"/></t:Exists>"))).Descendants(M + "RootFolder").Single();
        root.Descendants(T + "CalendarItem").Count().ShouldBe(given);
        root.Attribute("IncludesLastItemInRange")!.Value.ShouldBe(isLast);
        root.Attribute("TotalItemsInView")!.Value.ShouldBe("3");
    }

    [Theory]
    [InlineData(true, "ErrorInvalidPropertySet")]
    [InlineData(false, "NoError")]
    public async Task The_old_meeting_time_zone_belongs_to_old_versions(bool habit, string code)
    {
        await using var exchange = await With(h => h with { MeetingTimeZoneIsOfOldVersions = habit });
        const string create = "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Start>2026-07-01T09:00:00</t:Start><t:End>2026-07-01T10:00:00</t:End><t:MeetingTimeZone TimeZoneName=\"W. Europe Standard Time\"/></t:CalendarItem></m:Items></m:CreateItem>";
        Code(await exchange.Call(create)).ShouldBe(code);
        var old = await exchange.Call(create, version: "Exchange2007_SP1");
        Code(old).ShouldBe("NoError");
        Value(await exchange.Get(ItemId(old).Id), "Start").ShouldBe("2026-07-01T07:00:00Z");
    }
}
