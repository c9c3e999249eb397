using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 5 and 6, what calendars do beside series: each test names the row it shows.</summary>
public sealed class CalendarHabitTests : IAsyncLifetime
{
    private const string Ben = "ben@contoso.test";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string People(params string[] names) =>
        "<t:RequiredAttendees>" + string.Concat(names.Select(n => $"<t:Attendee><t:Mailbox><t:EmailAddress>{n}@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee>")) + "</t:RequiredAttendees>";

    private StoredItem Copy(string name) => _exchange.Organisation.FindMailbox($"{name}@contoso.test")!["calendar"].Items.Single();

    private static string Value(XElement answer, string element) => answer.Descendants(T + element).First().Value;

    /// <summary>protocol.md 6, "attendee may edit".</summary>
    [Fact]
    public async Task What_an_attendee_changes_of_the_meeting_stays_local_and_the_next_update_overwrites_it()
    {
        var (id, _) = await _exchange.CreateMeeting(after: People("ben"), send: "SendToAllAndSaveCopy");
        var copy = Copy("ben").Id;
        await _exchange.Update(copy, null, Set("item:Subject", "<t:Subject>Mine</t:Subject>") + Set("item:Categories", "<t:Categories><t:String>Own</t:String></t:Categories>") + Set("item:ReminderMinutesBeforeStart", "<t:ReminderMinutesBeforeStart>5</t:ReminderMinutesBeforeStart>"), "AlwaysOverwrite", user: Ben);
        Value(await _exchange.Get(id), "Subject").ShouldBe("Plan");
        await _exchange.Update(id, null, Set("calendar:Location", "<t:Location>Hall</t:Location>"), "AlwaysOverwrite", "SendToAllAndSaveCopy");
        var read = await _exchange.Get(copy, Ben);
        Value(read, "Subject").ShouldBe("Plan");
        Value(read, "Location").ShouldBe("Hall");
        Value(read, "Categories").ShouldBe("Own");
        Value(read, "ReminderMinutesBeforeStart").ShouldBe("5");
    }

