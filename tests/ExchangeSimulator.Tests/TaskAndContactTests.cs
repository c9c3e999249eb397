using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 7, 8 and 12 point 8.</summary>
public sealed class TaskAndContactTests : IAsyncLifetime
{
    private const string Weekly = "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-12-01</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private async Task<(string Id, string Key)> Create(string inner, string kind = "Task")
    {
        var response = await _exchange.Call($"<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:{kind}>{inner}</t:{kind}></m:Items></m:CreateItem>");
        Code(response).ShouldBe("NoError");
        return ItemId(response);
    }

    private Task<XElement> Change(string id, params string[] fields) =>
        _exchange.Update(id, null, string.Concat(fields.Select(f => Set("task:" + f[(f.IndexOf(':') + 1)..f.IndexOf('>')], f, "Task"))), "AlwaysOverwrite", null);

    private async Task<string> State(string id, params string[] elements)
    {
        var read = (await _exchange.Get(id)).Descendants(M + "Items").Single().Elements().Single();
        return string.Join(' ', elements.Select(e => read.Element(T + e)?.Value ?? "-"));
    }

    [Fact]
    public async Task Status_percent_and_completion_move_together_and_the_last_one_written_wins()
    {
        var (id, _) = await Create("<t:Subject>A</t:Subject>");
        await Change(id, "<t:Status>Completed</t:Status>");
        (await State(id, "Status", "PercentComplete", "IsComplete")).ShouldBe("Completed 100 true");
        (await _exchange.Get(id)).Descendants(T + "CompleteDate").ShouldHaveSingleItem();
        await Change(id, "<t:PercentComplete>100</t:PercentComplete>", "<t:Status>NotStarted</t:Status>");
        (await State(id, "Status", "PercentComplete", "CompleteDate")).ShouldBe("NotStarted 0 -");
        await Change(id, "<t:PercentComplete>30</t:PercentComplete>");
        (await State(id, "Status", "PercentComplete")).ShouldBe("InProgress 30");
    }

    [Theory]
    [InlineData("IsComplete", "true")]
    [InlineData("IsRecurring", "true")]
    [InlineData("StatusDescription", "x")]
    [InlineData("Owner", "x")]
    public async Task What_the_server_computes_cannot_be_set(string element, string value)
    {
        var (id, _) = await Create("<t:Subject>A</t:Subject>");
        Code(await Change(id, $"<t:{element}>{value}</t:{element}>")).ShouldBe("ErrorInvalidPropertySet");
    }

