using System.Text;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>CreateAttachment, GetAttachment, DeleteAttachment and SendItem, in the forms of the documentation's samples.</summary>
public sealed class AttachmentTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;
    private string _id = "";
    private string _key = "";

    public async ValueTask InitializeAsync()
    {
        _exchange = await StartAsync();
        (_id, _key) = await _exchange.CreateMeeting();
    }

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string File(string name, string text, string more = "") =>
        $"<t:FileAttachment><t:Name>{name}</t:Name><t:ContentType>text/plain</t:ContentType>{more}<t:Content>{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}</t:Content></t:FileAttachment>";

    private Task<XElement> Attach(string attachments) =>
        _exchange.Call($"<m:CreateAttachment><m:ParentItemId Id=\"{_id}\"/><m:Attachments>{attachments}</m:Attachments></m:CreateAttachment>");

    private Task<XElement> Read(params string[] ids) =>
        _exchange.Call($"<m:GetAttachment><m:AttachmentShape/><m:AttachmentIds>{string.Concat(ids.Select(i => $"<t:AttachmentId Id=\"{i}\"/>"))}</m:AttachmentIds></m:GetAttachment>");

    private static List<string> Ids(XElement answer) => answer.Descendants(T + "AttachmentId").Select(a => a.Attribute("Id")!.Value).ToList();

    [Fact]
    public async Task A_file_is_listed_on_its_item_and_read_with_its_content()
    {
        var created = await Attach(File("a.txt", "hello") + File("b.txt", "world", "<t:IsInline>true</t:IsInline>"));
        Codes(created).ShouldBe(["NoError", "NoError"]);
        var root = created.Descendants(T + "AttachmentId").Last();
        root.Attribute("RootItemId")!.Value.ShouldBe(_id);
        var item = await _exchange.Get(_id);
        root.Attribute("RootItemChangeKey")!.Value.ShouldBe(ItemId(item).Key);
        ItemId(item).Key.ShouldNotBe(_key);
        item.Descendants(T + "HasAttachments").Single().Value.ShouldBe("true");
        item.Descendants(T + "FileAttachment").Elements(T + "Name").Select(n => n.Value).ShouldBe(["a.txt", "b.txt"]);
        item.Descendants(T + "Content").ShouldBeEmpty();
        Ids(item).ShouldBe(Ids(created));
        var read = await Read([.. Ids(created)]);
        read.Descendants(T + "Content").Select(c => Encoding.UTF8.GetString(Convert.FromBase64String(c.Value))).ShouldBe(["hello", "world"]);
    }

    [Fact]
    public async Task An_attached_item_is_read_with_its_properties_and_without_an_id()
    {
        var created = await Attach("<t:ItemAttachment><t:Name>Meeting</t:Name><t:CalendarItem><t:Subject>Inside</t:Subject><t:Start>2026-03-16T09:00:00Z</t:Start><t:End>2026-03-16T10:00:00Z</t:End></t:CalendarItem></t:ItemAttachment>");
        var read = await Read(Ids(created)[0]);
        read.Descendants(T + "CalendarItem").Single().Element(T + "Subject")!.Value.ShouldBe("Inside");
        read.Descendants(T + "ItemId").ShouldBeEmpty();
        (await _exchange.Sync(null)).Descendants(T + "CalendarItem").Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_deleted_attachment_is_gone_and_its_item_has_a_new_key()
    {
        var ids = Ids(await Attach(File("a.txt", "hello")));
        var deleted = await _exchange.Call($"<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id=\"{ids[0]}\"/></m:AttachmentIds></m:DeleteAttachment>");
        var root = deleted.Descendants(M + "RootItemId").Single();
        var item = await _exchange.Get(_id);
        root.Attribute("RootItemChangeKey")!.Value.ShouldBe(ItemId(item).Key);
        item.Descendants(T + "HasAttachments").Single().Value.ShouldBe("false");
        Code(await Read(ids[0])).ShouldBe("ErrorItemNotFound");
        Code(await Read("AAAA")).ShouldBe("ErrorInvalidAttachmentId");
    }

    [Fact]
    public async Task A_request_for_no_attachments_at_all_is_answered()
    {
        var answer = await Read();
        answer.Name.LocalName.ShouldBe("GetAttachmentResponse");
        answer.Descendants(M + "GetAttachmentResponseMessage").ShouldBeEmpty();
        (await _exchange.CallForFault("<m:DeleteAttachment><m:AttachmentIds/></m:DeleteAttachment>")).Code.ShouldBe("ErrorSchemaValidation");
    }

    [Fact]
    public async Task Attachments_go_along_when_their_item_is_copied_or_moved()
    {
        await Attach(File("a.txt", "hello"));
        foreach (var operation in new[] { "CopyItem", "MoveItem" })
        {
            var there = ItemId(await _exchange.Call($"<m:{operation}><m:ToFolderId><t:DistinguishedFolderId Id=\"deleteditems\"/></m:ToFolderId><m:ItemIds><t:ItemId Id=\"{_id}\"/></m:ItemIds></m:{operation}>")).Id;
            Code(await Read(Ids(await _exchange.Get(there))[0])).ShouldBe("NoError");
        }
    }

    [Fact]
    public async Task Another_person_cannot_read_them()
    {
        var ids = Ids(await Attach(File("a.txt", "hello")));
        Code(await _exchange.Call($"<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id=\"{ids[0]}\"/></m:AttachmentIds></m:GetAttachment>", "ben@contoso.test")).ShouldBe("ErrorItemNotFound");
    }

    [Fact]
    public async Task They_survive_a_restart()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("exchange-data-").FullName, "data.json");
        string id;
        await using (var first = await StartAsync(o => o with { DataFile = file }))
        {
            id = (await first.CreateMeeting(after: "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-10</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>")).Id;
            await first.Call($"<m:CreateAttachment><m:ParentItemId Id=\"{id}\"/><m:Attachments>{File("a.txt", "hello")}<t:ItemAttachment><t:Name>I</t:Name><t:Message><t:Subject>Inside</t:Subject><t:Body BodyType=\"Text\">x</t:Body></t:Message></t:ItemAttachment></m:Attachments></m:CreateAttachment>");
            await first.Call($"<m:DeleteItem DeleteType=\"HardDelete\" SendMeetingCancellations=\"SendToNone\"><m:ItemIds><t:OccurrenceItemId RecurringMasterId=\"{id}\" InstanceIndex=\"2\"/></m:ItemIds></m:DeleteItem>");
            await first.Call($"<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\" SendMeetingInvitationsOrCancellations=\"SendToNone\"><m:ItemChanges><t:ItemChange><t:OccurrenceItemId RecurringMasterId=\"{id}\" InstanceIndex=\"3\"/><t:Updates>{Set("item:Subject", "<t:Subject>Third</t:Subject>")}{Set("item:Body", "<t:Body BodyType=\"Text\">own</t:Body>")}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>");
        }

        await using var second = await StartAsync(o => o with { DataFile = file });
        var item = await second.Get(id);
        item.Descendants(T + "ItemAttachment").Count().ShouldBe(1);
        item.Descendants(T + "DeletedOccurrence").Count().ShouldBe(1);
        item.Descendants(T + "ModifiedOccurrences").Single().Elements().Count().ShouldBe(1);
        var third = await second.Call($"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds><t:OccurrenceItemId RecurringMasterId=\"{id}\" InstanceIndex=\"3\"/></m:ItemIds></m:GetItem>");
        third.Descendants(T + "Subject").Single().Value.ShouldBe("Third");
        third.Descendants(T + "Body").Single().Value.ShouldBe("own");
        var inner = await second.Call($"<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id=\"{Ids(item)[1]}\"/></m:AttachmentIds></m:GetAttachment>");
        inner.Descendants(T + "Message").Single().Element(T + "Subject")!.Value.ShouldBe("Inside");
    }

    [Fact]
    public async Task A_draft_is_sent_with_its_key_and_lands_in_sent_items_and_the_inbox()
    {
        const string message = "<t:Message><t:Subject>Hello</t:Subject><t:Attachments><t:FileAttachment><t:Name>n.txt</t:Name><t:Content>AAEC</t:Content></t:FileAttachment></t:Attachments><t:ToRecipients><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message>";
        var (id, key) = ItemId(await _exchange.Call($"<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items>{message}</m:Items></m:CreateItem>"));
        string Send(string keyAttribute) => $"<m:SendItem SaveItemToFolder=\"true\"><m:ItemIds><t:ItemId Id=\"{id}\"{keyAttribute}/></m:ItemIds></m:SendItem>";
        Code(await _exchange.Call(Send(""))).ShouldBe("ErrorStaleObject");
        Code(await _exchange.Call(Send($" ChangeKey=\"{key}\""))).ShouldBe("NoError");
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["sentitems"].Count.ShouldBe(1);
        _exchange.Organisation.FindMailbox("anna@contoso.test")!["drafts"].Count.ShouldBe(0);
        var mail = _exchange.Organisation.FindMailbox("ben@contoso.test")!["inbox"].Items.Single();
        (await _exchange.Get(mail.Id, "ben@contoso.test")).Descendants(T + "FileAttachment").Count().ShouldBe(1);
        _exchange.Organisation.Mails.Mails.Single().Kind.ShouldBe("message");
    }
}
