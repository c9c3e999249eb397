using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 3 (folder ids survive moves), 4 (hierarchy), 11 (folders, user configuration, public folders).</summary>
public sealed class FolderTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Named(string distinguished) => $"<t:DistinguishedFolderId Id=\"{distinguished}\"/>";

    private static string Id(string id) => $"<t:FolderId Id=\"{id}\"/>";

    private async Task<string> Create(string name, string parent = "msgfolderroot", string element = "Folder", string more = "")
    {
        var response = await _exchange.Call($"<m:CreateFolder><m:ParentFolderId>{Named(parent)}</m:ParentFolderId><m:Folders><t:{element}><t:DisplayName>{name}</t:DisplayName>{more}</t:{element}></m:Folders></m:CreateFolder>");
        Code(response).ShouldBe("NoError");
        return response.Descendants(T + "FolderId").Single().Attribute("Id")!.Value;
    }

    private Task<XElement> Get(string id, string more = "", string user = "anna@contoso.test") =>
        _exchange.Call($"<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape>{more}</m:FolderShape><m:FolderIds>{Id(id)}</m:FolderIds></m:GetFolder>", user);

    private Task<XElement> Hierarchy(string? state) =>
        _exchange.Call($"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>{(state == null ? "" : $"<m:SyncState>{state}</m:SyncState>")}</m:SyncFolderHierarchy>");

    private static List<string> Kinds(XElement hierarchy) => [.. hierarchy.Descendants(M + "Changes").Single().Elements().Select(c => $"{c.Name.LocalName} {c.Descendants(T + "DisplayName").SingleOrDefault()?.Value}".Trim())];

    [Fact]
    public async Task A_folder_is_renamed_moved_and_copied_and_keeps_its_id_through_it()
    {
        var (projects, other) = (await Create("Projects"), await Create("Other"));
        var renamed = await _exchange.Call($"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{Id(projects)}<t:Updates><t:SetFolderField><t:FieldURI FieldURI=\"folder:DisplayName\"/><t:Folder><t:DisplayName>Work</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>");
        Code(renamed).ShouldBe("NoError");
        var moved = await _exchange.Call($"<m:MoveFolder><m:ToFolderId>{Id(other)}</m:ToFolderId><m:FolderIds>{Id(projects)}</m:FolderIds></m:MoveFolder>");
        moved.Descendants(T + "FolderId").Single().Attribute("Id")!.Value.ShouldBe(projects);
        (await Get(projects)).Descendants(T + "DisplayName").Single().Value.ShouldBe("Work");
        var copied = await _exchange.Call($"<m:CopyFolder><m:ToFolderId>{Named("msgfolderroot")}</m:ToFolderId><m:FolderIds>{Id(projects)}</m:FolderIds></m:CopyFolder>");
        copied.Descendants(T + "FolderId").Single().Attribute("Id")!.Value.ShouldNotBe(projects);
    }

    [Fact]
    public async Task What_must_not_happen_to_folders_is_refused_with_its_code()
    {
        var (one, inner) = (await Create("One"), await Create("Two"));
        await _exchange.Call($"<m:MoveFolder><m:ToFolderId>{Id(one)}</m:ToFolderId><m:FolderIds>{Id(inner)}</m:FolderIds></m:MoveFolder>");
        Code(await _exchange.Call($"<m:MoveFolder><m:ToFolderId>{Id(inner)}</m:ToFolderId><m:FolderIds>{Id(one)}</m:FolderIds></m:MoveFolder>")).ShouldBe("ErrorMoveCopyFailed");
        Code(await _exchange.Call($"<m:MoveFolder><m:ToFolderId>{Id(one)}</m:ToFolderId><m:FolderIds>{Named("calendar")}</m:FolderIds></m:MoveFolder>")).ShouldBe("ErrorMoveDistinguishedFolder");
        Code(await _exchange.Call($"<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds>{Named("inbox")}</m:FolderIds></m:DeleteFolder>")).ShouldBe("ErrorDeleteDistinguishedFolder");
        Code(await _exchange.Call($"<m:EmptyFolder DeleteType=\"HardDelete\" DeleteSubFolders=\"false\"><m:FolderIds>{Named("calendar")}</m:FolderIds></m:EmptyFolder>")).ShouldBe("ErrorCannotEmptyFolder");
        Code(await _exchange.Call($"<m:CreateFolder><m:ParentFolderId>{Named("msgfolderroot")}</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>one</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>")).ShouldBe("ErrorFolderExists");
    }

    [Fact]
    public async Task The_hierarchy_tells_create_update_move_and_delete()
    {
        var state = State(await Hierarchy(null));
        var id = await Create("New", element: "CalendarFolder");
        var created = await Hierarchy(state);
        Kinds(created).ShouldContain("Create New");
        created.Descendants(T + "CalendarFolder").ShouldHaveSingleItem();
        state = State(created);
        await _exchange.Call($"<m:DeleteFolder DeleteType=\"MoveToDeletedItems\"><m:FolderIds>{Id(id)}</m:FolderIds></m:DeleteFolder>");
        var binned = await Hierarchy(state);
        Kinds(binned).ShouldContain("Update New", "a folder keeps its id when it goes into Deleted Items");
        state = State(binned);
        await _exchange.Call($"<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds>{Id(id)}</m:FolderIds></m:DeleteFolder>");
        Kinds(await Hierarchy(state)).ShouldContain("Delete");
        Code(await Get(id)).ShouldBe("ErrorFolderNotFound");
    }

    [Fact]
    public async Task A_softly_deleted_folder_is_gone_from_the_tree()
    {
        var id = await Create("Gone");
        var state = State(await Hierarchy(null));
        await _exchange.Call($"<m:DeleteFolder DeleteType=\"SoftDelete\"><m:FolderIds>{Id(id)}</m:FolderIds></m:DeleteFolder>");
        Kinds(await Hierarchy(state)).ShouldContain("Delete");
    }

    [Fact]
    public async Task A_full_folder_is_deleted_with_what_is_in_it_and_emptied_without_being_deleted()
    {
        var id = await Create("People", element: "ContactsFolder");
        var contact = await _exchange.Call($"<m:CreateItem><m:SavedItemFolderId>{Id(id)}</m:SavedItemFolderId><m:Items><t:Contact><t:GivenName>Kim</t:GivenName></t:Contact></m:Items></m:CreateItem>");
        Code(await _exchange.Call($"<m:EmptyFolder DeleteType=\"MoveToDeletedItems\" DeleteSubFolders=\"false\"><m:FolderIds>{Id(id)}</m:FolderIds></m:EmptyFolder>")).ShouldBe("NoError");
        (await Get(id)).Descendants(T + "TotalCount").Single().Value.ShouldBe("0");
        Code(await _exchange.Get(ItemId(contact).Id)).ShouldBe("ErrorItemNotFound");
        await _exchange.Call($"<m:CreateItem><m:SavedItemFolderId>{Id(id)}</m:SavedItemFolderId><m:Items><t:Contact/></m:Items></m:CreateItem>");
        Code(await _exchange.Call($"<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds>{Id(id)}</m:FolderIds></m:DeleteFolder>")).ShouldBe("NoError");
    }

    [Fact]
    public async Task Rights_are_set_by_UpdateFolder_and_read_only_when_asked_for_by_name()
    {
        const string set = "<t:SetFolderField><t:FieldURI FieldURI=\"folder:PermissionSet\"/><t:CalendarFolder><t:PermissionSet><t:CalendarPermissions><t:CalendarPermission><t:UserId><t:DistinguishedUser>Default</t:DistinguishedUser></t:UserId><t:CalendarPermissionLevel>None</t:CalendarPermissionLevel></t:CalendarPermission><t:CalendarPermission><t:UserId><t:PrimarySmtpAddress>ben@contoso.test</t:PrimarySmtpAddress></t:UserId><t:CalendarPermissionLevel>Reviewer</t:CalendarPermissionLevel></t:CalendarPermission></t:CalendarPermissions></t:PermissionSet></t:CalendarFolder></t:SetFolderField>";
        var id = _exchange.Organisation.FindMailbox("anna@contoso.test")!["calendar"].Id;
        Code(await Get(id, user: "ben@contoso.test")).ShouldBe("ErrorFolderNotFound");
        Code(await _exchange.Call($"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{Id(id)}<t:Updates>{set}</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>")).ShouldBe("NoError");
        Code(await Get(id, user: "ben@contoso.test")).ShouldBe("NoError");
        (await Get(id)).Descendants(T + "PermissionSet").ShouldBeEmpty();
        var read = await Get(id, "<t:AdditionalProperties><t:FieldURI FieldURI=\"folder:PermissionSet\"/></t:AdditionalProperties>");
        read.Descendants(T + "CalendarPermission").Single(p => p.Descendants(T + "PrimarySmtpAddress").Any()).Element(T + "CalendarPermissionLevel")!.Value.ShouldBe("Reviewer");
    }

    [Fact]
    public async Task Applications_keep_settings_in_a_folder()
    {
        const string name = "<t:UserConfigurationName Name=\"WorkHours\"><t:DistinguishedFolderId Id=\"calendar\"/></t:UserConfigurationName>";
        const string asked = "<m:GetUserConfiguration><m:UserConfigurationName Name=\"WorkHours\"><t:DistinguishedFolderId Id=\"calendar\"/></m:UserConfigurationName><m:UserConfigurationProperties>All</m:UserConfigurationProperties></m:GetUserConfiguration>";
        const string dictionary = "<t:Dictionary><t:DictionaryEntry><t:DictionaryKey><t:Type>String</t:Type><t:Value>k</t:Value></t:DictionaryKey><t:DictionaryValue><t:Type>Integer32</t:Type><t:Value>7</t:Value></t:DictionaryValue></t:DictionaryEntry></t:Dictionary>";
        Code(await _exchange.Call(asked)).ShouldBe("ErrorItemNotFound");
        Code(await _exchange.Call($"<m:CreateUserConfiguration><m:UserConfiguration>{name}{dictionary}<t:XmlData>PGEvPg==</t:XmlData></m:UserConfiguration></m:CreateUserConfiguration>")).ShouldBe("NoError");
        Code(await _exchange.Call($"<m:CreateUserConfiguration><m:UserConfiguration>{name}</m:UserConfiguration></m:CreateUserConfiguration>")).ShouldBe("ErrorItemSave");
        var read = await _exchange.Call(asked);
        read.Descendants(T + "Value").Select(v => v.Value).ShouldBe(["k", "7"]);
        read.Descendants(T + "XmlData").Single().Value.ShouldBe("PGEvPg==");
        Code(await _exchange.Call($"<m:UpdateUserConfiguration><m:UserConfiguration>{name}<t:BinaryData>AAEC</t:BinaryData></m:UserConfiguration></m:UpdateUserConfiguration>")).ShouldBe("NoError");
        (await _exchange.Call(asked)).Descendants(T + "BinaryData").Single().Value.ShouldBe("AAEC");
        Code(await _exchange.Call("<m:DeleteUserConfiguration><m:UserConfigurationName Name=\"WorkHours\"><t:DistinguishedFolderId Id=\"calendar\"/></m:UserConfigurationName></m:DeleteUserConfiguration>")).ShouldBe("NoError");
        Code(await _exchange.Call(asked)).ShouldBe("ErrorItemNotFound");
    }

    [Fact]
    public async Task Public_folders_are_listed_one_level_at_a_time_polled_and_never_synchronized()
    {
        var id = (await _exchange.Control(HttpMethod.Post, "public-folders", new { name = "Shared calendar", folderClass = "IPF.Appointment" })).GetProperty("id").GetString()!;
        string Find(string traversal) => $"<m:FindFolder Traversal=\"{traversal}\"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:ParentFolderIds>{Named("publicfoldersroot")}</m:ParentFolderIds></m:FindFolder>";
        (await _exchange.Call(Find("Shallow"), "ben@contoso.test")).Descendants(T + "DisplayName").Single().Value.ShouldBe("Shared calendar");
        Code(await _exchange.Call(Find("Deep"))).ShouldBe("ErrorInvalidOperation");
        var created = await _exchange.Call($"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId>{Id(id)}</m:SavedItemFolderId><m:Items><t:CalendarItem><t:Subject>For all</t:Subject></t:CalendarItem></m:Items></m:CreateItem>");
        Code(created).ShouldBe("NoError");
        var polled = await _exchange.Call($"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:SortOrder><t:FieldOrder Order=\"Descending\"><t:FieldURI FieldURI=\"item:LastModifiedTime\"/></t:FieldOrder></m:SortOrder><m:ParentFolderIds>{Id(id)}</m:ParentFolderIds></m:FindItem>", "ben@contoso.test");
        polled.Descendants(T + "Subject").Single().Value.ShouldBe("For all");
        Code(await _exchange.Call($"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>{Id(id)}</m:SyncFolderId><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>")).ShouldBe("ErrorInvalidFolderTypeForOperation");
        Code(await _exchange.Call($"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncFolderId>{Named("publicfoldersroot")}</m:SyncFolderId></m:SyncFolderHierarchy>")).ShouldBe("ErrorInvalidFolderTypeForOperation");
        Code(await _exchange.Call($"<m:EmptyFolder DeleteType=\"HardDelete\" DeleteSubFolders=\"false\"><m:FolderIds>{Id(id)}</m:FolderIds></m:EmptyFolder>")).ShouldBe("ErrorCannotEmptyFolder");
    }

    [Fact]
    public async Task ConvertId_spells_one_id_in_many_ways_and_names_the_mailbox_that_the_id_belongs_to()
    {
        var id = _exchange.Organisation.FindMailbox("anna@contoso.test")!["root"].Id;
        var hex = await _exchange.Call($"<m:ConvertId DestinationFormat=\"HexEntryId\"><m:SourceIds><t:AlternateId Format=\"EwsId\" Id=\"{id}\" Mailbox=\"nobody@nowhere.test\"/></m:SourceIds></m:ConvertId>");
        var alternate = hex.Descendants(M + "AlternateId").Single();
        alternate.Attribute("Mailbox")!.Value.ShouldBe("anna@contoso.test");
        var back = await _exchange.Call($"<m:ConvertId DestinationFormat=\"EwsId\"><m:SourceIds><t:AlternateId Format=\"HexEntryId\" Id=\"{alternate.Attribute("Id")!.Value}\" Mailbox=\"anna@contoso.test\"/></m:SourceIds></m:ConvertId>");
        back.Descendants(M + "AlternateId").Single().Attribute("Id")!.Value.ShouldBe(id);
        Code(await _exchange.Call("<m:ConvertId DestinationFormat=\"EwsId\"><m:SourceIds><t:AlternateId Format=\"HexEntryId\" Id=\"zz\" Mailbox=\"anna@contoso.test\"/></m:SourceIds></m:ConvertId>")).ShouldBe("ErrorInvalidIdMalformed");
    }

    [Fact]
    public async Task Older_versions_do_not_know_newer_operations() =>
        (await _exchange.CallForFault($"<m:EmptyFolder DeleteType=\"HardDelete\" DeleteSubFolders=\"false\"><m:FolderIds>{Named("contacts")}</m:FolderIds></m:EmptyFolder>", version: "Exchange2007_SP1")).Code.ShouldBe("ErrorInvalidServerVersion");

    [Fact]
    public async Task States_of_items_and_of_the_hierarchy_are_not_interchangeable_and_a_count_is_an_update()
    {
        var state = State(await Hierarchy(null));
        Code(await Hierarchy(State(await _exchange.Sync(null)))).ShouldBe("ErrorInvalidSyncStateData");
        Code(await _exchange.Sync(state)).ShouldBe("ErrorInvalidSyncStateData");
        var root = await _exchange.Call($"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncFolderId>{Named("root")}</m:SyncFolderId><m:SyncState>{state}</m:SyncState></m:SyncFolderHierarchy>");
        Code(root).ShouldBe("ErrorInvalidSyncStateData", "the root of a hierarchy stays the same");
        await _exchange.CreateMeeting();
        Kinds(await Hierarchy(state)).ShouldBe(["Update Calendar"]);
    }
}
