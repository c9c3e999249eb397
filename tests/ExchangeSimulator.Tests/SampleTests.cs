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
        ["ConvertId/msdocs--convertid--01"] = "ErrorInvalidIdMalformed: its ids are shortened",
        ["CopyFolder/msdocs--copyfolder--01"] = "NoError ErrorFolderExists: copies two folders, which are mapped to one",
        ["CreateFolder/evolution--Exchange2007_SP1-create-existing-folder--01"] = "ErrorFolderExists: that is its point",
        ["CreateFolder/evolution--Exchange2010_SP2-create-existing-folder--01"] = "ErrorFolderExists: that is its point",
        ["CreateItem/msdocs--add-appointments-by-using-exchange-impersonation--01"] = "ErrorInvalidPropertySet: sets MeetingTimeZone with a version of 2010 (protocol.md 6, MTGS_R1053)",
        ["CreateItem/msdocs--createitem-acceptsharinginvitation--01"] = "ErrorInvalidItemForOperationCreateItem: sharing invitations are not imitated",
        ["CreateItem/msdocs--createitem-contact--02"] = "ErrorCannotCreateContactInNonContactFolder: that is its point",
        ["CreateItem/msdocs--import-items--01"] = "ErrorMessageDispositionRequired: it has none",
        ["CreateItem/msdocs--propose-a-new-meeting-time--01"] = "ErrorMessageDispositionRequired: it has none",
        ["CreateItem/msdocs--respond-to-email-messages--02"] = "ErrorInvalidItemForOperationCreateItem: replies and forwards are not imitated",
        ["DeleteFolder/evolution--Exchange2007_SP1-hard-delete-root-subfolder--01"] = "ErrorDeleteDistinguishedFolder: that is its point",
        ["DeleteFolder/evolution--Exchange2010_SP2-hard-delete-root-subfolder--01"] = "ErrorDeleteDistinguishedFolder: that is its point",
        ["DeleteUserConfiguration/msdocs--deleteuserconfiguration--01"] = "ErrorItemNotFound: nobody made one of that name",
        ["DeleteUserConfiguration/msdocs--manage-persistent-application-settings--01"] = "ErrorItemNotFound: nobody made one of that name",
        ["ExpandDL/ewsjs--MockXHRData--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["ExpandDL/msdocs--expand-distribution-groups-2013--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["ExpandDL/msdocs--expand-distribution-groups-2013--02"] = "ErrorInvalidItemForOperationExpandDL: its id is mapped to no list",
        ["ExpandDL/msdocs--expanddl--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["GetRooms/msdocs--get-room-lists--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["GetRooms/viewpoint--get-rooms-request--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["GetUserConfiguration/msdocs--getuserconfiguration--01"] = "ErrorItemNotFound: nobody made one of that name",
        ["GetUserConfiguration/msdocs--manage-persistent-application-settings--01"] = "ErrorItemNotFound: nobody made one of that name",
        ["RemoveDelegate/msdocs--add-and-remove-delegates--01"] = "NoError ErrorNotDelegate: nobody is delegate here",
        ["RemoveDelegate/msdocs--removedelegate--01"] = "NoError ErrorNotDelegate ErrorDelegateNoUser: nobody is delegate here",
        ["UpdateDelegate/msdocs--updatedelegate--01"] = "NoError ErrorNotDelegate: nobody is delegate here",
        ["ResolveNames/msdocs--access-contacts-as-a-delegate--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["ResolveNames/msdocs--get-user-photos--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["ResolveNames/msdocs--resolve-ambiguous-names-2013--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["ResolveNames/msdocs--resolvenames--01"] = "ErrorNameResolutionNoResults: its people are unknown here",
        ["UpdateFolder/msdocs--work-with-search-folders--01"] = "ErrorInvalidPropertySet: search folders are not imitated",
        ["UpdateUserConfiguration/msdocs--manage-persistent-application-settings--01"] = "ErrorItemNotFound: nobody made one of that name",
        ["UpdateUserConfiguration/msdocs--updateuserconfiguration--01"] = "ErrorItemNotFound: nobody made one of that name",
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

    /// <summary>SyncStates, subscriptions and watermarks of a sample are replaced by such as this server has just handed out.</summary>
    private static async Task<string> WithPositions(string operation, string text, Func<string, Task<EwsReply>> send)
    {
        const string state = "<(m:)?SyncState>[^<]*</(m:)?SyncState>";
        if (operation.StartsWith("Sync", StringComparison.Ordinal) && Regex.IsMatch(text, state))
        {
            var first = Encoding.UTF8.GetString((await send(Regex.Replace(text, state, ""))).Body.Span);
            return Regex.Replace(text, "(<(?:m:)?SyncState>)[^<]+", "$1" + Regex.Match(first, "SyncState>([^<]*)").Groups[1].Value);
        }

        if (operation is not ("GetEvents" or "Unsubscribe" or "GetStreamingEvents" or "Subscribe"))
            return text;
        var kind = operation == "GetStreamingEvents" ? "Streaming" : "Pull";
        string folders = "<t:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes>" + (kind == "Pull" ? "<t:Timeout>10</t:Timeout>" : "");
        var watermark = "";
        async Task<string> Subscribe()
        {
            var answer = Encoding.UTF8.GetString((await send(Envelope($"<m:Subscribe><m:{kind}SubscriptionRequest>{folders}</m:{kind}SubscriptionRequest></m:Subscribe>"))).Body.Span);
            watermark = Regex.Match(answer, "Watermark>([^<]*)").Groups[1].Value;
            return Regex.Match(answer, "SubscriptionId>([^<]*)").Groups[1].Value;
        }

        foreach (Match id in Regex.Matches(text, "<(?:t:|m:)?SubscriptionId>([^<]+)<"))
            text = text.Replace(id.Groups[1].Value + "<", await Subscribe() + "<", StringComparison.Ordinal);
        if (watermark.Length == 0)
            await Subscribe();
        return Regex.Replace(text, "(<(?:t:|m:)?Watermark>)[^<]+", "$1" + watermark);
    }

    private static async Task<string> Execute(string operation, string name, string text)
    {
        using var exchange = new SimulatedExchange(new SimulatorOptions { PushHandler = () => new PushReceiver() });
        DemoData.Seed(exchange.Organisation);
        var world = new SampleWorld(exchange);
        async Task<EwsReply> Send(string request) => await exchange.Ews.HandleAsync(new EwsRequest(Encoding.UTF8.GetBytes(request), world.Account, false), CancellationToken.None);
        text = await WithPositions(operation, world.Map(operation, name, text), Send);
        var reply = await Send(text);
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
