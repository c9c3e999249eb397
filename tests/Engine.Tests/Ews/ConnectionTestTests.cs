using System.Security.Cryptography.X509Certificates;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The connection test names the step that failed, and its cure.</summary>
public sealed class ConnectionTestTests
{
    private static readonly X509Certificate2 Ours = Certificates.Authority("Contoso CA");
    private static readonly X509Certificate2 Foreign = Certificates.Authority("Foreign CA");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_good_target_passes_every_step()
    {
        await using var server = new ScriptedServer(Certificates.Server(Ours));
        server.Answer(200, Canned.Folder())
            .Answer(200, Canned.Answer("Subscribe", Canned.Success("Subscribe", "<m:SubscriptionId>one</m:SubscriptionId>")))
            .Answer(200, Canned.Answer("Unsubscribe", Canned.Success("Unsubscribe")));
        var steps = await RunAsync(Pinned(server));
        steps.Select(step => step.Name).ShouldBe(["DNS", "TLS", "Authentication", "Version", "Mailbox", "Folder", "Subscription"]);
        steps.ShouldAllBe(step => step.State == StepState.Passed && step.Cure == null);
        steps[3].Detail.ShouldContain("15.2.2562.17");
        steps[5].Detail.ShouldContain("Calendar with 3 items");
    }

    [Fact]
    public async Task A_foreign_certificate_fails_tls_with_its_cure_and_sends_no_password()
    {
        await using var server = new ScriptedServer(Certificates.Server(Foreign)).Answer(200, Canned.Folder());
        await FailsAtAsync("TLS", Pinned(server), "Foreign CA", "CA");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_expired_certificate_and_one_for_another_host_are_told_apart()
    {
        await using var expired = new ScriptedServer(Certificates.Server(Ours, daysLeft: -1));
        await FailsAtAsync("TLS", Pinned(expired), "expired", "Renew");
        await using var other = new ScriptedServer(Certificates.Server(Ours, "mail.fabrikam.test"));
        await FailsAtAsync("TLS", Pinned(other), "another name", "Use the name");
    }

    [Fact]
    public async Task An_unknown_name_fails_dns() => await FailsAtAsync("DNS", Some.Target("https://mail.invalid/EWS/Exchange.asmx"), "mail.invalid", "address");

    [Fact]
    public async Task A_closed_port_fails_tls() => await FailsAtAsync("TLS", Some.Target("https://127.0.0.1:1/EWS/Exchange.asmx"), "Nothing listens", "address and port");

    [Fact]
    public async Task An_internal_address_of_a_cloud_target_fails_dns()
    {
        var target = Some.Target("https://localhost/EWS/Exchange.asmx");
        target.IsOnPremises = false;
        await FailsAtAsync("DNS", target, "internal address", "on-premises");
    }

    [Fact]
    public async Task A_wrong_password_fails_authentication()
    {
        await using var server = new ScriptedServer().Answer(401, "", "WWW-Authenticate: Basic realm=\"x\"");
        await FailsAtAsync("Authentication", Some.Target(server.Url()), "does not accept the account", "password");
    }

    [Fact]
    public async Task A_sign_in_that_is_not_offered_fails_authentication_and_names_the_offer()
    {
        await using var server = new ScriptedServer().Answer(401, "", "WWW-Authenticate: NTLM");
        await FailsAtAsync("Authentication", Some.Target(server.Url()), "offers NTLM", "kind of sign-in");
    }

    [Fact]
    public async Task Disabled_ews_fails_authentication_but_blames_no_password()
    {
        await using var server = new ScriptedServer().Answer(403, "");
        await FailsAtAsync("Authentication", Some.Target(server.Url()), "EWS is disabled", "Allow EWS");
    }

    [Fact]
    public async Task A_missing_impersonation_right_fails_at_the_mailbox_and_names_right_and_mailbox()
    {
        await using var server = new ScriptedServer().Answer(500, Canned.Fault("ErrorImpersonateUserDenied"));
        var steps = await FailsAtAsync("Mailbox", Some.Target(server.Url()), "ApplicationImpersonation", "anna@contoso.test");
        steps[2].State.ShouldBe(StepState.Passed);
    }

    [Fact]
    public async Task An_unknown_mailbox_fails_at_the_mailbox()
    {
        await using var server = new ScriptedServer().Answer(500, Canned.Fault("ErrorNonExistentMailbox"));
        await FailsAtAsync("Mailbox", Some.Target(server.Url()), "no mailbox anna@contoso.test", "address");
    }

    [Fact]
    public async Task A_calendar_that_is_not_shared_fails_at_the_folder()
    {
        await using var server = new ScriptedServer().Answer(200, Canned.Answer("GetFolder", Canned.Error("GetFolder", "ErrorAccessDenied", "<m:Folders/>")));
        var target = Some.Target(server.Url());
        target.Access = AccessType.Delegate;
        await FailsAtAsync("Folder", target, "no right", "Share the calendar");
    }

    [Fact]
    public async Task An_unknown_version_fails_at_the_version()
    {
        await using var server = new ScriptedServer().Answer(500, Canned.Fault("ErrorInvalidServerVersion"));
        await FailsAtAsync("Version", Some.Target(server.Url()), "Exchange2013_SP1", "lower version");
    }

    [Fact]
    public async Task A_refused_subscription_fails_at_the_subscription()
    {
        await using var server = new ScriptedServer().Answer(200, Canned.Folder()).Answer(200, Canned.Answer("Subscribe", Canned.Error("Subscribe", "ErrorExceededSubscriptionCount")));
        var steps = await FailsAtAsync("Subscription", Some.Target(server.Url()), "ErrorExceededSubscriptionCount", "");
        steps[1].State.ShouldBe(StepState.Warning); // http
    }

    private static SyncTarget Pinned(ScriptedServer server)
    {
        var target = Some.Target(server.Url());
        (target.Tls, target.TrustedCertificatePem) = (TlsMode.Pinned, Ours.ExportCertificatePem());
        return target;
    }

    private static async Task<List<ConnectionStep>> FailsAtAsync(string name, SyncTarget target, string detail, string cure)
    {
        var steps = await RunAsync(target);
        var failed = steps.Single(step => step.State == StepState.Failed);
        failed.Name.ShouldBe(name);
        failed.Detail.ShouldContain(detail);
        failed.Cure.ShouldNotBeNull().ShouldContain(cure);
        steps.SkipWhile(step => step.Name != name).Skip(1).ShouldAllBe(step => step.State == StepState.Skipped);
        steps.Count.ShouldBe(7);
        return steps;
    }

    private static async Task<List<ConnectionStep>> RunAsync(SyncTarget target)
    {
        await using var connector = new EwsConnector(new(target, "secret-word"), TimeProvider.System);
        var steps = new List<ConnectionStep>();
        await foreach (var step in connector.TestAsync("anna@contoso.test", Now))
            steps.Add(step);
        steps.ShouldAllBe(step => !(step.Detail + step.Cure).Contains("secret-word"));
        return steps;
    }
}
