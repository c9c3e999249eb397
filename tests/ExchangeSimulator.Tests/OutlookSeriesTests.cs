using System.Text.Json;
using CrmSync.ExchangeSimulator.Tests.Support;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>The calls behind the page: a person makes a series, changes and deletes single occurrences, and sees each for itself.</summary>
public sealed class OutlookSeriesTests : IAsyncLifetime
{
    private const string Api = "/outlook/api/anna@contoso.test/";

    private TestExchange _exchange = null!;
    private string _master = "";

    public async ValueTask InitializeAsync()
    {
        _exchange = await TestExchange.StartAsync();
        var created = await _exchange.Control(HttpMethod.Post, Api + "items", new
        {
            subject = "Stand-up",
            start = "2026-03-23T09:00:00",
            end = "2026-03-23T09:15:00",
            required = new[] { "ben@contoso.test" },
            recurrenceXml = "<Recurrence xmlns=\"http://schemas.microsoft.com/exchange/services/2006/types\"><DailyRecurrence><Interval>1</Interval></DailyRecurrence><NumberedRecurrence><StartDate>2026-03-23</StartDate><NumberOfOccurrences>4</NumberOfOccurrences></NumberedRecurrence></Recurrence>",
        });
        _master = created.GetProperty("id").GetString()!;
        created.GetProperty("calendarItemType").GetString().ShouldBe("RecurringMaster");
    }

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();

    private async Task<List<JsonElement>> Week(string address = "anna@contoso.test") =>
        [.. (await _exchange.Control(HttpMethod.Get, $"/outlook/api/{address}/calendar?from=2026-03-23T00:00:00Z&to=2026-03-30T00:00:00Z")).EnumerateArray()];

    private static string Id(JsonElement item) => Uri.EscapeDataString(item.GetProperty("id").GetString()!);

    [Fact]
    public async Task The_week_shows_each_occurrence_with_its_series()
    {
        var week = await Week();
        week.Select(i => i.GetProperty("start").GetString()).ShouldBe(["2026-03-23T08:00:00Z", "2026-03-24T08:00:00Z", "2026-03-25T08:00:00Z", "2026-03-26T08:00:00Z"]);
        week.ShouldAllBe(i => i.GetProperty("masterId").GetString() == _master && i.GetProperty("calendarItemType").GetString() == "Occurrence");
    }

    [Fact]
    public async Task One_occurrence_is_changed_alone_and_the_people_in_it_are_told()
    {
        var second = (await Week())[1];
        await _exchange.Control(HttpMethod.Patch, $"{Api}item?id={Id(second)}", new { subject = "Retrospective" });
        (await Week()).Select(i => i.GetProperty("subject").GetString()).ShouldBe(["Stand-up", "Retrospective", "Stand-up", "Stand-up"]);
        (await Week("ben@contoso.test")).Select(i => i.GetProperty("subject").GetString()).ShouldBe(["Stand-up", "Retrospective", "Stand-up", "Stand-up"]);
        (await Week())[1].GetProperty("originalStart").GetString().ShouldBe("2026-03-24T08:00:00Z");
    }

    [Fact]
    public async Task One_occurrence_is_deleted_alone_and_the_series_as_a_whole()
    {
        await _exchange.Control(HttpMethod.Delete, $"{Api}item?id={Id((await Week())[0])}");
        (await Week()).Count.ShouldBe(3);
        await _exchange.Control(HttpMethod.Delete, $"{Api}item?id={Uri.EscapeDataString(_master)}");
        (await Week()).ShouldBeEmpty();
    }
}
