using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>One store, two names: what is written by its MAPI tag is read by its element (seen with DavMail 6.0.1, which writes contacts by tags).</summary>
public sealed class MapiPropertyTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync() => _exchange = await StartAsync();

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private static string Tag(string tag, string value, string type = "String") => $"<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"{tag}\" PropertyType=\"{type}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>";

    private static string Numbered(string set, int id, string value, string type = "String") => $"<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId=\"{set}\" PropertyId=\"{id}\" PropertyType=\"{type}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>";

    [Fact]
    public async Task A_contact_written_by_tags_is_read_by_elements()
    {
        var created = await _exchange.Call($"<m:CreateItem><m:Items><t:Contact>{Tag("0x3a06", "Kim")}{Tag("0x3a11", "Lee")}{Tag("0x3a1c", "+49 170 1")}{Tag("0x3a42", "1980-02-03T00:00:00Z", "SystemTime")}{Numbered("Address", 0x8046, "Ulm")}{Numbered("Address", 0x8083, "kim@fabrikam.test")}<t:FileAs>Lee, Kim</t:FileAs></t:Contact></m:Items></m:CreateItem>");
        var (id, key) = ItemId(created);
        var read = await _exchange.Get(id, more: "<t:AdditionalProperties><t:ExtendedFieldURI PropertyTag=\"0x3a06\" PropertyType=\"String\"/><t:ExtendedFieldURI PropertyTag=\"0x0e23\" PropertyType=\"Integer\"/></t:AdditionalProperties>");
        read.Descendants(T + "GivenName").Single().Value.ShouldBe("Kim");
        read.Descendants(T + "Surname").Single().Value.ShouldBe("Lee");
        read.Descendants(T + "Birthday").Single().Value.ShouldBe("1980-02-03T00:00:00Z");
        read.Descendants(T + "City").Single().Value.ShouldBe("Ulm");
        read.Descendants(T + "Entry").Select(e => e.Attribute("Key")!.Value).ShouldBe(["EmailAddress1", "Business", "MobilePhone"], ignoreOrder: true);
        read.Descendants(T + "ExtendedProperty").First().Element(T + "Value")!.Value.ShouldBe("Kim");
        await _exchange.Update(id, key, "<t:DeleteItemField><t:ExtendedFieldURI PropertyTag=\"0x3a1c\" PropertyType=\"String\"/></t:DeleteItemField>", send: null);
        (await _exchange.Get(id)).Descendants(T + "PhoneNumbers").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_task_written_by_elements_is_read_by_tags_and_found_by_them()
    {
        var (id, _) = ItemId(await _exchange.Call("<m:CreateItem><m:Items><t:Task><t:Subject>Call</t:Subject><t:Sensitivity>Private</t:Sensitivity><t:Status>InProgress</t:Status></t:Task></m:Items></m:CreateItem>"));
        var read = await _exchange.Get(id, more: "<t:AdditionalProperties><t:ExtendedFieldURI DistinguishedPropertySetId=\"Task\" PropertyId=\"33025\" PropertyType=\"Integer\"/><t:ExtendedFieldURI PropertyTag=\"0x0036\" PropertyType=\"Integer\"/></t:AdditionalProperties>", shape: "IdOnly");
        read.Descendants(T + "Value").Select(v => v.Value).ShouldBe(["1", "2"]);
        var found = await _exchange.Call("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo><t:ExtendedFieldURI PropertyTag=\"0x0037\" PropertyType=\"String\"/><t:FieldURIOrConstant><t:Constant Value=\"Call\"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id=\"tasks\"/></m:ParentFolderIds></m:FindItem>");
        ItemId(found).Id.ShouldBe(id);
    }
}
