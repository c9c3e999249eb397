using System.Net;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Conformance.Foreign;

/// <summary>
/// A calendar and address book client before DavMail, the simulator behind it. Both ends are looked at: what DavMail answers, and what the mailbox holds. DavMail 6.0.1 was written
/// against Exchange and is strict: it sends events as MimeContent, contacts and tasks by MAPI tags, and finds its items by PidTagUrlCompName.
/// </summary>
public sealed class DavMailTests(DavMailGateway gateway) : IClassFixture<DavMailGateway>
{
    private const string Zone = """
        BEGIN:VTIMEZONE
        TZID:Europe/Berlin
        BEGIN:STANDARD
        DTSTART:19701025T030000
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
        TZOFFSETFROM:+0200
        TZOFFSETTO:+0100
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:19700329T020000
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0200
        END:DAYLIGHT
        END:VTIMEZONE
        """;

    private static string Calendar(params string[] components) =>
        ("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//CrmSync//Conformance//EN\n" + string.Join('\n', components) + "\nEND:VCALENDAR\n").ReplaceLineEndings("\r\n");

    private static string Event(string uid, string body, string start = "20261124T090000", string end = "20261124T100000") =>
        $"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20261120T100000Z\nDTSTART;TZID=Europe/Berlin:{start}\nDTEND;TZID=Europe/Berlin:{end}\n{body}\nEND:VEVENT";

    private async Task<string> Put(string path, string body, string type = "text/calendar", HttpStatusCode expected = HttpStatusCode.Created)
    {
        var (status, text) = await gateway.Send("PUT", path, body, type);
        status.ShouldBe(expected, text + gateway.Log);
        return text;
    }

    private async Task<string> Get(string path)
    {
        var (status, text) = await gateway.Send("GET", path);
        status.ShouldBe(HttpStatusCode.OK, text + gateway.Log);
        return text.ReplaceLineEndings("\n");
    }

    private StoredItem? Held(string uid) => gateway.Server.Anna(m => m["calendar"].Items.SingleOrDefault(i => i.Values.Text("UID") == uid));

    private static void Require() => ForeignProcess.Require(DavMailGateway.IsInstalled, "DavMail", "davmail-server default-jre-headless");

    [Fact]
    public async Task DavMail_finds_its_user_and_the_folders()
    {
        Require();
        var found = await gateway.Ask("PROPFIND", "", "<D:propfind xmlns:D=\"DAV:\" xmlns:C=\"http://calendarserver.org/ns/\"><D:prop><D:resourcetype/><D:displayname/><C:getctag/></D:prop></D:propfind>");
        found.Keys.ShouldBe(["/users/anna@contoso.test/", "/users/anna@contoso.test/inbox/", "/users/anna@contoso.test/outbox/", "/users/anna@contoso.test/calendar/", "/users/anna@contoso.test/contacts/"], ignoreOrder: true);
        gateway.WholeLog.ShouldContain("Current user email is anna@contoso.test");
        gateway.WholeLog.ShouldNotContain("Unable to get user timezone");
    }

