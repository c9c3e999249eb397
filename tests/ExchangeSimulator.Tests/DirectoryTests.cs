using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 11: names, groups, rooms, delegates, out of office, photos, free and busy times.</summary>
public sealed class DirectoryTests : IAsyncLifetime
{
    private const string Berlin = "<t:TimeZone><t:Bias>-60</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>03:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>10</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime><t:DaylightTime><t:Bias>-60</t:Bias><t:Time>02:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private Task<XElement> Availability(string from, string to, int interval = 30, string view = "DetailedMerged", string user = "anna@contoso.test", params string[] people) => _exchange.Call(
        $"<m:GetUserAvailabilityRequest>{Berlin}<m:MailboxDataArray>{string.Concat(people.Select(p => $"<t:MailboxData><t:Email><t:Address>{p}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>"))}</m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>{from}</t:StartTime><t:EndTime>{to}</t:EndTime></t:TimeWindow><t:MergedFreeBusyIntervalInMinutes>{interval}</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>{view}</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>", user);

    [Fact]
    public async Task Free_and_busy_times_come_in_the_zone_of_the_request_and_merged_into_digits()
    {
        await _exchange.CreateMeeting("<t:Subject>Busy</t:Subject>", "<t:Start>2026-07-07T08:00:00Z</t:Start><t:End>2026-07-07T09:00:00Z</t:End>");
        await _exchange.CreateMeeting("<t:Subject>Maybe</t:Subject>", "<t:Start>2026-07-07T10:00:00Z</t:Start><t:End>2026-07-07T10:15:00Z</t:End><t:LegacyFreeBusyStatus>Tentative</t:LegacyFreeBusyStatus>");
        var response = await Availability("2026-07-07T09:00:00", "2026-07-07T13:00:00", people: ["anna@contoso.test"]);
        Code(response).ShouldBe("NoError");
        response.Descendants(T + "MergedFreeBusy").Single().Value.ShouldBe("00220010");
        var first = response.Descendants(T + "CalendarEvent").First();
        (first.Element(T + "StartTime")!.Value, first.Element(T + "BusyType")!.Value).ShouldBe(("2026-07-07T10:00:00", "Busy"));
        first.Descendants(T + "Subject").Single().Value.ShouldBe("Busy");
        response.Descendants(T + "WorkingPeriod").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Who_may_not_read_the_calendar_gets_the_times_without_the_subjects_and_an_unknown_person_an_error_of_their_own()
    {
        await _exchange.CreateMeeting("<t:Subject>Secret</t:Subject>", "<t:Start>2026-07-07T08:00:00Z</t:Start><t:End>2026-07-07T09:00:00Z</t:End>", user: "ben@contoso.test");
        var response = await Availability("2026-07-07T00:00:00", "2026-07-08T00:00:00", people: ["ben@contoso.test", "nobody@contoso.test"]);
        Codes(response).ShouldBe(["NoError", "ErrorMailRecipientNotFound"]);
        response.ToString().ShouldNotContain("Secret");
        response.Descendants(T + "CalendarEvent").ShouldHaveSingleItem();
        response.Descendants(T + "FreeBusyViewType").Select(v => v.Value).ShouldBe(["FreeBusyMerged", "None"]);
    }

    [Theory]
    [InlineData("2026-07-07T00:00:00", "2026-09-07T00:00:00", 30, "ErrorTimeIntervalTooBig")]
    [InlineData("2026-07-07T00:00:00", "2026-07-06T00:00:00", 30, "ErrorInvalidTimeInterval")]
    [InlineData("2026-07-07T00:00:00", "2026-07-08T00:00:00", 4, "ErrorInvalidMergedFreeBusyInterval")]
    public async Task An_impossible_window_is_refused_for_each_person(string from, string to, int interval, string code) =>
        Codes(await Availability(from, to, interval, people: ["anna@contoso.test", "ben@contoso.test"])).ShouldBe([code, code]);

    [Fact]
    public async Task A_longer_window_is_a_switch()
    {
        await _exchange.Control(HttpMethod.Put, "habits/AvailabilityDays?value=62");
        Codes(await Availability("2026-07-07T00:00:00", "2026-09-07T00:00:00", people: ["anna@contoso.test"])).ShouldBe(["NoError"]);
    }

    [Fact]
    public async Task Groups_are_expanded_one_level_and_lists_of_contacts_too()
    {
        await _exchange.Control(HttpMethod.Post, "groups", new { address = "all@contoso.test", name = "All", members = new[] { "anna@contoso.test", "sales@contoso.test", "guest@elsewhere.test" } });
        await _exchange.Control(HttpMethod.Post, "groups", new { address = "sales@contoso.test", name = "Sales", members = new[] { "ben@contoso.test" } });
        var expanded = await _exchange.Call("<m:ExpandDL><m:Mailbox><t:EmailAddress>all@contoso.test</t:EmailAddress></m:Mailbox></m:ExpandDL>");
        expanded.Descendants(T + "MailboxType").Select(t => t.Value).ShouldBe(["Mailbox", "PublicDL", "OneOff"]);
        Code(await _exchange.Call("<m:ExpandDL><m:Mailbox><t:EmailAddress>nothing@contoso.test</t:EmailAddress></m:Mailbox></m:ExpandDL>")).ShouldBe("ErrorNameResolutionNoResults");
        var list = await _exchange.Call("<m:CreateItem><m:Items><t:DistributionList><t:DisplayName>Friends</t:DisplayName><t:Members><t:Member><t:Mailbox><t:Name>Kim</t:Name><t:EmailAddress>kim@elsewhere.test</t:EmailAddress></t:Mailbox></t:Member></t:Members></t:DistributionList></m:Items></m:CreateItem>");
        Code(list).ShouldBe("NoError");
        var members = await _exchange.Call($"<m:ExpandDL><m:Mailbox><t:ItemId Id=\"{ItemId(list).Id}\"/></m:Mailbox></m:ExpandDL>");
        members.Descendants(T + "EmailAddress").Single().Value.ShouldBe("kim@elsewhere.test");
        (await _exchange.Sync(null, folder: "contacts")).Descendants(T + "DistributionList").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Rooms_are_found_by_their_list()
    {
        await _exchange.Control(HttpMethod.Post, "groups", new { address = "rooms@contoso.test", name = "Rooms", members = new[] { "room.berlin@contoso.test" }, isRoomList = true });
        (await _exchange.Call("<m:GetRoomLists/>")).Descendants(T + "EmailAddress").Single().Value.ShouldBe("rooms@contoso.test");
        (await _exchange.Call("<m:GetRooms><m:RoomList><t:EmailAddress>rooms@contoso.test</t:EmailAddress></m:RoomList></m:GetRooms>")).Descendants(T + "Room").Single().Descendants(T + "Name").Single().Value.ShouldBe("Room Berlin");
        Code(await _exchange.Call("<m:GetRooms><m:RoomList><t:EmailAddress>anna@contoso.test</t:EmailAddress></m:RoomList></m:GetRooms>")).ShouldBe("ErrorNameResolutionNoResults");
    }

    [Fact]
    public async Task Delegates_are_added_read_changed_and_removed_and_have_the_rights_they_were_given()
    {
        const string anna = "<m:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></m:Mailbox>";
        string User(string level, bool isPrivate) => $"<m:DelegateUsers><t:DelegateUser><t:UserId><t:PrimarySmtpAddress>ben@contoso.test</t:PrimarySmtpAddress></t:UserId><t:DelegatePermissions><t:CalendarFolderPermissionLevel>{level}</t:CalendarFolderPermissionLevel></t:DelegatePermissions><t:ViewPrivateItems>{(isPrivate ? "true" : "false")}</t:ViewPrivateItems></t:DelegateUser></m:DelegateUsers>";
        const string get = $"<m:GetDelegate IncludePermissions=\"true\">{anna}</m:GetDelegate>";
        var (id, _) = await _exchange.CreateMeeting("<t:Subject>Dentist</t:Subject><t:Sensitivity>Private</t:Sensitivity>");
        (await _exchange.Call(get)).Descendants(T + "UserId").ShouldBeEmpty();
        Codes(await _exchange.Call($"<m:AddDelegate>{anna}{User("Reviewer", false)}<m:DeliverMeetingRequests>DelegatesOnly</m:DeliverMeetingRequests></m:AddDelegate>")).ShouldBe(["NoError", "NoError"]);
        Codes(await _exchange.Call($"<m:AddDelegate>{anna}{User("Reviewer", false)}</m:AddDelegate>")).ShouldBe(["NoError", "ErrorDelegateAlreadyExists"]);
        (await _exchange.Get(id, "ben@contoso.test")).Descendants(T + "Subject").ShouldBeEmpty();
        await _exchange.Call($"<m:UpdateDelegate>{anna}{User("Editor", true)}</m:UpdateDelegate>");
        (await _exchange.Get(id, "ben@contoso.test")).Descendants(T + "Subject").Single().Value.ShouldBe("Dentist");
        var read = await _exchange.Call(get);
        read.Descendants(T + "CalendarFolderPermissionLevel").Single().Value.ShouldBe("Editor");
        read.Descendants(M + "DeliverMeetingRequests").Single().Value.ShouldBe("DelegatesOnly");
        string Remove() => $"<m:RemoveDelegate>{anna}<m:UserIds><t:UserId><t:PrimarySmtpAddress>ben@contoso.test</t:PrimarySmtpAddress></t:UserId></m:UserIds></m:RemoveDelegate>";
        Codes(await _exchange.Call(Remove())).ShouldBe(["NoError", "NoError"]);
        Codes(await _exchange.Call(Remove())).ShouldBe(["NoError", "ErrorNotDelegate"]);
        Code(await _exchange.Get(id, "ben@contoso.test")).ShouldBe("ErrorItemNotFound");
        Code(await _exchange.Call(get, "carla@contoso.test")).ShouldBe("ErrorAccessDenied");
    }

    [Fact]
    public async Task Out_of_office_is_set_and_read_and_told_to_senders()
    {
        const string mailbox = "<t:Mailbox><t:Address>anna@contoso.test</t:Address></t:Mailbox>";
        (await _exchange.Call($"<m:GetUserOofSettingsRequest>{mailbox}</m:GetUserOofSettingsRequest>")).Descendants(T + "OofState").Single().Value.ShouldBe("Disabled");
        Code(await _exchange.Call($"<m:SetUserOofSettingsRequest>{mailbox}<t:UserOofSettings><t:OofState>Enabled</t:OofState><t:ExternalAudience>All</t:ExternalAudience><t:InternalReply><t:Message>Away</t:Message></t:InternalReply></t:UserOofSettings></m:SetUserOofSettingsRequest>")).ShouldBe("NoError");
        (await _exchange.Call($"<m:GetUserOofSettingsRequest>{mailbox}</m:GetUserOofSettingsRequest>")).Descendants(T + "OofState").Single().Value.ShouldBe("Enabled");
        Code(await _exchange.Call($"<m:GetUserOofSettingsRequest>{mailbox}</m:GetUserOofSettingsRequest>", "ben@contoso.test")).ShouldBe("ErrorAccessDenied");
        var tips = await _exchange.Call("<m:GetMailTips><m:SendingAs><t:EmailAddress>ben@contoso.test</t:EmailAddress></m:SendingAs><m:Recipients><t:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></t:Mailbox><t:Mailbox><t:EmailAddress>nobody@contoso.test</t:EmailAddress></t:Mailbox></m:Recipients><m:MailTipsRequested>All</m:MailTipsRequested></m:GetMailTips>", "ben@contoso.test");
        tips.Descendants(T + "Message").First().Value.ShouldBe("Away");
        tips.Descendants(T + "InvalidRecipient").Select(i => i.Value).ShouldBe(["false", "true"]);
    }

    [Fact]
    public async Task A_photo_is_given_out_when_there_is_one()
    {
        const string ask = "<m:GetUserPhoto><m:Email>anna@contoso.test</m:Email><m:SizeRequested>HR48x48</m:SizeRequested></m:GetUserPhoto>";
        Code(await _exchange.Call(ask)).ShouldBe("ErrorItemNotFound");
        using var put = await _exchange.Http.PutAsync("/control/mailboxes/anna@contoso.test/photo", new ByteArrayContent([1, 2, 3]));
        put.EnsureSuccessStatusCode();
        (await _exchange.Call(ask)).Descendants(M + "PictureData").Single().Value.ShouldBe("AQID");
    }

    [Fact]
    public async Task Names_are_found_in_the_directory_among_groups_and_among_ones_own_contacts()
    {
        await _exchange.Control(HttpMethod.Post, "groups", new { address = "annals@contoso.test", name = "Annals", members = Array.Empty<string>() });
        await _exchange.Call("<m:CreateItem><m:Items><t:Contact><t:DisplayName>Anna Fabrik</t:DisplayName><t:EmailAddresses><t:Entry Key=\"EmailAddress1\">fabrik@elsewhere.test</t:Entry></t:EmailAddresses></t:Contact></m:Items></m:CreateItem>");
        Task<XElement> Find(string name, string scope = "ContactsActiveDirectory", string user = "anna@contoso.test") =>
            _exchange.Call($"<m:ResolveNames ReturnFullContactData=\"true\" SearchScope=\"{scope}\"><m:UnresolvedEntry>{name}</m:UnresolvedEntry></m:ResolveNames>", user);
        var found = await Find("ann");
        Code(found).ShouldBe("ErrorNameResolutionMultipleResults");
        found.Descendants(M + "ResolveNamesResponseMessage").Single().Attribute("ResponseClass")!.Value.ShouldBe("Warning");
        found.Descendants(T + "MailboxType").Select(t => t.Value).ShouldBe(["Contact", "Mailbox", "PublicDL"]);
        (await Find("ann", "ActiveDirectory")).Descendants(T + "MailboxType").Select(t => t.Value).ShouldBe(["Mailbox", "PublicDL"]);
        Code(await Find("fabrik", user: "ben@contoso.test")).ShouldBe("ErrorNameResolutionNoResults", "contacts are one's own");
        Code(await Find("smtp:ben@contoso.test")).ShouldBe("NoError");
        const string foreign = "<m:ResolveNames ReturnFullContactData=\"true\" SearchScope=\"Contacts\"><m:ParentFolderIds><t:DistinguishedFolderId Id=\"contacts\"><t:Mailbox><t:EmailAddress>nobody@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds><m:UnresolvedEntry>a</m:UnresolvedEntry></m:ResolveNames>";
        Code(await _exchange.Call(foreign)).ShouldBe("ErrorNonExistentMailbox");
    }

    [Fact]
    public async Task More_than_a_hundred_mailboxes_in_one_question_of_availability_are_refused() =>
        Codes(await Availability("2026-07-07T00:00:00", "2026-07-08T00:00:00", people: [.. Enumerable.Repeat("anna@contoso.test", 101)])).Distinct().ShouldBe(["ErrorMailboxDataArrayTooBig"]);

    [Fact]
    public async Task Occurrences_of_a_series_are_busy_times_and_deleted_ones_are_not()
    {
        var (id, _) = await _exchange.CreateMeeting(
            "<t:Subject>Daily</t:Subject>", "<t:Start>2026-07-07T08:00:00Z</t:Start><t:End>2026-07-07T09:00:00Z</t:End>",
            "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-07-07</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>");
        await _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds><t:OccurrenceItemId RecurringMasterId=\"{id}\" InstanceIndex=\"2\"/></m:ItemIds></m:DeleteItem>");
        var response = await Availability("2026-07-07T00:00:00", "2026-07-12T00:00:00", people: ["anna@contoso.test"]);
        response.Descendants(T + "StartTime").Select(t => t.Value).ShouldBe(["2026-07-07T10:00:00", "2026-07-09T10:00:00"]);
        response.Descendants(T + "IsRecurring").Select(t => t.Value).ShouldBe(["true", "true"]);
    }
}
