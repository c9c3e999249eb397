using System.Text.RegularExpressions;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E18: an empty or half-read side is never "the user deleted all". 1,200 items, so that a full read has three pages.</summary>
public sealed partial class HalfReadSideTests
{
    private const int Items = 1200;

    [Theory]
    [InlineData("truncate")]
    [InlineData("http-status")]
    [InlineData("lose-request")]
    [InlineData("garble")]
    public async Task A_full_read_that_breaks_in_the_middle_deletes_nothing_says_so_and_goes_on_alone(string kind)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await LinkedAsync(rig);
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");
        await rig.FaultAsync(new { operation = "SyncFolderItems", kind, status = 500, every = 3 });

        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(Items);
        var state = await rig.StateAsync(link);
        state.Health.ShouldBe(LinkHealth.Failing);
        state.LastError.ShouldNotBeNull().ShouldContain("anna@contoso.test");

        await rig.ClearFaultsAsync();
        await ShouldGoOnAloneAsync(rig, link);
    }

    /// <summary>Case E18, the hardest forms: answers that are whole and wrong.</summary>
    [Theory]
    [InlineData("empty")]
    [InlineData("wrong folder")]
    public async Task A_full_read_that_is_whole_but_wrong_is_not_believed_and_the_restored_feed_goes_on_alone(string kind)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var wire = new Wiretap();
        rig.Wire = wire;
        var link = await LinkedAsync(rig);
        var folder = (await rig.StateAsync(link)).ResolvedFolderId!;
        var other = rig.Exchange.Organisation.FindMailbox(link.Mailbox)!["tasks"].Id;
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");
        if (kind == "empty")
            wire.Answer = (request, text) => request.Operation == "SyncFolderItems" ? Changes().Replace(text, "<m:Changes/>").Replace("<m:IncludesLastItemInRange>false", "<m:IncludesLastItemInRange>true") : text;
        else
            wire.Rewrite = request => request.Operation == "SyncFolderItems" ? request.Body.Replace(folder, other) : request.Body;

        await rig.SyncAsync();
        wire.Seen.ShouldContain(request => request.Operation == "SyncFolderItems");
        (await rig.ItemsAsync()).Count.ShouldBe(Items);
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(Items);
        var state = await rig.StateAsync(link);
        state.Health.ShouldNotBe(LinkHealth.Healthy, "somebody is to know");
        state.LastError.ShouldNotBeNull().ShouldContain($"{Items}");

        // What happens meanwhile must not be lost either.
        (wire.Answer, wire.Rewrite) = (null, null);
        await ShouldGoOnAloneAsync(rig, link);
    }

    /// <summary>Case E18: the mailbox itself is empty, as after a restore of the wrong database: Exchange swears that each item is gone.</summary>
    [Fact]
    public async Task A_mailbox_that_comes_back_empty_is_held_and_goes_on_alone_when_its_items_are_back()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var wire = new Wiretap();
        rig.Wire = wire;
        var link = await LinkedAsync(rig);
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");
        wire.Answer = (request, text) => request.Operation == "SyncFolderItems" ? Changes().Replace(text, "<m:Changes/>").Replace("<m:IncludesLastItemInRange>false", "<m:IncludesLastItemInRange>true") : text;
        await rig.FaultAsync(new { operation = "GetItem", kind = "error-code", code = "ErrorItemNotFound" });

        await rig.SyncAsync();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(Items);
        var state = await rig.StateAsync(link);
        state.Health.ShouldBe(LinkHealth.Held);
        state.LastError.ShouldNotBeNull().ShouldContain($"{Items} of {Items}");

        wire.Answer = null;
        await rig.ClearFaultsAsync();
        await ShouldGoOnAloneAsync(rig, link);
    }

    /// <summary>Case E18, mirrored: the CRM's own query answers with no rows, on every road of a link.</summary>
    [Fact]
    public async Task A_CRM_query_that_finds_no_rows_deletes_nothing_in_Exchange_and_nothing_is_lost_when_the_rows_are_back()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await LinkedAsync(rig);
        var items = await rig.ItemsAsync();
        await rig.ChangeInCrmAsync(items[0].Id, content => content with { Location = "changed in the CRM" });
        var copies = rig.Person("anna").List("calendar", null, null, 10_000);
        rig.Person("anna").Update(copies[1].Id, new() { Location = "changed in Outlook" });
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");

        // Items and pairs are in the database; the queries that should find them come back empty.
        var blind = Blind<ILinkSessionStore>.Of(rig.Store, nameof(ILinkSessionStore.LoadItemsAsync));
        var worker = rig.WorkerOn(blind, rig.Queue);
        await rig.Queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty), new QueueRequest(MessageKind.CheckUp, link.Id, items[3].Id)], CancellationToken.None);
        for (var turn = 0; turn < 20 && await rig.Queue.ClaimAsync("blind", TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease; turn++)
            await worker.WorkAsync(lease, CancellationToken.None);

        rig.Person("anna").List("calendar", null, null, 10_000).Count.ShouldBe(Items);
        rig.Requests("DeleteItem").ShouldBe(0);
        (await rig.ItemsAsync()).Count.ShouldBe(Items);
        (await rig.MailsAsync()).ShouldBeEmpty();

        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(5));
        await using (var db = await rig.DbAsync())
            await db.LinkStates.ExecuteUpdateAsync(set => set.SetProperty(state => state.NextCheckUpAt, DateTime.UtcNow.AddSeconds(-1)));
        await rig.Get<Engine.Crm.CheckUpService>().QueueDueAsync(CancellationToken.None);
        await rig.DrainAsync(TimeSpan.FromSeconds(5));
        await ShouldBeEqualAsync(rig, Items);
        (await rig.ItemsAsync()).Select(item => item.Location).Where(location => location.StartsWith("changed", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ShouldBe(["changed in Outlook", "changed in the CRM"]);
        await rig.ShouldBeQuietAsync();
    }

    private static async Task<Engine.Targets.SyncLink> LinkedAsync(RoadRig rig)
    {
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < Items; i++)
            rig.Person("anna").Create(new() { Subject = $"S{i:0000}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(Items);
        return link;
    }

    // One edit, one deletion and one new item of the time of the trouble arrive; nothing else changes.
    private static async Task ShouldGoOnAloneAsync(RoadRig rig, Engine.Targets.SyncLink link)
    {
        var before = (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet();
        var copies = rig.Person("anna").List("calendar", null, null, 10_000);
        rig.Person("anna").Update(copies[0].Id, new() { Location = "edited meanwhile" });
        rig.Person("anna").Delete(copies[1].Id, null, "none");
        rig.Person("anna").Create(new() { Subject = "Made meanwhile", Start = "2027-02-02T09:00:00Z", End = "2027-02-02T10:00:00Z" });

        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(6));
        var after = await rig.ItemsAsync();
        after.Count.ShouldBe(Items);
        after.Count(item => !before.Contains(item.Id)).ShouldBe(1);
        after.Count(item => item.Location == "edited meanwhile").ShouldBe(1);
        await ShouldBeEqualAsync(rig, Items);
        var state = await rig.StateAsync(link);
        (state.Health, state.LastError, state.Holds).ShouldBe((LinkHealth.Healthy, null, null));
        await rig.ShouldBeQuietAsync();
    }

    private static async Task ShouldBeEqualAsync(RoadRig rig, int count)
    {
        var crm = (await rig.ItemsAsync()).Select(item => $"{item.Subject} {item.Location}").Order(StringComparer.Ordinal).ToList();
        crm.Count.ShouldBe(count);
        rig.Person("anna").List("calendar", null, null, 10_000).Select(copy => $"{copy.Subject} {copy.Location}").Order(StringComparer.Ordinal).ShouldBe(crm);
    }

    [GeneratedRegex("<m:Changes>.*</m:Changes>", RegexOptions.Singleline)]
    private static partial Regex Changes();
}
