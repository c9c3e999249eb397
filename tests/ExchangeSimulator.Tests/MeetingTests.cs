using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 6 and 12 point 6: copies, updates, cancellations, answers; each mail counted.</summary>
public sealed class MeetingTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string People(params string[] names) =>
        "<t:RequiredAttendees>" + string.Concat(names.Select(n => $"<t:Attendee><t:Mailbox><t:EmailAddress>{n}@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee>")) + "</t:RequiredAttendees>";

    private Task<(string Id, string Key)> Invite(string send, params string[] names) => _exchange.CreateMeeting(after: People(names), send: send);

    private StoredItem? Copy(string name) => _exchange.Organisation.FindMailbox($"{name}@contoso.test")!["calendar"].Items.SingleOrDefault();

    private List<string> Mails() => _exchange.Organisation.Mails.Mails.Select(m => $"{m.Kind} {m.To.Split('@')[0]}").ToList();

    [Fact]
    public async Task SendToNone_lists_attendees_and_invites_nobody()
    {
        var (id, _) = await Invite("SendToNone", "ben");
        Mails().ShouldBeEmpty();
        Copy("ben").ShouldBeNull();
        var read = await _exchange.Get(id);
        read.Descendants(T + "MeetingRequestWasSent").Single().Value.ShouldBe("false");
        read.Descendants(T + "IsMeeting").Single().Value.ShouldBe("true");
        read.Descendants(T + "AppointmentState").Single().Value.ShouldBe("1");
        read.Descendants(T + "MyResponseType").Single().Value.ShouldBe("Organizer");
        read.Descendants(T + "IsOrganizer").Single().Value.ShouldBe("true");
    }

    [Fact]
    public async Task An_invitation_puts_a_copy_with_the_same_uid_and_a_request_into_the_attendees_mailbox()
    {
        var (id, _) = await Invite("SendToAllAndSaveCopy", "ben", "stranger");
        Mails().ShouldBe(["request ben", "request stranger"], ignoreOrder: true);
        var copy = Copy("ben")!;
        copy.Id.ShouldNotBe(id);
        var read = await _exchange.Get(copy.Id, "ben@contoso.test");
        read.Descendants(T + "UID").Single().Value.ShouldBe((await _exchange.Get(id)).Descendants(T + "UID").Single().Value);
        read.Descendants(T + "AppointmentState").Single().Value.ShouldBe("3");
        read.Descendants(T + "MyResponseType").Single().Value.ShouldBe("NoResponseReceived");
        read.Descendants(T + "IsOrganizer").Single().Value.ShouldBe("false");
        read.Descendants(T + "LegacyFreeBusyStatus").Single().Value.ShouldBe("Tentative");
        read.Descendants(T + "Organizer").Single().Descendants(T + "EmailAddress").Single().Value.ShouldBe("anna@contoso.test");
        var inbox = _exchange.Organisation.FindMailbox("ben@contoso.test")!["inbox"].Items.Single();
        inbox.Kind.ShouldBe(ItemKind.MeetingRequest);
        (await _exchange.Get(inbox.Id, "ben@contoso.test")).Descendants(T + "AssociatedCalendarItemId").Single().Attribute("Id")!.Value.ShouldBe(copy.Id);
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["sentitems"].Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_silent_meeting_is_invited_by_a_later_update()
    {
        var (id, key) = await Invite("SendToNone", "ben");
        var update = await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject>"), send: "SendToAllAndSaveCopy");
        Code(update).ShouldBe("NoError");
        Mails().ShouldBe(["request ben"]);
        (await _exchange.Get(id)).Descendants(T + "MeetingRequestWasSent").Single().Value.ShouldBe("true");
        ItemId(update).Key.ShouldBe(ItemId(await _exchange.Get(id)).Key);
    }

    [Fact]
    public async Task An_update_to_all_overwrites_the_copies_and_a_new_time_asks_for_the_answer_again()
    {
        var (id, key) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Control(HttpMethod.Post, $"mailboxes/ben@contoso.test/item/respond?id={Uri.EscapeDataString(Copy("ben")!.Id)}&response=Accept");
        key = ItemId(await _exchange.Get(id)).Key;
        await _exchange.Update(id, key, Set("calendar:Start", "<t:Start>2026-03-11T09:00:00Z</t:Start>") + Set("calendar:End", "<t:End>2026-03-11T10:00:00Z</t:End>"), send: "SendToAllAndSaveCopy");
        Mails().ShouldBe(["request ben", "response anna", "update ben"]);
        Copy("ben")!.Values.Text("Start").ShouldBe("2026-03-11T09:00:00Z");
        Copy("ben")!.Values.Text("MyResponseType").ShouldBe("NoResponseReceived");
        (await _exchange.Get(id)).Descendants(T + "ResponseType").Single().Value.ShouldBe("Unknown");
    }

    [Fact]
    public async Task Changed_modes_write_only_to_those_added_or_removed()
    {
        var (id, key) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Update(id, key, Set("calendar:RequiredAttendees", People("carla")), send: "SendToChangedAndSaveCopy");
        Mails().ShouldBe(["request ben", "request carla", "cancellation ben"]);
        Copy("ben")!.Values.IsTrue("IsCancelled").ShouldBeTrue();
        Copy("carla").ShouldNotBeNull();
    }

    [Fact]
    public async Task An_update_to_nobody_changes_no_copy()
    {
        var (id, key) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>Secret</t:Subject>"));
        Copy("ben")!.Subject.ShouldBe("Plan");
        Mails().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_cancelled_meeting_stays_with_the_attendee_as_free_with_a_prefix()
    {
        var (id, _) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Delete(id, send: "SendToAllAndSaveCopy");
        Mails().ShouldBe(["request ben", "cancellation ben"]);
        var copy = await _exchange.Get(Copy("ben")!.Id, "ben@contoso.test");
        copy.Descendants(T + "IsCancelled").Single().Value.ShouldBe("true");
        copy.Descendants(T + "AppointmentState").Single().Value.ShouldBe("7");
        copy.Descendants(T + "Subject").Single().Value.ShouldBe("Canceled: Plan");
        copy.Descendants(T + "LegacyFreeBusyStatus").Single().Value.ShouldBe("Free");
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["deleteditems"].Items.Single().Values.Text("AppointmentState").ShouldBe("5");
    }

    [Fact]
    public async Task A_silent_delete_of_a_meeting_tells_nobody()
    {
        var (id, _) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Delete(id);
        Mails().ShouldBe(["request ben"]);
        Copy("ben")!.Values.IsTrue("IsCancelled").ShouldBeFalse();
    }

    [Theory]
    [InlineData("AcceptItem", "Accept", "Busy")]
    [InlineData("TentativelyAcceptItem", "Tentative", "Tentative")]
    public async Task An_answer_changes_the_copy_and_reaches_the_organizers_item(string element, string response, string showAs)
    {
        var (id, before) = await Invite("SendToAllAndSaveCopy", "ben");
        var copy = Copy("ben")!;
        var oldKey = copy.ChangeKey;
        var answer = await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:{element}><t:ReferenceItemId Id=\"{copy.Id}\" ChangeKey=\"{copy.ChangeKey}\"/></t:{element}></m:Items></m:CreateItem>", "ben@contoso.test");
        Code(answer).ShouldBe("NoError");
        copy.ChangeKey.ShouldNotBe(oldKey);
        copy.Values.Text("MyResponseType").ShouldBe(response);
        copy.Values.Text("LegacyFreeBusyStatus").ShouldBe(showAs);
        var organizers = await _exchange.Get(id);
        organizers.Descendants(T + "Attendee").Single().Element(T + "ResponseType")!.Value.ShouldBe(response);
        ItemId(organizers).Key.ShouldNotBe(before);
        Mails().ShouldBe(["request ben", "response anna"]);
    }

    [Fact]
    public async Task A_declined_meeting_moves_to_deleted_items()
    {
        await Invite("SendToAllAndSaveCopy", "ben");
        var copy = Copy("ben")!;
        var id = copy.Id;
        await _exchange.Call($"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:DeclineItem><t:ReferenceItemId Id=\"{id}\"/></t:DeclineItem></m:Items></m:CreateItem>", "ben@contoso.test");
        copy.Folder.DistinguishedName.ShouldBe("deleteditems");
        copy.Id.ShouldNotBe(id);
    }

    [Fact]
    public async Task The_organizer_cannot_answer_and_only_the_organizer_cancels()
    {
        var (id, _) = await Invite("SendToAllAndSaveCopy", "ben");
        string Object(string element, string reference) => $"<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:{element}><t:ReferenceItemId Id=\"{reference}\"/></t:{element}></m:Items></m:CreateItem>";
        Code(await _exchange.Call(Object("AcceptItem", id))).ShouldBe("ErrorCalendarIsOrganizerForAccept");
        Code(await _exchange.Call(Object("CancelCalendarItem", Copy("ben")!.Id), "ben@contoso.test")).ShouldBe("ErrorCalendarIsNotOrganizer");
        Code(await _exchange.Call(Object("CancelCalendarItem", id))).ShouldBe("NoError");
        Code(await _exchange.Call(Object("AcceptItem", Copy("ben")!.Id), "ben@contoso.test")).ShouldBe("ErrorCalendarIsCancelledForAccept");
        Code(await _exchange.Call(Object("RemoveItem", Copy("ben")!.Id), "ben@contoso.test")).ShouldBe("NoError");
        Copy("ben").ShouldBeNull();
    }

    [Fact]
    public async Task Resources_and_named_properties_stay_on_the_organizers_item()
    {
        await _exchange.CreateMeeting(
            "<t:Subject>A</t:Subject><t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"x\" PropertyType=\"String\"/><t:Value>1</t:Value></t:ExtendedProperty>",
            after: People("ben") + "<t:Resources><t:Attendee><t:Mailbox><t:EmailAddress>room.berlin@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:Resources>",
            send: "SendToAllAndSaveCopy");
        Copy("ben")!.Values.Has("Resources").ShouldBeFalse();
        Copy("ben")!.Extended.ShouldBeEmpty();
        Copy("room.berlin").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_personal_change_on_the_page_sends_no_mail()
    {
        var (id, _) = await Invite("SendToAllAndSaveCopy", "ben");
        await _exchange.Control(HttpMethod.Patch, $"/outlook/api/anna@contoso.test/item?id={Uri.EscapeDataString(id)}", new { showAs = "OOF", reminderIsSet = true });
        Mails().Count.ShouldBe(1);
    }
}
