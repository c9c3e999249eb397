using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 6 and 12 point 6: meeting series, their single occurrences, and the people in them.</summary>
public sealed class MeetingSeriesTests : IAsyncLifetime
{
    private const string Ben = "ben@contoso.test";

    private TestExchange _exchange = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _exchange = await StartAsync();
        (_id, _) = await _exchange.CreateMeeting(
            times: "<t:Start>2026-03-16T09:00:00</t:Start><t:End>2026-03-16T10:00:00</t:End>",
            after: People("ben") + "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-16</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence><t:StartTimeZone Id=\"W. Europe Standard Time\"/>",
            send: "SendToAllAndSaveCopy");
    }

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string People(params string[] names) =>
        "<t:RequiredAttendees>" + string.Concat(names.Select(n => $"<t:Attendee><t:Mailbox><t:EmailAddress>{n}@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee>")) + "</t:RequiredAttendees>";

    private StoredItem Copy(string name) => _exchange.Organisation.FindMailbox($"{name}@contoso.test")!["calendar"].Items.Single();

    private List<string> Mails() => _exchange.Organisation.Mails.Mails.Select(m => $"{m.Kind} {m.To.Split('@')[0]}").ToList();

    private static string ByIndex(string master, int index) => $"<t:OccurrenceItemId RecurringMasterId=\"{master}\" InstanceIndex=\"{index}\"/>";

    private Task<XElement> Update(string id, string changes, string send = "SendToAllAndSaveCopy") =>
        _exchange.Call($"<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\" SendMeetingInvitationsOrCancellations=\"{send}\"><m:ItemChanges><t:ItemChange>{id}<t:Updates>{changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>");

    private async Task<List<string>> View(string user)
    {
        var view = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2026-05-01T00:00:00Z\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>", user);
        return view.Descendants(T + "CalendarItem").Select(i => $"{i.Element(T + "CalendarItemType")!.Value} {i.Element(T + "Start")!.Value[5..16]} {i.Element(T + "Subject")!.Value} {i.Element(T + "MyResponseType")!.Value}").ToList();
    }

    [Fact]
    public async Task An_invited_series_is_a_series_with_the_attendee_and_one_mail()
    {
        Mails().ShouldBe(["request ben"]);
        (await View(Ben)).ShouldBe(["Occurrence 03-16T08:00 Plan NoResponseReceived", "Occurrence 03-23T08:00 Plan NoResponseReceived", "Occurrence 03-30T07:00 Plan NoResponseReceived"]);
        var request = _exchange.Organisation.FindMailbox(Ben)!["inbox"].Items.Single();
        (await _exchange.Get(request.Id, Ben)).Descendants(T + "WeeklyRecurrence").Count().ShouldBe(1);
    }

    [Fact]
    public async Task An_update_of_one_occurrence_reaches_only_that_occurrence_of_the_copy()
    {
        await Update(ByIndex(_id, 2), Set("item:Subject", "<t:Subject>Special</t:Subject>"));
        Mails().ShouldBe(["request ben", "update ben"]);
        (await View(Ben)).ShouldBe(["Occurrence 03-16T08:00 Plan NoResponseReceived", "Exception 03-23T08:00 Special NoResponseReceived", "Occurrence 03-30T07:00 Plan NoResponseReceived"]);
        var mail = _exchange.Organisation.FindMailbox(Ben)!["inbox"].Items.First(i => i.Subject == "Special");
        (await _exchange.Get(mail.Id, Ben)).Descendants(T + "RecurrenceId").Single().Value.ShouldBe("2026-03-23T08:00:00Z");
    }

    [Fact]
    public async Task A_cancelled_occurrence_stays_with_the_attendee_as_cancelled()
    {
        await _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToAllAndSaveCopy\"><m:ItemIds>{ByIndex(_id, 2)}</m:ItemIds></m:DeleteItem>");
        Mails().ShouldBe(["request ben", "cancellation ben"]);
        (await View(Ben))[1].ShouldBe("Exception 03-23T08:00 Canceled: Plan NoResponseReceived");
        (await View("anna@contoso.test")).Count.ShouldBe(2);
        Copy("ben").Values.IsTrue("IsCancelled").ShouldBeFalse();
    }

    [Fact]
    public async Task A_cancelled_series_is_cancelled_with_the_attendee()
    {
        await _exchange.Delete(_id, send: "SendToAllAndSaveCopy");
        Mails().ShouldBe(["request ben", "cancellation ben"]);
        (await View(Ben)).ShouldAllBe(i => i.Contains("Canceled: Plan"));
        (await View("anna@contoso.test")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_to_one_occurrence_concerns_only_that_one()
    {
        var copy = Copy("ben").Id;
        var second = ItemId(await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>{ByIndex(copy, 2)}</m:ItemIds></m:GetItem>", Ben)).Id;
        Code(await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:AcceptItem><t:ReferenceItemId Id=\"{second}\"/></t:AcceptItem></m:Items></m:CreateItem>", Ben)).ShouldBe("NoError");
        (await View(Ben)).ShouldBe(["Occurrence 03-16T08:00 Plan NoResponseReceived", "Exception 03-23T08:00 Plan Accept", "Occurrence 03-30T07:00 Plan NoResponseReceived"]);
        var organizers = await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>{ByIndex(_id, 2)}{ByIndex(_id, 1)}</m:ItemIds></m:GetItem>");
        organizers.Descendants(T + "ResponseType").Select(r => r.Value).ShouldBe(["Accept", "Unknown"]);
    }

    [Fact]
    public async Task A_declined_occurrence_leaves_the_attendees_series()
    {
        var copy = Copy("ben").Id;
        await _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToAllAndSaveCopy\"><m:ItemIds>{ByIndex(copy, 1)}</m:ItemIds></m:DeleteItem>", Ben);
        Mails().ShouldBe(["request ben", "response anna"]);
        (await View(Ben)).Count.ShouldBe(2);
        (await View("anna@contoso.test")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Somebody_invited_to_one_occurrence_gets_a_single_item_with_a_recurrence_id()
    {
        Code(await Update(ByIndex(_id, 2), Set("calendar:RequiredAttendees", People("ben", "carla")))).ShouldBe("NoError");
        Mails().Skip(1).ShouldBe(["request carla", "update ben"]);
        var copy = await _exchange.Get(Copy("carla").Id, "carla@contoso.test");
        copy.Descendants(T + "CalendarItemType").Single().Value.ShouldBe("Single");
        copy.Descendants(T + "RecurrenceId").Single().Value.ShouldBe("2026-03-23T08:00:00Z");
        copy.Descendants(T + "UID").Single().Value.ShouldBe(Copy("ben").Values.Text("UID"));
        await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:TentativelyAcceptItem><t:ReferenceItemId Id=\"{Copy("carla").Id}\"/></t:TentativelyAcceptItem></m:Items></m:CreateItem>", "carla@contoso.test");
        var organizers = await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>{ByIndex(_id, 2)}</m:ItemIds></m:GetItem>");
        organizers.Descendants(T + "ResponseType").Select(r => r.Value).ShouldBe(["Unknown", "Tentative"]);
        await _exchange.Delete(_id, send: "SendToAllAndSaveCopy");
        Copy("carla").Values.IsTrue("IsCancelled").ShouldBeTrue();
    }

    [Fact]
    public async Task A_later_invitation_to_a_series_brings_its_exceptions_and_deletions_along()
    {
        await Update(ByIndex(_id, 2), Set("item:Subject", "<t:Subject>Special</t:Subject>"), "SendToNone");
        await _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds>{ByIndex(_id, 3)}</m:ItemIds></m:DeleteItem>");
        await Update($"<t:ItemId Id=\"{_id}\"/>", Set("calendar:RequiredAttendees", People("ben", "carla")), "SendToChangedAndSaveCopy");
        (await View("carla@contoso.test")).ShouldBe(["Occurrence 03-16T08:00 Plan NoResponseReceived", "Exception 03-23T08:00 Special NoResponseReceived"]);
        (await View(Ben)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Another_pattern_reaches_the_copies_and_drops_what_no_longer_fits()
    {
        await Update(ByIndex(_id, 2), Set("item:Subject", "<t:Subject>Special</t:Subject>"));
        await Update($"<t:ItemId Id=\"{_id}\"/>", Set("calendar:Recurrence", "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-16</t:StartDate><t:NumberOfOccurrences>2</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>"));
        (await View(Ben)).ShouldBe(["Occurrence 03-16T08:00 Plan NoResponseReceived", "Occurrence 03-17T08:00 Plan NoResponseReceived"]);
    }
}
