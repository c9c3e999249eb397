using System.Xml.Linq;
using CrmSync.ExchangeSimulator.Tests.Support;
using CrmSync.ExchangeSimulator.Wire;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>protocol.md 1: the server says which Exchange it is and refuses what came later.</summary>
public sealed class EditionTests
{
    private const string Inbox = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";

    [Theory]
    [InlineData("2007SP1", "8.1", "Exchange2007_SP1", "Exchange2010")]
    [InlineData("2010SP3", "14.3", "Exchange2010_SP2", "Exchange2013")]
    [InlineData("2013SP1", "15.0", "Exchange2013_SP1", "Exchange2016")]
    [InlineData("2016", "15.1", "Exchange2016", "Exchange2042")]
    [InlineData("SE", "15.2", "Exchange2016", "Exchange2042")]
    public async Task An_edition_names_itself_in_answers_and_faults_and_refuses_what_came_later(string edition, string build, string newest, string later)
    {
        await using var exchange = await StartAsync(o => o with { Edition = edition });
        var (_, text) = await exchange.Raw(Envelope(Inbox, version: newest));
        var info = XDocument.Parse(text).Descendants(T + "ServerVersionInfo").Single();
        $"{info.Attribute("MajorVersion")!.Value}.{info.Attribute("MinorVersion")!.Value}".ShouldBe(build);
        var (code, fault) = await exchange.CallForFault(Inbox, version: later);
        code.ShouldBe("ErrorInvalidServerVersion");
        fault.Document!.Descendants(T + "ServerVersionInfo").Single().Attribute("MajorVersion")!.Value.ShouldBe(build.Split('.')[0]);
    }

    [Fact]
    public async Task An_old_edition_has_neither_streams_nor_newer_properties()
    {
        await using var exchange = await StartAsync(o => o with { Edition = "2007SP1" });
        const string stream = "<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>";
        (await exchange.CallForFault(stream, version: "Exchange2007_SP1")).Code.ShouldBe("ErrorInvalidServerVersion");
        var created = await exchange.Call("<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:Subject>A</t:Subject></t:CalendarItem></m:Items></m:CreateItem>", version: "Exchange2007_SP1");
        var read = await exchange.Get(ItemId(created).Id, version: "Exchange2007_SP1");
        read.Descendants(T + "Subject").ShouldHaveSingleItem();
        read.Descendants(T + "StartTimeZone").ShouldBeEmpty();
        read.Descendants(T + "IsOrganizer").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("2010SP3", 3, 10)]
    [InlineData("2013SP1", 3, 27)]
    [InlineData("2019", 10, 27)]
    public void Limits_follow_the_edition(string edition, int streams, int concurrency)
    {
        using var exchange = new SimulatedExchange(new SimulatorOptions { Edition = edition });
        (exchange.Streams.Limit, exchange.Throttle.Policy.Concurrency).ShouldBe((streams, concurrency));
    }

    [Fact]
    public void There_is_no_other_edition() => Should.Throw<ArgumentException>(() => ServerEdition.Named("2003")).Message.ShouldContain("2007SP1");
}
