using System.Net.Http.Json;
using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace CrmSync.Roads.Tests;

/// <summary>Large first reads: cases E3, E4 and E28.</summary>
public sealed class RelinkTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator);

    /// <summary>Case E3.</summary>
    [Fact]
    public async Task A_link_whose_state_is_wiped_adopts_all_of_a_thousand_items_creates_none_and_mails_nobody()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.ConfigureAsync(target => target.MailsPerHour = 10_000);
        var link = await rig.LinkAsync("anna");
        await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = RoadRig.Address("ben"), displayName = "ben", password = "demo" });
        for (var i = 0; i < 600; i++)
            rig.Person("anna").Create(new() { Subject = $"O{i}", Start = Day(i, 9), End = Day(i, 10), Required = i % 5 == 0 ? [RoadRig.Address("ben")] : null });
        await rig.SyncAsync();
        await rig.CreateManyInCrmAsync("anna", Enumerable.Range(0, 400).Select(i => RoadRig.Meeting($"C{i}", $"2027-03-{1 + i % 28:00}T09:00:00", 60, i % 4 == 0 ? ["ben"] : [])));
        await rig.DrainAsync();
        await rig.SyncAsync();
        var ids = (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet();
        var (mails, made) = ((await rig.MailsAsync()).Count, rig.Requests("CreateItem"));
        (ids.Count, mails).ShouldBe((1000, 220));

        // Everything that the engine knew about the link is gone; the items are there, on both sides.
        (await rig.Get<LinkService>().RemoveAsync(Viewer.System, link.Id, CancellationToken.None)).Problem.ShouldBeNull();
        (await rig.Get<LinkService>().CreateAsync(
            Viewer.System, new SyncLink { TargetId = rig.Target.Id, UserId = link.UserId, Mailbox = link.Mailbox, DefaultZone = link.DefaultZone }, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        (await rig.ItemsAsync()).Select(item => item.Id).ToHashSet().SetEquals(ids).ShouldBeTrue("none is new, none is gone");
        rig.Person("anna").List("calendar", null, null, 10_000).Count.ShouldBe(1000);
        rig.Requests("CreateItem").ShouldBe(made);
        (await rig.MailsAsync()).Count.ShouldBe(mails);
        await using (var db = await rig.DbAsync())
            (await db.ItemLinks.CountAsync()).ShouldBe(1000);
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E4.</summary>
    [Fact]
    public async Task A_mailbox_with_five_years_of_items_is_previewed_first_and_nothing_older_than_the_start_date_is_touched()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => (one.IsEnabled, one.StartDate) = (false, new DateOnly(2026, 11, 28)));
        // Two items for every working day of five years, and a month ahead; in the CRM some hundred from before as well.
        var first = new LocalDate(2021, 11, 29);
        var days = Enumerable.Range(0, 5 * 365 + 30).Select(first.PlusDays).Where(day => day.DayOfWeek <= IsoDayOfWeek.Friday).ToList();
        foreach (var day in days)
        {
            rig.Person("anna").Create(new() { Subject = $"a {day:R}", Start = $"{day:R}T09:00:00Z", End = $"{day:R}T10:00:00Z" });
            rig.Person("anna").Create(new() { Subject = $"b {day:R}", Start = $"{day:R}T11:00:00Z", End = $"{day:R}T12:00:00Z" });
        }
        await rig.CreateManyInCrmAsync("anna", days.Take(200).Select((day, i) => RoadRig.Meeting($"CRM {i}", $"{day:R}T14:00:00", 60, "ben")), send: false);
        var start = new LocalDate(2026, 11, 28);
        var entering = days.Count(day => day >= start) * 2;
        (days.Count * 2, entering).ShouldSatisfyAllConditions(counts => counts.Item1.ShouldBeGreaterThan(2600), counts => counts.entering.ShouldBeInRange(30, 60));
        var before = Keys(rig);

        var runs = rig.Get<DryRunService>();
        var run = (await runs.StartAsync(Operator, link.Id, CancellationToken.None)).Value!;
        await runs.RunAsync(run.Row.Id, CancellationToken.None);
        var done = (await runs.FindAsync(run.Row.Id, CancellationToken.None))!;
        var plan = done.Result.ShouldNotBeNull(done.Row.Error);
        plan.Counts.ShouldBe(new Dictionary<string, int> { ["crm.create"] = entering, ["crm.skip"] = days.Count * 2 - entering }, ignoreOrder: true);
        plan.Skipped.ShouldBe(new Dictionary<string, int> { ["OutsideWindow"] = days.Count * 2 - entering });

        await using (var db = await rig.DbAsync())
            await db.Links.ExecuteUpdateAsync(set => set.SetProperty(row => row.IsEnabled, true));
        await rig.SyncAsync();
        Keys(rig).ShouldBe(before, "nothing in Exchange is touched");
        var items = await rig.ItemsAsync();
        items.Count.ShouldBe(200 + entering);
        items.Count(item => item.EndUtc < new DateTime(2026, 11, 28)).ShouldBe(200, "only what the CRM had");
        items.ShouldAllBe(item => item.Version == 1);
        (await rig.MailsAsync()).ShouldBeEmpty();
        await using (var db = await rig.DbAsync())
            db.Activities.ToList().ShouldContain(activity => activity.Action == "PlanKept");

        // An old item that a person edits later stays out as well.
        var old = rig.Person("anna").List("calendar", null, null, 10_000).First(copy => copy.Subject!.EndsWith("2022-02-01", StringComparison.Ordinal));
        rig.Person("anna").Update(old.Id, new() { Location = "edited" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(200 + entering);
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E28: 5,000 items; series are not carried yet, so each of the 300 is listed with its reason. Time and memory are measured in bench/.</summary>
    [Fact]
    public async Task A_first_read_of_five_thousand_items_that_is_killed_at_every_page_goes_on_where_it_was()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        for (var i = 0; i < 5000; i++)
            rig.Person("anna").Create(new() { Subject = $"S{i:0000}", Start = Day(i, 9), End = Day(i, 10) });
        for (var i = 0; i < 300; i++)
        {
            rig.Person("anna").Create(new()
            {
                Subject = $"Series {i}", Start = Day(i, 14), End = Day(i, 15),
                RecurrenceXml = "<Recurrence xmlns=\"http://schemas.microsoft.com/exchange/services/2006/types\"><DailyRecurrence><Interval>1</Interval></DailyRecurrence>"
                    + $"<NumberedRecurrence><StartDate>{Day(i, 14)[..10]}</StartDate><NumberOfOccurrences>20</NumberOfOccurrences></NumberedRecurrence></Recurrence>",
            });
        }
        await rig.Queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty)], CancellationToken.None);

        var (kills, pages) = (0, 0);
        while (true)
        {
            // Each process saves one page, then dies: in turn before the next one is saved and after it.
            var isAfter = kills % 2 == 0;
            var life = new Life(int.MaxValue);
            var seen = 0;
            var point = isAfter ? "inbound.page.after-commit" : "inbound.page.before-commit";
            if (!await LiveAsync(rig, life, reached => reached == point && seen++ == (isAfter ? 0 : 1)))
                break;
            kills++;
            await using var db = await rig.DbAsync();
            var now = await db.ItemLinks.CountAsync() + await db.Inventory.CountAsync();
            now.ShouldBeGreaterThan(Math.Min(pages, 5299), $"kill {kills}: what was saved stays saved, and each process saves a page");
            pages = now;
            await db.LinkWorks.ExecuteUpdateAsync(set => set.SetProperty(work => work.LeaseUntilMs, 0L));
        }

        kills.ShouldBeGreaterThanOrEqualTo(10);
        (await rig.ItemsAsync()).Select(item => item.Subject).Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 5000).Select(i => $"S{i:0000}"));
        await using (var db = await rig.DbAsync())
            (await db.Inventory.CountAsync(row => row.SkipReason == nameof(Engine.Planning.SkipReason.Recurring))).ShouldBe(300);
        // A page that was read and not saved is read again, no other: 53 requests of 100 and, for each second kill, one page of 512 and what was read ahead.
        rig.Requests("GetItem").ShouldBeLessThan(54 + (kills + 1) * 6);
        await rig.ShouldBeQuietAsync();
    }

    // False: it ended of itself.
    private static async Task<bool> LiveAsync(RoadRig rig, Life life, Func<string, bool> diesAt)
    {
        CrashPoints.Handler.Value = reached =>
        {
            if (life.IsOver || diesAt(reached))
                life.End(reached);
        };
        var (store, queue) = (Mortal<ILinkSessionStore>.Of(rig.Store, life), Mortal<ILinkQueue>.Of(rig.Queue, life));
        var worker = rig.WorkerOn(store, queue);
        try
        {
            while (await queue.ClaimAsync("mortal", TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease)
                await worker.WorkAsync(lease, CancellationToken.None);
        }
        catch (KilledException)
        {
            // It is dead.
        }
        return life.IsOver;
    }

    private static List<string> Keys(RoadRig rig) => [.. rig.Person("anna").List("calendar", null, null, 10_000).Select(copy => $"{copy.Id} {copy.ChangeKey}").Order(StringComparer.Ordinal)];

    private static string Day(int number, int hour) => $"{new LocalDate(2027, 1, 1).PlusDays(number % 365):R}T{hour:00}:00:00Z";
}