    [Fact]
    public async Task An_event_is_put_read_listed_changed_and_deleted()
    {
        Require();
        await Put("calendar/plan.ics", Calendar(Zone, Event("plan", "SUMMARY:Büro & Plan\nLOCATION:Ulm\nDESCRIPTION:line one\\nline two\nCATEGORIES:Zoo,Art\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT20M\nEND:VALARM")));
        var held = Held("plan").ShouldNotBeNull();
        (held.Subject, held.Values.Text("Start"), held.Values.Text("Location")).ShouldBe(("Büro & Plan", "2026-11-24T08:00:00Z", "Ulm"));
        held.Values.Element("StartTimeZone")!["Id"].ShouldBe("W. Europe Standard Time");
        held.Values.Element("Categories")!.Children.Select(c => c.Text).ShouldBe(["Zoo", "Art"]);
        (held.Values.Text("ReminderIsSet"), held.Values.Text("ReminderMinutesBeforeStart")).ShouldBe(("true", "20"));
        BodyText.Read(held.Values.Element("Body")!, "Text").Text.ReplaceLineEndings("\n").TrimEnd().ShouldBe("line one\nline two");

        var read = await Get("calendar/plan.ics");
        read.ShouldContain("SUMMARY;LANGUAGE=en-US:Büro & Plan");
        read.ShouldContain("DTSTART;TZID=\"Europe/Berlin\":20261124T090000");
        read.ShouldContain("TRIGGER;RELATED=START:-PT20M");
        var listed = await gateway.Ask("REPORT", "calendar/", Query("20261101T000000Z", "20261201T000000Z"));
        listed.Values.Count(r => r.Value.Contains("UID:plan", StringComparison.Ordinal)).ShouldBe(1, gateway.Log);

        await Put("calendar/plan.ics", Calendar(Zone, Event("plan", "SUMMARY:Moved", "20261124T110000", "20261124T120000")), expected: HttpStatusCode.OK);
        var changed = Held("plan").ShouldNotBeNull();
        (changed.Id, changed.Subject, changed.Values.Text("Start"), changed.Values.Text("Location")).ShouldBe((held.Id, "Moved", "2026-11-24T10:00:00Z", null));
        (await gateway.Send("DELETE", "calendar/plan.ics")).Status.ShouldBe(HttpStatusCode.OK);
        Held("plan").ShouldBeNull();
        (await gateway.Send("GET", "calendar/plan.ics")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_series_with_a_deleted_and_a_changed_occurrence_goes_in_and_comes_out_and_loses_one_more()
    {
        Require();
        string Series(string subject, string excluded) => Calendar(
            Zone,
            Event("series", $"SUMMARY:{subject}\nRRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261230T080000Z\n{excluded}", "20261201T090000", "20261201T100000"),
            Event("series", "SUMMARY:Once later\nRECURRENCE-ID;TZID=Europe/Berlin:20261208T090000", "20261208T140000", "20261208T150000"));
        await Put("calendar/series.ics", Series("Series", "EXDATE;TZID=Europe/Berlin:20261215T090000"));
        var held = Held("series").ShouldNotBeNull();
        held.Series.ShouldNotBeNull().Deleted.ShouldBe([new DateOnly(2026, 12, 15)]);
        held.Series!.TimesOf(new DateOnly(2026, 12, 8)).Start.ShouldBe(DateTimeOffset.Parse("2026-12-08T13:00:00Z", null));

        var read = await Get("calendar/series.ics");
        read.ShouldContain("RRULE:FREQ=WEEKLY;");
        read.ShouldContain("EXDATE;TZID=\"Europe/Berlin\":20261215T090000");
        read.ShouldContain("SUMMARY;LANGUAGE=en-US:Once later");

        // A change comes as structured fields, then one DeleteItem for each date taken out and one UpdateItem for each changed one. DavMail 6.0.1 finds dates taken out only when they stand in UTC, one to a line.
        await Put("calendar/series.ics", Series("Series two", "EXDATE:20261215T080000Z\nEXDATE:20261222T080000Z"), expected: HttpStatusCode.OK);
        held = Held("series").ShouldNotBeNull();
        held.Subject.ShouldBe("Series two");
        held.Series.ShouldNotBeNull().Deleted.ShouldBe([new DateOnly(2026, 12, 15), new DateOnly(2026, 12, 22)], gateway.Log);
        held.Series!.Exceptions.Keys.ShouldBe([new DateOnly(2026, 12, 8)]);
        (await Get("calendar/series.ics")).ShouldContain("20261222T090000");
    }

    [Fact]
    public async Task A_meeting_invites_its_people_and_an_invitation_is_answered()
    {
        Require();
        await Put("calendar/meeting.ics", Calendar(Zone, Event("meeting", "SUMMARY:Meeting\nORGANIZER;CN=Anna:mailto:anna@contoso.test\nATTENDEE;CN=Ben;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:ben@contoso.test")));
        Held("meeting").ShouldNotBeNull().Values.IsTrue("IsMeeting").ShouldBeTrue();
        gateway.Server.Look("ben@contoso.test", m => m["calendar"].Items.Count(i => i.Subject == "Meeting")).ShouldBe(1);
        gateway.Server.Anna(_ => gateway.Server.Exchange.Organisation.Mails.Mails.Count(m => m.Subject == "Meeting" && m.Kind == "request" && m.To == "ben@contoso.test")).ShouldBe(1);
        (await Get("calendar/meeting.ics")).ShouldContain("mailto:ben@contoso.test", Case.Insensitive);

        var invitation = gateway.Server.Anna(m => m["calendar"].Items.Single(i => i.Subject == "Design review"));
        var path = "calendar/" + Uri.EscapeDataString(invitation.Id.Replace('/', '_').Replace('+', '-')) + ".EML";
        var text = await Get(path);
        text.ShouldContain("mailto:anna@contoso.test", Case.Insensitive);
        var answered = text.ReplaceLineEndings("\r\n").Replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED", StringComparison.Ordinal);
        (await gateway.Send("PUT", path, answered, "text/calendar")).Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        gateway.Server.Anna(m => m["calendar"].Items.Single(i => i.Subject == "Design review").Values.Text("MyResponseType")).ShouldBe("Accept", gateway.Log);
        gateway.Server.Look("ben@contoso.test", m => m["calendar"].Items.Single(i => i.Subject == "Design review").Attendees("RequiredAttendees").Single().ChildText("ResponseType")).ShouldBe("Accept");
    }

    [Fact]
    public async Task Free_and_busy_times_of_another_person_come_through()
    {
        Require();
        var request = Calendar("BEGIN:VFREEBUSY\nUID:fb\nDTSTAMP:20261120T100000Z\nDTSTART:20261124T000000Z\nDTEND:20261125T000000Z\nORGANIZER:mailto:anna@contoso.test\nATTENDEE:mailto:carla@contoso.test\nEND:VFREEBUSY")
            .Replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST", StringComparison.Ordinal);
        gateway.Server.Exchange.Requests.Clear();
        var (status, text) = await gateway.Send("POST", "outbox/", request, "text/calendar");
        status.ShouldBe(HttpStatusCode.OK, gateway.Log);
        text.ShouldContain("VFREEBUSY");
        gateway.Server.Exchange.Requests.ByOperation.Keys.ShouldContain("GetUserAvailabilityRequest");
    }

    [Fact]
    public async Task A_task_is_put_read_completed_and_deleted()
    {
        Require();
        string Task(string more) => Calendar($"BEGIN:VTODO\nUID:todo\nDTSTAMP:20261120T100000Z\nSUMMARY:Call back\nDUE;VALUE=DATE:20261124\nDESCRIPTION:the text\nPRIORITY:1\n{more}\nEND:VTODO");
        await Put("tasks/todo.ics", Task("STATUS:IN-PROCESS\nPERCENT-COMPLETE:40"));
        StoredItem Held() => gateway.Server.Anna(m => m["tasks"].Items.Single(i => i.Subject == "Call back"));
        (Held().Values.Text("Status"), Held().Values.Text("PercentComplete"), Held().Values.Text("DueDate")!, Held().Values.Text("Importance")).ShouldBe(("InProgress", "40", "2026-11-24T00:00:00Z", "High"));
        var read = await Get("tasks/todo.EML");
        read.ShouldContain("SUMMARY:Call back");
        read.ShouldContain("STATUS:IN-PROCESS");
        read.ShouldContain("DUE;VALUE=DATE:20261124");
        await Put("tasks/todo.EML", Task("STATUS:COMPLETED\nPERCENT-COMPLETE:100"), expected: HttpStatusCode.OK);
        (Held().Values.Text("Status"), Held().Values.Has("CompleteDate")).ShouldBe(("Completed", true));
        (await gateway.Send("DELETE", "tasks/todo.EML")).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Server.Anna(m => m["tasks"].Items.Any(i => i.Subject == "Call back")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_contact_is_put_read_listed_changed_and_deleted()
    {
        Require();
        string Card(string more) => $"BEGIN:VCARD\nVERSION:3.0\nUID:kim\nFN:Kim Lee\nN:Lee;Kim;;;\nORG:Fabrikam\nADR;TYPE=work:;;Street 1;Ulm;;89073;Germany\nBDAY:1980-02-03\nNOTE:hello\n{more}\nEND:VCARD\n".ReplaceLineEndings("\r\n");
        await Put("contacts/kim.vcf", Card("EMAIL;TYPE=work:kim@fabrikam.test\nTEL;TYPE=cell:+49 170 1"), "text/vcard");
        StoredItem Held() => gateway.Server.Anna(m => m["contacts"].Items.Single(i => i.Values.Text("Surname") == "Lee"));
        var held = Held();
        (held.Values.Text("GivenName"), held.Values.Text("CompanyName"), held.Values.Text("Birthday"), BodyText.Read(held.Values.Element("Body")!, "Text").Text).ShouldBe(("Kim", "Fabrikam", "1980-02-03T00:00:00Z", "hello"));
        held.Values.Element("PhoneNumbers")!.Children.Select(e => (e["Key"], e.Text)).ShouldBe([("MobilePhone", "+49 170 1")]);
        held.Values.Element("PhysicalAddresses")!.Children.Single().ChildText("City").ShouldBe("Ulm");

        var read = await Get("contacts/kim.vcf");
        foreach (var line in new[] { "FN:Kim Lee", "TEL;TYPE=cell:+49 170 1", "EMAIL;TYPE=work:kim@fabrikam.test", "ADR;TYPE=work:;;Street 1;Ulm;;89073;Germany", "BDAY:1980-02-03", "NOTE:hello" })
            read.ShouldContain(line);
        (await gateway.Ask("PROPFIND", "contacts/", "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getetag/><D:resourcetype/></D:prop></D:propfind>")).Keys.ShouldContain("/users/anna@contoso.test/contacts/kim.vcf");
        var report = await gateway.Ask("REPORT", "contacts/", "<E:addressbook-multiget xmlns:D=\"DAV:\" xmlns:E=\"urn:ietf:params:xml:ns:carddav\"><D:prop><D:getetag/><E:address-data/></D:prop><D:href>/users/anna@contoso.test/contacts/kim.vcf</D:href></E:addressbook-multiget>");
        report.Values.Single().Value.ShouldContain("FN:Kim Lee");

        await Put("contacts/kim.vcf", Card("TEL;TYPE=cell:+49 170 2"), "text/vcard");
        Held().Values.Element("PhoneNumbers")!.Children.Single().Text.ShouldBe("+49 170 2");
        Held().Values.Has("EmailAddresses").ShouldBeFalse();
        (await gateway.Send("DELETE", "contacts/kim.vcf")).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Server.Anna(m => m["contacts"].Items.Any(i => i.Values.Text("Surname") == "Lee")).ShouldBeFalse();
    }

    private static string Query(string from, string to) =>
        $"<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\"><C:time-range start=\"{from}\" end=\"{to}\"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>";
}
