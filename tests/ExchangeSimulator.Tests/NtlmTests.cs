using System.Net;
using System.Text;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The system's NTLM takes its accounts from one file per process, the one of the simulator that was started last: no other may run beside this test.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NtlmCollection
{
    public const string Name = "NTLM";
}

/// <summary>NTLM, bound to the connection.</summary>
[Collection(NtlmCollection.Name)]
public sealed class NtlmTests
{
    [Fact]
    public async Task Ntlm_signs_in_on_one_connection()
    {
        await using var exchange = await StartAsync(o => o with { Authentication = new HashSet<string> { "ntlm" } });
        using var handler = new SocketsHttpHandler
        {
            Credentials = new CredentialCache { { new Uri(exchange.Url), "NTLM", new NetworkCredential("anna", "demo", "CONTOSO") } },
            MaxConnectionsPerServer = 1,
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(exchange.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/EWS/Exchange.asmx") { Content = new StringContent(Envelope(HostTests.GetCalendar), Encoding.UTF8, "text/xml") };
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
