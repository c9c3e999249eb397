using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 3, 5, 12 points 2, 4, 5, 14, 15, 18: ids, ChangeKeys, conflict modes, required attributes, deletes.</summary>
public sealed class ItemTests : IAsyncLifetime
{
    private const string Stamp = "<t:ExtendedFieldURI PropertySetId=\"11111111-2222-4333-8444-555555555555\" PropertyName=\"CrmSyncIntent\" PropertyType=\"String\"/>";

    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    [Fact]
    public async Task Ids_are_long_and_case_sensitive()
    {
        var (id, _) = await _exchange.CreateMeeting();
        id.Length.ShouldBe(152);
        var other = new string([.. id.Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))]);
        Code(await _exchange.Get(other)).ShouldBe("ErrorItemNotFound");
        Code(await _exchange.Get("short")).ShouldBe("ErrorInvalidIdMalformed");
    }

    [Fact]
    public async Task Every_save_gives_another_change_key_and_so_does_a_touch_without_a_change()
    {
        var (id, first) = await _exchange.CreateMeeting();
        var second = ItemId(await _exchange.Update(id, first, Set("item:Subject", "<t:Subject>B</t:Subject>"))).Key;
        second.ShouldNotBe(first);
        await _exchange.Control(HttpMethod.Post, "mailboxes/anna@contoso.test/touch");
        var touched = await _exchange.Get(id);
        ItemId(touched).Key.ShouldNotBe(second);
        touched.Descendants(T + "Subject").Single().Value.ShouldBe("B");
    }

    [Fact]
    public async Task NeverOverwrite_refuses_a_stale_key_with_the_fixed_words()
    {
        var (id, stale) = await _exchange.CreateMeeting();
        await _exchange.Update(id, stale, Set("item:Subject", "<t:Subject>B</t:Subject>"));
        var refused = await _exchange.Update(id, stale, Set("item:Subject", "<t:Subject>C</t:Subject>"));
        Code(refused).ShouldBe("ErrorIrresolvableConflict");
        refused.Descendants(M + "MessageText").Single().Value.ShouldBe("The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.");
        (await _exchange.Get(id)).Descendants(T + "Subject").Single().Value.ShouldBe("B");
    }

    [Fact]
    public async Task Without_a_change_key_only_AlwaysOverwrite_goes_on()
    {
        var (id, _) = await _exchange.CreateMeeting();
        var change = Set("item:Subject", "<t:Subject>B</t:Subject>");
        Code(await _exchange.Update(id, null, change)).ShouldBe("ErrorChangeKeyRequiredForWriteOperations");
        Code(await _exchange.Update(id, null, change, "AutoResolve")).ShouldBe("ErrorChangeKeyRequiredForWriteOperations");
        Code(await _exchange.Update(id, null, change, "AlwaysOverwrite")).ShouldBe("NoError");
    }

    [Fact]
    public async Task AutoResolve_merges_keeps_the_stricter_sensitivity_and_counts_the_loss()
    {
        var (id, stale) = await _exchange.CreateMeeting();
        await _exchange.Update(id, stale, Set("item:Sensitivity", "<t:Sensitivity>Private</t:Sensitivity>"));
        var merged = await _exchange.Update(id, stale, Set("item:Subject", "<t:Subject>New</t:Subject>") + Set("item:Sensitivity", "<t:Sensitivity>Normal</t:Sensitivity>"), "AutoResolve");
        merged.Descendants(M + "ConflictResults").Single().Value.ShouldBe("1");
        var read = await _exchange.Get(id);
        read.Descendants(T + "Subject").Single().Value.ShouldBe("New");
        read.Descendants(T + "Sensitivity").Single().Value.ShouldBe("Private");
    }

    [Fact]
    public async Task Each_required_attribute_has_an_error_code_of_its_own()
    {
        Code(await _exchange.Call("<m:CreateItem><m:Items><t:CalendarItem><t:Subject>A</t:Subject></t:CalendarItem></m:Items></m:CreateItem>")).ShouldBe("ErrorSendMeetingInvitationsRequired");
        Code(await _exchange.Call("<m:CreateItem><m:Items><t:Message><t:Subject>A</t:Subject></t:Message></m:Items></m:CreateItem>")).ShouldBe("ErrorMessageDispositionRequired");
        var (id, key) = await _exchange.CreateMeeting();
        Code(await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject>"), send: null)).ShouldBe("ErrorSendMeetingInvitationsOrCancellationsRequired");
        Code(await _exchange.Delete(id, send: null)).ShouldBe("ErrorSendMeetingCancellationsRequired");
        var task = ItemId(await _exchange.Call("<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:Task><t:Subject>A</t:Subject></t:Task></m:Items></m:CreateItem>")).Id;
        Code(await _exchange.Delete(task, send: null)).ShouldBe("ErrorAffectedTaskOccurrencesRequired");
        Code(await _exchange.Delete(task, send: null, extra: " AffectedTaskOccurrences=\"AllOccurrences\"")).ShouldBe("NoError");
    }

    [Fact]
    public async Task A_change_names_one_property_and_carries_exactly_that_one()
    {
        var (id, key) = await _exchange.CreateMeeting();
        Code(await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject><t:Importance>High</t:Importance>"))).ShouldBe("ErrorIncorrectUpdatePropertyCount");
        Code(await _exchange.Update(id, key, Set("item:Subject", "<t:Importance>High</t:Importance>"))).ShouldBe("ErrorUpdatePropertyMismatch");
        Code(await _exchange.Update(id, key, Set("calendar:IsMeeting", "<t:IsMeeting>true</t:IsMeeting>"))).ShouldBe("ErrorInvalidPropertySet");
        Code(await _exchange.Update(id, key, Set("task:Status", "<t:Subject>x</t:Subject>"))).ShouldBe("ErrorInvalidPropertySet");
    }

    [Fact]
    public async Task A_refused_update_leaves_nothing_behind()
    {
        var (id, key) = await _exchange.CreateMeeting();
        await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject>") + Set("calendar:End", "<t:End>2020-01-01T00:00:00Z</t:End>"));
        var read = await _exchange.Get(id);
        read.Descendants(T + "Subject").Single().Value.ShouldBe("Plan");
        ItemId(read).Key.ShouldBe(key);
    }

    [Fact]
    public async Task Delete_ignores_the_change_key_and_moves_to_deleted_items_under_another_id()
    {
        var (id, key) = await _exchange.CreateMeeting(after: "");
        await _exchange.Update(id, key, Set("item:Subject", "<t:Subject>B</t:Subject>"));
        Code(await _exchange.Call($"<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds><t:ItemId Id=\"{id}\" ChangeKey=\"{key}\"/></m:ItemIds></m:DeleteItem>")).ShouldBe("NoError");
        Code(await _exchange.Get(id)).ShouldBe("ErrorItemNotFound");
        Code(await _exchange.Delete(id)).ShouldBe("ErrorItemNotFound");
        var moved = await _exchange.Control(HttpMethod.Get, "mailboxes/anna@contoso.test/items?folder=deleteditems");
        moved[0].GetProperty("subject").GetString().ShouldBe("B");
        moved[0].GetProperty("id").GetString().ShouldNotBe(id);
    }

    [Fact]
    public async Task A_hard_delete_is_gone_and_a_soft_delete_lies_in_the_dumpster()
    {
        var (hard, _) = await _exchange.CreateMeeting();
        var (soft, _) = await _exchange.CreateMeeting();
        await _exchange.Delete(hard, "HardDelete");
        await _exchange.Delete(soft, "SoftDelete");
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["recoverableitemsdeletions"].Count.ShouldBe(1);
        _exchange.Organisation.FindItem(hard).ShouldBeNull();
    }

    [Fact]
    public async Task A_move_gives_a_new_id_and_keeps_the_change_key_uid_and_named_properties()
    {
        var (id, key) = await _exchange.CreateMeeting($"<t:Subject>A</t:Subject><t:ExtendedProperty>{Stamp}<t:Value>i-1</t:Value></t:ExtendedProperty>");
        var moved = ItemId(await _exchange.Call($"<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id=\"deleteditems\"/></m:ToFolderId><m:ItemIds><t:ItemId Id=\"{id}\"/></m:ItemIds></m:MoveItem>"));
        moved.Id.ShouldNotBe(id);
        moved.Key.ShouldBe(key);
        var read = await _exchange.Get(moved.Id, more: $"<t:AdditionalProperties>{Stamp}</t:AdditionalProperties>");
        read.Descendants(T + "ExtendedProperty").Single().Element(T + "Value")!.Value.ShouldBe("i-1");
    }

    [Fact]
    public async Task Html_is_rewritten_text_gets_crlf_empty_strings_become_absent_and_categories_keep_their_order()
    {
        var (id, _) = await _exchange.CreateMeeting(
            "<t:Subject>A</t:Subject><t:Body BodyType=\"HTML\">&lt;p&gt;Hi &amp;amp; you&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</t:Body><t:Categories><t:String>Zoo</t:String><t:String>Art</t:String></t:Categories>",
            after: "<t:Location></t:Location>");
        var html = (await _exchange.Get(id, more: "<t:BodyType>HTML</t:BodyType>")).Descendants(T + "Body").Single();
        html.Value.ShouldStartWith("<html>");
        html.Value.ShouldNotContain("script");
        var text = await _exchange.Get(id, more: "<t:BodyType>Text</t:BodyType>");
        text.Descendants(T + "Body").Single().Value.ShouldBe("Hi & you");
        text.Descendants(T + "Location").ShouldBeEmpty();
        text.Descendants(T + "Categories").Single().Elements().Select(c => c.Value).ShouldBe(["Zoo", "Art"]);
        var (plain, _) = await _exchange.CreateMeeting("<t:Subject>A</t:Subject><t:Body BodyType=\"Text\">one\ntwo</t:Body>");
        (await _exchange.Get(plain)).Descendants(T + "Body").Single().Value.ShouldBe("one\r\ntwo".ReplaceLineEndings("\n"), "the XML reader folds the CR that stands on the wire as a reference or not");
    }

    [Fact]
    public async Task A_named_property_is_found_by_restriction_and_matched_exactly_by_its_path()
    {
        var (id, _) = await _exchange.CreateMeeting($"<t:Subject>A</t:Subject><t:ExtendedProperty>{Stamp}<t:Value>i-7</t:Value></t:ExtendedProperty>");
        await _exchange.CreateMeeting();
        string Find(string uri, string value) => $"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo>{uri}<t:FieldURIOrConstant><t:Constant Value=\"{value}\"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>";
        ItemId(await _exchange.Call(Find(Stamp, "i-7"))).Id.ShouldBe(id);
        var none = await _exchange.Call(Find(Stamp.Replace("Intent", "Attempt", StringComparison.Ordinal), "i-7"));
        none.Descendants(M + "RootFolder").Single().Attribute("IncludesLastItemInRange")!.Value.ShouldBe("true");
        none.Descendants(T + "ItemId").ShouldBeEmpty();
        Code(await _exchange.Call(Find("<t:ExtendedFieldURI PropertyTag=\"0x1000\" PropertyName=\"x\" PropertyType=\"String\"/>", "1"))).ShouldBe("ErrorInvalidExtendedProperty");
    }

    [Fact]
    public async Task The_global_object_id_follows_from_the_uid_and_is_searchable_while_the_uid_is_not()
    {
        const string clean = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"Meeting\" PropertyId=\"35\" PropertyType=\"Binary\"/>";
        var (id, _) = await _exchange.CreateMeeting();
        var read = await _exchange.Get(id, more: $"<t:AdditionalProperties>{clean}</t:AdditionalProperties>");
        var uid = read.Descendants(T + "UID").Single().Value;
        uid.ShouldStartWith("040000008200E00074C5B7101A82E008");
        var value = read.Descendants(T + "ExtendedProperty").Single().Element(T + "Value")!.Value;
        Convert.ToHexString(Convert.FromBase64String(value)).ShouldBe(uid);
        string Find(string path, string constant) => $"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo>{path}<t:FieldURIOrConstant><t:Constant Value=\"{constant}\"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>";
        ItemId(await _exchange.Call(Find(clean, value))).Id.ShouldBe(id);
        Code(await _exchange.Call(Find("<t:FieldURI FieldURI=\"calendar:UID\"/>", uid))).ShouldBe("ErrorUnsupportedPathForQuery");
    }

    [Fact]
    public async Task One_failing_item_of_a_batch_harms_no_other()
    {
        var (id, _) = await _exchange.CreateMeeting();
        var response = await _exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id=\"{id}\"/><t:ItemId Id=\"{new string('A', 152)}\"/><t:ItemId Id=\"{id}\"/></m:ItemIds></m:GetItem>");
        Codes(response).ShouldBe(["NoError", "ErrorItemNotFound", "NoError"]);
    }

    [Fact]
    public async Task Status_percent_and_completion_date_of_a_task_move_together()
    {
        var created = ItemId(await _exchange.Call("<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:Task><t:Subject>A</t:Subject></t:Task></m:Items></m:CreateItem>"));
        await _exchange.Update(created.Id, created.Key, Set("task:PercentComplete", "<t:PercentComplete>100</t:PercentComplete>", "Task"), send: null);
        var done = await _exchange.Get(created.Id);
        done.Descendants(T + "Status").Single().Value.ShouldBe("Completed");
        done.Descendants(T + "IsComplete").Single().Value.ShouldBe("true");
        done.Descendants(T + "CompleteDate").ShouldHaveSingleItem();
        await _exchange.Update(created.Id, ItemId(done).Key, Set("task:Status", "<t:Status>NotStarted</t:Status>", "Task"), send: null);
        var reopened = await _exchange.Get(created.Id);
        reopened.Descendants(T + "PercentComplete").Single().Value.ShouldBe("0");
        reopened.Descendants(T + "CompleteDate").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_contact_derives_its_file_name_and_is_changed_entry_by_entry()
    {
        var created = ItemId(await _exchange.Call("<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:Contact><t:FileAsMapping>LastCommaFirst</t:FileAsMapping><t:GivenName>Kim</t:GivenName><t:EmailAddresses><t:Entry Key=\"EmailAddress1\">kim@x.test</t:Entry></t:EmailAddresses><t:Surname>Lee</t:Surname></t:Contact></m:Items></m:CreateItem>"));
        var change = "<t:SetItemField><t:IndexedFieldURI FieldURI=\"contacts:PhysicalAddress:City\" FieldIndex=\"Business\"/><t:Contact><t:PhysicalAddresses><t:Entry Key=\"Business\"><t:City>Ulm</t:City></t:Entry></t:PhysicalAddresses></t:Contact></t:SetItemField>"
            + "<t:DeleteItemField><t:IndexedFieldURI FieldURI=\"contacts:EmailAddress\" FieldIndex=\"EmailAddress1\"/></t:DeleteItemField>";
        Code(await _exchange.Update(created.Id, created.Key, change, send: null)).ShouldBe("NoError");
        var read = await _exchange.Get(created.Id);
        read.Descendants(T + "FileAs").Single().Value.ShouldBe("Lee, Kim");
        read.Descendants(T + "City").Single().Value.ShouldBe("Ulm");
        read.Descendants(T + "EmailAddresses").ShouldBeEmpty();
    }
}
