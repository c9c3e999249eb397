using CrmSync.Engine.Items;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Convergence.Sweep;

/// <summary>Meetings of several linked people: in what order their mailboxes are read, who joins, who leaves, who speaks.</summary>
public static partial class Scenarios
{
    private static IEnumerable<Scenario> Meetings =>
    [
        Shared("anna", "ben", "carla"),
        Shared("ben", "carla", "anna"),
        Shared("carla", "anna", "ben"),
        new("shared-meeting-read-at-once-by-two-nodes", OneMeetingOfOutlook, stage => stage.HintAsync(), ShouldBeSharedAsync) { IsFirstRead = true, Nodes = 2 },
        new("colleague-joins-later", OneMeetingOfOutlook, async stage =>
        {
            var link = stage.Link("carla");
            link.IsEnabled = true;
            await stage.World.Store.PutAsync([link]);
            await stage.HintAsync("carla");
        }, ShouldBeSharedAsync) { Link = (person, link) => link.IsEnabled = person != "carla" },
        new("colleague-leaves", OneMeeting, Do(stage => stage.DeleteInOutlook("ben", "Board", "none")), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "carla");
            stage.Copies("ben").ShouldBeEmpty();
            (stage.Mails("request"), stage.Mails("update"), stage.Mails("cancellation")).ShouldBe((2, 0, 0));
        }),
        new("authority-handed-on", OneMeetingOfOutlook, Do(stage => stage.DeleteInOutlook("anna", "Board", "none")), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "ben", "carla");
            (await stage.ItemAsync("Board")).AuthorityIsOrganizer.ShouldBeFalse();
        }),
        new("last-copy-ends-the-meeting", OneMeetingOfOutlook, async stage =>
        {
            stage.DeleteInOutlook("anna", "Board", "none");
            stage.DeleteInOutlook("ben", "Board", "none");
            await stage.SettleAsync();
            stage.DeleteInOutlook("carla", "Board", "none");
        }, stage => stage.ShouldBeGoneAsync("Board", "anna", "ben", "carla")),
        new("attendee-answers", OneMeeting, Do(stage => stage.World.Outlook("ben").Respond(stage.Copy("ben", "Board").Id, "Accept", send: true)), async stage =>
        {
            await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
            (stage.Mails("request"), stage.Mails("update")).ShouldBe((2, 0), "an answer mails nobody anew");
        }),
        new("meeting-changed-in-outlook-and-cancelled-in-crm", OneMeeting, async stage =>
        {
            await stage.DeleteInCrmAsync("Board");
            await stage.SettleAsync();
            stage.CreateInOutlook("anna", "Again", 1, "north", "ben");
        }, async stage =>
        {
            await stage.ShouldBeGoneAsync("Board", "anna");
            await stage.ShouldLiveAsync("Again", "north", "anna", "ben");
            stage.Mails("cancellation").ShouldBe(2);
        }),
        new("meeting-created-in-crm-two-nodes", Nothing, OneMeeting, async stage =>
        {
            await ShouldBeSharedAsync(stage);
            (stage.Mails("request"), stage.Mails("update")).ShouldBe((2, 0));
        }) { Nodes = 2 },
        new("withdrawn-by-a-rule-and-back", OnePlan, async stage =>
        {
            stage.EditInOutlook("anna", "Plan", new ItemEdit { ShowAs = "Free" });
            await stage.SettleAsync();
            (await stage.LivingAsync()).ShouldBeEmpty("the rule does not admit it");
            stage.EditInOutlook("anna", "Plan", new ItemEdit { ShowAs = "Busy" });
        }, stage => stage.ShouldLiveAsync("Plan", "north", "anna")) { Link = (_, link) => link.AcceptedShowAs = [ShowAs.Busy] },
    ];

    private static Scenario Shared(params string[] order) => new($"shared-meeting-{string.Join('-', order)}", OneMeetingOfOutlook, async stage =>
    {
        foreach (var person in order)
        {
            await stage.HintAsync(person);
            await stage.WaitAsync(3);
        }
    }, ShouldBeSharedAsync) { IsFirstRead = true };

    private static async Task ShouldBeSharedAsync(Stage stage)
    {
        await stage.ShouldLiveAsync("Board", "north", "anna", "ben", "carla");
        var item = await stage.ItemAsync("Board");
        (item.AuthorityLinkId, item.AuthorityIsOrganizer).ShouldBe((stage.Link("anna").Id, true), "the organizer's copy speaks");
        (await stage.World.Store.ParticipationsAsync()).Count(part => part.ItemId == item.Id).ShouldBe(3);
        (await stage.World.Store.PairsAsync()).Count(pair => pair.ItemId == item.Id).ShouldBe(3);
    }
}
