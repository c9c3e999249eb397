using System.Security.Cryptography.X509Certificates;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The three TLS choices of a target against good and bad certificates.</summary>
public sealed class TlsTests
{
    private static readonly X509Certificate2 Ours = Certificates.Authority("Contoso CA");
    private static readonly X509Certificate2 Foreign = Certificates.Authority("Foreign CA");

    [Fact]
    public async Task A_certificate_of_the_pinned_ca_is_accepted() => (await CallAsync(Certificates.Server(Ours), TlsMode.Pinned, Ours)).ShouldBeNull();

    [Fact]
    public async Task The_pinned_server_certificate_itself_is_accepted_whoever_issued_it()
    {
        var server = Certificates.Server(Foreign);
        (await CallAsync(server, TlsMode.Pinned, server)).ShouldBeNull();
        var selfSigned = Certificates.Server(null);
        (await CallAsync(selfSigned, TlsMode.Pinned, selfSigned)).ShouldBeNull();
    }

    [Fact]
    public async Task A_certificate_of_another_ca_is_refused_and_its_issuer_named() =>
        await RefusedAsync(Certificates.Server(Foreign), TlsMode.Pinned, Ours, "Foreign CA");

    [Fact]
    public async Task A_certificate_of_an_unknown_ca_is_refused_when_checks_are_strict() =>
        await RefusedAsync(Certificates.Server(Ours), TlsMode.Strict, null, "issued by Contoso CA, which this machine does not trust");

    [Fact]
    public async Task An_expired_certificate_is_refused_pinned_or_not()
    {
        await RefusedAsync(Certificates.Server(Ours, daysLeft: -2), TlsMode.Pinned, Ours, "expired on");
        await RefusedAsync(Certificates.Server(Ours, daysLeft: -2), TlsMode.Strict, null, "expired on");
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_pinned_or_not()
    {
        await RefusedAsync(Certificates.Server(Ours, "mail.fabrikam.test"), TlsMode.Pinned, Ours, "issued for another name (mail.fabrikam.test)");
        await RefusedAsync(Certificates.Server(Ours, "mail.fabrikam.test"), TlsMode.Strict, null, "issued for another name");
    }

    [Fact]
    public async Task With_checks_off_any_certificate_will_do() =>
        (await CallAsync(Certificates.Server(Foreign, "elsewhere.test", daysLeft: -2), TlsMode.Off, null)).ShouldBeNull();

    [Fact]
    public void Pinned_without_a_certificate_is_refused_at_once()
    {
        var target = Some.Target("https://localhost/EWS/Exchange.asmx");
        (target.Tls, target.TrustedCertificatePem) = (TlsMode.Pinned, "not pem");
        Should.Throw<ArgumentException>(() => new EwsConnector(new(target, "x"), TimeProvider.System));
    }

    [Fact]
    public async Task A_server_that_speaks_no_tls_is_said_to_speak_none()
    {
        await using var plain = new ScriptedServer();
        plain.Then(stream => stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()).AsTask());
        var target = Some.Target($"https://localhost:{plain.Port}/EWS/Exchange.asmx");
        await using var connector = new EwsConnector(new(target, "x"), TimeProvider.System);
        // The scripted server waits for a request line that a handshake never completes, so end it from this side.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<Exception>(() => connector.Open("a@b").FindDefaultFolderAsync(ItemKind.Schedule, patience.Token));
    }

    private static async Task RefusedAsync(X509Certificate2 server, TlsMode mode, X509Certificate2? pinned, string words)
    {
        var fault = (await CallAsync(server, mode, pinned)).ShouldBeOfType<ExchangeTransportException>();
        fault.Message.ShouldContain(words);
        fault.IsTransient.ShouldBeFalse();
        fault.MayHaveExecuted.ShouldBeFalse();
    }

    private static async Task<Exception?> CallAsync(X509Certificate2 certificate, TlsMode mode, X509Certificate2? pinned)
    {
        await using var server = new ScriptedServer(certificate).Answer(200, Canned.Folder());
        var target = Some.Target(server.Url());
        (target.Tls, target.TrustedCertificatePem) = (mode, pinned?.ExportCertificatePem());
        await using var connector = new EwsConnector(new(target, "x"), TimeProvider.System);
        var fault = await Record.ExceptionAsync(() => connector.Open("a@b").FindDefaultFolderAsync(ItemKind.Schedule, TestContext.Current.CancellationToken));
        server.Requests.Count.ShouldBe(fault is null ? 1 : 0); // no password to a server that is not trusted
        return fault;
    }
}
