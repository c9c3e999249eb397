using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 4 and 12 point 3: opaque, replayable states; net changes; moves; corrupt states.</summary>
public sealed class SyncTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    [Fact]
    public async Task The_first_read_gives_everything_as_create_newest_first()
    {
        var (first, _) = await _exchange.CreateMeeting();
        var (second, _) = await _exchange.CreateMeeting();
        var sync = await _exchange.Sync(null);
        Changes(sync).ShouldBe(["Create", "Create"]);
        sync.Descendants(T + "ItemId").Select(i => i.Attribute("Id")!.Value).ShouldBe([second, first]);
        var next = await _exchange.Sync(State(sync));
        Changes(next).ShouldBeEmpty();
        next.Descendants(M + "IncludesLastItemInRange").Single().Value.ShouldBe("true");
    }

    [Fact]
    public async Task A_state_replays_and_each_item_comes_once_with_its_net_change()
    {
        var (kept, key) = await _exchange.CreateMeeting();
        var state = State(await _exchange.Sync(null));
        var (born, _) = await _exchange.CreateMeeting();
        await _exchange.Delete(born);
        key = ItemId(await _exchange.Update(kept, key, Set("item:Subject", "<t:Subject>B</t:Subject>"))).Key;
        await _exchange.Update(kept, key, Set("item:Subject", "<t:Subject>C</t:Subject>"));
        Changes(await _exchange.Sync(state)).ShouldBe(["Update"]);
        Changes(await _exchange.Sync(state)).ShouldBe(["Update"]);
        await _exchange.Delete(kept);
        Changes(await _exchange.Sync(state)).ShouldBe(["Delete"]);
    }

    [Fact]
    public async Task Pages_cover_everything_exactly_once_while_items_change_in_between()
    {
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
            ids.Add((await _exchange.CreateMeeting()).Id);
        var seen = new HashSet<string>();
        string? state = null;
        for (var page = 0; page < 20; page++)
        {
            var sync = await _exchange.Sync(state, max: 3);
            foreach (var change in sync.Descendants(T + "ItemId"))
                seen.Add(change.Attribute("Id")!.Value);
            state = State(sync);
            if (page == 0)
                await _exchange.Control(HttpMethod.Post, $"mailboxes/anna@contoso.test/touch?id={Uri.EscapeDataString(ids[0])}");
            if (sync.Descendants(M + "IncludesLastItemInRange").Single().Value == "true")
                break;
        }

        seen.ShouldBe(ids, ignoreOrder: true);
        Changes(await _exchange.Sync(state)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_item_that_escapes_its_page_by_a_change_still_comes_as_create()
    {
        var (oldest, _) = await _exchange.CreateMeeting();
        await _exchange.CreateMeeting();
        var first = await _exchange.Sync(null, max: 1);
        await _exchange.Control(HttpMethod.Post, $"mailboxes/anna@contoso.test/touch?id={Uri.EscapeDataString(oldest)}");
        var second = await _exchange.Sync(State(first), max: 1);
        second.Descendants(M + "IncludesLastItemInRange").Single().Value.ShouldBe("false");
        var third = await _exchange.Sync(State(second), max: 1);
        Changes(third).ShouldBe(["Create"]);
        ItemId(third).Id.ShouldBe(oldest);
    }

    [Fact]
    public async Task A_move_is_a_delete_here_and_a_create_there()
    {
        var (id, _) = await _exchange.CreateMeeting();
        var calendar = State(await _exchange.Sync(null));
        var bin = State(await _exchange.Sync(null, folder: "deleteditems"));
        await _exchange.Delete(id);
        Changes(await _exchange.Sync(calendar)).ShouldBe(["Delete"]);
        var there = await _exchange.Sync(bin, folder: "deleteditems");
        Changes(there).ShouldBe(["Create"]);
        ItemId(there).Id.ShouldNotBe(id);
    }

    [Fact]
    public async Task Ignored_ids_are_not_reported()
    {
        var (id, _) = await _exchange.CreateMeeting();
        Changes(await _exchange.Sync(null, ignore: $"<m:Ignore><t:ItemId Id=\"{id}\"/></m:Ignore>")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_read_flag_alone_is_a_read_flag_change()
    {
        await _exchange.CreateMeeting(after: "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>", send: "SendToAllAndSaveCopy");
        var first = await _exchange.Sync(null, folder: "inbox", user: "ben@contoso.test");
        var mail = ItemId(first);
        await _exchange.Update(mail.Id, mail.Key, Set("message:IsRead", "<t:IsRead>true</t:IsRead>", "Message"), send: null, user: "ben@contoso.test", attributes: " MessageDisposition=\"SaveOnly\"");
        var second = await _exchange.Sync(State(first), folder: "inbox", user: "ben@contoso.test");
        Changes(second).ShouldBe(["ReadFlagChange"]);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("UzF8eHh4")]
    public async Task A_corrupt_state_is_an_error_with_an_empty_state(string state)
    {
        var sync = await _exchange.Sync(state);
        Code(sync).ShouldBe("ErrorInvalidSyncStateData");
        State(sync).ShouldBeEmpty();
        sync.Descendants(M + "IncludesLastItemInRange").Single().Value.ShouldBe("true");
    }

    [Fact]
    public async Task The_state_of_another_folder_and_an_invalidated_one_are_corrupt()
    {
        var state = State(await _exchange.Sync(null));
        Code(await _exchange.Sync(state, folder: "tasks")).ShouldBe("ErrorInvalidSyncStateData");
        await _exchange.Control(HttpMethod.Post, "mailboxes/anna@contoso.test/invalidate-sync-state");
        Code(await _exchange.Sync(state)).ShouldBe("ErrorInvalidSyncStateData");
    }

    [Fact]
    public async Task The_folder_tree_syncs_with_states_of_its_own()
    {
        string Hierarchy(string? state) => $"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>{(state == null ? "" : $"<m:SyncState>{state}</m:SyncState>")}</m:SyncFolderHierarchy>";
        var first = await _exchange.Call(Hierarchy(null));
        Changes(first).Count.ShouldBeGreaterThan(8);
        await _exchange.Call("<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderId><m:Folders><t:CalendarFolder><t:DisplayName>Team</t:DisplayName></t:CalendarFolder></m:Folders></m:CreateFolder>");
        var second = await _exchange.Call(Hierarchy(State(first)));
        Changes(second).ShouldContain("Create");
        Code(await _exchange.Sync(State(first))).ShouldBe("ErrorInvalidSyncStateData");
    }

    [Fact]
    public async Task A_folder_that_is_gone_cannot_be_synchronized()
    {
        var created = await _exchange.Call("<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderId><m:Folders><t:CalendarFolder><t:DisplayName>Team</t:DisplayName></t:CalendarFolder></m:Folders></m:CreateFolder>");
        var id = created.Descendants(T + "FolderId").Single().Attribute("Id")!.Value;
        await _exchange.Call($"<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds><t:FolderId Id=\"{id}\"/></m:FolderIds></m:DeleteFolder>");
        var sync = await _exchange.Call($"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:FolderId Id=\"{id}\"/></m:SyncFolderId><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>");
        Code(sync).ShouldBe("ErrorSyncFolderNotFound");
    }

    [Fact]
    public async Task Reissued_ids_come_as_deletes_and_creates()
    {
        await _exchange.CreateMeeting();
        var state = State(await _exchange.Sync(null));
        await _exchange.Control(HttpMethod.Post, "mailboxes/anna@contoso.test/reissue-ids");
        Changes(await _exchange.Sync(state)).ShouldBe(["Create", "Delete"]);
    }
}
