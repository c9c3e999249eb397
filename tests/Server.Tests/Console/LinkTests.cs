using CrmSync.Engine.Crm;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>The lower panes of the Synchronization page.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class LinkTests(ConsoleRig rig)
{
    [Fact]
    public async Task A_link_to_a_folder_picked_from_the_server_brings_its_meetings_in()
    {
        var (target, person) = (await rig.TargetAsync(), await rig.PersonAsync());
        string folder;
        lock (rig.Exchange.Organisation.Gate)
            folder = rig.Exchange.Organisation.AddFolder(rig.Exchange.Organisation.FindMailbox(person.Mail)!["calendar"], "Projects", "IPF.Appointment").Id;
        await using var browsing = await rig.SignInAsync();
        var page = browsing.Page;
        await page.GotoAsync($"/?target={target.Id}");
        await browsing.Button("New link").ClickAsync();
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Person" }).PressSequentiallyAsync(person.Name);
        await page.Locator(".found").GetByRole(AriaRole.Button, new() { Name = person.DisplayName }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Mailbox", new() { Exact = true })).ToHaveValueAsync(person.Mail);
        await browsing.Button("Choose another folder …").ClickAsync();
        (await page.GetByLabel("Inbox").IsDisabledAsync()).ShouldBeTrue("only calendars can be chosen");
        await page.GetByLabel("Projects").ClickAsync();
        await browsing.ShouldShowAsync("Folder: Projects");
        await browsing.Button("Create link").ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = $"{person.DisplayName} · Projects" }).WaitForAsync();

        rig.Outlook(person.Mail).Create(new ItemEdit { Subject = "Kick-off", Start = "2030-05-06T10:00:00", End = "2030-05-06T11:00:00", Folder = folder });
        await page.Locator(".log li").GetByText("Import").First.WaitForAsync();
        await page.Locator("[data-fact=last-inbound] time").WaitForAsync();
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_is_paused_with_a_reason_and_resumed()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await OpenAsync(link);
        await browsing.Button("Pause").ClickAsync();
        await browsing.Page.GetByLabel("Reason (others will read it)").FillAsync("The mailbox is being moved");
        await browsing.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await browsing.ShouldShowAsync(": The mailbox is being moved");
        (await rig.Get<LinkService>().FindAsync(link.Link.Id, CancellationToken.None))!.IsPaused.ShouldBeTrue();
        await browsing.Button("Resume").ClickAsync();
        await browsing.Button("Pause").WaitForAsync();
        (await rig.Get<LinkService>().FindAsync(link.Link.Id, CancellationToken.None))!.IsPaused.ShouldBeFalse();
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_are_edited_while_the_page_lives_on()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await OpenAsync(link);
        await browsing.Page.Locator(".lower").GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await browsing.Page.GetByLabel("Days back").FillAsync("30");
        await browsing.Page.GetByLabel("Out of office").UncheckAsync();
        await browsing.Page.WaitForTimeoutAsync(2200); // two beats
        (await browsing.Page.GetByLabel("Days back").InputValueAsync()).ShouldBe("30");
        await browsing.Button("Save").ClickAsync();
        await browsing.ShouldShowAsync("from 30 days back; Free, Tentative, Busy, Working elsewhere");
        var stored = (await rig.Get<LinkService>().FindAsync(link.Link.Id, CancellationToken.None))!.Link;
        (stored.WindowDaysBack, stored.AcceptedShowAs!.Count, stored.AcceptedSensitivities).ShouldBe((30, 4, null));
    }

    [Fact]
    public async Task Sync_now_full_resync_and_remove_do_what_they_say()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await OpenAsync(link);
        await browsing.Button("Sync now").ClickAsync();
        await browsing.ShouldShowAsync("Queued: the folder is looked at now.");
        await browsing.Button("Full re-sync").ClickAsync();
        await browsing.Button("Read again").ClickAsync();
        await browsing.ShouldShowAsync("Queued: the whole folder is read again.");
        await browsing.Button("Remove").ClickAsync();
        await browsing.ShouldShowAsync("All items stay on both sides");
        await browsing.Button("Remove link").ClickAsync();
        await browsing.ShouldShowAsync("Choose a link to see how it is doing.");
        (await rig.Get<LinkService>().FindAsync(link.Link.Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_folder_tree_that_cannot_be_read_says_why()
    {
        var target = await rig.TargetAsync();
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        await browsing.Button("New link").ClickAsync();
        await browsing.Page.GetByLabel("Mailbox", new() { Exact = true }).FillAsync("nobody@contoso.test");
        await browsing.Page.GetByLabel("Direction").FocusAsync();
        await browsing.Button("Choose another folder …").ClickAsync();
        await browsing.Button("Try again").WaitForAsync();
        (await browsing.Page.Locator(".folders .problem").InnerTextAsync()).ShouldContain("nobody@contoso.test");
    }

    [Fact]
    public async Task Links_are_found_by_text_and_state()
    {
        var target = await rig.TargetAsync();
        var (one, two) = (await rig.LinkAsync(target), await rig.LinkAsync(target));
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        var choices = browsing.Page.Locator("section[aria-labelledby=links-title] .choice");
        await choices.Nth(1).WaitForAsync();
        await browsing.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Find" }).PressSequentiallyAsync(one.Link.Mailbox[..^4]);
        await choices.Nth(1).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await Assertions.Expect(choices.First).ToContainTextAsync(one.Link.Mailbox);
        await browsing.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Find" }).FillAsync("");
        await choices.Nth(1).WaitForAsync();
        await rig.Get<LinkService>().PauseAsync(Engine.Access.Viewer.System, two.Link.Id, null, CancellationToken.None);
        await browsing.Page.GetByLabel("State").SelectOptionAsync(new SelectOptionValue { Label = "Paused" });
        await Assertions.Expect(choices.First).ToContainTextAsync(two.Link.Mailbox);
        (await choices.CountAsync()).ShouldBe(1);
    }

    private async Task<Browsing> OpenAsync(LinkView link)
    {
        var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={link.Link.TargetId}&link={link.Link.Id}");
        await browsing.Button("Sync now").WaitForAsync();
        return browsing;
    }
}
