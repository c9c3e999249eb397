using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>What keeps accidents from happening, in a browser: guards, dry runs, refused policies.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class GuardTests(ConsoleRig rig)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Held_deletes_are_shown_with_counts_and_approved_for_a_number_and_a_time_with_the_keyboard()
    {
        var link = await HoldAsync();
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.ShowAsync(link);
        var hold = browsing.Page.GetByRole(AriaRole.Group, new() { Name = "Held: Deletes in the CRM are held." });
        await Assertions.Expect(hold).ToContainTextAsync("7 of 7 items of this link would be deleted in the CRM");
        await Assertions.Expect(hold.Locator("[data-fact=held]")).ToHaveTextAsync("7");
        await hold.GetByText("Which items").ClickAsync();
        await Assertions.Expect(hold.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(7);

        var (count, hours) = (hold.GetByLabel("How many", new() { Exact = true }), hold.GetByLabel("For how many hours"));
        await count.FillAsync("3");
        await hold.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await browsing.ShouldShowAsync("You approve 3, but 7 are held now.");
        await count.FillAsync("7");
        await hours.FillAsync("999");
        await hold.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await browsing.ShouldShowAsync("999 is not between 1 and 168.");
        (await rig.ItemsAsync(link)).Count.ShouldBe(7, "nothing is half-done");

        await hours.FocusAsync();
        await browsing.Page.Keyboard.PressAsync("Control+A");
        await browsing.Page.Keyboard.TypeAsync("2");
        await browsing.Page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("Approved; it is carried out now.");
        await Scenes.UntilAsync(async () => (await rig.ItemsAsync(link)).Count == 0);
        await hold.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        var approval = (await rig.Get<LinkService>().FindAsync(link.Id, None))!.State.Approvals.ShouldHaveSingleItem();
        (approval.Count, Math.Round((approval.Until - approval.At).TotalHours)).ShouldBe((7, 2));
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_approval_that_expired_lets_nothing_through_and_says_when_it_ended_and_what_to_do()
    {
        var link = await HoldAsync();
        await rig.Get<CrmSyncStore>().WriteAsync(
            async transaction =>
            {
                var state = await transaction.Database.LinkStates.FirstAsync(row => row.LinkId == link.Id);
                state.Approvals = [new HoldApproval(HoldKind.DeletesInCrm, 7, new DateTime(2026, 1, 2, 3, 4, 0, DateTimeKind.Utc), "user:olga", new DateTime(2026, 1, 1, 3, 4, 0, DateTimeKind.Utc), state.Holds![0].Since)];
                await transaction.Database.SaveChangesAsync();
            },
            None);
        (await rig.Get<LinkService>().SyncNowAsync(Viewer.System, link.Id, None)).Problem.ShouldBeNull();
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.ShowAsync(link);
        await browsing.ShouldShowAsync("The approval of 7 by olga expired at 2026-01-02 03:04 UTC.");
        await browsing.ShouldShowAsync("olga approved 7 until 2026-01-02 03:04 UTC, which has passed. Approve it anew.");
        (await rig.ItemsAsync(link)).Count.ShouldBe(7);
        await browsing.Button("Approve").ClickAsync();
        await Scenes.UntilAsync(async () => (await rig.ItemsAsync(link)).Count == 0);
    }

    [Fact]
    public async Task A_dry_run_shows_its_counts_before_the_link_is_enabled_and_writes_nothing()
    {
        var link = await rig.LinkAsync(one => one.IsEnabled = false);
        foreach (var subject in new[] { "Planned one", "Planned two" })
            rig.Outlook(link.Mailbox).Create(new ItemEdit { Subject = subject, Start = "2030-05-06T10:00:00", End = "2030-05-06T11:00:00" });
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.ShowAsync(link);
        await browsing.Button("Preview").FocusAsync();
        await browsing.Page.Keyboard.PressAsync("Enter");
        var panel = browsing.Page.GetByRole(AriaRole.Region, new() { Name = "Preview" });
        await panel.GetByRole(AriaRole.Button, new() { Name = "Plan it now" }).FocusAsync();
        await browsing.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(panel.Locator("[data-count='crm.create']")).ToHaveTextAsync("2 new in the CRM");
        await panel.GetByText("Item by item").ClickAsync();
        await Assertions.Expect(panel).ToContainTextAsync("CRM: create Planned one");
        (await rig.ItemsAsync(link)).ShouldBeEmpty();
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dry_run_on_a_mailbox_that_cannot_be_read_says_which_why_and_what_to_do()
    {
        var link = await rig.LinkAsync(one => (one.IsEnabled, one.Mailbox) = (false, rig.Fresh("nobody") + "@contoso.test"));
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.ShowAsync(link);
        await browsing.Button("Preview").ClickAsync();
        await browsing.Button("Plan it now").ClickAsync();
        var problem = browsing.Page.GetByRole(AriaRole.Region, new() { Name = "Preview" }).Locator(".problem");
        await Assertions.Expect(problem).ToContainTextAsync(link.Mailbox);
        await Assertions.Expect(problem).ToContainTextAsync("Nothing was written. Mend the cause (the connection test helps), then start it again.");
    }

    [Fact]
    public async Task A_policy_that_contradicts_itself_is_refused_at_its_field_with_cause_and_cure()
    {
        var target = await rig.TargetAsync();
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        await browsing.Button("Edit").First.ClickAsync();
        await browsing.Page.GetByLabel("Calendars").SelectOptionAsync(new SelectOptionValue { Label = "Inbound: Exchange to CRM" });
        var subject = browsing.Page.GetByRole(AriaRole.Group, new() { Name = "Other policies for single fields" }).GetByLabel("Subject");
        await subject.SelectOptionAsync(new SelectOptionValue { Label = "The CRM wins" });
        await browsing.Button("Save").ClickAsync();
        await browsing.ShouldShowAsync("Correct the fields that are marked");
        await Assertions.Expect(subject).ToHaveAttributeAsync("aria-invalid", "true");
        var said = browsing.Page.Locator("#" + await subject.GetAttributeAsync("aria-describedby"));
        await Assertions.Expect(said).ToContainTextAsync("Subject: 'CrmWins' contradicts a target that only brings items into the CRM");
        await Assertions.Expect(said).ToContainTextAsync("Choose 'exchangeWins' or 'newestWins'");
        (await rig.Get<TargetService>().FindAsync(target.Id, None))!.Target.FieldPolicies.ShouldBeNull("nothing was saved");
    }

    // Seven items of Outlook, all deleted at once.
    private async Task<SyncLink> HoldAsync()
    {
        var (link, outlook, ids) = await rig.CalendarAsync([.. Enumerable.Range(1, 7).Select(number => rig.Fresh($"Item {number} "))]);
        await rig.Get<LinkService>().PauseAsync(Viewer.System, link.Id, "so that one run sees all", None);
        foreach (var id in ids)
            outlook.Delete(id, null, null);
        await rig.Get<LinkService>().ResumeAsync(Viewer.System, link.Id, None);
        await Scenes.UntilAsync(async () => (await rig.Get<LinkService>().FindAsync(link.Id, None))!.State.Holds is { Count: 1 });
        return link;
    }
}
