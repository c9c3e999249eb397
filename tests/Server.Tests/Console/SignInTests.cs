using System.Text.RegularExpressions;
using System.Net;
using CrmSync.Engine.Access;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>Who comes in, and how.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class SignInTests(ConsoleRig rig)
{
    [Fact]
    public async Task The_setup_link_makes_an_administrator_and_works_once()
    {
        var link = "/setup?token=" + await rig.Get<SetupLinks>().CreateAsync(CancellationToken.None);
        await using var browsing = await rig.OpenAsync();
        var page = browsing.Page;
        var name = rig.Fresh("first");
        await page.GotoAsync(link);
        await FillAsync(page, name, ConsoleRig.Password, "something else entirely");
        await browsing.ShouldShowAsync("The two passwords differ.");
        await FillAsync(page, name, "too short", "too short", isChecked: false);
        await browsing.ShouldShowAsync("it needs at least");
        await FillAsync(page, name, ConsoleRig.Password, ConsoleRig.Password);
        await page.GetByRole(AriaRole.Heading, new() { Name = "Synchronization" }).WaitForAsync();
        await browsing.ShouldShowAsync(name);

        await page.GotoAsync(link);
        await browsing.ShouldShowAsync("This link does not work any more");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_name_get_the_same_words_and_the_right_one_leads_to_the_page_asked_for()
    {
        var name = rig.Fresh("signs-in");
        await rig.Get<SignInService>().CreateAsync(name, ConsoleRig.Password, ConsoleRole.Administrator, null, CancellationToken.None);
        await using var browsing = await rig.OpenAsync();
        await browsing.Page.GotoAsync("/people");
        browsing.Page.Url.ShouldContain("/sign-in?to=%2Fpeople");
        await browsing.SignInAsync(name, "not the password");
        await browsing.ShouldShowAsync("User name or password is wrong.");
        await browsing.SignInAsync("nobody at all", "not the password");
        await browsing.ShouldShowAsync("User name or password is wrong.");
        await browsing.SignInAsync(name, ConsoleRig.Password);
        await browsing.Page.GetByRole(AriaRole.Heading, new() { Name = "People", Exact = true }).WaitForAsync();

        await browsing.Button("Sign out").ClickAsync();
        await Assertions.Expect(browsing.Page).ToHaveURLAsync(new Regex("/sign-in$"));
        await browsing.Page.GotoAsync("/");
        browsing.Page.Url.ShouldContain("/sign-in");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/queue")]
    [InlineData("/people")]
    [InlineData("/access")]
    public async Task No_page_opens_without_sign_in(string path)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(rig.Url) };
        var response = await http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldContain("/sign-in?to=");
    }

    [Fact]
    public async Task A_page_of_another_site_may_not_open_our_socket()
    {
        using var http = new HttpClient { BaseAddress = new Uri(rig.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        request.Headers.Add("Origin", "https://evil.test");
        (await http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task An_operator_sees_no_configuration_and_no_tokens()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        await browsing.Page.GotoAsync($"/?target={link.Link.TargetId}&link={link.Link.Id}");
        await browsing.Button("Sync now").WaitForAsync();
        await browsing.Button("Test connection").WaitForAsync();
        foreach (var name in new[] { "New target", "Edit", "Delete", "New link", "Remove" })
            (await browsing.Button(name).CountAsync()).ShouldBe(0, name);
        (await browsing.Page.GetByRole(AriaRole.Link, new() { Name = "Access" }).CountAsync()).ShouldBe(0);
        await browsing.Page.GotoAsync("/access");
        await browsing.ShouldShowAsync("Only administrators see API tokens.");
        await browsing.Page.GotoAsync("/people");
        await browsing.ShouldShowAsync("People and resources");
        (await browsing.Button("New person").CountAsync()).ShouldBe(0);
    }

    // The browser's own checks are off where the server's are wanted.
    private static async Task FillAsync(IPage page, string user, string password, string repeated, bool isChecked = true)
    {
        await page.GetByLabel("User name").FillAsync(user);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await page.GetByLabel("The same password again").FillAsync(repeated);
        if (!isChecked)
            await page.EvaluateAsync("document.forms[0].noValidate = true");
        await page.GetByRole(AriaRole.Button).ClickAsync();
    }
}
