using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Possible twins of a first sync that a person decides about, over the wire.</summary>
public sealed class TieTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator, ActsForEveryone: true);
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Where_several_items_fit_nothing_moves_until_a_person_says_which_it_is_and_the_other_one_is_sent_then(string database)
    {
        await using var rig = await RoadRig.OnAsync(database);
        var (link, copy) = await TieAsync(rig, FirstSyncPolicy.Ask);
        (await rig.ItemsAsync()).Count.ShouldBe(2);
        (await rig.Outlook("anna").ListAsync()).ShouldHaveSingleItem().ChangeKey.ShouldBe(copy.ChangeKey);
        await rig.ShouldBeQuietAsync();

        var ties = rig.Get<TieService>();
        var tie = await SingleAsync(rig, link);
        (tie.Waits, tie.Subject, tie.Candidates.Count, tie.Exchange).ShouldBe((true, "Twin", 2, null));
        tie = (await ties.FindAsync(Operator, link.Id, tie.Id, None)).Value!;
        tie.Exchange!.Location.ShouldBe("Roof");
        var chosen = tie.Candidates.Single(candidate => candidate.Content!.Location == "Room 2").ItemId;
        var decisions = rig.Get<TieDecisions>();
        (await decisions.AdoptAsync(new Viewer("user:eve", null), link.Id, tie.Id, chosen, null, null, None)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
        (await decisions.AdoptAsync(Operator, link.Id, tie.Id, Guid.NewGuid(), null, null, None)).Problem!.Text.ShouldContain("is no possible twin");
        await rig.Outlook("anna").UpdateAsync(copy.Id, new { location = "Cellar" });
        (await decisions.AdoptAsync(Operator, link.Id, tie.Id, chosen, tie.Tag, null, None)).Problem!.Kind.ShouldBe(ProblemKind.Stale);
        await rig.SyncAsync();
        (await rig.Outlook("anna").ListAsync()).Count.ShouldBe(1, "an edit does not end a tie");
        tie = (await ties.FindAsync(Operator, link.Id, tie.Id, None)).Value!;
        (await decisions.AdoptAsync(Operator, link.Id, tie.Id, chosen, tie.Tag, null, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();

        (await rig.ItemsAsync()).Select(item => item.Location).Order().ShouldBe((await rig.Outlook("anna").ListAsync()).Select(one => one.Location).Order());
        await using (var db = await rig.DbAsync())
        {
            (await db.ItemLinks.SingleAsync(pair => db.ItemIdentities.Any(identity => identity.ItemLinkId == pair.Id && identity.ExchangeId == copy.Id))).ItemId.ShouldBe(chosen);
            (await db.ItemLinks.CountAsync()).ShouldBe(2);
            (await db.AuditLogs.ToListAsync()).ShouldContain(row => row.Action == "tie.adopt" && row.Actor == "user:olga");
        }
        (await ties.ListAsync(Operator, link.Id, null, 10, None)).Value!.Items.ShouldBeEmpty();
        (await decisions.KeepApartAsync(Operator, link.Id, tie.Id, null, None)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Items_that_a_person_tells_apart_go_to_the_other_side_as_different_ones()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (link, _) = await TieAsync(rig, FirstSyncPolicy.Ask);
        var tie = await SingleAsync(rig, link);
        (await rig.Get<TieDecisions>().KeepApartAsync(Operator, link.Id, tie.Id, null, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        string[] all = ["Roof", "Room 1", "Room 2"];
        (await rig.ItemsAsync()).Select(item => item.Location).Order().ShouldBe(all);
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).Order().ShouldBe(all);
        (await rig.Get<TieService>().CountAsync(link.Id, None)).ShouldBe(0);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_tie_whose_Exchange_item_is_deleted_is_none_and_what_waited_is_sent()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (link, copy) = await TieAsync(rig, FirstSyncPolicy.Ask);
        var tie = await SingleAsync(rig, link);
        await rig.Outlook("anna").DeleteAsync(copy.Id);
        (await rig.Get<TieDecisions>().KeepApartAsync(Operator, link.Id, tie.Id, null, None)).Problem!.Text.ShouldContain("gone from anna@contoso.test");
        await rig.SyncAsync();
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).Order().ShouldBe(["Room 1", "Room 2"]);
        (await rig.ItemsAsync()).Count.ShouldBe(2);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_tie_whose_CRM_items_are_gone_is_none_either_after_the_next_full_read()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (link, _) = await TieAsync(rig, FirstSyncPolicy.Ask);
        foreach (var item in await rig.ItemsAsync())
            (await rig.Get<ScheduleItemService>().DeleteAsync(Operator, item.Id, null, null, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Get<TieService>().ListAsync(Operator, link.Id, null, 10, None)).Value!.Items.ShouldBeEmpty();
        (await rig.Get<CheckUpService>().StartAsync(Operator, link.Id, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.ItemsAsync()).ShouldHaveSingleItem().Location.ShouldBe("Roof");
        (await rig.Outlook("anna").ListAsync()).ShouldHaveSingleItem();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_colleagues_item_that_only_looks_alike_is_never_sent_to_this_mailbox()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("ben", one => one.IsEnabled = false);
        var (link, _) = await TieAsync(rig, FirstSyncPolicy.Ask, colleague: "ben");
        var tie = await SingleAsync(rig, link);
        (await rig.Get<TieDecisions>().KeepApartAsync(Operator, link.Id, tie.Id, null, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).Select(item => item.Location).Order().ShouldBe(["Roof", "Room 1"]);
        (await rig.ItemsAsync()).Count.ShouldBe(3);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task On_a_link_that_keeps_apart_a_person_may_tell_it_apart_for_good_also_after_edits()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (link, copy) = await TieAsync(rig, FirstSyncPolicy.KeepApart);
        await rig.ShouldBeQuietAsync();
        var ties = rig.Get<TieService>();
        var tie = await SingleAsync(rig, link);
        tie.Waits.ShouldBeFalse();

        (await rig.Get<TieDecisions>().KeepApartAsync(Operator, link.Id, tie.Id, null, None)).Problem.ShouldBeNull();
        await rig.Outlook("anna").UpdateAsync(copy.Id, new { location = "edited later" });
        await rig.SyncAsync();
        await rig.SyncAsync();
        (await ties.ListAsync(Operator, link.Id, null, 10, None)).Value!.Items.ShouldBeEmpty("what was decided is not asked again");
        (await rig.ItemsAsync()).ShouldNotContain(item => item.Location == "edited later");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task A_kept_apart_item_is_paired_and_differences_are_settled_by_the_policy()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.ConfigureAsync(target => target.ConflictPolicy = ConflictPolicy.ExchangeWins);
        var (link, _) = await TieAsync(rig, FirstSyncPolicy.KeepApart);
        var tie = await SingleAsync(rig, link);
        var chosen = tie.Candidates[0].ItemId;
        await rig.FaultAsync(new { operation = "GetItem", kind = "error-code", code = "ErrorMailboxMoveInProgress" });
        (await rig.Get<TieDecisions>().AdoptAsync(Operator, link.Id, tie.Id, chosen, null, null, None)).Problem!.Text.ShouldContain("Nothing was changed");
        await rig.ClearFaultsAsync();
        (await rig.Get<TieDecisions>().AdoptAsync(Operator, link.Id, tie.Id, chosen, null, null, None)).Problem.ShouldBeNull();
        await rig.DrainAsync();
        (await rig.ItemsAsync()).Single(item => item.Id == chosen).Location.ShouldBe("Roof");
        (await rig.ItemsAsync()).Count.ShouldBe(2);
        (await rig.Outlook("anna").ListAsync()).ShouldHaveSingleItem("the other one is kept apart").Location.ShouldBe("Roof");
        (await rig.Get<ConflictService>().ListAsync(Operator, new LogFilter(link.Id), null, 10, None)).Items.ShouldHaveSingleItem().Row.State.ShouldBe(ConflictState.Settled);
        await rig.ShouldBeQuietAsync();
    }

    private static async Task<TieView> SingleAsync(RoadRig rig, SyncLink link) => (await rig.Get<TieService>().ListAsync(Operator, link.Id, null, 10, None)).Value!.Items.ShouldHaveSingleItem();

    // Two items of the CRM, one of Exchange, of one subject and time; what each adds differs as much.
    private static async Task<(SyncLink Link, OutlookItem Copy)> TieAsync(RoadRig rig, FirstSyncPolicy policy, string? colleague = null)
    {
        var link = await rig.LinkAsync("anna", one => one.FirstSync = policy);
        var copy = await rig.Outlook("anna").CreateAsync(new { subject = "Twin", location = "Roof", start = "2027-02-11T08:00:00Z", end = "2027-02-11T09:00:00Z" });
        foreach (var room in new[] { "Room 1", "Room 2" })
        {
            var id = await rig.CreateInCrmAsync(room == "Room 2" && colleague is not null ? colleague : "anna", RoadRig.Meeting("Twin", "2027-02-11T09:00:00") with { Location = room });
            await using var db = await rig.DbAsync();
            await db.Queue.Where(message => message.ItemId == id).ExecuteDeleteAsync();
            if (room == "Room 2" && colleague is not null)
            {
                db.Add(new Participation { ItemId = id, UserId = link.UserId, ReminderMinutes = 15 });
                await db.SaveChangesAsync();
            }
        }
        await rig.SyncAsync();
        await rig.DrainAsync();
        return (link, await rig.Outlook("anna").SingleAsync());
    }
}
