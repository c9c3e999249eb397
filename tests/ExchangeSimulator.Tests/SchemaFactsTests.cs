using CrmSync.ExchangeSimulator.Tests.Support;
using CrmSync.SchemaFacts;

namespace CrmSync.ExchangeSimulator.Tests;

public sealed class SchemaFactsTests
{
    [Fact]
    public void The_committed_table_is_what_the_schema_says()
    {
        Truth.Require();
        var committed = File.ReadAllText(Path.Combine(Truth.Repository, "src", "ExchangeSimulator", "Wire", "schema-facts.txt"));
        FactsWriter.Generate(Path.Combine(Truth.Folder, "schema")).ShouldBe(committed);
    }

    [Theory]
    [InlineData("CreateItem")]
    [InlineData("UpdateItem")]
    [InlineData("DeleteItem")]
    [InlineData("GetItem")]
    [InlineData("FindItem")]
    [InlineData("SyncFolderItems")]
    [InlineData("SyncFolderHierarchy")]
    [InlineData("Subscribe")]
    [InlineData("GetFolder")]
    [InlineData("FindFolder")]
    [InlineData("MoveItem")]
    [InlineData("ResolveNames")]
    [InlineData("ConvertId")]
    [InlineData("GetServerTimeZones")]
    [InlineData("GetStreamingEvents")]
    [InlineData("Unsubscribe")]
    [InlineData("GetEvents")]
    public void The_table_judges_every_request_sample_as_the_schema_does(string operation)
    {
        Truth.Require();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Truth.Folder, "samples", operation), "*-req.xml"))
        {
            var text = File.ReadAllText(file);
            var ours = SampleVerdict.Of(text);
            var theirs = Truth.Problems(text);
            if (ours != null || theirs.Count > 0)
                (ours != null).ShouldBe(theirs.Count > 0, $"{Path.GetFileName(file)}: table says '{ours}', schema says '{string.Join(" / ", theirs)}'");
        }
    }
}
