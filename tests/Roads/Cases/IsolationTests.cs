using System.Net.Http.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E27: one bad item and one bad mailbox among 200.</summary>
public sealed class IsolationTests
{
    private static readonly Viewer Operator = new("user:olga", null, ConsoleRole.Operator);

    [Fact]
    public async Task Of_two_hundred_mailboxes_one_is_dead_and_one_holds_a_poison_item_and_all_else_arrives_in_the_same_run()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        string[] people = [.. Enumerable.Range(0, 199).Select(number => $"p{number:000}")];
        foreach (var person in people)
        {
            await rig.LinkAsync(person);
            for (var i = 0; i < 3; i++)
                rig.Person(person).Create(new() { Subject = $"{i} of {person}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        }
        var dead = await rig.LinkAsync("dead", link => link.Mailbox = "nobody@contoso.test");
        // Of the three items of p077 the second one can never be read.
        await rig.FaultAsync(new { operation = "GetItem", kind = "error-code", code = "ErrorCorruptData", mailbox = RoadRig.Address("p077"), everyMessage = 2 });

        var startedAt = DateTime.UtcNow;
        await rig.SyncAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"199 mailboxes in {(DateTime.UtcNow - startedAt).TotalSeconds:0.0} s");

        (await rig.ItemsAsync()).Count.ShouldBe(199 * 3 - 1);
        var parked = (await rig.Get<QuarantineService>().ListAsync(Operator, null, 10, CancellationToken.None)).Value!.ShouldHaveSingleItem();
        (parked.Mailbox, parked.Kind).ShouldBe((RoadRig.Address("p077"), QuarantineKind.Unreadable));
        var state = await rig.StateAsync(dead);
        (state.Health, state.LastErrorCode).ShouldBe((LinkHealth.Failing, "ErrorNonExistentMailbox"));
        await using (var db = await rig.DbAsync())
        {
            (await db.LinkStates.CountAsync(row => row.Health == LinkHealth.Healthy && row.IsInventoryComplete)).ShouldBe(199);
            db.Activities.ToList().ShouldContain(activity => activity.Reason.Contains("ErrorCorruptData"));
        }

        // The second round: edits of all, the poison item's neighbours among them.
        foreach (var person in people)
            rig.Person(person).Update(rig.Person(person).List("calendar", null, null, 10)[0].Id, new() { Location = "edited" });
        await rig.ClearFaultsAsync();
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Count(item => item.Location == "edited").ShouldBe(199);

        // A mailbox that comes to life is taken up alone, and a poison item that is mended when a person says so.
        await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = dead.Mailbox, displayName = "nobody", password = "demo" });
        (await rig.Get<QuarantineService>().ReleaseAsync(Operator, parked.Id, CancellationToken.None)).ShouldBeNull();
        await rig.DrainAsync(TimeSpan.FromSeconds(10));
        (await rig.StateAsync(dead)).Health.ShouldBe(LinkHealth.Healthy);
        (await rig.ItemsAsync()).Count.ShouldBe(199 * 3);
        await rig.ShouldBeQuietAsync(2);
    }
}
