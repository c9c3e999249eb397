using System.IO.Compression;
using System.Text;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>What the client makes of the bytes that come back, good and bad.</summary>
public sealed class WireTests : IAsyncLifetime
{
    private static readonly FolderId Folder = new("AAMkFcal=");
    private readonly ScriptedServer _server = new();
    private EwsConnector _connector = null!;

    private IExchangeMailbox Mailbox => _connector.Open("anna@contoso.test");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _connector = new(new(Some.Target(_server.Url()), "secret-word"), TimeProvider.System);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_request_signs_in_names_its_mailbox_and_carries_an_id()
    {
        _server.Answer(200, Canned.Folder());
        var folder = await Mailbox.FindDefaultFolderAsync(ItemKind.Schedule, Now);
        folder.ShouldBe(new(Folder, null, "Calendar", ItemKind.Schedule, 3));
        _server.Requests.TryDequeue(out var request).ShouldBeTrue();
        request.Line.ShouldBe("POST /EWS/Exchange.asmx HTTP/1.1");
        request.Headers["Authorization"].ShouldBe("Basic " + Convert.ToBase64String("sync@contoso.test:secret-word"u8));
        request.Headers["Content-Type"].ShouldBe("text/xml; charset=utf-8");
        request.Headers["X-AnchorMailbox"].ShouldBe("anna@contoso.test");
        Guid.TryParse(request.Headers["client-request-id"], out _).ShouldBeTrue();
        request.Headers["Accept-Encoding"].ShouldContain("gzip");
        request.Body.ShouldContain("<t:SmtpAddress>anna@contoso.test</t:SmtpAddress>");
    }

