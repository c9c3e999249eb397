using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Targets;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>The upper panes of the Synchronization page.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class TargetTests(ConsoleRig rig)
{
    [Fact]
    public async Task A_target_is_made_in_the_console_and_its_connection_passes_every_step()
    {
        await using var browsing = await rig.SignInAsync();
        var page = browsing.Page;
        var name = rig.Fresh("Contoso");
        await browsing.Button("New target").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Address of EWS").FillAsync(rig.EwsUrl);
        await page.GetByLabel("Service account").FillAsync("sync@contoso.test");
        await page.GetByLabel("Password").FillAsync("demo");
        await page.GetByLabel("TLS certificates").SelectOptionAsync(new SelectOptionValue { Label = "Pinned: exactly the certificate below" });
        await page.GetByLabel("Trusted certificate (PEM)").FillAsync(rig.Authority);
        await browsing.Button("Create target").ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true }).WaitForAsync();

        await TestAsync(browsing, "anna@contoso.test");
        await browsing.ShouldShowAsync("The connection works.");
        var steps = await page.Locator(".step").AllInnerTextsAsync();
        steps.Count.ShouldBe(7);
        steps.ShouldAllBe(step => step.Contains("Passed", StringComparison.Ordinal));
        (await page.ContentAsync()).ShouldNotContain("demo\"", Case.Sensitive, "the secret never comes back");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_password_fails_authentication_with_its_cure()
    {
        var target = await rig.TargetAsync();
        await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, target, "wrong", CancellationToken.None);
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        await TestAsync(browsing, "anna@contoso.test");
        await browsing.ShouldShowAsync("Authentication failed.");
        var failed = browsing.Page.Locator(".step.failed");
        (await failed.InnerTextAsync()).ShouldContain("What to do: Correct user name, password");
        (await browsing.Page.Locator(".step.skipped").CountAsync()).ShouldBe(4);
    }

    /// <summary>Case E32.</summary>
    [Fact]
    public async Task One_alert_of_a_target_says_why_its_links_fail_and_goes_away_with_the_cause()
    {
        var target = await rig.TargetAsync();
        (await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, target, "wrong", CancellationToken.None)).Problem.ShouldBeNull();
        for (var i = 0; i < 2; i++)
            await rig.LinkAsync(target);
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        var alert = browsing.Page.GetByRole(AriaRole.Alert);
        await Assertions.Expect(alert).ToContainTextAsync("2 of 2 links fail.", new() { Timeout = 30_000 });
        await Assertions.Expect(alert).ToContainTextAsync("does not accept the account sync@contoso.test with Basic");
        (await alert.CountAsync()).ShouldBe(1);
        await Assertions.Expect(browsing.Page.GetByRole(AriaRole.Button, new() { Name = target.Name })).ToContainTextAsync("2 links fail");

        (await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, target, "demo", CancellationToken.None)).Problem.ShouldBeNull();
        await Assertions.Expect(alert).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Problems_stand_at_their_fields_and_what_was_typed_stays()
    {
        await using var browsing = await rig.SignInAsync();
        var page = browsing.Page;
        await browsing.Button("New target").ClickAsync();
        await page.GetByLabel("Address of EWS").FillAsync("not an address");
        await browsing.Button("Create target").ClickAsync();
        await browsing.ShouldShowAsync("Correct the fields that are marked");
        var url = page.GetByLabel("Address of EWS");
        (await url.GetAttributeAsync("aria-invalid")).ShouldBe("true");
        (await url.InputValueAsync()).ShouldBe("not an address");
        var described = await page.Locator("#new-target-url-problem").InnerTextAsync();
        described.ShouldContain("is no address of a web service");
        described.ShouldContain("Give https://");
    }

    [Fact]
    public async Task Two_people_who_edit_one_target_are_told_and_neither_loses_work_unasked()
    {
        var target = await rig.TargetAsync();
        await using var browsing = await rig.SignInAsync();
        var page = browsing.Page;
        await page.GotoAsync($"/?target={target.Id}");
        await browsing.Button("Edit").First.ClickAsync();
        await page.GetByLabel("Poll every (seconds)").FillAsync("77");
        var other = target.Copy();
        other.MaxConnections = 5;
        (await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, other, null, CancellationToken.None)).IsDone.ShouldBeTrue();
        await page.WaitForTimeoutAsync(2200); // two beats of the live view
        (await page.GetByLabel("Poll every (seconds)").InputValueAsync()).ShouldBe("77");
        await browsing.Button("Save").ClickAsync();
        await browsing.ShouldShowAsync("Somebody else changed this meanwhile.");
        await browsing.Button("Show what is stored now (my changes are lost)").ClickAsync();
        await Assertions.Expect(page.GetByLabel("Requests at a time, whole target")).ToHaveValueAsync("5");
    }

    [Fact]
    public async Task Switched_off_certificate_checks_show_a_banner_on_every_page()
    {
        var target = await rig.TargetAsync();
        target.Tls = TlsMode.Off;
        await rig.Get<TargetService>().UpdateAsync(Viewer.System, target.Id, null, target, null, CancellationToken.None);
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        foreach (var path in new[] { "/", "/queue", "/people" })
        {
            await browsing.Page.GotoAsync(path);
            await browsing.ShouldShowAsync($"Certificates are not checked for {target.Name}");
        }
        (await rig.Get<TargetService>().DeleteAsync(Viewer.System, target.Id, CancellationToken.None)).IsDone.ShouldBeTrue();
        await browsing.Page.Locator(".tls-off").WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    [Fact]
    public async Task A_target_is_deleted_only_after_a_question()
    {
        var target = await rig.TargetAsync();
        await using var browsing = await rig.SignInAsync();
        await browsing.Page.GotoAsync($"/?target={target.Id}");
        await browsing.Button("Delete").ClickAsync();
        var dialog = browsing.Page.GetByRole(AriaRole.Dialog);
        await dialog.WaitForAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await dialog.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        (await rig.Get<TargetService>().FindAsync(target.Id, CancellationToken.None)).ShouldNotBeNull();
        await browsing.Button("Delete").ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await browsing.ShouldShowAsync("Choose a target to see its settings.");
        (await rig.Get<TargetService>().FindAsync(target.Id, CancellationToken.None)).ShouldBeNull();
    }

    private static async Task TestAsync(Browsing browsing, string mailbox)
    {
        await browsing.Button("Test connection").ClickAsync();
        await browsing.Page.GetByLabel("Mailbox to test with").FillAsync(mailbox);
        await browsing.Button("Start test").ClickAsync();
    }
}
