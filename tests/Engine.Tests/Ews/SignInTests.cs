using System.Text;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The three ways of signing in, as seen by the server.</summary>
public sealed class SignInTests
{
    // A challenge as a server sends it (type 2, Unicode, extended session security, with target info), its eight nonce bytes made up.
    private static readonly string Challenge = Convert.ToBase64String(MakeChallenge());

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ntlm_takes_three_legs_on_one_connection_and_never_says_the_password()
    {
        await using var server = new ScriptedServer()
            .Answer(401, "", "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM", "WWW-Authenticate: Basic realm=\"x\"")
            .Answer(401, "", $"WWW-Authenticate: NTLM {Challenge}")
            .Answer(200, Canned.Folder())
            .Answer(200, Canned.Folder());
        var target = Some.Target(server.Url());
        (target.Authentication, target.UserName) = (AuthenticationKind.Ntlm, "CONTOSO\\sync");
        await using var connector = new EwsConnector(new(target, "secret-word"), TimeProvider.System);
        await connector.Open("anna@contoso.test").FindDefaultFolderAsync(ItemKind.Schedule, Now);
        await connector.Open("anna@contoso.test").FindDefaultFolderAsync(ItemKind.Schedule, Now);
        server.Connections.ShouldBe(1);
        var sent = server.Requests.Select(request => request.Headers.GetValueOrDefault("Authorization") ?? "").ToList();
        sent.Count(header => header.StartsWith("NTLM ", StringComparison.Ordinal)).ShouldBe(2);
        sent.ShouldNotContain(header => header.StartsWith("Basic", StringComparison.Ordinal));
        sent[3].ShouldBe("", "a signed-in connection needs no further legs");
        var last = Convert.FromBase64String(sent[2]["NTLM ".Length..]);
        Encoding.Unicode.GetString(last.AsSpan(last.Length % 2)).ShouldNotContain("secret-word");
        server.Requests.Last().Body.ShouldContain("GetFolder");
    }

    [Fact]
    public async Task Where_ntlm_is_not_offered_the_message_says_what_is()
    {
        await using var server = new ScriptedServer().Answer(401, "", "WWW-Authenticate: Basic realm=\"x\"");
        var target = Some.Target(server.Url());
        target.Authentication = AuthenticationKind.Ntlm;
        await using var connector = new EwsConnector(new(target, "secret-word"), TimeProvider.System);
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => connector.Open("a@b").FindDefaultFolderAsync(ItemKind.Schedule, Now));
        fault.Message.ShouldContain("does not offer NTLM; it offers Basic");
        server.Requests.Single().Headers.ContainsKey("Authorization").ShouldBeFalse();
    }

    [Fact]
    public async Task OAuth_fetches_one_token_uses_it_again_and_renews_a_refused_one()
    {
        await using var tokens = new ScriptedServer(Certificates.Server(Authority));
        var issuer = $"https://localhost:{tokens.Port}/tenant";
        tokens.Answer(200, $$"""{"issuer":"{{issuer}}","authorization_endpoint":"{{issuer}}/authorize","token_endpoint":"{{issuer}}/token","jwks_uri":"{{issuer}}/keys"}""", "Content-Type: application/json")
            .Answer(200, """{"token_type":"Bearer","expires_in":3600,"access_token":"first"}""", "Content-Type: application/json")
            .Answer(200, """{"token_type":"Bearer","expires_in":3600,"access_token":"second"}""", "Content-Type: application/json");
        await using var server = new ScriptedServer(Certificates.Server(Authority))
            .Answer(200, Canned.Folder())
            .Answer(200, Canned.Folder())
            .Answer(401, "", "WWW-Authenticate: Bearer error=\"invalid_token\"")
            .Answer(200, Canned.Folder());
        await using var connector = new EwsConnector(new(OAuthTarget(server, issuer), "client-secret"), TimeProvider.System);
        for (var i = 0; i < 3; i++)
            await connector.Open("anna@contoso.test").FindDefaultFolderAsync(ItemKind.Schedule, Now);
        server.Requests.Select(request => request.Headers["Authorization"]).ShouldBe(["Bearer first", "Bearer first", "Bearer first", "Bearer second"]);
        var asked = tokens.Requests.Last().Body;
        asked.ShouldContain("grant_type=client_credentials");
        asked.ShouldContain(Uri.EscapeDataString("https://localhost/.default"), Case.Insensitive);
    }

    [Fact]
    public async Task A_refused_client_secret_says_whose_and_not_which()
    {
        await using var tokens = new ScriptedServer(Certificates.Server(Authority));
        var issuer = $"https://localhost:{tokens.Port}/tenant";
        tokens.Answer(200, $$"""{"issuer":"{{issuer}}","authorization_endpoint":"{{issuer}}/authorize","token_endpoint":"{{issuer}}/token","jwks_uri":"{{issuer}}/keys"}""", "Content-Type: application/json")
            .Answer(401, """{"error":"invalid_client","error_description":"bad client-secret"}""", "Content-Type: application/json");
        await using var server = new ScriptedServer(Certificates.Server(Authority));
        await using var connector = new EwsConnector(new(OAuthTarget(server, issuer), "client-secret"), TimeProvider.System);
        var fault = await Should.ThrowAsync<ExchangeTransportException>(() => connector.Open("anna@contoso.test").FindDefaultFolderAsync(ItemKind.Schedule, Now));
        fault.Message.ShouldContain("invalid_client");
        fault.Message.ShouldNotContain("client-secret");
        fault.IsTransient.ShouldBeFalse();
        server.Requests.ShouldBeEmpty();
    }

    private static readonly System.Security.Cryptography.X509Certificates.X509Certificate2 Authority = Certificates.Authority("Contoso CA");

    private static SyncTarget OAuthTarget(ScriptedServer server, string issuer)
    {
        var target = Some.Target(server.Url());
        (target.Authentication, target.UserName, target.OAuthAuthority) = (AuthenticationKind.OAuthClientCredentials, "client-id", issuer);
        (target.Tls, target.TrustedCertificatePem) = (TlsMode.Pinned, Authority.ExportCertificatePem());
        return target;
    }

    private static byte[] MakeChallenge()
    {
        var name = Encoding.Unicode.GetBytes("CONTOSO");
        var info = new List<byte>();
        foreach (byte id in (byte[])[2, 1])
            info.AddRange([id, 0, (byte)name.Length, 0, .. name]);
        info.AddRange([7, 0, 8, 0, .. BitConverter.GetBytes(DateTime.UtcNow.ToFileTimeUtc()), 0, 0, 0, 0]);
        var message = new List<byte>();
        message.AddRange("NTLMSSP\0"u8.ToArray());
        message.AddRange(BitConverter.GetBytes(2));
        message.AddRange([(byte)name.Length, 0, (byte)name.Length, 0, .. BitConverter.GetBytes(56)]);
        message.AddRange(BitConverter.GetBytes(0xE28A8215u));
        message.AddRange([1, 2, 3, 4, 5, 6, 7, 8]);
        message.AddRange(new byte[8]);
        message.AddRange([(byte)info.Count, 0, (byte)info.Count, 0, .. BitConverter.GetBytes(56 + name.Length)]);
        message.AddRange([10, 0, 0x63, 0x45, 0, 0, 0, 15]);
        message.AddRange(name);
        message.AddRange(info);
        return [.. message];
    }
}
