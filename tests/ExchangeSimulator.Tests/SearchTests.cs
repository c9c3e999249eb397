using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>clients.md 1 point 9: the restrictions and orders that foreign clients use at once.</summary>
public sealed class SearchTests : IAsyncLifetime
{
    private TestExchange _exchange = null!;

    public async ValueTask InitializeAsync()
    {
        _exchange = await StartAsync();
        await Create("Alpha one", "2026-03-10", "<t:Categories><t:String>Red</t:String><t:String>Blue</t:String></t:Categories>", "<t:ExtendedFieldURI PropertyTag=\"0x10f3\" PropertyType=\"String\"/>", "alpha.ics");
        await Create("Alpha two", "2026-03-11", "<t:Categories><t:String>Green</t:String></t:Categories>", "<t:ExtendedFieldURI DistinguishedPropertySetId=\"Appointment\" PropertyId=\"33400\" PropertyType=\"Integer\"/>", "6");
        await Create("Beta", "2026-03-12", "", "<t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"urn:example:key\" PropertyType=\"String\"/>", "k1");
    }

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private Task Create(string subject, string day, string categories, string field, string value) => _exchange.CreateMeeting(
        $"<t:Subject>{subject}</t:Subject>{categories}<t:ExtendedProperty>{field}<t:Value>{value}</t:Value></t:ExtendedProperty>", $"<t:Start>{day}T09:00:00Z</t:Start><t:End>{day}T10:00:00Z</t:End>");

    private static string Compare(string how, string path, string value) => $"<t:{how}>{path}<t:FieldURIOrConstant><t:Constant Value=\"{value}\"/></t:FieldURIOrConstant></t:{how}>";

    private static string Uri(string field) => $"<t:FieldURI FieldURI=\"{field}\"/>";

    private async Task<string> Find(string restriction, string order = "")
    {
        var answer = await _exchange.Call($"<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>{Uri("item:Subject")}</t:AdditionalProperties></m:ItemShape>{(restriction.Length == 0 ? "" : $"<m:Restriction>{restriction}</m:Restriction>")}<m:SortOrder>{(order.Length == 0 ? $"<t:FieldOrder Order=\"Ascending\">{Uri("calendar:Start")}</t:FieldOrder>" : order)}</m:SortOrder><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
        Code(answer).ShouldBe("NoError");
        return string.Join(", ", answer.Descendants(T + "Subject").Select(s => s.Value));
    }

    [Fact]
    public async Task A_category_is_found_in_a_list_of_them() => (await Find(Compare("IsEqualTo", Uri("item:Categories"), "Blue"))).ShouldBe("Alpha one");

    [Fact]
    public async Task A_prefix_and_a_substring_are_found_in_the_case_asked_for()
    {
        string Contains(string mode, string comparison, string value) => $"<t:Contains ContainmentMode=\"{mode}\" ContainmentComparison=\"{comparison}\">{Uri("item:Subject")}<t:Constant Value=\"{value}\"/></t:Contains>";
        (await Find(Contains("Prefixed", "Exact", "Alpha"))).ShouldBe("Alpha one, Alpha two");
        (await Find(Contains("Prefixed", "Exact", "alpha"))).ShouldBe("");
        (await Find(Contains("Prefixed", "IgnoreCase", "alpha"))).ShouldBe("Alpha one, Alpha two");
        (await Find(Contains("Substring", "IgnoreCase", "ET"))).ShouldBe("Beta");
        (await Find(Contains("FullString", "Exact", "Beta"))).ShouldBe("Beta");
    }

    [Fact]
    public async Task Conditions_are_joined_by_and_or_and_not()
    {
        var (red, green) = (Compare("IsEqualTo", Uri("item:Categories"), "Red"), Compare("IsEqualTo", Uri("item:Categories"), "Green"));
        (await Find($"<t:Or>{red}{green}</t:Or>")).ShouldBe("Alpha one, Alpha two");
        (await Find($"<t:And>{red}{green}</t:And>")).ShouldBe("");
        (await Find($"<t:Not>{red}</t:Not>")).ShouldBe("Alpha two, Beta");
        (await Find($"<t:And><t:Or>{red}{green}</t:Or><t:Not>{green}</t:Not></t:And>")).ShouldBe("Alpha one");
        (await Find($"<t:Not><t:Exists>{Uri("item:Categories")}</t:Exists></t:Not>")).ShouldBe("Beta");
    }

    [Fact]
    public async Task Times_are_compared_as_instants()
    {
        (await Find($"<t:And>{Compare("IsGreaterThanOrEqualTo", Uri("calendar:Start"), "2026-03-10T10:00:00+01:00")}{Compare("IsLessThan", Uri("calendar:End"), "2026-03-11T10:00:00Z")}</t:And>")).ShouldBe("Alpha one");
        (await Find(Compare("IsGreaterThan", Uri("calendar:Start"), "2026-03-11T09:00:00Z"))).ShouldBe("Beta");
        (await Find(Compare("IsLessThanOrEqualTo", Uri("calendar:Start"), "2026-03-11T09:00:00Z"))).ShouldBe("Alpha one, Alpha two");
    }

    [Fact]
    public async Task Extended_properties_are_found_by_tag_by_number_and_by_name()
    {
        (await Find(Compare("IsEqualTo", "<t:ExtendedFieldURI PropertyTag=\"0x10F3\" PropertyType=\"String\"/>", "alpha.ics"))).ShouldBe("Alpha one");
        (await Find(Compare("IsEqualTo", "<t:ExtendedFieldURI DistinguishedPropertySetId=\"Appointment\" PropertyId=\"33400\" PropertyType=\"Integer\"/>", "6"))).ShouldBe("Alpha two");
        (await Find(Compare("IsEqualTo", "<t:ExtendedFieldURI PropertySetId=\"00062002-0000-0000-C000-000000000046\" PropertyId=\"33400\" PropertyType=\"Integer\"/>", "6"))).ShouldBe("Alpha two");
        (await Find(Compare("IsNotEqualTo", "<t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"urn:example:key\" PropertyType=\"String\"/>", "k1"))).ShouldBe("Alpha one, Alpha two");
    }

    [Fact]
    public async Task Bits_can_be_excluded()
    {
        const string field = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"Appointment\" PropertyId=\"33400\" PropertyType=\"Integer\"/>";
        (await Find($"<t:Excludes>{field}<t:Bitmask Value=\"0x2\"/></t:Excludes>")).ShouldBe("");
        (await Find($"<t:Excludes>{field}<t:Bitmask Value=\"8\"/></t:Excludes>")).ShouldBe("Alpha two");
    }

    [Fact]
    public async Task Lists_are_ordered_by_several_fields_and_directions()
    {
        (await Find("", $"<t:FieldOrder Order=\"Descending\">{Uri("calendar:Start")}</t:FieldOrder>")).ShouldBe("Beta, Alpha two, Alpha one");
        (await Find("", $"<t:FieldOrder Order=\"Descending\">{Uri("calendar:IsAllDayEvent")}</t:FieldOrder><t:FieldOrder Order=\"Ascending\">{Uri("item:Subject")}</t:FieldOrder>")).ShouldBe("Alpha one, Alpha two, Beta");
    }
}
