using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>Every request that the client can produce is valid by the published schema.</summary>
public sealed class RequestSchemaTests
{
    private static readonly FolderId Folder = new("AAMkFcal=");
    private static readonly ItemId[] Ids = [new("AAMk1="), new("AAMk2&<>\"=")];

    public static TheoryData<string, AccessType> Forms()
    {
        var forms = new TheoryData<string, AccessType>();
        foreach (var version in (string[])["Exchange2007_SP1", "Exchange2010", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016", "V2017_07_11"])
        {
            forms.Add(version, AccessType.Impersonation);
            forms.Add(version, AccessType.Delegate);
        }
        return forms;
    }

    [Theory, MemberData(nameof(Forms))]
    public void Requests_that_read_are_valid(string version, AccessType access)
    {
        var context = Some.Context(version, access);
        Valid(new GetFolder(FolderRef.Of(Folder)), context);
        foreach (var kind in Enum.GetValues<ItemKind>())
            Valid(new GetFolder(FolderRef.Of(kind)), context);
        Valid(new FindFolder(FolderRef.Named("msgfolderroot"), 500, 500), context);
        Valid(new SyncFolderHierarchy(FolderRef.Named("msgfolderroot"), null), context);
        Valid(new SyncFolderHierarchy(FolderRef.Named("msgfolderroot"), new("H4sI")), context);
        Valid(new SyncFolderItems(Folder, null, 512), context);
        Valid(new SyncFolderItems(Folder, new("H4sI=="), 1), context);
        Valid(new GetItem(Ids, idsOnly: false), context);
        Valid(new GetItem(Ids, idsOnly: true), context);
        Valid(new FindItem(FolderRef.Of(Folder), [], 0, 250, newestFirst: false), context);
        Valid(new FindItem(FolderRef.Of(Folder), [(StampProperties.Intent, "a")], 0, 250, newestFirst: true), context);
        Valid(new FindItem(FolderRef.Of(Folder), new CalendarPeriod(Instant.FromUtc(2026, 1, 1, 0, 0), Instant.FromUtc(2027, 1, 1, 0, 0)), 500), context);
        Valid(new FindItem(FolderRef.Named("deleteditems"), [(StampProperties.Intent, "a"), (ExtendedField.CleanGlobalObjectId, "BAAA")], 250, 10, newestFirst: true), context);
        Valid(new ResolveNames("anna & ben"), context);
        Valid(new GetServerTimeZones(), context);
    }

    [Theory, MemberData(nameof(Forms))]
    public void Requests_that_write_are_valid(string version, AccessType access)
    {
        var context = Some.Context(version, access);
        foreach (var mail in Enum.GetValues<InvitationMail>())
        {
            Valid(new CreateItem(Folder, [new(Some.Stamp, Some.Meeting()), new(Some.Stamp, Some.Bare())], mail), context);
            Valid(new UpdateItem([Update(Some.Meeting(), ScheduleFields.All), Update(Some.Bare(), ScheduleFields.All)], mail), context);
            Valid(new UpdateItem([Update(Some.Meeting(), ScheduleFields.None) with { Stamp = Some.Stamp }], mail), context);
        }
        foreach (var field in Enum.GetValues<ScheduleFields>().Where(field => UpdateItem.HasContent(Update(Some.Meeting(), field))))
        {
            Valid(new UpdateItem([Update(Some.Meeting(), field)], InvitationMail.None), context);
            Valid(new UpdateItem([Update(Some.Bare(), field)], InvitationMail.None), context);
        }
        foreach (var mail in Enum.GetValues<CancellationMail>())
        {
            Valid(new DeleteItem(Ids, mail, purge: false), context);
            Valid(new DeleteItem(Ids, mail, purge: true), context);
        }
        Valid(new MoveItem(Ids, Folder), context);
    }

    [Theory, MemberData(nameof(Forms))]
    public void Requests_about_subscriptions_are_valid(string version, AccessType access)
    {
        var context = Some.Context(version, access);
        Valid(Subscribe.ForPush(FolderRef.Of(Folder), new("https://crm.contoso.test/push/token?a=1&b=2"), 30), context);
        Valid(Subscribe.ForPush(FolderRef.Of(ItemKind.Schedule), new("https://crm.contoso.test/push"), 100_000), context);
        Valid(Subscribe.ForStreaming(FolderRef.Of(Folder)), context);
        Valid(new Unsubscribe("JgBh=="), context);
        Valid(new GetStreamingEvents(["JgBh==", "JgBi=="], 30), context);
    }

    [Theory]
    [InlineData("Exchange2007_SP1", false, false)]
    [InlineData("Exchange2010_SP2", true, false)]
    [InlineData("Exchange2013", true, true)]
    [InlineData("V2099_01_01", true, true)]
    public void Properties_above_the_requested_version_are_not_asked_for(string version, bool hasZones, bool hasJoinUrl)
    {
        var request = Some.Text(Some.Envelope(new GetItem(Ids, idsOnly: false), Some.Context(version)));
        request.Contains("calendar:StartTimeZone").ShouldBe(hasZones);
        request.Contains("calendar:MeetingTimeZone").ShouldBe(!hasZones);
        request.Contains("calendar:JoinOnlineMeetingUrl").ShouldBe(hasJoinUrl);
        var create = Some.Text(Some.Envelope(new CreateItem(Folder, [new(Some.Stamp, Some.Meeting())], InvitationMail.None), Some.Context(version)));
        create.Contains("<t:StartTimeZone").ShouldBe(hasZones);
        create.Contains("WorkingElsewhere").ShouldBe(hasJoinUrl);
    }

    [Fact]
    public void An_update_names_one_property_per_change_and_only_what_changed()
    {
        var request = Some.Text(Some.Envelope(new UpdateItem([Update(Some.Meeting(), ScheduleFields.Subject | ScheduleFields.Reminder)], InvitationMail.ToChanged), Some.Context()));
        request.ShouldContain("ConflictResolution=\"NeverOverwrite\"");
        request.ShouldContain("SendMeetingInvitationsOrCancellations=\"SendToChangedAndSaveCopy\"");
        System.Text.RegularExpressions.Regex.Matches(request, "<t:SetItemField>").Count.ShouldBe(3);
        request.ShouldNotContain("calendar:");
    }

    [Fact]
    public void Emptied_fields_are_deleted_not_set_to_nothing()
    {
        var request = Some.Text(Some.Envelope(new UpdateItem([Update(Some.Bare(), ScheduleFields.All)], InvitationMail.None), Some.Context()));
        foreach (var uri in (string[])["item:Subject", "item:Body", "item:Categories", "calendar:Location", "calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources"])
            request.ShouldContain($"<t:DeleteItemField><t:FieldURI FieldURI=\"{uri}\" /></t:DeleteItemField>");
    }

    [Fact]
    public void Fields_that_exchange_sets_by_itself_are_never_written() =>
        UpdateItem.HasContent(Update(Some.Meeting(), ScheduleFields.ReadOnlyInExchange)).ShouldBeFalse();

    [Fact]
    public void A_text_with_characters_that_xml_cannot_carry_is_sent_without_them()
    {
        var content = Some.Meeting() with { Subject = "a\u0000b\u001fc\ud800d\U0001F600e" };
        var bytes = Some.Envelope(new CreateItem(Folder, [new(Some.Stamp, content)], InvitationMail.None), Some.Context());
        Truth.Complaints(bytes).ShouldBeEmpty();
        Some.Text(bytes).ShouldContain("<t:Subject>abcd\U0001F600e</t:Subject>");
    }

    [Fact]
    public void Impersonation_names_the_mailbox_in_the_header_and_delegation_in_the_folder()
    {
        var calendar = new GetFolder(FolderRef.Of(ItemKind.Schedule));
        var impersonated = Some.Text(Some.Envelope(calendar, Some.Context()));
        impersonated.ShouldContain("<t:ConnectingSID><t:SmtpAddress>anna@contoso.test</t:SmtpAddress></t:ConnectingSID>");
        impersonated.ShouldNotContain("<t:Mailbox>");
        var delegated = Some.Text(Some.Envelope(calendar, Some.Context(access: AccessType.Delegate)));
        delegated.ShouldContain("<t:Mailbox><t:EmailAddress>anna@contoso.test</t:EmailAddress></t:Mailbox>");
        delegated.ShouldNotContain("ExchangeImpersonation");
    }

    private static ItemUpdate Update(ScheduleContent content, ScheduleFields changed) => new(new("AAMk1="), new("CQAA"), content, changed);

    private static void Valid<T>(EwsOperation<T> operation, RequestContext context)
    {
        var bytes = Some.Envelope(operation, context);
        Truth.Complaints(bytes).ShouldBeEmpty($"{operation.Name} in {context.Version}: {Some.Text(bytes)}");
    }
}
