using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Sweep;

/// <summary>Folders are read for the first time, read anew, read badly, and compared in full.</summary>
public static partial class Scenarios
{
    private static IEnumerable<Scenario> Reads =>
    [
        new("first-read-of-both-sides", async stage =>
        {
            await ManyAsync(4, number => stage.CreateInCrmAsync("anna", $"Ours{number}", number));
            await ManyAsync(4, number => Do(_ => stage.CreateInOutlook("anna", $"Theirs{number}", number))(stage));
        }, stage => stage.HintAsync(), async stage =>
        {
            await ManyAsync(4, number => stage.ShouldLiveAsync($"Ours{number}", "north", "anna"));
            await ManyAsync(4, number => stage.ShouldLiveAsync($"Theirs{number}", "north", "anna"));
        }) { IsFirstRead = true, PageSize = 3 },
        new("first-read-adopts-twins", async stage =>
        {
            stage.CreateInOutlook("anna", "Twin", 1);
            stage.CreateInOutlook("anna", "Other", 1);
            await stage.CreateInCrmAsync("anna", "Twin", 1);
        }, stage => stage.HintAsync(), async stage =>
        {
            await stage.ShouldLiveAsync("Twin", "north", "anna");
            await stage.ShouldLiveAsync("Other", "north", "anna");
        }) { IsFirstRead = true },
        new("first-read-meets-a-tie", async stage =>
        {
            stage.CreateInOutlook("anna", "Twin", 1);
            await stage.CreateInCrmAsync("anna", "Twin", 1);
            await stage.CreateInCrmAsync("anna", "Twin", 1);
            // Two of one name, and rightly so.
            stage.Ledger.Revived("Twin");
        }, stage => stage.HintAsync(), async stage =>
        {
            ((await stage.LivingAsync()).Count, stage.Copies("anna").Count).ShouldBe((2, 2), "one is adopted, the other is created");
        }) { IsFirstRead = true },
        new("start-date-leaves-older-items-out", Do(stage =>
        {
            stage.CreateInOutlook("anna", "Old", -5);
            stage.CreateInOutlook("anna", "New", 5);
        }), stage => stage.HintAsync(), async stage =>
        {
            await stage.ShouldLiveAsync("New", "north", "anna");
            (await stage.LivingAsync()).ShouldNotContain(item => item.Subject == "Old");
            stage.Copies("anna").ShouldContain(copy => copy.Subject == "Old", "Exchange is left as it is");
        }) { IsFirstRead = true, Link = (_, link) => link.StartDate = DateOnly.FromDateTime(Stage.Day(0)) },
        new("position-refused-with-a-deletion-in-between", stage => ManyAsync(5, number => stage.CreateInCrmAsync("anna", $"Item{number}", number)), Do(stage =>
        {
            stage.EditInOutlook("anna", "Item1", new ItemEdit { Location = "south" });
            stage.DeleteInOutlook("anna", "Item2");
            stage.CreateInOutlook("anna", "New", 9);
            stage.Mailbox("anna").SyncEpoch++;
        }), async stage =>
        {
            await stage.ShouldLiveAsync("Item0", "north", "anna");
            await stage.ShouldLiveAsync("Item1", "south", "anna");
            await stage.ShouldBeGoneAsync("Item2", "anna");
            await stage.ShouldLiveAsync("New", "north", "anna");
            (await stage.LivingAsync()).Count.ShouldBe(5);
        }) { PageSize = 2 },
        new("ids-reissued", async stage =>
        {
            await stage.CreateInCrmAsync("anna", "Ours", 1);
            await OneMeeting(stage);
            stage.CreateInOutlook("anna", "Theirs", 2);
        }, Do(stage => Reissue(stage, "anna")), async stage =>
        {
            await stage.ShouldLiveAsync("Ours", "north", "anna");
            await stage.ShouldLiveAsync("Theirs", "north", "anna");
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            (stage.Mails("request"), stage.Mails("update")).ShouldBe((2, 0));
        }),
        new("server-stumbles-in-every-way", OnePlan, async stage =>
        {
            foreach (var fault in new[] { "busy-fault", "busy-200", "garble", "truncate" })
                stage.Break("*", fault);
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
            await stage.HintAsync("anna");
            await stage.CreateInCrmAsync("anna", "Other", 1);
        }, async stage =>
        {
            await stage.ShouldLiveAsync("Plan", "south", "anna");
            await stage.ShouldLiveAsync("Other", "north", "anna");
        }),
        new("item-unreadable-then-found-by-check-up", Nothing, async stage =>
        {
            stage.Break("GetItem", "error-code", 1, 1000, "ErrorCorruptData");
            stage.CreateInOutlook("anna", "Plan");
            await stage.SettleAsync();
            await CheckUpAsync(stage, "anna");
        }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")),
        new("check-up-repairs-what-drifted-unseen", async stage =>
        {
            await stage.CreateInCrmAsync("anna", "Plan");
            await stage.CreateInCrmAsync("anna", "Other", 1);
        }, async stage =>
        {
            // A change whose news was lost: its key counts as known already. An edit whose message was lost.
            stage.EditInOutlook("anna", "Plan", new ItemEdit { Location = "south" });
            var copy = stage.Copy("anna", "Plan");
            var identity = (await stage.World.Store.IdentitiesAsync()).Single(row => row.ExchangeId == copy.Id);
            identity.ChangeKey = copy.ChangeKey;
            await stage.World.Store.PutAsync([identity]);
            await LoseMessageAsync(stage, "Other", "west");
            await stage.SettleAsync();
            (await stage.ItemAsync("Plan")).Location.ShouldBe("north", "nobody has noticed");
            await CheckUpAsync(stage, "anna");
        }, async stage =>
        {
            await stage.ShouldLiveAsync("Plan", "south", "anna");
            await stage.ShouldLiveAsync("Other", "west", "anna");
        }),
        new("fan-out-expanded", OneMeeting, async stage =>
        {
            await LoseMessageAsync(stage, "Board", "west");
            await stage.World.Store.Queue.EnqueueAsync([new QueueRequest(MessageKind.FanOut, stage.Link("ben").Id, (await stage.ItemAsync("Board")).Id), new QueueRequest(MessageKind.Outbound, stage.Link("ben").Id, (await stage.ItemAsync("Board")).Id)], CancellationToken.None);
        }, async stage =>
        {
            await stage.ShouldLiveAsync("Board", "west", "anna", "ben", "carla");
            (stage.Mails("update", "ben"), stage.Mails("update", "carla")).ShouldBe((1, 1));
        }),
    ];

    private static Task CheckUpAsync(Stage stage, string person) =>
        stage.World.Store.Queue.EnqueueAsync([new QueueRequest(MessageKind.CheckUp, stage.Link(person).Id, Guid.Empty)], CancellationToken.None);

    // An edit in the CRM of which no message tells.
    private static async Task LoseMessageAsync(Stage stage, string key, string location)
    {
        var row = (await stage.ItemAsync(key)).Copy();
        (row.Location, row.Version, row.UpdatedAt, row.UpdatedBy) = (location, row.Version + 1, stage.World.Time.GetUtcNow().UtcDateTime, "user");
        await stage.World.Store.PutAsync([row]);
        stage.Ledger.Did(key, Simulation.Side.Crm, Simulation.Deed.Edit);
        stage.Ledger.Wrote(key, Simulation.Side.Crm, "location", location, null);
    }
}
