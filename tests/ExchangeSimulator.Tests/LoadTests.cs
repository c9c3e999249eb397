using System.Diagnostics;
using System.Text;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>A mailbox of 100,000 items stays cheap. The bounds are wide: they catch a wrong order of growth, not a slow machine.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_hundred_thousand_items_are_seeded_listed_and_read_within_seconds()
    {
        using var exchange = new SimulatedExchange(new SimulatorOptions());
        var watch = Stopwatch.StartNew();
        SeedData.Fill(exchange.Organisation, 1, 100_000);
        output.WriteLine($"seed {watch.Elapsed}");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));

        watch.Restart();
        var account = exchange.Organisation.FindAccount("user1@contoso.test")!;
        string? state = null;
        var seen = 0;
        for (var isLast = false; !isLast;)
        {
            var text = await Post(exchange, account, $"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId>{state}<m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems>");
            seen += text.Split("<t:Create>").Length - 1;
            var from = text.IndexOf("<m:SyncState>", StringComparison.Ordinal);
            state = text[from..(text.IndexOf("</m:SyncState>", StringComparison.Ordinal) + 14)];
            isLast = text.Contains("IncludesLastItemInRange>true", StringComparison.Ordinal);
        }

        seen.ShouldBe(100_000);
        output.WriteLine($"sync {watch.Elapsed}");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));

        watch.Restart();
        var ids = string.Concat(exchange.Organisation.FindMailbox("user1@contoso.test")!["calendar"].Items.Take(100).Select(i => $"<t:ItemId Id=\"{i.Id}\"/>"));
        for (var i = 0; i < 50; i++)
            await Post(exchange, account, $"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>");
        output.WriteLine($"5000 items read {watch.Elapsed}");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    private static async Task<string> Post(SimulatedExchange exchange, Account account, string operation)
    {
        var reply = await exchange.Ews.HandleAsync(new EwsRequest(Encoding.UTF8.GetBytes(TestExchange.Envelope(operation)), account, false), CancellationToken.None);
        reply.Status.ShouldBe(200);
        return Encoding.UTF8.GetString(reply.Body.Span);
    }
}
