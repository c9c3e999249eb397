using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>The conflict inbox in a browser: side by side, chosen per field, by keyboard alone.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConflictTests(ConsoleRig rig)
{
    [Fact]
    public async Task A_conflict_is_compared_side_by_side_and_decided_with_the_keyboard()
    {
        var (view, subject) = await ContestAsync();
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.Page.GotoAsync("/conflicts");
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = $"The CRM's {subject}" }).ClickAsync();
        var row = browsing.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Subject" });
        await Assertions.Expect(row).ToContainTextAsync($"Plan {subject}");
        await Assertions.Expect(row).ToContainTextAsync($"The CRM's {subject}");
        await Assertions.Expect(row).ToContainTextAsync($"Outlook's {subject}");
        await Assertions.Expect(browsing.Button("Decide")).ToBeDisabledAsync();

        await row.GetByLabel($"Outlook's {subject}").FocusAsync();
        await browsing.Page.Keyboard.PressAsync("Space");
        // The choice makes a round trip; a button that is still disabled cannot be focused.
        await Assertions.Expect(browsing.Button("Decide")).ToBeEnabledAsync();
        await browsing.Button("Decide").FocusAsync();
        await browsing.Page.Keyboard.PressAsync("Enter");
        await browsing.ShouldShowAsync("Decided. It travels now.");

        (await rig.Get<ConflictService>().FindAsync(Viewer.System, view.Row.Id, CancellationToken.None))!.Row.State.ShouldBe(ConflictState.Settled);
        (await rig.Get<ScheduleItemService>().GetAsync(Viewer.System, view.Row.ItemId, null, CancellationToken.None)).Value!.Content.Subject.ShouldBe($"Outlook's {subject}");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_of_ones_own_is_written_and_a_user_sees_no_conflicts_of_others()
    {
        var (view, subject) = await ContestAsync();
        await using (var browsing = await rig.SignInAsync())
        {
            await browsing.Page.GotoAsync("/conflicts");
            await browsing.Page.GetByRole(AriaRole.Button, new() { Name = $"The CRM's {subject}" }).ClickAsync();
            await browsing.Page.GetByLabel("Another value").CheckAsync();
            await browsing.Page.GetByLabel("Your value of Subject").FillAsync($"Agreed {subject}");
            await browsing.Button("Decide").ClickAsync();
            await browsing.ShouldShowAsync("Decided. It travels now.");
        }
        (await rig.Get<ScheduleItemService>().GetAsync(Viewer.System, view.Row.ItemId, null, CancellationToken.None)).Value!.Content.Subject.ShouldBe($"Agreed {subject}");
        await using var user = await rig.SignInAsync(ConsoleRole.User);
        await user.Page.GotoAsync("/conflicts");
        await user.ShouldShowAsync("Your account does not see conflicts");
    }

    private async Task<(ConflictView View, string Subject)> ContestAsync()
    {
        var none = CancellationToken.None;
        var target = await rig.TargetAsync();
        var changed = target.Copy();
        changed.ConflictPolicy = ConflictPolicy.Ask;
        (await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, changed, null, none)).Problem.ShouldBeNull();
        var link = (await rig.LinkAsync(target)).Link;
        var subject = rig.Fresh("s");
        var made = rig.Outlook(link.Mailbox).Create(new ItemEdit { Subject = $"Plan {subject}", Start = "2030-05-06T10:00:00", End = "2030-05-06T11:00:00" });
        var items = rig.Get<ScheduleItemService>();
        await UntilAsync(async () => (await items.ListAsync(Viewer.System, new ScheduleQuery(link.UserId), none)).Items.Count == 1);
        var item = (await items.ListAsync(Viewer.System, new ScheduleQuery(link.UserId), none)).Items[0];
        await rig.Get<LinkService>().PauseAsync(Viewer.System, link.Id, "test", none);
        rig.Outlook(link.Mailbox).Update(made.Id, new ItemEdit { Subject = $"Outlook's {subject}" });
        await items.PatchAsync(Viewer.System, item.Row.Id, null, item.Content with { Subject = $"The CRM's {subject}" }, ScheduleFields.Subject, null, null, none);
        await rig.Get<LinkService>().ResumeAsync(Viewer.System, link.Id, none);
        var filter = new LogFilter(link.Id, State: ConflictState.Open);
        await UntilAsync(async () => (await rig.Get<ConflictService>().ListAsync(Viewer.System, filter, null, 5, none)).Items.Count == 1);
        return ((await rig.Get<ConflictService>().ListAsync(Viewer.System, filter, null, 5, none)).Items[0], subject);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 300 && !await condition(); tries++)
            await Task.Delay(100);
        (await condition()).ShouldBeTrue("it did not come true within 30 s");
    }
}