    /// <summary>protocol.md 1, versions: ProposeNewTime since 2013; the organizer's attendee carries it [X AttendeeType].</summary>
    [Fact]
    public async Task A_proposed_time_reaches_the_organizers_item()
    {
        var (id, _) = await _exchange.CreateMeeting(after: People("ben"), send: "SendToAllAndSaveCopy");
        Code(await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:TentativelyAcceptItem><t:ReferenceItemId Id=\"{Copy("ben").Id}\"/><t:ProposedStart>2026-03-11T09:00:00Z</t:ProposedStart><t:ProposedEnd>2026-03-11T10:00:00Z</t:ProposedEnd></t:TentativelyAcceptItem></m:Items></m:CreateItem>", Ben)).ShouldBe("NoError");
        var attendee = (await _exchange.Get(id)).Descendants(T + "Attendee").Single();
        attendee.Element(T + "ResponseType")!.Value.ShouldBe("Tentative");
        attendee.Element(T + "ProposedStart")!.Value.ShouldBe("2026-03-11T09:00:00Z");
        attendee.Element(T + "ProposedEnd")!.Value.ShouldBe("2026-03-11T10:00:00Z");
    }

    /// <summary>protocol.md 6, "attendees' ResponseType".</summary>
    [Fact]
    public async Task Who_has_answered_what_stands_on_the_organizers_item_only()
    {
        var (id, _) = await _exchange.CreateMeeting(after: People("ben", "carla"), send: "SendToAllAndSaveCopy");
        await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:AcceptItem><t:ReferenceItemId Id=\"{Copy("ben").Id}\"/></t:AcceptItem></m:Items></m:CreateItem>", Ben);
        await _exchange.Update(id, null, Set("calendar:Location", "<t:Location>Hall</t:Location>"), "AlwaysOverwrite", "SendToAllAndSaveCopy");
        (await _exchange.Get(id)).Descendants(T + "ResponseType").Select(r => r.Value).ShouldBe(["Accept", "Unknown"]);
        (await _exchange.Get(Copy("carla").Id, "carla@contoso.test")).Descendants(T + "ResponseType").ShouldAllBe(r => r.Value == "Unknown");
    }

    /// <summary>protocol.md 6, "duration".</summary>
    [Fact]
    public async Task When_only_the_start_is_moved_the_end_stays_and_may_refuse_it()
    {
        var (id, _) = await _exchange.CreateMeeting();
        Code(await _exchange.Update(id, null, Set("calendar:Start", "<t:Start>2026-03-10T09:30:00Z</t:Start>"), "AlwaysOverwrite")).ShouldBe("NoError");
        Value(await _exchange.Get(id), "End").ShouldBe("2026-03-10T10:00:00Z");
        Code(await _exchange.Update(id, null, Set("calendar:Start", "<t:Start>2026-03-10T11:00:00Z</t:Start>"), "AlwaysOverwrite")).ShouldBe("ErrorCalendarEndDateIsEarlierThanStartDate");
        Value(await _exchange.Get(id), "Start").ShouldBe("2026-03-10T09:30:00Z");
    }

    /// <summary>protocol.md 6, "Sensitivity".</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_private_series_is_a_row_of_busy_blocks_to_a_delegate_without_the_flag(bool mayView)
    {
        await _exchange.CreateMeeting(
            "<t:Subject>Secret</t:Subject><t:Sensitivity>Private</t:Sensitivity>",
            after: "<t:Location>Clinic</t:Location><t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-10</t:StartDate><t:NumberOfOccurrences>2</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>");
        await _exchange.Control(HttpMethod.Post, "mailboxes/anna@contoso.test/permissions", new { @delegate = Ben, folder = "calendar", level = "Reviewer", viewPrivateItems = mayView });
        var view = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2026-04-01T00:00:00Z\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds></m:FindItem>", Ben);
        view.Descendants(T + "CalendarItem").Count().ShouldBe(2);
        view.Descendants(T + "LegacyFreeBusyStatus").ShouldAllBe(s => s.Value == "Busy");
        view.Descendants(T + "Subject").Concat(view.Descendants(T + "Location")).Any().ShouldBe(mayView);
    }

    /// <summary>protocol.md 5, UpdateItem any: read-only properties.</summary>
    [Theory]
    [InlineData("calendar:IsMeeting", "<t:IsMeeting>true</t:IsMeeting>")]
    [InlineData("calendar:IsRecurring", "<t:IsRecurring>true</t:IsRecurring>")]
    [InlineData("calendar:CalendarItemType", "<t:CalendarItemType>Single</t:CalendarItemType>")]
    [InlineData("calendar:RecurrenceId", "<t:RecurrenceId>2026-03-10T09:00:00Z</t:RecurrenceId>")]
    [InlineData("calendar:OriginalStart", "<t:OriginalStart>2026-03-10T09:00:00Z</t:OriginalStart>")]
    [InlineData("calendar:AppointmentState", "<t:AppointmentState>3</t:AppointmentState>")]
    [InlineData("calendar:MyResponseType", "<t:MyResponseType>Accept</t:MyResponseType>")]
    [InlineData("item:HasAttachments", "<t:HasAttachments>true</t:HasAttachments>")]
    public async Task What_the_server_computes_cannot_be_set(string uri, string value)
    {
        var (id, key) = await _exchange.CreateMeeting();
        Code(await _exchange.Update(id, key, Set(uri, value))).ShouldBe("ErrorInvalidPropertySet");
        ItemId(await _exchange.Get(id)).Key.ShouldBe(key);
    }

    /// <summary>protocol.md 5, UpdateItem any: append only to bodies and collections.</summary>
    [Fact]
    public async Task Attendees_are_appended_and_a_subject_is_not()
    {
        var (id, _) = await _exchange.CreateMeeting(after: People("ben"));
        string Append(string uri, string value) => $"<t:AppendToItemField><t:FieldURI FieldURI=\"{uri}\"/><t:CalendarItem>{value}</t:CalendarItem></t:AppendToItemField>";
        Code(await _exchange.Update(id, null, Append("calendar:RequiredAttendees", People("carla")), "AlwaysOverwrite")).ShouldBe("NoError");
        (await _exchange.Get(id)).Descendants(T + "Attendee").Count().ShouldBe(2);
        Code(await _exchange.Update(id, null, Append("item:Subject", "<t:Subject>!</t:Subject>"), "AlwaysOverwrite")).ShouldBe("ErrorInvalidPropertyAppend");
    }

    /// <summary>protocol.md 4, "what comes back", and 5, FindItem: lists have neither bodies nor what belongs to people and series.</summary>
    [Fact]
    public async Task Synchronizing_gives_masters_without_what_only_reading_gives()
    {
        await _exchange.CreateMeeting(
            "<t:Subject>S</t:Subject><t:Body BodyType=\"Text\">x</t:Body>",
            after: People("ben") + "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence><t:StartDate>2026-03-10</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
        var sync = await _exchange.Call("<m:SyncFolderItems><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>");
        Value(sync, "CalendarItemType").ShouldBe("RecurringMaster");
        foreach (var element in new[] { "Body", "RequiredAttendees", "Recurrence", "FirstOccurrence", "Attachments", "MimeContent" })
            sync.Descendants(T + element).ShouldBeEmpty(element);
    }

    /// <summary>protocol.md 1, versions, and 12 point 17.</summary>
    [Fact]
    public async Task An_old_client_sees_a_series_without_the_properties_of_later_versions()
    {
        var (id, _) = await _exchange.CreateMeeting(after: "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence><t:StartDate>2026-03-10</t:StartDate></t:NoEndRecurrence></t:Recurrence><t:StartTimeZone Id=\"W. Europe Standard Time\"/>");
        var old = await _exchange.Get(id, version: "Exchange2007_SP1");
        old.Descendants(T + "MeetingTimeZone").Single().Attribute("TimeZoneName")!.Value.ShouldBe("W. Europe Standard Time");
        foreach (var element in new[] { "StartTimeZone", "StartWallClock", "IsOrganizer", "ConversationId" })
            old.Descendants(T + element).ShouldBeEmpty(element);
        (await _exchange.Get(id)).Descendants(T + "StartTimeZone").Count().ShouldBe(1);
        var asked = await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI=\"calendar:IsOrganizer\"/></t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id=\"{id}\"/></m:ItemIds></m:GetItem>", version: "Exchange2010");
        Code(asked).ShouldBe("ErrorInvalidPropertyRequest");
    }

    /// <summary>protocol.md 6, "dateTime with Z/offset": with a zone context also the occurrences of a master.</summary>
    [Fact]
    public async Task With_a_zone_context_the_occurrences_of_a_master_are_told_in_that_zone()
    {
        var (id, _) = await _exchange.CreateMeeting(after: "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-10</t:StartDate><t:NumberOfOccurrences>2</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>");
        var read = await _exchange.Get(id, header: "<t:TimeZoneContext><t:TimeZoneDefinition Id=\"Tokyo Standard Time\"/></t:TimeZoneContext>");
        read.Descendants(T + "FirstOccurrence").Single().Element(T + "Start")!.Value.ShouldBe("2026-03-10T18:00:00+09:00");
        Value(read, "Start").ShouldBe("2026-03-10T18:00:00+09:00");
    }

    /// <summary>protocol.md 5, CalendarView: not more than is asked for, in order of start.</summary>
    [Fact]
    public async Task A_view_gives_no_more_than_asked_for_and_says_that_there_is_more()
    {
        await _exchange.CreateMeeting(after: "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence><t:StartDate>2026-03-10</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
        var view = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:CalendarView MaxEntriesReturned=\"3\" StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2026-04-01T00:00:00Z\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
        view.Descendants(T + "Start").Select(s => s.Value[..10]).ShouldBe(["2026-03-10", "2026-03-11", "2026-03-12"]);
        view.Descendants(M + "RootFolder").Single().Attribute("IncludesLastItemInRange")!.Value.ShouldBe("false");
    }
}
