using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>Drift and doctor in a browser.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class CheckUpTests(ConsoleRig rig)
{
    [Fact]
    public async Task A_check_up_is_run_with_the_keyboard_and_says_what_had_drifted_and_was_repaired()
    {
        var (subject, other) = (rig.Fresh("Drifted "), rig.Fresh("Equal "));
        var (link, outlook, ids) = await rig.CalendarAsync(subject, other);
        await LoseNewsAsync(link, outlook, ids[0]);
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        var page = browsing.Page;
        await page.GotoAsync($"/?target={link.TargetId}&link={link.Id}");
        await page.GetByText("Check-up: are both sides equal?").ClickAsync();
        await browsing.ShouldShowAsync("There was no check-up yet.");
        await browsing.Button("Run a check-up now").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("1 item was unequal and repaired");
        var drifted = page.GetByRole(AriaRole.List, new() { Name = "What had drifted" });
        await Assertions.Expect(drifted).ToContainTextAsync($"{subject} Merge Exchange changed Location");
        await Assertions.Expect(drifted).Not.ToContainTextAsync(other);
        (await rig.ItemAsync(link, subject)).Content.Location.ShouldBe("drifted");
        await browsing.Button("Run a check-up now").ClickAsync();
        await browsing.ShouldShowAsync("all equal");

        await page.GotoAsync("/check-up");
        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Check-ups" }).GetByRole(AriaRole.Listitem).Filter(new() { HasText = "1 drifted" }).First).ToContainTextAsync(link.Mailbox);
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_doctor_names_what_is_wrong_says_what_to_do_and_leads_there()
    {
        var (link, _, _) = await rig.CalendarAsync(rig.Fresh("Ill "));
        await rig.Get<CrmSyncStore>().WriteAsync(
            async transaction => await transaction.Database.ItemLinks.Where(pair => pair.LinkId == link.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(pair => pair.QuarantinedAt, DateTime.UtcNow).SetProperty(pair => pair.QuarantineReason, "two programs rewrite it in turn")),
            CancellationToken.None);
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.Page.GotoAsync("/check-up");
        await browsing.Button("Examine now").ClickAsync();
        var finding = browsing.Page.GetByRole(AriaRole.List, new() { Name = "Findings" }).GetByRole(AriaRole.Listitem).Filter(new() { HasText = "× quarantine" });
        await Assertions.Expect(finding).ToContainTextAsync("What to do:");
        await finding.GetByRole(AriaRole.Link, new() { Name = link.Mailbox }).ClickAsync();
        // The link shows what is left alone, and lets it go.
        await browsing.ShouldShowAsync("two programs rewrite it in turn");
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = "Try again: Ill" }).ClickAsync();
        await browsing.Page.GetByText("two programs rewrite it in turn").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await browsing.Page.GotoAsync("/check-up");
        await browsing.Button("Examine now").ClickAsync();
        await browsing.Button("Examine again").WaitForAsync();
        await finding.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_user_sees_neither()
    {
        await using var browsing = await rig.SignInAsync(ConsoleRole.User);
        await browsing.Page.GotoAsync("/check-up");
        await browsing.ShouldShowAsync("Your account does not see this.");
        (await rig.Get<Doctor>().CheckAsync(new Viewer("user:eve", null), CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
        (await rig.Get<CheckUpReports>().FindAsync(new Viewer("user:eve", null), Guid.NewGuid(), CancellationToken.None)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
    }

    // A change whose news was lost for ever: the key counts as known.
    private async Task LoseNewsAsync(SyncLink link, OutlookUser outlook, string id)
    {
        await rig.Get<LinkService>().PauseAsync(Viewer.System, link.Id, "so that nothing runs", CancellationToken.None);
        await Task.Delay(1500);
        outlook.Update(id, new ItemEdit { Location = "drifted" });
        var key = outlook.Get(id).ChangeKey;
        await rig.Get<CrmSyncStore>().WriteAsync(
            async transaction => await transaction.Database.ItemIdentities.Where(identity => identity.ExchangeId == id).ExecuteUpdateAsync(set => set.SetProperty(identity => identity.ChangeKey, key)),
            CancellationToken.None);
        await rig.Get<LinkService>().ResumeAsync(Viewer.System, link.Id, CancellationToken.None);
        await Task.Delay(1500);
    }
}
