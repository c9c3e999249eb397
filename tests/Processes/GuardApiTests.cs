using System.Net.Http.Json;

namespace CrmSync.Processes.Tests;

/// <summary>Guards through the API of a running server: what is held is shown, approved for so many and so long, and quarantine is released.</summary>
public sealed class GuardApiTests(SharedServer shared)
{
    [Fact]
    public async Task Held_deletes_are_shown_item_by_item_and_approved_with_an_expiry()
    {
        var (_, link) = await shared.LinkAsync("held");
        await shared.HealthyAsync(link);
        var made = new List<Testing.OutlookItem>();
        for (var i = 0; i < 10; i++)
            made.Add(await shared.Rig.Outlook("held").CreateAsync(new { subject = $"S{i}", start = "2027-01-11T09:00:00Z", end = "2027-01-11T10:00:00Z" }));
        await ProcessRig.EventuallyAsync(async () => (await shared.ItemsAsync("held")).Count == 10, "all ten are in the CRM");
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/pause");
        foreach (var item in made.Take(8))
            await shared.Rig.Outlook("held").DeleteAsync(item.Id);
        await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/resume");
        await ProcessRig.EventuallyAsync(async () => (await shared.StateAsync(link))["health"]!.ToString() == "held", "the link is held");

        var hold = (await shared.StateAsync(link))["holds"]!.AsArray().ShouldHaveSingleItem()!;
        (hold["kind"]!.ToString(), hold["count"]!.GetValue<int>(), hold["of"]!.GetValue<int>()).ShouldBe(("deletesInCrm", 8, 10));
        (await ProcessRig.ListAsync(shared.Api, $"/api/v1/links/{link}/held-deletes")).Count.ShouldBe(8);
        ShouldRefuse(await ApproveAsync(link, new { kind = "deletesInCrm", count = 3 }), 412, "8 are held now");
        ShouldRefuse(await ApproveAsync(link, new { kind = "mails" }), 409, "Nothing of this kind");
        ShouldRefuse(await ApproveAsync(link, new { kind = "deletesInCrm", hours = 1000 }), 400, "168");
        ShouldRefuse(await ApproveAsync(Guid.NewGuid().ToString(), new { kind = "deletesInCrm" }), 404, "no link");
        (await ApproveAsync(link, new { kind = "deletesInCrm", count = 8, hours = 2 })).Status.ShouldBe(200);
        await ProcessRig.EventuallyAsync(async () => (await shared.ItemsAsync("held")).Count == 2, "the approved deletes are done");
        await shared.HealthyAsync(link);
        (await shared.StateAsync(link))["holds"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Quarantine_is_listed_and_an_unknown_one_cannot_be_released_nor_a_living_item_offered_again()
    {
        await ProcessRig.ListAsync(shared.Api, "/api/v1/quarantine");
        foreach (var id in new[] { "pair-0", "message-x", "unreadable-1", "nonsense", $"pair-{Guid.NewGuid()}" })
            ShouldRefuse(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/quarantine/{id}/release"), 404, "quarantine");
        ShouldRefuse(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/quarantine/message-{Guid.NewGuid()}/release"), 404, "gone");
        ShouldRefuse(await ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{Guid.NewGuid()}/re-offer?itemId={Guid.NewGuid()}"), 404, "knows no item");
    }

    private Task<(int Status, string Type, string Text)> ApproveAsync(string link, object body) =>
        ProcessRig.AnswerAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/approve", JsonContent.Create(body));

    private static void ShouldRefuse((int Status, string Type, string Text) answer, int status, string word)
    {
        answer.Status.ShouldBe(status, answer.Text);
        answer.Text.ShouldContain(word, Case.Insensitive);
    }
}
