using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.Playwright;
using NodaTime;

namespace CrmSync.Server.Tests.Console;

/// <summary>Possible twins in a browser: compared, and decided either way.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class TieTests(ConsoleRig rig)
{
    [Fact]
    public async Task Possible_twins_are_found_from_the_link_compared_and_made_one_with_the_keyboard()
    {
        var (link, subject) = await TieAsync();
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        var page = browsing.Page;
        await browsing.ShowAsync(link);
        await browsing.ShouldShowAsync("1 possible twin");
        await page.GetByRole(AriaRole.Link, new() { Name = "Decide" }).ClickAsync();
        var tie = page.GetByRole(AriaRole.Button, new() { Name = subject });
        await tie.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#tie-title")).ToBeFocusedAsync();
        var second = page.GetByRole(AriaRole.Region, new() { Name = "Item 2 of the CRM" });
        await Assertions.Expect(second.GetByRole(AriaRole.Row).Filter(new() { HasText = "Location" })).ToContainTextAsync("Location Room 2 Roof");
        await second.GetByRole(AriaRole.Button, new() { Name = "They are the same: item 2" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("Decided: they are the same. They are compared now.");
        await browsing.ShouldShowAsync("Nothing waits for a decision.");
        await Scenes.UntilAsync(() => Task.FromResult(rig.Outlook(link.Mailbox).List("calendar", null, null, 10).Count == 2));
        (await rig.ItemsAsync(link)).Count.ShouldBe(2);
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task They_are_told_apart_and_one_who_looked_before_a_change_is_told()
    {
        var (link, subject) = await TieAsync();
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.Page.GotoAsync($"/ties?link={link.Id}");
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = subject }).ClickAsync();
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = "They are the same: item 1" }).WaitForAsync();
        var outlook = rig.Outlook(link.Mailbox);
        outlook.Update(outlook.List("calendar", null, null, 10).Single().Id, new ItemEdit { Location = "Cellar" });
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = "They are the same: item 1" }).ClickAsync();
        await browsing.ShouldShowAsync("The item was changed in Exchange since you looked.");
        await browsing.Button("Look again").ClickAsync();
        await browsing.ShouldShowAsync("location Cellar");
        await browsing.Button("It is none of them: keep apart").ClickAsync();
        await browsing.ShouldShowAsync("Decided: they are different items.");
        await Scenes.UntilAsync(async () => (await rig.ItemsAsync(link)).Count == 3);
        await Scenes.UntilAsync(() => Task.FromResult(outlook.List("calendar", null, null, 10).Count == 3));
    }

    private async Task<(SyncLink Link, string Subject)> TieAsync()
    {
        var none = CancellationToken.None;
        var subject = rig.Fresh("Twin ");
        var link = await rig.LinkAsync(one => (one.IsEnabled, one.FirstSync) = (false, FirstSyncPolicy.Ask));
        rig.Outlook(link.Mailbox).Create(new ItemEdit { Subject = subject, Location = "Roof", Start = "2030-05-06T10:00:00Z", End = "2030-05-06T11:00:00Z" });
        foreach (var room in new[] { "Room 1", "Room 2" })
        {
            var content = new ScheduleContent { Subject = subject, Location = room, Time = TimeZones.Timed(new LocalDateTime(2030, 5, 6, 10, 0), new LocalDateTime(2030, 5, 6, 11, 0), "UTC"), ReminderMinutes = 15 };
            (await rig.Get<ScheduleItemService>().CreateAsync(Viewer.System, link.UserId, content, null, none)).Problem.ShouldBeNull();
        }
        link.IsEnabled = true;
        (await rig.Get<LinkService>().UpdateAsync(Viewer.System, link.Id, null, link, none)).Problem.ShouldBeNull();
        await Scenes.UntilAsync(async () => await rig.Get<TieService>().CountAsync(link.Id, none) == 1);
        return (link, subject);
    }
}
