using System.Xml;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Tests.Ews;

/// <summary>The reader takes every collected answer of the operations that we use: recorded traffic and documentation alike.</summary>
public sealed class SampleResponseTests
{
    // Sample, and why it cannot be read as it stands.
    private static readonly Dictionary<string, string> Unreadable = new()
    {
        ["CreateItem/exchangelib--test-bulk--01-resp.xml"] = "a mail that was sent, not saved, has no identity; our writes always save",
        ["CreateItem/msdocs--createitem-acceptsharinginvitation--01-resp.xml"] = "a response object, which we never create, has no identity",
        ["CreateItem/msdocs--createitem-email-message--01-resp.xml"] = "a mail that was sent, not saved",
        ["CreateItem/msdocs--createitem-meeting-request--01-resp.xml"] = "a response object",
    };

    [Theory]
    [InlineData("GetFolder")]
    [InlineData("FindFolder")]
    [InlineData("SyncFolderHierarchy")]
    [InlineData("SyncFolderItems")]
    [InlineData("GetItem")]
    [InlineData("FindItem")]
    [InlineData("CreateItem")]
    [InlineData("UpdateItem")]
    [InlineData("DeleteItem")]
    [InlineData("MoveItem")]
    [InlineData("Subscribe")]
    [InlineData("Unsubscribe")]
    [InlineData("GetStreamingEvents")]
    [InlineData("ResolveNames")]
    [InlineData("GetServerTimeZones")]
    public async Task Every_sample_answer_is_read(string operation)
    {
        var troubles = new List<string>();
        var read = 0;
        foreach (var file in Truth.Samples(operation).Where(file => file.EndsWith("-resp.xml", StringComparison.Ordinal) || file.EndsWith("-resp-error.xml", StringComparison.Ordinal)))
        {
            var name = $"{operation}/{Path.GetFileName(file)}";
            try
            {
                await ReadAsync(operation, File.OpenRead(file), stream => new SoapReader(stream));
                await ReadAsync(operation, File.OpenRead(file), stream => new SoapReader(InMemory(stream)));
                read++;
                if (Unreadable.ContainsKey(name))
                    troubles.Add($"{name} is listed as unreadable but was read");
            }
            catch (Exception fault) when (!Unreadable.ContainsKey(name))
            {
                troubles.Add($"{name}: {fault.Message}");
            }
            catch (XmlException)
            {
                // Listed.
            }
        }
        troubles.ShouldBeEmpty();
        read.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Every_sample_fault_is_understood_with_its_code()
    {
        foreach (var file in Truth.Samples("Fault"))
        {
            using var reader = new SoapReader(File.OpenRead(file));
            var fault = await SoapEnvelope.ReadAsync(reader, new GetItem([], idsOnly: true), _ => { });
            fault.ShouldNotBeNull(file);
            fault.Code.ShouldNotBeNullOrWhiteSpace(file);
            if (file.Contains("server-busy"))
                fault.BackOff.ShouldBe(TimeSpan.FromMilliseconds(297749));
        }
    }

    private static async Task ReadAsync(string operation, Stream sample, Func<Stream, SoapReader> open)
    {
        await using (sample)
        {
            var count = CountMessages(sample);
            sample.Position = 0;
            var ids = Enumerable.Range(0, count).Select(i => new ItemId($"asked {i}")).ToList();
            var folder = new FolderId("folder");
            await (operation switch
            {
                "GetFolder" => Take(new GetFolder(FolderRef.Of(folder)), open(sample)),
                "FindFolder" => Take(new FindFolder(FolderRef.Of(folder), 0, 10), open(sample)),
                "SyncFolderHierarchy" => Take(new SyncFolderHierarchy(FolderRef.Of(folder), null), open(sample)),
                "SyncFolderItems" => Take(new SyncFolderItems(folder, null, 512), open(sample)),
                "GetItem" => Take(new GetItem(ids, idsOnly: false), open(sample)),
                "FindItem" => Take(new FindItem(FolderRef.Of(folder), [], 0, 10, newestFirst: false), open(sample)),
                "CreateItem" => Take(new CreateItem(folder, [.. ids.Select(_ => new ItemCreate(default, Some.Meeting()))], InvitationMail.None), open(sample)),
                "UpdateItem" => Take(new UpdateItem([.. ids.Select(id => new ItemUpdate(id, default, Some.Meeting(), ScheduleFields.Subject))], InvitationMail.None), open(sample)),
                "DeleteItem" => Take(new DeleteItem(ids, CancellationMail.None, purge: false), open(sample)),
                "MoveItem" => Take(new MoveItem(ids, folder), open(sample)),
                "Subscribe" => Take(Subscribe.ForStreaming(FolderRef.Of(folder)), open(sample)),
                "Unsubscribe" => Take(new Unsubscribe("id"), open(sample)),
                "GetStreamingEvents" => Take(new GetStreamingEvents(["id"], 1), open(sample)),
                "ResolveNames" => Take(new ResolveNames("name"), open(sample)),
                "GetServerTimeZones" => Take(new GetServerTimeZones(), open(sample)),
                _ => throw new ArgumentException(operation),
            });
        }
    }

    private static async Task Take<T>(EwsOperation<T> operation, SoapReader sample)
    {
        using var reader = sample;
        var fault = await SoapEnvelope.ReadAsync(reader, operation, _ => { });
        fault.ShouldBeNull();
        try
        {
            operation.Finish(Some.Context());
        }
        catch (ExchangeResponseException refusal)
        {
            refusal.Code.ShouldStartWith("Error");
        }
    }

    private static MemoryStream InMemory(Stream stream)
    {
        var whole = new MemoryStream();
        stream.CopyTo(whole);
        whole.Position = 0;
        return whole;
    }

    private static int CountMessages(Stream sample)
    {
        var count = 0;
        using var reader = XmlReader.Create(sample, new() { CheckCharacters = false });
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName.EndsWith("ResponseMessage", StringComparison.Ordinal))
                count++;
        }
        return count;
    }
}
