using CrmSync.Engine;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E36: the key moves between our read and our write.</summary>
public sealed class LostUpdateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_key_that_moves_between_read_and_write_costs_neither_sides_edit_and_is_never_overwritten(int times)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var wire = new Wiretap();
        rig.Wire = wire;
        var link = await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "Plan", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single().Id;
        var moved = 0;
        CrashPoints.Handler.Value = point =>
        {
            // In every second turn a person writes, in the others the key moves by itself.
            if (point == "outbound.update.before-send" && moved++ < times)
            {
                if (moved % 2 == 1)
                    rig.Person("anna").Update(made.Id, new() { Location = $"Room {moved}" });
                else
                    lock (rig.Exchange.Organisation.Gate)
                        rig.Exchange.Organisation.Touch(rig.Exchange.Organisation.FindItem(made.Id)!);
            }
        };
        try
        {
            await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's plan" });
            await rig.DrainAsync(TimeSpan.FromSeconds(4));
        }
        finally
        {
            CrashPoints.Handler.Value = null;
        }

        // After the fourth refusal the message rests, and comes back with the key that it had.
        moved.ShouldBe(times < 4 ? times + 1 : times + 2, "each refusal is one more try");
        var copy = await rig.Outlook("anna").SingleAsync();
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        var room = times < 3 ? "Room 1" : "Room 3";
        (copy.Subject, copy.Location).ShouldBe(("The CRM's plan", room));
        (item.Subject, item.Location).ShouldBe(("The CRM's plan", room));
        wire.Seen.Where(request => request.Operation == "UpdateItem").ShouldAllBe(request => request.Body.Contains("ConflictResolution=\"NeverOverwrite\""));
        await using (var db = await rig.DbAsync())
            (await db.Conflicts.CountAsync()).ShouldBe(0, "different fields are no conflict");
        (await rig.StateAsync(link)).Health.ShouldBe(LinkHealth.Healthy);
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E36, the bound: a key that moves at every try ends in a delayed message, not in a loop.</summary>
    [Fact]
    public async Task A_key_that_never_rests_is_left_alone_after_a_few_tries_and_the_edit_arrives_when_it_does()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.Outlook("anna").CreateAsync(new { subject = "Plan", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" });
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single().Id;
        await rig.FaultAsync(new { operation = "UpdateItem", kind = "touch" });
        var before = rig.Requests("UpdateItem");
        await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's plan" });
        await rig.DrainAsync(TimeSpan.Zero);

        (rig.Requests("UpdateItem") - before).ShouldBeInRange(2, 8);
        await using (var db = await rig.DbAsync())
        {
            var waiting = await db.Queue.SingleAsync(message => message.Kind == MessageKind.Outbound);
            (waiting.State, waiting.Attempts).ShouldBe((MessageState.Waiting, 1));
            waiting.Error.ShouldNotBeNull().ShouldContain("changed");
        }
        await rig.ClearFaultsAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(4));
        (await rig.Outlook("anna").SingleAsync()).Subject.ShouldBe("The CRM's plan");
        await rig.ShouldBeQuietAsync();
    }
}