    [Fact]
    public async Task A_compressed_answer_is_read()
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Canned.Folder()), Now);
        _server.Answer(200, packed.ToArray(), "Content-Encoding: gzip");
        (await Mailbox.GetFolderAsync(Folder, Now)).Name.ShouldBe("Calendar");
    }

    [Fact]
    public async Task An_answer_that_drips_byte_by_byte_is_read()
    {
        var body = Encoding.UTF8.GetBytes(Canned.Items(Canned.Item("a"), Canned.Item("b", "<t:Subject>f\u00fcr alle</t:Subject>")));
        _server.Then(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {body.Length}\r\n\r\n"));
            foreach (var b in body)
                await stream.WriteAsync(new[] { b });
        });
        var read = await Mailbox.ReadItemsAsync([new("a"), new("b")], Now);
        read.Select(item => item.Item!.Content.Subject).ShouldBe(["", "f\u00fcr alle"]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40_000)]
    public async Task An_answer_is_read_to_its_end_whether_it_fits_into_what_is_read_ahead_or_not(int beyond)
    {
        var empty = Encoding.UTF8.GetByteCount(Canned.Items(Canned.Item("a", "<t:Subject></t:Subject>")));
        var subject = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number} "))[..(32 * 1024 + beyond - empty)];
        _server.Answer(200, Canned.Items(Canned.Item("a", $"<t:Subject>{subject}</t:Subject>")));
        (await Mailbox.ReadItemsAsync([new("a")], Now)).Single().Item!.Content.Subject.ShouldBe(subject);
    }

    [Fact]
    public async Task A_batch_gives_one_result_per_id_in_order_with_refusals_as_values()
    {
        _server.Answer(200, Canned.Answer("GetItem",
            Canned.Success("GetItem", $"<m:Items>{Canned.Item("a")}</m:Items>"),
            Canned.Error("GetItem", "ErrorItemNotFound", "<m:Items/>"),
            Canned.Success("GetItem", "<m:Items><t:Message><t:ItemId Id=\"c\" ChangeKey=\"k\"/></t:Message></m:Items>")));
        var read = await Mailbox.ReadItemsAsync([new("a"), new("b"), new("c")], Now);
        read[0].Item!.Id.ShouldBe(new ItemId("a"));
        read[0].Key.ShouldBe(new ChangeKey("CQa"));
        read[1].Refusal!.IsGone.ShouldBeTrue();
        read[1].Asked.ShouldBe(new ItemId("b"));
        read[2].Refusal!.Code.ShouldBe(ResponseCodes.NotACalendarItem);
        read[2].Key.ShouldBe(new ChangeKey("k"));
    }

    [Fact]
    public async Task One_result_too_few_is_a_malformed_answer()
    {
        _server.Answer(200, Canned.Items(Canned.Item("a")));
        await Should.ThrowAsync<ExchangeProtocolException>(() => Mailbox.ReadItemsAsync([new("a"), new("b")], Now));
    }

    [Fact]
    public async Task A_page_of_changes_keeps_order_kinds_and_the_opaque_state()
    {
        _server.Answer(200, Canned.Answer("SyncFolderItems", Canned.Success("SyncFolderItems",
            "<m:SyncState>H4sI==</m:SyncState><m:IncludesLastItemInRange>false</m:IncludesLastItemInRange><m:Changes>"
            + "<t:Create><t:CalendarItem><t:ItemId Id=\"a\" ChangeKey=\"1\"/></t:CalendarItem></t:Create><t:Update><t:CalendarItem><t:ItemId Id=\"b\" ChangeKey=\"2\"/></t:CalendarItem></t:Update>"
            + "<t:Delete><t:ItemId Id=\"c\" ChangeKey=\"3\"/></t:Delete><t:ReadFlagChange><t:ItemId Id=\"d\" ChangeKey=\"4\"/><t:IsRead>true</t:IsRead></t:ReadFlagChange></m:Changes>")));
        var page = await Mailbox.ReadChangesAsync(Folder, null, 9999, Now);
        page.IsLast.ShouldBeFalse();
        page.Next.ShouldBe(new Cursor("H4sI=="));
        page.Changes.ShouldBe([
            new(ChangeKind.CreatedOrUpdated, new("a"), new ChangeKey("1")), new(ChangeKind.CreatedOrUpdated, new("b"), new ChangeKey("2")),
            new(ChangeKind.Deleted, new("c"), null), new(ChangeKind.ReadFlag, new("d"), new ChangeKey("4"))]);
        _server.Requests.Single().Body.ShouldContain("<m:MaxChangesReturned>512</m:MaxChangesReturned>");
    }

    [Fact]
    public async Task A_refused_cursor_keeps_its_code()
    {
        _server.Answer(200, Canned.Answer("SyncFolderItems", Canned.Error("SyncFolderItems", "ErrorInvalidSyncStateData", "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>")));
        var refusal = await Should.ThrowAsync<ExchangeResponseException>(() => Mailbox.ReadChangesAsync(Folder, new("old"), 10, Now));
        refusal.Code.ShouldBe(ResponseCodes.ErrorInvalidSyncStateData);
        refusal.IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task Writes_return_new_identities_and_single_refusals()
    {
        _server.Answer(200, Canned.Answer("UpdateItem", Canned.Written("UpdateItem", "a", "new"), Canned.Error("UpdateItem", "ErrorIrresolvableConflict", "<m:Items/>")));
        ItemUpdate Update(string id) => new(new(id), new("old"), Some.Meeting(), ScheduleFields.Subject);
        var results = await Mailbox.UpdateAsync([Update("a"), Update("idle") with { Changed = ScheduleFields.Responses }, Update("b")], InvitationMail.None, Now);
        results[0].ShouldBe(new(new ItemId("a"), new ChangeKey("new"), null));
        results[1].ShouldBe(new(new ItemId("idle"), new ChangeKey("old"), null)); // nothing to write, nothing sent
        results[2].Refusal!.IsConflict.ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_stopped_batch_left_undone_is_refused_although_it_is_only_a_warning()
    {
        _server.Answer(200, Canned.Answer("CreateItem",
            Canned.Error("CreateItem", "ErrorQuotaExceeded", "<m:Items/>"),
            Canned.Error("CreateItem", "ErrorBatchProcessingStopped", "<m:Items/>").Replace("\"Error\"", "\"Warning\"")));
        var results = await Mailbox.CreateAsync(Folder, [new(Some.Stamp, Some.Meeting()), new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now);
        results.Select(result => result.Refusal?.Code).ShouldBe(["ErrorQuotaExceeded", "ErrorBatchProcessingStopped"]);
        results[1].Refusal!.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task A_write_without_the_new_identity_is_malformed_and_in_doubt()
    {
        _server.Answer(200, Canned.Answer("CreateItem", Canned.Success("CreateItem", "<m:Items/>")));
        var fault = await Should.ThrowAsync<ExchangeProtocolException>(() => Mailbox.CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now));
        fault.MayHaveExecuted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_search_for_intents_is_one_search_and_one_read_and_ignores_other_installations()
    {
        var (install, intent) = (Some.Stamp.InstallId, Some.Stamp.IntentId);
        string Stamped(string id, Guid owner) => Canned.Item(id, string.Concat(
            Property("CrmSyncInstall", "String", owner.ToString()), Property("CrmSyncIntent", "String", intent.ToString()), Property("CrmSyncAttempt", "Integer", "3")));
        string Property(string name, string type, string value) =>
            $"<t:ExtendedProperty><t:ExtendedFieldURI PropertySetId=\"6f0c4c0e-52a5-4b0c-9d0b-7b8f2a6e31c4\" PropertyName=\"{name}\" PropertyType=\"{type}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>";
        _server.Answer(200, Canned.Answer("FindItem", Canned.Success("FindItem",
            "<m:RootFolder TotalItemsInView=\"2\" IncludesLastItemInRange=\"true\"><t:Items><t:CalendarItem><t:ItemId Id=\"a\" ChangeKey=\"1\"/></t:CalendarItem><t:CalendarItem><t:ItemId Id=\"b\" ChangeKey=\"1\"/></t:CalendarItem></t:Items></m:RootFolder>")));
        _server.Answer(200, Canned.Items(Stamped("a", install), Stamped("b", Guid.NewGuid())));
        var found = await Mailbox.FindByIntentAsync(Folder, install, [intent, Guid.NewGuid()], Now);
        found.Single().Stamp.ShouldBe(Some.Stamp);
        found.Single().Id.ShouldBe(new ItemId("a"));
        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_busy_server_says_how_long_to_wait_by_fault_by_status_and_inside_an_answer()
    {
        _server.Answer(500, Canned.Fault("ErrorServerBusy", Canned.BackOff(297749)))
            .Answer(503, "", "Retry-After: 7")
            .Answer(429, "", "Retry-After: 9")
            .Answer(200, Canned.Answer("GetItem", Canned.Error("GetItem", "ErrorServerBusy", Canned.BackOff(5000)), Canned.Error("GetItem", "ErrorServerBusy", Canned.BackOff(5000))))
            .Answer(200, Canned.Answer("GetItem", Canned.Error("GetItem", "ErrorServerBusy", Canned.BackOff(6000))));
        foreach (var (milliseconds, kind) in new (int, Type)[]
        {
            (297749, typeof(ExchangeResponseException)), (7000, typeof(ExchangeTransportException)), (9000, typeof(ExchangeTransportException)),
            (5000, typeof(ExchangeResponseException)), (6000, typeof(ExchangeResponseException)),
        })
        {
            var fault = await Should.ThrowAsync<ExchangeException>(() => Mailbox.ReadItemsAsync([new("a"), new("b")], Now));
            fault.BackOff.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
            fault.IsTransient.ShouldBeTrue();
            fault.ShouldBeOfType(kind);
            fault.MayHaveExecuted.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("ErrorImpersonateUserDenied", "ApplicationImpersonation")]
    [InlineData("ErrorNonExistentMailbox", "no mailbox anna@contoso.test")]
    [InlineData("ErrorInvalidServerVersion", "Exchange2013_SP1")]
    [InlineData("ErrorSomethingNew", "ErrorSomethingNew")]
    public async Task A_fault_keeps_its_code_and_explains_itself(string code, string words)
    {
        _server.Answer(500, Canned.Fault(code));
        var fault = await Should.ThrowAsync<ExchangeResponseException>(() => Mailbox.FindDefaultFolderAsync(ItemKind.Schedule, Now));
        fault.Code.ShouldBe(code);
        fault.Message.ShouldContain(words);
    }

    [Theory]
    [InlineData(401, "WWW-Authenticate: Basic realm=\"x\"", "does not accept the account sync@contoso.test with Basic")]
    [InlineData(401, "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM", "does not offer Basic; it offers Negotiate, NTLM")]
    [InlineData(403, "X-None: 1", "EWS is disabled")]
    [InlineData(404, "X-None: 1", "There is no EWS at")]
    [InlineData(302, "Location: https://evil.example/x", "redirects to evil.example")]
    [InlineData(413, "X-None: 1", "size")]
    public async Task What_only_a_person_can_mend_says_so(int status, string header, string words)
    {
        _server.Answer(status, "<html>secret page</html>", header, "Content-Type: text/html");
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now));
        fault.HttpStatus.ShouldBe(status);
        fault.IsTransient.ShouldBeFalse();
        fault.MayHaveExecuted.ShouldBeFalse();
        fault.Message.ShouldContain(words);
        fault.Message.ShouldNotContain("secret");
        _server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("<html><body>secret sign-in</body></html>")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>")]
    [InlineData("")]
    [InlineData("{\"json\":true}")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body/></s:Envelope>")]
    public async Task Garbage_is_a_protocol_failure_that_keeps_the_text_out_of_the_message(string body)
    {
        _server.Answer(200, body);
        var fault = await Should.ThrowAsync<ExchangeProtocolException>(() => Mailbox.GetFolderAsync(Folder, Now));
        fault.Message.ShouldNotContain("secret");
        fault.Excerpt.ShouldBe(body);
    }

    [Fact]
    public async Task A_truncated_answer_to_a_write_leaves_the_outcome_in_doubt()
    {
        var whole = Canned.Answer("CreateItem", Canned.Written("CreateItem", "a", "1"));
        _server.Answer(200, whole[..^80]);
        var fault = await Should.ThrowAsync<ExchangeProtocolException>(() => Mailbox.CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now));
        fault.MayHaveExecuted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_cut_in_the_answer_leaves_a_write_in_doubt_and_a_read_not()
    {
        Func<Stream, Task> cut = async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n<s:Env"u8.ToArray());
            throw new IOException();
        };
        _server.Then(cut).Then(cut).Then(_ => throw new IOException());
        (await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.GetFolderAsync(Folder, Now))).MayHaveExecuted.ShouldBeFalse();
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.DeleteAsync([new("a")], CancellationMail.None, purge: false, Now));
        fault.MayHaveExecuted.ShouldBeTrue();
        fault.IsTransient.ShouldBeTrue();
        (await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.DeleteAsync([new("a")], CancellationMail.None, purge: false, Now))).MayHaveExecuted.ShouldBeTrue();
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(500)]
    public async Task An_error_of_a_front_end_leaves_a_write_in_doubt(int status)
    {
        _server.Answer(status, "<html/>", "Content-Type: text/html");
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now));
        fault.MayHaveExecuted.ShouldBeTrue();
        fault.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_listening_executed_nothing()
    {
        await using var connector = new EwsConnector(new(Some.Target("http://127.0.0.1:1/EWS/Exchange.asmx"), "x"), TimeProvider.System);
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => connector.Open("a@b").CreateAsync(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None, Now));
        fault.MayHaveExecuted.ShouldBeFalse();
        fault.Message.ShouldContain("Nothing listens at 127.0.0.1:1");
    }

    [Fact]
    public async Task An_unknown_name_is_named()
    {
        await using var connector = new EwsConnector(new(Some.Target("http://mail.invalid/EWS/Exchange.asmx"), "x"), TimeProvider.System);
        (await Should.ThrowAsync<ExchangeTransportException>(() => connector.Open("a@b").GetFolderAsync(Folder, Now))).Message.ShouldContain("mail.invalid");
    }

    [Fact]
    public async Task An_answer_above_the_bound_is_cut_off()
    {
        await using var small = new EwsConnector(new(Some.Target(_server.Url()), "x"), TimeProvider.System, options: new() { MaxAnswerBytes = 100_000 });
        _server.Answer(200, Canned.Items(Canned.Item("a", $"<t:Subject>{new string('x', 200_000)}</t:Subject>")));
        (await Should.ThrowAsync<ExchangeProtocolException>(() => small.Open("a@b").ReadItemsAsync([new("a")], Now))).Message.ShouldContain("100000");
    }

    [Fact]
    public async Task A_deeply_nested_answer_is_refused()
    {
        _server.Answer(200, Canned.Items(string.Concat(Enumerable.Repeat("<t:x>", 500)) + string.Concat(Enumerable.Repeat("</t:x>", 500))));
        await Should.ThrowAsync<ExchangeProtocolException>(() => Mailbox.ReadItemsAsync([new("a")], Now));
    }

    [Fact]
    public async Task Characters_that_xml_forbids_do_not_fail_the_item()
    {
        _server.Answer(200, Canned.Items(Canned.Item("a", "<t:Subject>a&#x1F;b&#x0;c</t:Subject>")));
        (await Mailbox.ReadItemsAsync([new("a")], Now)).Single().Item!.Content.Subject.ShouldBe("abc");
    }

    [Fact]
    public async Task A_refusal_whose_text_is_in_an_encoding_that_nobody_reads_is_known_by_its_status()
    {
        _server.Answer(500, [0x4C, 0x6F, 0xA7, 0x94, 0x93], "Content-Type: text/xml"); // "<?xml" in EBCDIC
        (await Should.ThrowAsync<ExchangeTransportException>(() => Mailbox.GetFolderAsync(Folder, Now))).HttpStatus.ShouldBe(500);
    }

    [Fact]
    public async Task Cancelling_is_cancelling_and_not_a_failure_of_exchange()
    {
        _server.Then(stream => Task.Delay(Timeout.Infinite, Now));
        using var cancel = new CancellationTokenSource();
        var call = Mailbox.GetFolderAsync(Folder, cancel.Token);
        while (_server.Requests.IsEmpty)
            await Task.Delay(5, Now);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Requests_of_one_account_reuse_their_connection()
    {
        _server.Answer(200, Canned.Folder()).Answer(200, Canned.Folder()).Answer(500, Canned.Fault("ErrorServerBusy")).Answer(200, Canned.Folder());
        for (var i = 0; i < 4; i++)
        {
            if (i == 2)
                await Should.ThrowAsync<ExchangeResponseException>(() => Mailbox.GetFolderAsync(Folder, Now));
            else
                await Mailbox.GetFolderAsync(Folder, Now);
        }
        _server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task More_than_a_batch_of_writes_is_a_mistake_of_the_caller() =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => Mailbox.DeleteAsync([.. Enumerable.Range(0, 101).Select(i => new ItemId($"{i}"))], CancellationMail.None, purge: false, Now));

    [Fact]
    public async Task Folders_are_listed_parents_first()
    {
        string F(string id, string parent, string cls) => $"<t:Folder><t:FolderId Id=\"{id}\"/><t:ParentFolderId Id=\"{parent}\"/><t:FolderClass>{cls}</t:FolderClass><t:DisplayName>{id}</t:DisplayName><t:TotalCount>0</t:TotalCount></t:Folder>";
        string Page(bool last, string folders) => Canned.Answer("FindFolder", Canned.Success("FindFolder", $"<m:RootFolder IndexedPagingOffset=\"2\" TotalItemsInView=\"3\" IncludesLastItemInRange=\"{(last ? "true" : "false")}\"><t:Folders>{folders}</t:Folders></m:RootFolder>"));
        _server.Answer(200, Page(false, F("child", "cal", "IPF.Appointment") + F("cal", "root", "IPF.Appointment"))).Answer(200, Page(true, F("cache", "root", "IPF.Contact.RecipientCache")));
        var folders = await Mailbox.ListFoldersAsync(Now);
        folders.Select(folder => (folder.Id.Value, folder.Parent?.Value, folder.Kind)).ShouldBe(
            [("cal", null, ItemKind.Schedule), ("child", "cal", ItemKind.Schedule), ("cache", null, null)]);
    }
}
