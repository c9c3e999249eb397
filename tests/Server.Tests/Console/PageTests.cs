using System.Net;
using System.Net.Http.Headers;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;

namespace CrmSync.Server.Tests.Console;

/// <summary>Queue, people, access; and what holds for every page.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PageTests(ConsoleRig rig)
{
    // What automatic checkers for accessibility look for first: names of controls, one main heading, landmarks, unique ids, language.
    private const string Faults = """
        () => {
          const faults = [];
          const name = e => (e.getAttribute('aria-label') || (e.labels && [...e.labels].map(l => l.innerText).join(' ')) || e.innerText || e.title || '').trim();
          for (const e of document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea'))
            if (!name(e)) faults.push('no name: ' + e.outerHTML.slice(0, 120));
          const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
          for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push('id twice: ' + id);
          for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
            for (const id of ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).split(' '))
              if (id && !document.getElementById(id)) faults.push('points nowhere: ' + id);
          if (document.querySelectorAll('h1').length !== 1) faults.push('main headings: ' + document.querySelectorAll('h1').length);
          if (!document.documentElement.lang) faults.push('no language');
          if (!document.title) faults.push('no title');
          if (document.querySelectorAll('main').length !== 1) faults.push('no main');
          for (const e of document.querySelectorAll('img:not([alt])')) faults.push('no alt: ' + e.src);
          return faults;
        }
        """;

    [Theory]
    [InlineData("/", "Synchronization")]
    [InlineData("/queue", "Queue")]
    [InlineData("/conflicts", "Conflicts")]
    [InlineData("/history", "History")]
    [InlineData("/check-up", "Check-up")]
    [InlineData("/people", "People")]
    [InlineData("/access", "Access")]
    [InlineData("/no-such-page", "There is no such page")]
    public async Task Every_page_is_named_labelled_quiet_and_fits_a_phone_in_both_colours(string path, string heading)
    {
        await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await rig.SignInAsync(width: 390, scheme: ColorScheme.Dark);
        browsing.Complaints.Clear();
        await browsing.Page.GotoAsync(path);
        await browsing.Page.GetByRole(AriaRole.Heading, new() { Name = heading, Exact = true, Level = 1 }).WaitForAsync();
        await browsing.Page.WaitForTimeoutAsync(300);
        (await browsing.Page.EvaluateAsync<string[]>(Faults)).ShouldBeEmpty();
        (await browsing.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(390);
        (await browsing.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).ShouldBe("rgb(18, 22, 28)");
        await browsing.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        (await browsing.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).ShouldBe("rgb(243, 245, 248)");
        browsing.Complaints.Where(complaint => path != "/no-such-page" || !complaint.Contains("404", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_keyboard_alone_reaches_the_main_actions()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await using var browsing = await rig.SignInAsync();
        var page = browsing.Page;
        await page.GotoAsync($"/?target={link.Link.TargetId}&link={link.Link.Id}");
        await browsing.Button("Sync now").WaitForAsync();
        await page.EvaluateAsync("document.body.setAttribute('tabindex', '-1'); document.body.focus()");
        var reached = new List<string>();
        for (var step = 0; step < 60 && !reached.Contains("Remove"); step++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>("(document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || document.activeElement.id || '').trim()"));
        }
        reached[0].ShouldBe("Skip to content");
        foreach (var name in new[] { "Queue", "Sign out", "New target", "Edit", "Test connection", "New link", "Sync now", "Pause", "Full re-sync", "Remove" })
            reached.ShouldContain(name);
        // And does them: a question opens with Enter, closes with Escape.
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    [Fact]
    public async Task A_parked_message_shows_its_error_and_is_tried_again_or_discarded()
    {
        var link = await rig.LinkAsync(await rig.TargetAsync());
        await rig.Get<LinkService>().PauseAsync(Viewer.System, link.Link.Id, "so that nothing runs", CancellationToken.None);
        var (first, second) = (await ParkAsync(link, "Exchange says no to the first."), await ParkAsync(link, "Exchange says no to the second."));
        await using var browsing = await rig.SignInAsync(ConsoleRole.Operator);
        var page = browsing.Page;
        await page.GotoAsync("/queue");
        await page.GetByLabel("State").SelectOptionAsync(new SelectOptionValue { Label = "Parked" });
        ILocator Row(string text) => page.GetByRole(AriaRole.Row).Filter(new() { HasText = text });
        await Row("no to the second").GetByText("Discard").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Row("no to the second").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await Row("no to the first").GetByText("Try again").ClickAsync();
        await Row("no to the first").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await using var database = await rig.Get<CrmSyncStore>().ReadAsync(CancellationToken.None);
        (await database.Queue.SingleAsync(message => message.Id == first)).State.ShouldBe(MessageState.Waiting);
        (await database.Queue.AnyAsync(message => message.Id == second)).ShouldBeFalse();
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_is_made_found_and_changed()
    {
        await using var browsing = await rig.SignInAsync();
        var (page, name) = (browsing.Page, rig.Fresh("dora"));
        await page.GotoAsync("/people");
        await browsing.Button("New person").ClickAsync();
        await page.GetByLabel("Short name").FillAsync("with blanks");
        await browsing.Button("Create person").ClickAsync();
        await browsing.ShouldShowAsync("A short name without blanks is needed");
        await page.GetByLabel("Short name").FillAsync(name);
        await page.GetByLabel("Name that people read").FillAsync("Dora " + name);
        await page.GetByLabel("Mail address").FillAsync($"{name}@contoso.test");
        await browsing.Button("Create person").ClickAsync();
        await browsing.ShouldShowAsync($"Dora {name} is saved.");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Find" }).PressSequentiallyAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Edit Dora {name}" }).ClickAsync();
        await page.GetByLabel("Name that people read").FillAsync($"Dorothea {name}");
        await browsing.Button("Save").ClickAsync();
        await browsing.ShouldShowAsync($"Dorothea {name} is saved.");
        browsing.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_is_shown_once_works_and_is_revoked()
    {
        await using var browsing = await rig.SignInAsync();
        var (page, name) = (browsing.Page, rig.Fresh("back office "));
        await page.GotoAsync("/access");
        await browsing.Button("New token").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await browsing.Button("Create token").ClickAsync();
        var token = (await page.Locator(".token").InnerTextAsync()).Trim();
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        await page.ReloadAsync();
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = $"Revoke {name}" }).WaitForAsync();
        (await page.ContentAsync()).ShouldNotContain(token);
        await browsing.Page.GetByRole(AriaRole.Button, new() { Name = $"Revoke {name}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = $"Revoke {name}" }).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var http = new HttpClient { BaseAddress = new Uri(rig.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await http.GetAsync("/api/v1/me")).StatusCode;
    }

    private async Task<Guid> ParkAsync(LinkView link, string error)
    {
        var message = new QueueMessage
        {
            Id = Guid.CreateVersion7(), Kind = MessageKind.Outbound, LinkId = link.Link.Id, ItemId = Guid.NewGuid(), Revision = 1, State = MessageState.DeadLetter, Attempts = 8,
            EnqueuedAtMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), Error = error, ErrorCode = "ErrorAccessDenied",
        };
        await rig.Get<CrmSyncStore>().WriteAsync(
            async transaction =>
            {
                transaction.Database.Queue.Add(message);
                await transaction.Database.SaveChangesAsync();
            },
            CancellationToken.None);
        return message.Id;
    }
}
