using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Processes.Tests;

/// <summary>An Exchange that cannot be reached or refuses: said clearly where people look, and mended without losing anything.</summary>
public sealed class BadExchangeTests(SharedServer shared)
{
    [Fact]
    public async Task A_wrong_password_is_named_and_the_link_goes_on_when_it_is_corrected()
    {
        var (target, link) = await shared.LinkAsync("password", new { secret = "not-the-password" });
        (await shared.FailureAsync(link)).ShouldContain("does not accept the account sync@contoso.test with Basic");
        await SaidByTheTestAsync(target, "password", "Authentication", "password");

        await GoesOnAsync(target, link, "password", new { secret = "demo" });
    }

    [Fact]
    public async Task A_wrong_host_is_named()
    {
        var (target, link) = await shared.LinkAsync("host", new { url = "http://no-such-host.invalid/EWS/Exchange.asmx" });
        (await shared.FailureAsync(link)).ShouldContain("The name no-such-host.invalid is not known to DNS");
        await SaidByTheTestAsync(target, "host", "DNS", "address");
        await ProcessRig.EventuallyAsync(
            async () => (await ProcessRig.ListAsync(shared.Api, $"/api/v1/queue?linkId={link}")).Any(row => row["notBefore"]!.GetValue<DateTime>() > DateTime.UtcNow.AddSeconds(7)), "the next try is put off");

        // It would come after eight seconds; corrected settings are tried at once.
        var mendedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        await GoesOnAsync(target, link, "host", new { url = $"{shared.Rig.SimulatorUrl}/EWS/Exchange.asmx" });
        System.Diagnostics.Stopwatch.GetElapsedTime(mendedAt).ShouldBeLessThan(TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_named()
    {
        var port = ServerProcess.FreePort();
        var (target, link) = await shared.LinkAsync("refused", new { url = $"http://127.0.0.1:{port}/EWS/Exchange.asmx" });
        (await shared.FailureAsync(link)).ShouldContain($"Nothing listens at 127.0.0.1:{port}");

        await GoesOnAsync(target, link, "refused", new { url = $"{shared.Rig.SimulatorUrl}/EWS/Exchange.asmx" });
    }

    [Fact]
    public async Task A_certificate_of_a_foreign_authority_is_refused_and_the_pinned_one_accepted()
    {
        var url = $"{shared.Rig.SimulatorTlsUrl}/EWS/Exchange.asmx";
        var (target, link) = await shared.LinkAsync("foreign", new { url });
        (await shared.FailureAsync(link)).ShouldContain("certificate");
        await SaidByTheTestAsync(target, "foreign", "TLS", "trusted");
        (await shared.Rig.Simulator.GetFromJsonAsync<JsonArray>("/control/requests?limit=1000"))!
            .ShouldNotContain(request => request!["mailbox"] != null && request["mailbox"]!.ToString().StartsWith("foreign@"), "no password leaves before the certificate is good");

        await GoesOnAsync(target, link, "foreign", new { tls = "pinned", trustedCertificatePem = shared.Rig.SimulatorCa });
    }

    [Theory]
    [InlineData("expired", -1, "127.0.0.1", "expired")]
    [InlineData("elsewhere", 1, "mail.contoso.test", "mail.contoso.test")]
    public async Task A_certificate_that_has_expired_or_names_another_host_is_refused_although_its_authority_is_trusted(string person, int days, string host, string words)
    {
        await using var server = TlsServer.With(DateTimeOffset.UtcNow.AddDays(days), host);
        var (target, link) = await shared.LinkAsync(person, new { url = server.Url, tls = "pinned", trustedCertificatePem = server.CaPem });
        (await shared.FailureAsync(link)).ShouldContain(words);
        await SaidByTheTestAsync(target, person, "TLS", "certificate");

        await GoesOnAsync(target, link, person, new { url = $"{shared.Rig.SimulatorTlsUrl}/EWS/Exchange.asmx", trustedCertificatePem = shared.Rig.SimulatorCa });
    }

    [Fact]
    public async Task A_missing_impersonation_right_is_named_with_the_mailbox()
    {
        await shared.Rig.PostAsync("/control/accounts", new { name = "weak@contoso.test", password = "demo", mayImpersonate = false });
        var (target, link) = await shared.LinkAsync("impersonated", new { userName = "weak@contoso.test" });
        var words = await shared.FailureAsync(link);
        words.ShouldContain("ApplicationImpersonation");
        words.ShouldContain("impersonated@contoso.test");
        words.ShouldContain("weak@contoso.test");
        await SaidByTheTestAsync(target, "impersonated", "Mailbox", "ApplicationImpersonation");

        await shared.Rig.PostAsync("/control/accounts", new { name = "weak@contoso.test", password = "demo", mayImpersonate = true });
        await GoesOnAsync(target, link, "impersonated", null);
    }

    [Fact]
    public async Task An_unknown_mailbox_is_named_and_the_link_begins_when_it_exists()
    {
        var (target, link) = await shared.LinkAsync("nobody", withMailbox: false);
        (await shared.FailureAsync(link)).ShouldContain("There is no mailbox nobody@contoso.test");
        await SaidByTheTestAsync(target, "nobody", "Mailbox", "address");

        await shared.Rig.AddMailboxAsync("nobody");
        await GoesOnAsync(target, link, "nobody", null);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_named_and_deletes_nothing()
    {
        var (target, link) = await shared.LinkAsync("folder");
        await shared.Rig.Outlook("folder").CreateAsync(new { subject = "Before", start = "2027-01-11T08:00:00Z", end = "2027-01-11T09:00:00Z" });
        await shared.ArrivesAsync("folder", "Before");
        await shared.Rig.PostAsync("/control/faults", new { operation = "SyncFolderItems", mailbox = "folder@contoso.test", kind = "error-code", code = "ErrorSyncFolderNotFound" });
        (await shared.FailureAsync(link)).ShouldContain("The folder in mailbox folder@contoso.test is gone");
        (await shared.ItemsAsync("folder")).ShouldHaveSingleItem();

        await ClearFaultsAsync("folder");
        await GoesOnAsync(target, link, "folder", null);
        (await shared.ItemsAsync("folder")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_invalid_sync_state_leads_to_a_full_read_that_doubles_and_deletes_nothing_but_finds_what_changed()
    {
        var (_, link) = await shared.LinkAsync("state", new { pollIntervalSeconds = 3600 });
        var outlook = shared.Rig.Outlook("state");
        for (var i = 0; i < 5; i++)
            await outlook.CreateAsync(new { subject = $"Item {i}", start = "2027-01-11T08:00:00Z", end = "2027-01-11T09:00:00Z" });
        await shared.HealthyAsync(link);
        await SyncNowAsync(link);
        await ProcessRig.EventuallyAsync(async () => (await shared.ItemsAsync("state")).Count == 5, "all five are in the CRM");
        var versions = (await shared.ItemsAsync("state")).ToDictionary(item => item["subject"]!.ToString(), item => item["version"]!.GetValue<long>());

        await outlook.PostAsync("invalidate-sync-state");
        var items = await outlook.ListAsync();
        await outlook.DeleteAsync(items.Single(item => item.Subject == "Item 0").Id);
        await outlook.UpdateAsync(items.Single(item => item.Subject == "Item 1").Id, new { location = "found" });
        await SyncNowAsync(link);
        await ProcessRig.EventuallyAsync(async () => (await shared.ItemsAsync("state")).Count == 4, "the deletion is found");

        var after = await shared.ItemsAsync("state");
        after.Single(item => item["subject"]!.ToString() == "Item 1")["location"]!.ToString().ShouldBe("found");
        foreach (var item in after.Where(item => item["subject"]!.ToString() != "Item 1"))
            item["version"]!.GetValue<long>().ShouldBe(versions[item["subject"]!.ToString()], "an unchanged item is not written");
        (await ProcessRig.ListAsync(shared.Api, $"/api/v1/activity?linkId={link}&action=FullRead&limit=10")).Select(row => row["reason"]!.ToString())
            .ShouldContain(reason => reason.Contains("ErrorInvalidSyncStateData"), "said in the activity log");
        (await shared.StateAsync(link))["health"]!.ToString().ShouldBe("healthy");
    }

    // The cause is mended by nobody but the administrator: what was edited meanwhile on both sides arrives.
    private async Task GoesOnAsync(string target, string link, string person, object? mend)
    {
        var made = await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, "/api/v1/schedule-items", new
        {
            owner = person, subject = "Made in the CRM meanwhile", start = "2027-02-01T09:00:00", end = "2027-02-01T10:00:00",
        });
        await shared.Rig.Outlook(person).CreateAsync(new { subject = "Made in Outlook meanwhile", start = "2027-02-02T09:00:00Z", end = "2027-02-02T10:00:00Z" });
        shared.Server.Output.ShouldContain($"Link {link} failed", Case.Insensitive, "the log says it too");
        if (mend is not null)
            await ProcessRig.SendAsync(shared.Api, HttpMethod.Patch, $"/api/v1/targets/{target}", mend);
        await shared.ArrivesAsync(person, "Made in Outlook meanwhile");
        await ProcessRig.EventuallyAsync(async () => (await shared.Rig.Outlook(person).ListAsync()).Any(item => item.Subject == "Made in the CRM meanwhile"), "the CRM's item is in Exchange");
        await shared.HealthyAsync(link);
        (await shared.StateAsync(link))["lastError"].ShouldBeNull();
        (await ProcessRig.SendAsync(shared.Api, HttpMethod.Get, $"/api/v1/schedule-items/{made["id"]}"))["isDeleted"]!.GetValue<bool>().ShouldBeFalse();
    }

    private async Task SaidByTheTestAsync(string target, string person, string step, string cure)
    {
        var steps = (await ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/targets/{target}/test?mailbox={person}@contoso.test")).AsArray();
        var failed = steps.First(row => row!["state"]!.ToString() == "failed")!;
        failed["name"]!.ToString().ShouldBe(step);
        failed["cure"]!.ToString().ShouldContain(cure, Case.Insensitive);
    }

    private async Task ClearFaultsAsync(string person)
    {
        foreach (var fault in (await shared.Rig.Simulator.GetFromJsonAsync<JsonArray>("/control/faults"))!.Where(fault => fault!["mailbox"]?.ToString().StartsWith(person, StringComparison.Ordinal) == true))
            (await shared.Rig.Simulator.DeleteAsync($"/control/faults?id={fault!["id"]}")).EnsureSuccessStatusCode();
    }

    private Task SyncNowAsync(string link) => ProcessRig.SendAsync(shared.Api, HttpMethod.Post, $"/api/v1/links/{link}/sync-now");
}
