using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>History and undo in a browser: found, compared, previewed, taken back.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class HistoryTests(ConsoleRig rig)
{
    [Fact]
    public async Task A_change_is_found_by_subject_and_owner_compared_and_undone_with_the_keyboard()
    {
        var subject = rig.Fresh("Roof repair ");
        var (link, outlook, ids) = await rig.CalendarAsync(subject, rig.Fresh("Something else "));
        outlook.Update(ids[0], new ItemEdit { Location = "a script was here" });
        outlook.Update(ids[1], new ItemEdit { Location = "here too" });
        await Scenes.UntilAsync(async () => (await rig.ItemsAsync(link)).All(item => item.Content.Location != "before"));
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        var page = browsing.Page;
        await page.GotoAsync("/history");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Owner" }).FillAsync(link.Mailbox);
        var choices = page.GetByLabel("Items", new() { Exact = true }).Locator(".choice");
        await Assertions.Expect(choices).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Subject" }).FillAsync(subject.ToUpperInvariant());
        await Assertions.Expect(choices).ToHaveCountAsync(1);
        await choices.First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#history-title")).ToBeFocusedAsync();
        var change = page.GetByRole(AriaRole.List, new() { Name = "Changes, newest first" }).GetByRole(AriaRole.Listitem).First;
        await Assertions.Expect(change).ToContainTextAsync($"by {link.Mailbox}, in Exchange: Exchange changed Location");
        await Assertions.Expect(change.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("Location before a script was here");

        await change.GetByRole(AriaRole.Button, new() { Name = "Undo: Location, version 1" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("1 field goes back; everything else stays.");
        await browsing.Button("Undo").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("Undone. It travels now.");
        await Scenes.UntilAsync(() => Task.FromResult(outlook.Get(ids[0]).Location == "before"));
        (await rig.ItemAsync(link, subject)).Content.Location.ShouldBe("before");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_undo_that_meets_a_later_change_says_so_and_happens_only_when_it_is_meant()
    {
        var subject = rig.Fresh("Budget ");
        var (link, outlook, ids) = await rig.CalendarAsync(subject);
        outlook.Update(ids[0], new ItemEdit { Location = "second" });
        await Scenes.UntilAsync(async () => (await rig.ItemAsync(link, subject)).Content.Location == "second");
        var item = await rig.ItemAsync(link, subject);
        (await rig.Get<ScheduleItemService>().PatchAsync(
            Viewer.System, item.Row.Id, null, item.Content with { Location = "third" }, ScheduleFields.Location, null, null, CancellationToken.None)).Problem.ShouldBeNull();
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/history?item={item.Row.Id}");
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = "Undo: Location, version 1" }).ClickAsync();
        await browsing.ShouldShowAsync("Location was changed again since version 1 (by system)");
        (await browsing.Button("Undo").CountAsync()).ShouldBe(0);
        await browsing.Button("Show what undoing it all the same would do").ClickAsync();
        var preview = browsing.Page.GetByRole(AriaRole.Group, new() { Name = "Undo of this change" }).GetByRole(AriaRole.Row).Nth(1);
        await Assertions.Expect(preview).ToContainTextAsync("Location third before");
        (await rig.ItemAsync(link, subject)).Content.Location.ShouldBe("third", "looking changes nothing");
        await browsing.Button("Undo over what was changed since").ClickAsync();
        await browsing.ShouldShowAsync("Undone. It travels now.");
        (await rig.ItemAsync(link, subject)).Content.Location.ShouldBe("before");
    }

    [Fact]
    public async Task Where_overwriting_cannot_help_it_is_not_offered()
    {
        var subject = rig.Fresh("Budget ");
        var (link, outlook, ids) = await rig.CalendarAsync(subject);
        outlook.Update(ids[0], new ItemEdit { Location = "second" });
        await Scenes.UntilAsync(async () => (await rig.ItemAsync(link, subject)).Content.Location == "second");
        var item = await rig.ItemAsync(link, subject);
        (await rig.Get<ScheduleItemService>().DeleteAsync(Viewer.System, item.Row.Id, null, null, CancellationToken.None)).Problem.ShouldBeNull();
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/history?item={item.Row.Id}");
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = "Undo: Location, version 1" }).ClickAsync();
        await browsing.ShouldShowAsync("The item was deleted since. Undo the deletion first.");
        (await browsing.Button("Show what undoing it all the same would do").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_whole_run_is_undone_after_its_counts_were_shown_and_what_was_changed_since_is_left_and_named()
    {
        var names = new[] { rig.Fresh("First "), rig.Fresh("Second "), rig.Fresh("Third ") };
        var (link, outlook, ids) = await rig.CalendarAsync(names);
        await rig.Get<LinkService>().PauseAsync(Viewer.System, link.Id, "so that one run does all", CancellationToken.None);
        foreach (var id in ids)
            outlook.Update(id, new ItemEdit { Location = "a script was here" });
        await rig.Get<LinkService>().ResumeAsync(Viewer.System, link.Id, CancellationToken.None);
        await Scenes.UntilAsync(async () => (await rig.ItemsAsync(link)).All(item => item.Content.Location == "a script was here"));
        var edited = await rig.ItemAsync(link, names[2]);
        (await rig.Get<ScheduleItemService>().PatchAsync(
            Viewer.System, edited.Row.Id, null, edited.Content with { Location = "by hand" }, ScheduleFields.Location, null, null, CancellationToken.None)).Problem.ShouldBeNull();

        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.Page.GotoAsync($"/?target={link.TargetId}&link={link.Id}");
        await browsing.Page.GetByText("What runs replaced, and undo").ClickAsync();
        await browsing.Page.GetByRole(AriaRole.Link, new() { Name = "Look and undo" }).First.ClickAsync();
        await Assertions.Expect(browsing.Page.Locator("[data-count=back]")).ToContainTextAsync("2 would go back");
        await Assertions.Expect(browsing.Page.Locator("[data-count=left]")).ToContainTextAsync("1 would be left");
        var left = browsing.Page.GetByRole(AriaRole.List, new() { Name = "Left as they are" });
        await Assertions.Expect(left).ToContainTextAsync($"{names[2]} Location was changed again since version 1");
        (await rig.ItemAsync(link, names[0])).Content.Location.ShouldBe("a script was here", "a preview writes nothing");
        await browsing.Button("Undo 2 changes").ClickAsync();
        await browsing.ShouldShowAsync("2 changes undone. They travel now.");
        (await rig.ItemsAsync(link)).Select(item => item.Content.Location).Order().ShouldBe(["before", "before", "by hand"]);
        await Scenes.UntilAsync(() => Task.FromResult(ids.Select(id => outlook.Get(id).Location).Order().SequenceEqual(["before", "before", "by hand"])));

        await browsing.Page.GotoAsync($"/history?run={Guid.NewGuid()}");
        await browsing.ShouldShowAsync("replaced nothing that is still kept");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_user_sees_no_history_of_people_outside_of_the_team()
    {
        var subject = rig.Fresh("Secret plan ");
        var (link, outlook, ids) = await rig.CalendarAsync(subject);
        outlook.Update(ids[0], new ItemEdit { Location = "second" });
        await Scenes.UntilAsync(async () => (await rig.ItemAsync(link, subject)).Content.Location == "second");
        var id = (await rig.ItemAsync(link, subject)).Row.Id;
        var name = rig.Fresh("account");
        await rig.Get<SignInService>().CreateAsync(name, ConsoleRig.Password, ConsoleRole.User, (await rig.PersonAsync()).Id, CancellationToken.None);
        await using var browsing = await rig.OpenAsync();
        await browsing.SignInAsync(name, ConsoleRig.Password);
        await browsing.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).WaitForAsync();
        await browsing.Page.GotoAsync($"/history?item={id}");
        await browsing.ShouldShowAsync("It is not there any more.");
        await browsing.ShouldShowAsync("Nothing was replaced yet.");
        (await browsing.Page.ContentAsync()).ShouldNotContain(subject);
    }
}
