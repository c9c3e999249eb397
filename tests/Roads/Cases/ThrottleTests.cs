using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E26: what a server that wants to be left alone says, and what it leaves out.</summary>
public sealed class ThrottleTests
{
    [Theory]
    [InlineData("busy-fault")]
    [InlineData("busy-503")]
    [InlineData("busy-200")]
    public async Task A_hint_is_kept_to_the_letter_for_that_mailbox_alone_nothing_is_lost_and_nobody_is_told_of_a_short_wait(string kind)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (anna, ben) = (await rig.LinkAsync("anna"), await rig.LinkAsync("ben"));
        await rig.SyncAsync();
        await rig.CreateManyInCrmAsync("anna", Enumerable.Range(0, 20).Select(i => RoadRig.Meeting($"Patient {i}", "2027-02-01T09:00:00")));
        await rig.CreateManyInCrmAsync("ben", Enumerable.Range(0, 20).Select(i => RoadRig.Meeting($"Prompt {i}", "2027-02-01T09:00:00")));
        rig.Person("anna").Create(new() { Subject = "Also", Start = "2027-02-02T09:00:00Z", End = "2027-02-02T10:00:00Z" });
        await rig.FaultAsync(new { operation = "*", kind, milliseconds = 3000, count = 1, mailbox = anna.Mailbox });
        await rig.SyncAsync();

        rig.Person("ben").List("calendar", null, null, 100).Count.ShouldBe(20, "the neighbour does not wait");
        rig.Person("anna").List("calendar", null, null, 100).Count.ShouldBe(1);
        var state = await rig.StateAsync(anna);
        (state.Health, state.LastError).ShouldBe((LinkHealth.Healthy, null), "an obeyed wait is no failure that a person is to see");
        // A person's new item does not shorten the wait.
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Patient, too", "2027-02-03T09:00:00"));
        await rig.DrainAsync(TimeSpan.FromSeconds(6));

        rig.Person("anna").List("calendar", null, null, 100).Count.ShouldBe(22);
        (await rig.ItemsAsync()).Count.ShouldBe(42);
        var requests = rig.Exchange.Requests.Recent.Where(request => request.Mailbox == anna.Mailbox).OrderBy(request => request.Number).ToList();
        var refused = requests.FindIndex(request => request.Fault == kind);
        (requests[refused + 1].At - requests[refused].At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3), $"nothing was asked before the hint's end, {requests[refused + 1].Operation}");
        (requests[refused + 1].At - requests[refused].At).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E26: too many connections, and a refusal without any hint.</summary>
    [Theory]
    [InlineData("ErrorServerBusy")]
    [InlineData("ErrorExceededConnectionCount")]
    public async Task Without_a_hint_the_waits_are_our_own_differ_from_each_other_and_nothing_is_lost(string code)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var people = Enumerable.Range(0, 6).Select(number => $"p{number}").ToList();
        foreach (var person in people)
            await rig.LinkAsync(person);
        await rig.SyncAsync();
        foreach (var person in people)
            rig.Person(person).Create(new() { Subject = $"of {person}", Start = "2027-02-02T09:00:00Z", End = "2027-02-02T10:00:00Z" });
        await rig.FaultAsync(new { operation = "SyncFolderItems", kind = "error-code", code, count = people.Count });
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await rig.SyncAsync();

        await using (var db = await rig.DbAsync())
        {
            var waits = (await db.LinkWorks.Select(work => work.ReadyAtMs!.Value).ToListAsync()).ConvertAll(ready => ready - before);
            waits.ShouldAllBe(wait => wait >= 2000 && wait < 20_000);
            waits.Distinct().Count().ShouldBeGreaterThan(3, "links that were refused together do not come back together");
            (await db.Queue.ToListAsync()).ShouldAllBe(message => message.Attempts == 0 && message.State == MessageState.Waiting);
        }
        await rig.DrainAsync(TimeSpan.FromSeconds(6));
        (await rig.ItemsAsync()).Count.ShouldBe(people.Count);
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E26: a budget per mailbox that a first read of 1,500 items uses up several times.</summary>
    [Fact]
    public async Task A_first_read_within_a_budget_waits_as_often_as_it_must_and_reads_everything()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var (anna, ben) = (await rig.LinkAsync("anna"), await rig.LinkAsync("ben"));
        for (var i = 0; i < 1500; i++)
            rig.Person("anna").Create(new() { Subject = $"S{i}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        rig.Exchange.Throttle.Policy = new() { RequestsPerSecond = 4, Burst = 6, Mailbox = anna.Mailbox };
        rig.Person("ben").Create(new() { Subject = "Ben's", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        await rig.SyncAsync(anna, ben);
        (await rig.ItemsAsync()).ShouldContain(item => item.Subject == "Ben's");
        await rig.DrainAsync(TimeSpan.FromSeconds(8));
        (await rig.ItemsAsync()).Count.ShouldBe(1501);
        rig.Exchange.Requests.Recent.Count(request => request.Outcome == "fault").ShouldBeInRange(1, 40, "refused, and not over and over");
        rig.Exchange.Throttle.Policy = new();
        (await rig.StateAsync(anna)).Health.ShouldBe(LinkHealth.Healthy);
        await rig.ShouldBeQuietAsync();
    }
}
