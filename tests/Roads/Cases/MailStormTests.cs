using System.Net.Http.Json;
using CrmSync.Engine.Items;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E23: linking people to meetings that are there already, and touching what is nobody's business, mails nobody.</summary>
public sealed class MailStormTests
{
    private const int Meetings = 2000;

    /// <summary>Case E23: each of the 2,000 meetings is shared by three of the twenty, one of them by all.</summary>
    [Fact]
    public async Task Enabling_twenty_people_over_two_thousand_shared_meetings_sends_no_mail_and_a_real_change_of_time_one_to_each_attendee()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        string[] people = [.. Enumerable.Range(0, 20).Select(number => $"p{number:00}")];
        foreach (var person in people)
            (await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = RoadRig.Address(person), displayName = person, password = "demo" })).EnsureSuccessStatusCode();
        for (var number = 0; number < Meetings; number++)
        {
            var organizer = number % people.Length;
            rig.Person(people[organizer]).Create(new()
            {
                Subject = $"Shared {number:0000}", Send = "all",
                Start = number == 1 ? "2026-01-05T09:00:00Z" : $"2027-01-{1 + number % 28:00}T09:00:00Z", End = number == 1 ? "2026-01-05T10:00:00Z" : $"2027-01-{1 + number % 28:00}T10:00:00Z",
                Required = [.. (number == 0 ? people.Where(person => person != people[organizer]) : [people[(organizer + 1) % 20], people[(organizer + 7) % 20]]).Select(RoadRig.Address)],
            });
        }
        rig.Person(people[0]).List("calendar", null, null, 10_000).Count.ShouldBe(Meetings * 3 / 20);
        (await rig.Http.DeleteAsync("/control/mails")).EnsureSuccessStatusCode();

        foreach (var person in people)
            await rig.LinkAsync(person);
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        (await rig.MailsAsync()).ShouldBeEmpty("first links mail nobody");
        var items = await rig.ItemsAsync();
        items.Count.ShouldBe(Meetings, "one meeting is one item");
        await using (var db = await rig.DbAsync())
            (await db.ItemLinks.CountAsync()).ShouldBe(Meetings * 3 + 17);

        // Personal status, and the past: nobody is told.
        var shared = items.Single(item => item.Subject == "Shared 0000").Id;
        await rig.ChangeInCrmAsync(shared, content => content with { Categories = ["Done"], ShowAs = ShowAs.Free, ReminderMinutes = 3 });
        await rig.ChangeInCrmAsync(items.Single(item => item.Subject == "Shared 0001").Id, content => content with { Location = "elsewhere" });
        await rig.DrainAsync(TimeSpan.FromSeconds(1));
        (await rig.MailsAsync()).ShouldBeEmpty();

        await rig.ChangeInCrmAsync(shared, content => content with { Time = TimeZones.Timed(content.Time.Start.Plus(NodaTime.Duration.FromHours(2)), content.Time.End.Plus(NodaTime.Duration.FromHours(2)), "UTC", "UTC") });
        await rig.DrainAsync(TimeSpan.FromSeconds(1));
        (await rig.MailsAsync()).Select(mail => (mail.To, mail.Kind)).ShouldBe(people.Skip(1).Select(person => (RoadRig.Address(person), "update")), ignoreOrder: true);
        await rig.SyncAsync();
        await rig.ShouldBeQuietAsync();
    }
}
