using System.Net.Http.Json;
using CrmSync.Engine;

namespace CrmSync.Roads.Tests;

/// <summary>Case E22: an item that the other side does not know yet is new, never deleted.</summary>
public sealed class FreshMeetingTests
{
    [Fact]
    public async Task A_meeting_that_is_made_at_any_step_of_a_run_arrives_on_the_other_side_and_is_never_deleted()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await rig.LinkAsync("ben");
        for (var i = 0; i < 12; i++)
            rig.Person("anna").Create(new() { Subject = $"Old {i}", Start = "2027-01-05T09:00:00Z", End = "2027-01-05T10:00:00Z" });
        await rig.SyncAsync();
        // The run in whose middle the meetings are made has all roads in it, and a full read with its sweep.
        rig.Person("anna").Update(rig.Person("anna").List("calendar", null, null, 100)[0].Id, new() { Location = "edited" });
        rig.Person("anna").Delete(rig.Person("anna").List("calendar", null, null, 100).Single(copy => copy.Subject == "Old 1").Id, null, "none");
        var items = await rig.ItemsAsync();
        await rig.ChangeInCrmAsync(items.Single(item => item.Subject == "Old 5").Id, content => content with { Location = "edited, too" });
        await rig.ChangeInCrmAsync(items.Single(item => item.Subject == "Old 6").Id, content => content, delete: true);
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("The CRM's", "2027-01-06T09:00:00", 60, "ben"));
        await rig.Outlook("anna").PostAsync("invalidate-sync-state");
        var made = new List<string>();
        CrashPoints.Handler.Value = point =>
        {
            // Within a commit nobody else can write to the database.
            if (made.Count >= 60 || point.StartsWith("store.", StringComparison.Ordinal))
                return;
            var subject = $"{made.Count:00} at {point}";
            made.Add(subject);
            if (made.Count % 2 == 0)
                rig.CreateInCrmAsync("anna", RoadRig.Meeting(subject, "2027-01-07T09:00:00", 60, "ben") with { Body = Join }).GetAwaiter().GetResult();
            else
                rig.Person("anna").Create(new() { Subject = subject, Start = "2027-01-07T09:00:00Z", End = "2027-01-07T10:00:00Z", Required = ["ben@contoso.test"], Send = "all", Body = Join.Value, BodyIsHtml = true });
        };
        try
        {
            await rig.SyncAsync();
            made.Count.ShouldBeGreaterThan(15);
            await rig.DrainAsync(TimeSpan.FromSeconds(4));
        }
        finally
        {
            CrashPoints.Handler.Value = null;
        }
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(3));

        var expected = made.Concat(["The CRM's", .. items.Select(item => item.Subject).Where(subject => subject is not ("Old 6" or "Old 1"))]).Order(StringComparer.Ordinal).ToList();
        var subjects = (await rig.ItemsAsync()).Select(item => item.Subject).Order(StringComparer.Ordinal).ToList();
        subjects.Except(expected).ShouldBeEmpty();
        expected.Except(subjects).ShouldBeEmpty();
        subjects.ShouldBe(expected);
        rig.Person("anna").List("calendar", null, null, 1000).Select(copy => copy.Subject!).Order(StringComparer.Ordinal).ShouldBe(expected);
        rig.Person("ben").List("calendar", null, null, 1000).Select(copy => copy.Subject!).Order(StringComparer.Ordinal).ShouldBe(made.Append("The CRM's").Order(StringComparer.Ordinal));
        (await rig.MailsAsync()).ShouldAllBe(mail => mail.Kind == "request");
        (await rig.MailsAsync()).Count.ShouldBe(made.Count + 1);
        (await rig.StateAsync(link)).Health.ShouldBe(Engine.Store.Rows.LinkHealth.Healthy);
        await rig.ShouldBeQuietAsync();
    }

    private static readonly Engine.Items.ItemBody Join = new(Engine.Items.BodyFormat.Html, "<html><body><p>Agenda</p><div>________<br><a href=\"https://teams.test/l/meetup-join/19\">Click here to join the meeting</a><br>________</div></body></html>");
}
