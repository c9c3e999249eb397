using CrmSync.ExchangeSimulator.Tests.Support;
using static CrmSync.ExchangeSimulator.Tests.Support.TestExchange;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>Answers stand in memory that is used again: none may reach another client.</summary>
public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Answers_to_many_at_once_are_not_mixed()
    {
        await using var exchange = await StartAsync();
        string[] users = ["anna@contoso.test", "ben@contoso.test", "carla@contoso.test"];
        foreach (var user in users)
        {
            for (var i = 0; i < 40; i++)
                await exchange.CreateMeeting($"<t:Subject>{user}</t:Subject><t:Body BodyType=\"Text\">{new string(user[0], 400)}</t:Body>", user: user);
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
        {
            var user = users[i % 3];
            var ids = string.Concat(exchange.Organisation.FindMailbox(user)!["calendar"].Items.Take(1 + (i % 40)).Select(x => $"<t:ItemId Id=\"{x.Id}\"/>"));
            var answer = await exchange.Call($"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>", user);
            answer.Descendants(T + "Subject").Select(s => s.Value).Distinct().ShouldBe([user]);
            answer.Descendants(T + "Body").ShouldAllBe(b => b.Value == new string(user[0], 400));
            answer.Descendants(T + "CalendarItem").Count().ShouldBe(1 + (i % 40));
        });
    }
}