    [Fact]
    public async Task Completing_a_recurring_task_leaves_a_completed_copy_and_moves_the_task_on()
    {
        var (id, _) = await Create($"<t:Subject>Weekly</t:Subject><t:DueDate>2026-12-01T00:00:00Z</t:DueDate>{Weekly}<t:StartDate>2026-11-30T00:00:00Z</t:StartDate>");
        var state = TestExchange.State(await _exchange.Sync(null, folder: "tasks"));
        await Change(id, "<t:Status>Completed</t:Status>");
        var sync = await _exchange.Sync(state, folder: "tasks");
        Changes(sync).ShouldBe(["Create", "Update"], ignoreOrder: true);
        (await State(id, "Status", "StartDate", "DueDate", "IsRecurring")).ShouldBe("NotStarted 2026-12-07T00:00:00Z 2026-12-08T00:00:00Z true");
        var copy = sync.Descendants(T + "Create").Single().Descendants(T + "ItemId").Single().Attribute("Id")!.Value;
        (await State(copy, "Status", "DueDate", "IsRecurring", "Subject")).ShouldBe("Completed 2026-12-01T00:00:00Z false Weekly");
        await Change(id, "<t:Status>Completed</t:Status>");
        await Change(id, "<t:Status>Completed</t:Status>");
        (await State(id, "Status", "DueDate")).ShouldBe("Completed 2026-12-15T00:00:00Z", "the last date has nothing to move on to");
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["tasks"].Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_split_is_a_switch()
    {
        await _exchange.Control(HttpMethod.Put, "habits/CompletedTaskSplitsOff?value=false");
        var (id, _) = await Create($"<t:Subject>Weekly</t:Subject><t:DueDate>2026-12-01T00:00:00Z</t:DueDate>{Weekly}");
        await Change(id, "<t:Status>Completed</t:Status>");
        (await State(id, "Status", "DueDate")).ShouldBe("Completed 2026-12-01T00:00:00Z");
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["tasks"].Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_regenerating_task_is_due_again_from_the_day_of_its_completion()
    {
        var (id, _) = await Create("<t:Subject>Water</t:Subject><t:DueDate>2026-03-01T00:00:00Z</t:DueDate><t:Recurrence><t:WeeklyRegeneration><t:Interval>2</t:Interval></t:WeeklyRegeneration><t:NoEndRecurrence><t:StartDate>2026-03-01</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
        await Change(id, "<t:CompleteDate>2026-03-10T00:00:00Z</t:CompleteDate>");
        (await State(id, "Status", "DueDate")).ShouldBe("NotStarted 2026-03-24T00:00:00Z");
    }

    [Fact]
    public async Task Deleting_one_date_of_a_task_skips_it_until_there_is_no_further_one()
    {
        const string one = " AffectedTaskOccurrences=\"SpecifiedOccurrenceOnly\"";
        var (id, _) = await Create($"<t:Subject>Weekly</t:Subject><t:DueDate>2026-12-01T00:00:00Z</t:DueDate>{Weekly}");
        Code(await _exchange.Delete(id, send: null, extra: one)).ShouldBe("NoError");
        (await State(id, "DueDate")).ShouldBe("2026-12-08T00:00:00Z");
        await _exchange.Delete(id, send: null, extra: one);
        Code(await _exchange.Delete(id, send: null, extra: one)).ShouldBe("ErrorCannotDeleteTaskOccurrence");
        Code(await _exchange.Delete(id, send: null, extra: " AffectedTaskOccurrences=\"AllOccurrences\"")).ShouldBe("NoError");
        Code(await _exchange.Get(id)).ShouldBe("ErrorItemNotFound");
    }

    [Theory]
    [InlineData("LastCommaFirst", "Lee, Kim M")]
    [InlineData("FirstSpaceLast", "Kim M Lee Jr")]
    [InlineData("Company", "Fabrikam")]
    [InlineData("CompanyLastCommaFirst", "Fabrikam (Lee, Kim M)")]
    [InlineData("LastCommaFirstCompany", "Lee, Kim M (Fabrikam)")]
    public async Task FileAs_follows_from_its_mapping_and_DisplayName_never(string mapping, string fileAs)
    {
        var (id, key) = await Create($"<t:FileAsMapping>{mapping}</t:FileAsMapping><t:GivenName>Kim</t:GivenName><t:MiddleName>M</t:MiddleName><t:CompanyName>Fabrikam</t:CompanyName><t:Generation>Jr</t:Generation><t:Surname>Lee</t:Surname>", "Contact");
        (await State(id, "FileAs", "DisplayName")).ShouldBe(fileAs + " -");
        await _exchange.Update(id, key, Set("contacts:FileAs", "<t:FileAs>Mine</t:FileAs>", "Contact"), send: null);
        (await State(id, "FileAs", "FileAsMapping")).ShouldBe("Mine None");
    }

    [Fact]
    public async Task Entries_of_a_contact_are_changed_one_by_one_and_the_whole_collection_cannot_be_set()
    {
        static string Indexed(string uri, string index, string? value) => value == null
            ? $"<t:DeleteItemField><t:IndexedFieldURI FieldURI=\"{uri}\" FieldIndex=\"{index}\"/></t:DeleteItemField>"
            : $"<t:SetItemField><t:IndexedFieldURI FieldURI=\"{uri}\" FieldIndex=\"{index}\"/><t:Contact>{value}</t:Contact></t:SetItemField>";
        var (id, key) = await Create("<t:EmailAddresses><t:Entry Key=\"EmailAddress1\">a@x.test</t:Entry><t:Entry Key=\"EmailAddress2\">b@x.test</t:Entry></t:EmailAddresses>", "Contact");
        var updated = await _exchange.Update(
            id, key,
            Indexed("contacts:EmailAddress", "EmailAddress1", "<t:EmailAddresses><t:Entry Key=\"EmailAddress1\">c@x.test</t:Entry></t:EmailAddresses>") + Indexed("contacts:EmailAddress", "EmailAddress2", null)
            + Indexed("contacts:PhysicalAddress:City", "Home", "<t:PhysicalAddresses><t:Entry Key=\"Home\"><t:City>Ulm</t:City></t:Entry></t:PhysicalAddresses>"), send: null);
        Code(updated).ShouldBe("NoError");
        var read = await _exchange.Get(id);
        read.Descendants(T + "EmailAddresses").Single().Elements().Select(e => e.Value).ShouldBe(["c@x.test"]);
        read.Descendants(T + "City").Single().Value.ShouldBe("Ulm");
        (await _exchange.CallForFault("<m:CreateItem><m:Items><t:Contact><t:EmailAddresses><t:Entry Key=\"EmailAddress4\">d@x.test</t:Entry></t:EmailAddresses></t:Contact></m:Items></m:CreateItem>")).Code.ShouldBe("ErrorSchemaValidation");
    }

    [Theory]
    [InlineData("CalendarItem", "contacts", "ErrorCannotCreateCalendarItemInNonCalendarFolder")]
    [InlineData("Contact", "calendar", "ErrorCannotCreateContactInNonContactFolder")]
    [InlineData("Task", "calendar", "ErrorCannotCreateTaskInNonTaskFolder")]
    public async Task An_item_has_no_place_in_a_folder_of_another_class(string kind, string folder, string code) =>
        Code(await _exchange.Call($"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId><t:DistinguishedFolderId Id=\"{folder}\"/></m:SavedItemFolderId><m:Items><t:{kind}/></m:Items></m:CreateItem>")).ShouldBe(code);
}
