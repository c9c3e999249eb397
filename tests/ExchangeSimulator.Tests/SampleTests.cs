using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>
/// The simulator takes every request sample of the operations it serves: judged as the schema judges it, and where it is valid executed, with the
/// ids in it mapped to items that exist. What does not end in NoError stands in a list with its reason.
/// </summary>
public sealed class SampleTests(ITestOutputHelper output)
{
    /// <summary>File (without operation and ending) and the code it ends in, with the reason.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
    };

    [Fact]
    public async Task Every_request_sample_is_taken()
    {
        Truth.Require();
        var failures = new List<string>();
        var executed = 0;
        foreach (var operation in Operations.OperationTable.Names.Append("GetStreamingEvents").Order(StringComparer.Ordinal))
        {
            var folder = Path.Combine(Truth.Folder, "samples", operation);
            foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*-req.xml").Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            {
                var name = operation + "/" + Path.GetFileName(file)[..^"-req.xml".Length];
                var text = await File.ReadAllTextAsync(file);
                var valid = Truth.Problems(text).Count == 0;
                (SampleVerdict.Of(text) == null).ShouldBe(valid, name);
                if (!valid)
                    continue;
                var outcome = await Execute(operation, name, text);
                executed++;
                var expected = Exceptions.GetValueOrDefault(name, "NoError").Split(':')[0];
                if (outcome != expected)
                    failures.Add($"{name}: {outcome}, expected {expected}");
            }
        }

        output.WriteLine($"{executed} samples executed");
        executed.ShouldBeGreaterThan(100);
        failures.ShouldBeEmpty(string.Join("\n", failures));
    }

    private static async Task<string> Execute(string operation, string name, string text)
    {
        using var exchange = new SimulatedExchange(new SimulatorOptions { PushHandler = () => new PushReceiver() });
        DemoData.Seed(exchange.Organisation);
        var world = new SampleWorld(exchange);
        var reply = await exchange.Ews.HandleAsync(new EwsRequest(Encoding.UTF8.GetBytes(world.Map(operation, name, text)), world.Account, false), CancellationToken.None);
        if (reply.Stream != null)
            return "NoError";
        var answer = Encoding.UTF8.GetString(reply.Body.Span);
        if (reply.Status == 500)
            return "fault " + XDocument.Parse(answer).Descendants(E + "ResponseCode").Single().Value + " " + Regex.Match(answer, "<faultstring[^>]*>([^<]*)").Groups[1].Value;
        reply.Status.ShouldBe(200);
        Truth.Problems(answer).ShouldBeEmpty(name + answer);
        return string.Join(' ', XDocument.Parse(answer).Descendants(M + "ResponseCode").Select(c => c.Value).Distinct());
    }
}
